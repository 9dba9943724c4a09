"""Sky models of the original generator: its conventions are ours, and our disks are like them."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from skymodels import Grid, draw_catalogue, draw_params, render_disks

DATA = Path(__file__).resolve().parents[5] / "shared" / "data" / "casa_reference"
CASES = (
    "b6_c5_lo",
    "b6_c6_large",
    "b6_c7_compact",
    "b6_c8_compact",
    "b8_c5_large",
    "b8_c7_compact",
)


def shape(image: np.ndarray, pixel_arcsec: float) -> tuple[float, float, float]:
    """Inclination, position angle [deg] and rms radius along the major axis [arcsec]."""
    steps = (np.arange(image.shape[0]) - image.shape[0] // 2) * pixel_arcsec
    east, north = np.broadcast_arrays(-steps[None, :], steps[:, None])
    # What lies below 0.2 % of the peak is the halo, cut by the edge of the picture.
    weight = np.where(image > 0.002 * image.max(), image, 0)
    weight = weight / weight.sum()
    e, n = (weight * east).sum(), (weight * north).sum()
    ee, nn = (weight * (east - e) ** 2).sum(), (weight * (north - n) ** 2).sum()
    en = (weight * (east - e) * (north - n)).sum()
    values, vectors = np.linalg.eigh(np.array([[ee, en], [en, nn]]))
    pa = math.degrees(math.atan2(vectors[0, 1], vectors[1, 1])) % 180
    return math.degrees(math.acos(math.sqrt(values[0] / values[1]))), pa, math.sqrt(values[1])


@pytest.mark.shared_data
@pytest.mark.parametrize("case", CASES)
def test_conventions_of_the_original(case: str) -> None:
    if not DATA.is_dir():
        pytest.skip(f"reference data are not at {DATA}")
    told = json.loads((DATA / f"{case}.json").read_text())
    with np.load(DATA / f"{case}_sky.npz") as stored:
        image = stored["sky_f16"].astype(float) * float(stored["peak"])
    row = told["params"]
    incl, pa, radius = shape(image, told["pixel_scale_arcsec"])
    assert incl == pytest.approx(row["incl_deg"], abs=0.5)
    assert pa == pytest.approx(row["pa_deg"], abs=0.5)
    assert image.sum() == pytest.approx(row["flux_jy"], rel=1e-5)
    # Of 80 disks of ours, all lie here (next test).
    assert 0.30 < radius / row["rout_arcsec"] < 0.70


def test_our_disks_have_such_shapes() -> None:
    rows = draw_catalogue(40, seed=5)
    pixel = np.array([row.pixel_mas / 1000 * 1024 / 256 for row in rows])
    images = render_disks(draw_params(rows), Grid(256, pixel))
    radii, off = [], []
    for image, row, side in zip(images, rows, pixel, strict=True):
        incl, pa, radius = shape(image, side)
        radii.append(radius / row.rout_arcsec)
        if row.incl_deg > 20:
            off.append((incl - row.incl_deg, (pa - row.pa_deg + 90) % 180 - 90))
    assert min(radii) > 0.30 and max(radii) < 0.70
    assert np.median(radii) == pytest.approx(0.45, abs=0.05)
    # Crescents make single disks lopsided; in the median nothing is turned or stretched.
    assert np.median(off, axis=0) == pytest.approx((0, 0), abs=0.5)
