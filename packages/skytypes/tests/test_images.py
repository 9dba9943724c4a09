import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skytypes import Beam, Observation, SkyImage
from skytypes.errors import ContractError
from skytypes.images import UNITS

BEAM = Beam(0.1, 0.05, 30.0)


@given(st.floats(0.01, 10), st.floats(0.1, 1), st.floats(-720, 720))
def test_covariance_has_the_beams_axes(major: float, ratio: float, pa: float) -> None:
    beam = Beam(major, major * ratio, pa)
    covariance = beam.covariance_arcsec2()
    sigmas = np.sqrt(np.linalg.eigvalsh(covariance))
    fwhm = sigmas * math.sqrt(8 * math.log(2))
    assert fwhm == pytest.approx([beam.bmin_arcsec, beam.bmaj_arcsec], rel=1e-6)
    assert covariance == pytest.approx(Beam(major, major * ratio, pa + 180).covariance_arcsec2())


@pytest.mark.parametrize(
    ("bmaj", "bmin", "bpa"),
    [(0.1, 0.2, 0), (0.1, 0.0, 0), (-0.1, -0.2, 0), (math.nan, 0.1, 0), (math.inf, 0.1, 0)],
)
def test_impossible_beams_are_refused(bmaj: float, bmin: float, bpa: float) -> None:
    with pytest.raises(ContractError, match="finite, positive, major >= minor"):
        Beam(bmaj, bmin, bpa)


def test_a_beam_without_an_angle_is_refused() -> None:
    with pytest.raises(ContractError, match="at nan deg"):
        Beam(0.1, 0.1, math.nan)


def test_the_reference_pixel_is_the_half_counted_from_0() -> None:
    assert SkyImage(np.zeros((5, 4)), 1.0, "K").centre_px == (2.0, 2.0)
    assert SkyImage(np.zeros((4, 4)), 1.0, "K", reference_px=(0.0, 0.0)).centre_px == (0.0, 0.0)


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_is_taken(unit: str) -> None:
    assert SkyImage(np.zeros((2, 2)), 1.0, unit, beam=BEAM).unit == unit


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": np.zeros(4)}, r"shape \(4,\); give \(y, x\)"),
        ({"data": np.zeros((0, 4))}, "not empty"),
        ({"data": np.zeros((2, 2), int)}, "int64; give floating-point"),
        ({"data": np.zeros((2, 2), complex)}, "complex128; give floating-point"),
        ({"data": np.array([[1.0, math.nan]])}, "1 pixels that are not finite"),
        ({"data": np.array([[math.inf, -math.inf]])}, "2 pixels that are not finite"),
        ({"pixel_scale_arcsec": 0.0}, "pixel scale is 0.0 arcsec; give a positive one"),
        ({"pixel_scale_arcsec": math.nan}, "pixel scale is nan"),
        ({"unit": "Jy"}, "unit is 'Jy'; allowed: Jy/pixel, Jy/beam"),
        ({"unit": "Jy/beam"}, "no beam is given"),
        ({"ra_deg": 360.0}, r"position is \(360.0, -30.0\) deg; give RA from 0"),
        ({"dec_deg": -91.0}, "Dec from -90 to 90"),
        ({"ra_deg": math.nan}, r"position is \(nan"),
        ({"reference_px": (math.nan, 0.0)}, "reference pixel is .*two finite numbers"),
        ({"frequency_hz": 0.0}, "frequency is 0.0 Hz; give a positive number"),
        ({"frequency_hz": math.inf}, "frequency is inf Hz"),
    ],
)
def test_broken_images_are_refused(change: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {"data": np.zeros((2, 2)), "pixel_scale_arcsec": 0.1, "unit": "Jy/pixel"}
    with pytest.raises(ContractError, match=message):
        SkyImage(**{**good, **change})


def test_an_observation_needs_a_beam() -> None:
    sky = SkyImage(np.zeros((2, 2)), 0.1, "Jy/pixel")
    with pytest.raises(ContractError, match="no beam; give the restoring beam"):
        Observation(sky)
    assert Observation(SkyImage(np.zeros((2, 2)), 0.1, "Jy/beam", beam=BEAM)).dirty is None
