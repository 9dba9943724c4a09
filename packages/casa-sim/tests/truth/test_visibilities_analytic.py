"""Visibilities of skies whose Fourier transforms are known in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import j0

from casa_sim.antennas import antenna_positions
from casa_sim.constants import ARCSEC_RAD, SPEED_OF_LIGHT_M_S
from casa_sim.native.tracks import uv_track
from casa_sim.native.visibilities import predict
from skytypes import Beam, SkyImage

FREQUENCY_HZ = 230e9
PIXEL_ARCSEC = 0.02
SIDE = 512
TRACK = uv_track(antenna_positions("alma.cycle9.5.cfg"), 250.0, -30.0, time_s=60)
UV = TRACK.uvw_m[:, :2] * FREQUENCY_HZ / SPEED_OF_LIGHT_M_S * ARCSEC_RAD  # cycles per arcsec


def _grid() -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """East and north of the pixels [arcsec]."""
    row, column = np.indices((SIDE, SIDE))
    return -(column - SIDE // 2) * PIXEL_ARCSEC, (row - SIDE // 2) * PIXEL_ARCSEC


def _seen(data: NDArray[np.floating]) -> NDArray[np.complex128]:
    return predict(SkyImage(data, PIXEL_ARCSEC, "Jy/pixel"), TRACK.uvw_m, FREQUENCY_HZ)


@given(
    row=st.integers(0, SIDE - 1),
    column=st.integers(0, SIDE - 1),
    flux=st.floats(1e-3, 1e3),
)
def test_a_point_anywhere(row: int, column: int, flux: float) -> None:
    data = np.zeros((SIDE, SIDE))
    data[row, column] = flux
    east, north = _grid()
    phase = 2j * math.pi * (UV @ [east[row, column], north[row, column]])
    assert np.abs(_seen(data) - flux * np.exp(phase)).max() < 1e-5 * flux


@pytest.mark.parametrize("middle", [(256.0, 256.0), (200.0, 300.0), (255.5, 255.5)])
def test_the_reference_pixel_is_the_phase_centre(middle: tuple[float, float]) -> None:
    data = np.zeros((SIDE, SIDE))
    data[300, 200] = 1.0
    sky = SkyImage(data, PIXEL_ARCSEC, "Jy/pixel", reference_px=middle)
    east = -(200 - middle[0]) * PIXEL_ARCSEC
    north = (300 - middle[1]) * PIXEL_ARCSEC
    seen = predict(sky, TRACK.uvw_m, FREQUENCY_HZ)
    assert np.abs(seen - np.exp(2j * math.pi * (UV @ [east, north]))).max() < 1e-5


def test_odd_sides_are_as_good_as_even_ones() -> None:
    data = np.zeros((301, 299))
    data[170, 100] = 1.0
    seen = predict(SkyImage(data, PIXEL_ARCSEC, "Jy/pixel"), TRACK.uvw_m, FREQUENCY_HZ)
    offset = [-(100 - 149) * PIXEL_ARCSEC, (170 - 150) * PIXEL_ARCSEC]
    assert np.abs(seen - np.exp(2j * math.pi * (UV @ offset))).max() < 1e-5


def test_an_elliptical_gaussian_to_the_north_east() -> None:
    covariance = Beam(1.2, 0.5, 45.0).covariance_arcsec2()
    east, north = _grid()
    offset = np.stack([east - 0.3, north - 0.6])
    level = np.einsum("iyx,ij,jyx->yx", offset, np.linalg.inv(covariance), offset)
    data = np.exp(-level / 2)
    data /= data.sum()
    envelope = np.exp(-2 * math.pi**2 * np.einsum("ni,ij,nj->n", UV, covariance, UV))
    true = envelope * np.exp(2j * math.pi * (UV @ [0.3, 0.6]))
    assert np.abs(_seen(data) - true).max() < 1e-5


def test_a_tilted_ring() -> None:
    radius, width, incl, angle = 1.5, 0.15, math.radians(50), math.radians(60)
    east, north = _grid()
    along = east * math.sin(angle) + north * math.cos(angle)
    across = (east * math.cos(angle) - north * math.sin(angle)) / math.cos(incl)
    data = np.exp(-((np.hypot(along, across) - radius) ** 2) / (2 * width**2))
    flux = data.sum()
    u_along = UV @ [math.sin(angle), math.cos(angle)]
    u_across = UV @ [math.cos(angle), -math.sin(angle)] * math.cos(incl)
    some = np.arange(0, len(UV), 97)

    def profile(r: float) -> float:
        return math.exp(-((r - radius) ** 2) / (2 * width**2)) * r

    norm = quad(profile, 0, 4, epsabs=1e-12)[0]
    q = np.hypot(u_along, u_across)[some]
    true = [
        quad(lambda r, b=b: profile(r) * j0(2 * math.pi * b * r), 0, 4, epsabs=1e-12, limit=400)[0]
        for b in q
    ]
    assert np.abs(_seen(data / flux)[some] - np.array(true) / norm).max() < 1e-5


def test_parseval() -> None:
    """On the full grid of spatial frequencies the visibilities hold all of the sky's power."""
    side = 32
    data = np.random.default_rng(3).random((side, side))
    steps = np.fft.fftfreq(side) / (PIXEL_ARCSEC * ARCSEC_RAD)
    v, u = np.meshgrid(steps, steps, indexing="ij")
    # A frequency half a hair lower, so that the outermost fringe is within the sampling.
    uvw = np.stack([u, v, np.zeros_like(u)], -1).reshape(-1, 3)
    uvw = uvw * SPEED_OF_LIGHT_M_S / FREQUENCY_HZ
    seen = predict(SkyImage(data, PIXEL_ARCSEC, "Jy/pixel"), uvw, FREQUENCY_HZ, epsilon=1e-9)
    assert np.sum(np.abs(seen) ** 2) == pytest.approx(side**2 * np.sum(data**2), rel=1e-7)


def test_the_sky_s_curvature_matters_little() -> None:
    east, north = _grid()
    data = np.exp(-(east**2 + north**2) / 2)
    data /= data.sum()
    sky = SkyImage(data, PIXEL_ARCSEC, "Jy/pixel")
    flat = predict(sky, TRACK.uvw_m, FREQUENCY_HZ, epsilon=1e-9)
    curved = predict(sky, TRACK.uvw_m, FREQUENCY_HZ, epsilon=1e-9, w_terms=True)
    difference = np.linalg.norm(flat - curved) / np.linalg.norm(flat)
    assert 0 < difference < 2e-6
