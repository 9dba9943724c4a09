"""The beam's conventions against a Gaussian drawn pixel by pixel from its definition."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from skytypes import Beam, Sample, encode
from skytypes.specs import Channel, Operation, TensorSpec

beams = st.builds(
    lambda major, ratio, pa: Beam(major, major * ratio, pa),
    st.floats(0.15, 0.3),
    st.floats(0.4, 1.0),
    st.floats(-180.0, 180.0),
)
PIXEL = 0.02
SIDE = 101


def draw(beam: Beam, side: int, pixel: float) -> NDArray[np.float64]:
    """Unit-peak Gaussian about the middle of the picture, point by point in east and north.

    Half the peak lies bmaj / 2 away from the centre in the direction (sin PA, cos PA) of (east,
    north): that is what the full width at half maximum and the position angle mean.
    """
    picture = np.zeros((side, side))
    pa = math.radians(beam.bpa_deg)
    for row in range(side):
        for column in range(side):
            north = (row - (side - 1) / 2) * pixel
            east = -(column - (side - 1) / 2) * pixel  # column 0 is east
            along = east * math.sin(pa) + north * math.cos(pa)
            across = east * math.cos(pa) - north * math.sin(pa)
            quotient = (2 * along / beam.bmaj_arcsec) ** 2 + (2 * across / beam.bmin_arcsec) ** 2
            picture[row, column] = 0.5**quotient
    return picture


@settings(max_examples=15)
@given(beams)
def test_covariance_is_the_second_moments_of_the_drawn_beam(beam: Beam) -> None:
    picture = draw(beam, SIDE, PIXEL)
    north, west = (np.indices(picture.shape) - (SIDE - 1) / 2) * PIXEL
    offsets = np.stack([-west.ravel(), north.ravel()])
    moments = (offsets * picture.ravel()) @ offsets.T / picture.sum()
    assert beam.covariance_arcsec2() == pytest.approx(moments, rel=1e-4, abs=1e-8)


@settings(max_examples=15)
@given(beams)
def test_area_is_the_sum_of_the_drawn_beam(beam: Beam) -> None:
    total = draw(beam, SIDE, PIXEL).sum() * PIXEL**2
    assert beam.area_arcsec2 == pytest.approx(total, rel=1e-4)


@settings(max_examples=15)
@given(beams)
def test_beam_map_is_the_drawn_beam(beam: Beam) -> None:
    numbers = {
        "pixel_scale_arcsec": PIXEL,
        "bmaj_arcsec": beam.bmaj_arcsec,
        "bmin_arcsec": beam.bmin_arcsec,
        "bpa_deg": beam.bpa_deg,
    }
    sample = Sample(
        {"image": np.zeros((SIDE, SIDE)), **{k: np.float64(v) for k, v in numbers.items()}}
    )
    spec = TensorSpec("t", (1, SIDE, SIDE), (Channel("beam", (Operation("beam_map"),)),))
    assert encode([spec], sample)["t"][0, 0] == pytest.approx(draw(beam, SIDE, PIXEL), abs=1e-12)


def test_a_beam_at_45_degrees_points_north_east() -> None:
    picture = draw(Beam(0.3, 0.1, 45.0), SIDE, PIXEL)
    middle, step = SIDE // 2, 5
    north_east = picture[middle + step, middle - step]
    assert north_east > 10 * picture[middle + step, middle + step]
    assert Beam(0.3, 0.1, 45.0).covariance_arcsec2()[0, 1] > 0
