"""Draws of the catalogue and of the recipe against the numbers that are asked for.

Fixed seed, so each test gives one p-value for ever; a fault of a few per cent would give p << 1e-3.
"""

import numpy as np
import pytest
from scipy import stats

from skymodels import draw_catalogue, draw_params
from skymodels.structure import DiskParams

N = 4000
MIN_P = 1e-3
ROWS = draw_catalogue(N, seed=2024)


def column(name: str) -> np.ndarray:
    return np.array([getattr(row, name) for row in ROWS])


@pytest.fixture(scope="module")
def params() -> DiskParams:
    return draw_params(ROWS)


def share(hits: np.ndarray, expected: float) -> float:
    return float(stats.binomtest(int(hits.sum()), hits.size, expected).pvalue)


def uniform(values: np.ndarray, low: float, high: float) -> float:
    return float(stats.kstest(values, stats.uniform(low, high - low).cdf).pvalue)


def mixture(values: np.ndarray, parts: list[tuple[float, float, float]]) -> float:
    def cdf(x: np.ndarray) -> np.ndarray:
        return np.asarray(sum(w * stats.uniform(a, b - a).cdf(x) for w, a, b in parts))

    return float(stats.kstest(values, cdf).pvalue)


def test_angles() -> None:
    assert mixture(column("incl_deg"), [(0.4, 0, 30), (0.6, 30, 80)]) > MIN_P
    assert uniform(column("pa_deg"), 0, 180) > MIN_P


def test_radii() -> None:
    rout, rmin = column("rout_arcsec"), column("rmin_arcsec")
    assert mixture(rout, [(0.35, 0.10, 0.50), (0.35, 0.60, 1.80), (0.30, 0.35, 0.90)]) > MIN_P
    there = rmin > 0
    assert share(there, 0.3) > MIN_P
    place = (rmin[there] - 0.05) / (0.55 * rout[there] - 0.05)
    # Rounding to 1e-5 arcsec moves the place of the smallest disks by up to 0.2 %.
    assert uniform(np.clip(place, 0, 1), 0, 1) > MIN_P


def test_band_flux_and_weather() -> None:
    band, flux, pwv = column("band"), column("flux_jy"), column("pwv")
    assert share(band == 6, 0.7) > MIN_P
    for number, high, wet in ((6, 0.080, (0.8, 2.5)), (8, 0.040, (0.4, 1.2))):
        mine = band == number
        assert uniform(np.log(flux[mine]), np.log(0.005), np.log(high)) > MIN_P
        assert uniform(pwv[mine], *wet) > MIN_P


def test_array_time_and_niter() -> None:
    band, array = column("band"), column("array_cfg")
    for number, first in ((6, 6), (8, 5)):
        mine = array[band == number]
        names = [f"alma.cycle9.{first + k}.cfg" for k in range(3)]
        counts = [int((mine == name).sum()) for name in names]
        wanted = np.array([0.20, 0.35, 0.45]) * len(mine)
        assert sum(counts) == len(mine)
        assert stats.chisquare(counts, wanted).pvalue > MIN_P
    _, times = np.unique(column("time_s"), return_counts=True)
    assert len(times) == 4 and stats.chisquare(times).pvalue > MIN_P
    assert uniform(column("niter"), 300, 1501) > MIN_P
    assert (column("array_lo") == "alma.cycle9.5.cfg").all()


@pytest.mark.parametrize("name", ["dx_arcsec", "dy_arcsec"])
def test_offsets(name: str) -> None:
    assert stats.kstest(column(name), stats.norm(0, 0.010).cdf).pvalue > MIN_P


def test_offsets_are_independent() -> None:
    assert stats.pearsonr(column("dx_arcsec"), column("dy_arcsec")).pvalue > MIN_P


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("gamma", 0.3, 1.0),
        ("t0_k", 40, 160),
        ("q", 0.35, 0.55),
        ("taper_power", 1.5, 3.5),
        ("halo_fraction", 0.008, 0.035),
        ("crescent_sigma_rad", 0.5, 1.8),
        ("texture_sigma_field", 35 / 1024, 69 / 1024),
    ],
)
def test_structure_is_uniform(params: DiskParams, name: str, low: float, high: float) -> None:
    assert uniform(getattr(params, name), low, high) > MIN_P


