"""The image-plane route against the visibility route: images, and the statistics of noise."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from casa_sim import ObservationSettings
from casa_sim.native.correlator import observe_visibilities
from casa_sim.native.image_plane import make_image_plane
from casa_sim.native.images import dirty_image, point_spread_function
from casa_sim.native.imaging import image_visibilities
from casa_sim.native.noise import draw_noise, held_airmass, stokes_i_sigma_jy
from casa_sim.native.setup import ImagingSetup, make_setup
from casa_sim.native.uv_noise import UvNoise
from casa_sim.visibility_table import Visibilities
from skytypes import SkyImage

DRAWS = 240
SIDE = 128
SAME_IMAGE = 5e-4
"""Largest relative rms of the noise-free image, both made exactly."""
SAME_AS_GRIDDED = 2e-3
"""The same against the image that the simulator makes, with CASA's rounding."""
INSIDE = ("point", "off centre", "coarse", "reference beside")
"""Skies within the field: what lies beyond it is aliased by CASA's gridding, not by ours."""

OBSERVATIONS: dict[str, dict[str, Any]] = {
    "briggs": {"array_cfg": "alma.cycle9.7.cfg", "time_s": 600.0},
    "natural": {"array_cfg": "alma.cycle9.5.cfg", "time_s": 300.0, "weighting": "natural"},
    "two arrays": {
        "array_cfg": "alma.cycle9.8.cfg",
        "array_lo": "alma.cycle9.6.cfg",
        "time_s": 120.0,
        "band": 8,
        "pwv_mm": 0.6,
        "hour_angle_h": 2.5,
    },
}


@cache
def setup_of(name: str, side: int = SIDE) -> ImagingSetup:
    settings = ObservationSettings(imsize_px=side, **OBSERVATIONS[name])
    return make_setup(settings, 250.0, -30.0)


def noise_free(sky: SkyImage, setup: ImagingSetup) -> tuple[NDArray[Any], NDArray[Any]]:
    """The dirty image by way of the visibilities: exact, and as the simulator makes it."""
    settings = replace(setup.settings, noise="none")
    seen = observe_visibilities(sky, settings, seed=0, tracks=setup.tracks)
    exact = dirty_image(
        seen.values,
        seen.uvw_m,
        setup.weights,
        seen.frequency_hz,
        imsize_px=settings.image_size_px,
        cell_arcsec=setup.cell_arcsec,
    )
    return exact.astype(np.float64), image_visibilities(seen, setup).astype(np.float64)


def gaussian(side: int, x: float, y: float, sigma: float) -> NDArray[np.float64]:
    rows, columns = np.mgrid[:side, :side]
    data = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))
    return np.asarray(data / data.sum())


def skies(cell_arcsec: float) -> dict[str, SkyImage]:
    """What is hard: pixels that are no part of the cell, corners, emission beyond the image."""
    point = np.zeros((301, 250))
    point[150 + 31, 125 - 44] = 0.02
    corner = np.zeros((420, 420))
    corner[412, 415] = 1.0
    rough = np.random.default_rng(4).random((300, 340))
    return {
        "point": SkyImage(point, cell_arcsec / math.pi, "Jy/pixel"),
        "corner": SkyImage(corner, cell_arcsec / 3.3, "Jy/pixel"),
        "off centre": SkyImage(gaussian(320, 231.4, 77.7, 9.0), cell_arcsec / 3.137, "Jy/pixel"),
        "coarse": SkyImage(gaussian(96, 50.0, 61.0, 4.0), 1.3 * cell_arcsec, "Jy/pixel"),
        "rough": SkyImage(rough, cell_arcsec / 2.9, "Jy/pixel"),
        "wide": SkyImage(gaussian(256, 40.0, 180.0, 25.0), 1.1 * cell_arcsec, "Jy/pixel"),
        "reference beside": SkyImage(
            gaussian(200, 90.0, 100.0, 8.0),
            cell_arcsec / 3,
            "Jy/pixel",
            reference_px=(87.25, 94.5),
        ),
    }


@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_noise_free_images_agree(observation: str) -> None:
    setup = setup_of(observation)
    cell = setup.cell_arcsec
    for name, sky in skies(cell).items():
        wanted, gridded = noise_free(sky, setup)
        reach = max(sky.data.shape) / 2 * sky.pixel_scale_arcsec / cell
        plane = make_image_plane(setup, reach_px=reach)
        found = plane.dirty(sky.data[None], sky.pixel_scale_arcsec, centre_px=sky.centre_px)[0]
        away = np.sqrt(np.mean((found - wanted) ** 2) / np.mean(wanted**2))
        assert away < SAME_IMAGE, f"{observation}, {name}: relative rms {away:.1e}"
        away = np.sqrt(np.mean((found - gridded) ** 2) / np.mean(wanted**2))
        if name in INSIDE:
            assert away < SAME_AS_GRIDDED, f"{observation}, {name}: gridded, {away:.1e}"


