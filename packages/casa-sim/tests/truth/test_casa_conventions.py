"""Where CASA differs: sign of the Fourier kernel, order of the antennas, order of the axes.

Read off stored results of CASA by direct sums and moments; neither CASA nor our simulator takes
part. What would hold in the other convention too is no test of it: each test also sees the other
one fail.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

REFERENCE = Path(__file__).resolve().parents[5] / "shared" / "data" / "casa_reference"
CASES = ("b6_c7_compact", "b8_c7_compact")
LIGHT_M_S = 299_792_458.0
ARCSEC = math.pi / 180 / 3600

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not REFERENCE.is_dir(), reason="no ../shared/data/casa_reference here"),
]


def _facts(case: str) -> dict[str, Any]:
    return dict(json.loads((REFERENCE / f"{case}.json").read_text()))


def _array(case: str, name: str) -> NDArray[Any]:
    with np.load(REFERENCE / f"{case}.npz") as file:
        return np.asarray(file[name])


def _direct_sum(case: str, sign: int, rows: slice) -> NDArray[Any]:
    """V = sum I exp(sign 2 pi i (u l + v m)) over the sky's pixels, l east, m north [Jy]."""
    facts = _facts(case)
    with np.load(REFERENCE / f"{case}_sky.npz") as file:
        sky = file["sky_f16"].astype(float)
    sky *= facts["sky_sum_full"] / sky.sum()
    u, v = _array(case, "uvw_sample")[:2, rows] * facts["freq_hz"] / LIGHT_M_S
    north = (np.arange(sky.shape[0]) - 512) * facts["pixel_scale_arcsec"] * ARCSEC
    east = -(np.arange(sky.shape[1]) - 512) * facts["pixel_scale_arcsec"] * ARCSEC
    along_rows = np.exp(sign * 2j * math.pi * np.outer(v, north))
    along_columns = np.exp(sign * 2j * math.pi * np.outer(u, east))
    return np.asarray(((along_rows @ sky) * along_columns).sum(axis=1))


@pytest.mark.parametrize("case", CASES)
def test_the_kernel_has_the_plus_sign(case: str) -> None:
    rows = slice(None, None, 16)
    casas = _array(case, "vis_sample_clean")[rows]
    apart = {
        sign: float(np.linalg.norm(_direct_sum(case, sign, rows) - casas) / np.linalg.norm(casas))
        for sign in (1, -1)
    }
    # The primary beam, which the sum leaves out, and CASA's gridding take less than this.
    assert apart[1] < 0.005
    assert apart[-1] > 0.1


@pytest.mark.parametrize("case", CASES)
def test_uvw_is_the_first_antenna_minus_the_second(case: str) -> None:
    """u points east: it grows with how much further east the first antenna stands."""
    positions = _array(case, "antpos")
    place = positions.mean(axis=1)
    east = np.array([-place[1], place[0], 0.0]) / math.hypot(place[0], place[1])
    first, second = np.triu_indices(positions.shape[1], 1)
    pair = _array(case, "sample_rows") % len(first)
    eastward = east @ (positions[:, first[pair]] - positions[:, second[pair]])
    uvw = _array(case, "uvw_sample")
    baseline = np.linalg.norm(positions[:, first[pair]] - positions[:, second[pair]], axis=0)
    assert np.linalg.norm(uvw, axis=0) == pytest.approx(baseline, rel=1e-4)
    assert np.corrcoef(uvw[0], eastward)[0, 1] > 0.95


@pytest.mark.parametrize("case", CASES)
def test_arrays_are_x_first(case: str) -> None:
    """The disk's position angle comes out of CASA's array when its first axis is x."""
    picture = _array(case, "noisefree_dirty256")
    told = _facts(case)["params"]["pa_deg"]
    right, wrong = (_position_angle_deg(array) for array in (picture.T, picture))
    assert _angle_between(right, told) < 10
    assert _angle_between(wrong, told) > 30


def _position_angle_deg(picture: NDArray[Any]) -> float:
    """Of the bright part of a picture (y, x), north through east; row 0 south, column 0 east."""
    y, x = np.indices(picture.shape)
    weight = np.where(picture > 0.3 * picture.max(), picture, 0)
    north, east = (a - np.average(a, weights=weight) for a in (y.astype(float), -x.astype(float)))
    cross = np.average(north * east, weights=weight)
    difference = np.average(north**2 - east**2, weights=weight)
    return math.degrees(0.5 * math.atan2(2 * cross, difference)) % 180


def _angle_between(one_deg: float, other_deg: float) -> float:
    return abs((one_deg - other_deg + 90) % 180 - 90)