def test_structure_relative_to_others(params: DiskParams) -> None:
    factor = np.where(column("band") == 6, 1.0, 2.7)
    assert uniform(params.tau / factor, 1.5, 10) > MIN_P
    # rc is at least 0.02 arcsec, which no disk of the catalogue reaches.
    assert uniform(params.rc_arcsec / params.rout_arcsec, 0.35, 0.75) > MIN_P
    assert uniform(params.halo_scale_arcsec / params.rout_arcsec, 1.5, 3.0) > MIN_P


def test_cavities_and_walls(params: DiskParams) -> None:
    there = params.rmin_arcsec > 0.025
    assert ((params.cavity_depth > 0) == there).all()
    assert uniform(params.cavity_depth[there], 0.70, 0.95) > MIN_P
    width = params.cavity_width_arcsec[there] / params.rmin_arcsec[there]
    assert uniform(width, 0.20, 0.45) > MIN_P
    wall = params.wall_fraction[there]
    assert share(wall > 0, 0.6) > MIN_P
    assert uniform(wall[wall > 0], 0.10, 0.50) > MIN_P


def test_gaps_and_rings(params: DiskParams) -> None:
    depth = params.gap_depth
    count = (depth > 0).sum(axis=1)
    # Dropped gaps only lower the count; no gap at all is drawn with 25 %, and a cavity can drop
    # a single one, so disks without a cavity are looked at.
    without = params.rmin_arcsec == 0
    assert share(count[without] == 0, 0.25) > MIN_P
    assert count.max() <= 5
    there = depth > 0
    assert uniform(depth[there], 0.35, 0.80) > MIN_P
    width = params.gap_width_arcsec[there] / params.gap_radius_arcsec[there]
    assert uniform(width, 0.04, 0.14) > MIN_P
    rings = params.ring_fraction > 0
    assert uniform(params.ring_fraction[rings], 0.08, 0.40) > MIN_P
    # Far from the outer edge no ring is dropped for lying beyond 0.95 rout.
    inner = (params.gap_radius_arcsec < 0.65 * params.rout_arcsec[:, None]) | ~there
    safe = inner.all(axis=1)
    assert safe.sum() > 500
    hits = np.zeros(int(there[safe].sum()))
    hits[: int(rings[safe].sum())] = 1
    assert share(hits, 0.8) > MIN_P


def test_crescents_and_centres(params: DiskParams) -> None:
    there = params.crescent_factor > 0
    assert share(there, 0.20) > MIN_P
    assert uniform(params.crescent_factor[there], 3, 8) > MIN_P
    bright = params.centre_fraction
    assert share(bright > 0, 0.80) > MIN_P
    assert uniform(bright[bright > 0], 0.15, 0.60) > MIN_P
    pixel = column("pixel_mas") / 1000
    assert uniform(params.centre_sigma_arcsec / pixel, 0.5, 1.5) > MIN_P


def test_smoothing_follows_the_array(params: DiskParams) -> None:
    pixel = column("pixel_mas") / 1000
    smoothed = params.smooth_sigma_arcsec > 0
    assert smoothed.mean() > 0.9
    assert (params.smooth_sigma_arcsec[smoothed] > 0.5 * pixel[smoothed]).all()
    beams = {"5": 130, "6": 80, "7": 50, "8": 28}
    for row, sigma in zip(ROWS[:50], params.smooth_sigma_arcsec[:50], strict=True):
        beam = beams[row.array_cfg[12]] / 1000 * (1 if row.band == 6 else 230 / 405)
        assert sigma == 0 or sigma == pytest.approx(beam / 6, rel=1e-12)