def sigma_of(setup: ImagingSetup) -> NDArray[np.float64]:
    """Noise of each visibility [Jy]."""
    settings = setup.settings
    parts = []
    for track in setup.tracks:
        airmass = held_airmass((track.mjd - track.mjd[0]) * 86400, track.elevation_rad)
        sigma = stokes_i_sigma_jy(settings.band, settings.pwv_mm, airmass)
        parts.append(np.repeat(sigma, track.baselines))
    return np.concatenate(parts)


def test_natural_weights_have_sigma_over_root_n() -> None:
    setup = setup_of("natural")
    sigma = sigma_of(setup)
    assert sigma.std() < 1e-3 * sigma.mean()
    wanted = math.sqrt(np.mean(sigma**2) / len(sigma))
    assert UvNoise(setup).rms_jy_beam(setup.settings) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_rms_is_that_of_the_visibilities(observation: str) -> None:
    setup, weights = setup_of(observation), setup_of(observation).weights.astype(np.float64)
    wanted = math.sqrt(np.sum((weights * sigma_of(setup)) ** 2)) / weights.sum()
    noise = UvNoise(setup)
    assert noise.rms_jy_beam(setup.settings) == pytest.approx(wanted, rel=1e-12)
    drawn = noise.images(noise.draw(setup.settings, seeds=range(DRAWS)))
    assert float(np.sqrt(np.mean(drawn.astype(np.float64) ** 2))) == pytest.approx(wanted, rel=0.01)


LAGS = ((0, 0), (1, 0), (0, 1), (2, 2), (3, -2), (5, 0), (0, 7), (9, 4), (13, -13), (24, 6))


def lag_products(images: NDArray[Any]) -> NDArray[np.float64]:
    """Mean product of pixels at each of `LAGS`, by image; shape (image, lag)."""
    power = np.abs(np.fft.rfft2(images.astype(np.float64), s=(2 * SIDE, 2 * SIDE))) ** 2
    products = np.fft.irfft2(power, s=(2 * SIDE, 2 * SIDE))
    columns = [products[:, y, x] / ((SIDE - abs(y)) * (SIDE - abs(x))) for y, x in LAGS]
    return np.stack(columns, axis=1)


def by_visibilities(setup: ImagingSetup) -> NDArray[np.float32]:
    """Noise images by way of the visibilities."""
    sigma, settings = sigma_of(setup), setup.settings
    images = []
    for seed in range(DRAWS):
        noise = draw_noise(sigma, seed=seed, array_number=0)
        seen = Visibilities(setup.uvw_m, noise, sigma, settings.receiver.frequency_hz, 250.0, -30.0)
        images.append(image_visibilities(seen, setup))
    return np.stack(images)


@pytest.mark.parametrize("observation", ["natural", "two arrays"])
def test_noise_has_the_covariance_of_visibility_noise(observation: str) -> None:
    setup = setup_of(observation)
    noise = UvNoise(setup)
    seen = lag_products(by_visibilities(setup))
    drawn = lag_products(noise.images(noise.draw(setup.settings, seeds=range(DRAWS))))
    error = np.sqrt((seen.var(axis=0) + drawn.var(axis=0)) / DRAWS)
    away = (drawn.mean(axis=0) - seen.mean(axis=0)) / error
    # Five standard errors: ten lags break that once in 200 000 runs.
    assert np.abs(away).max() < 5, dict(zip(LAGS, away.round(1), strict=True))


@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_covariance_without_draws(observation: str) -> None:
    """The cells' own covariance against the exact one: what the grid of the uv plane costs."""
    setup = setup_of(observation)
    noise = UvNoise(setup)
    power = (setup.weights.astype(np.float64) * sigma_of(setup)) ** 2
    exact = point_spread_function(
        setup.uvw_m,
        power,
        setup.frequency_hz,
        imsize_px=2 * SIDE,
        cell_arcsec=setup.cell_arcsec,
    )
    away = noise.covariance(setup.settings) - exact
    middle = slice(SIDE - SIDE // 8, SIDE + SIDE // 8 + 1)
    assert np.abs(away[middle, middle]).max() < 6e-3
    # Rms over all pairs of pixels of the image.
    pairs = SIDE - np.abs(np.arange(-SIDE, SIDE))
    share = np.outer(pairs, pairs) / pairs.sum() ** 2
    assert math.sqrt(float((share * away**2).sum())) < 7e-3
