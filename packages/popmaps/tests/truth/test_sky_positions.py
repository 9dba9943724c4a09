"""Positions, distances and motions on the sky against astropy."""

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import ICRS, Galactic, Galactocentric, galactocentric_frame_defaults
from numpy.typing import NDArray

from popmaps.constants import SUN_HEIGHT_KPC, SUN_RADIUS_KPC
from popmaps.galaxy.frames import seen_from_sun

STARS = 2000
PRECISION = 1e-6


@pytest.fixture(scope="module")
def stars() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(11)
    positions = rng.normal(0, (8, 8, 0.6), (STARS, 3))
    # Near the Sun every offset of its place would show.
    positions[:200] = rng.normal((0, SUN_RADIUS_KPC, SUN_HEIGHT_KPC), 0.05, (200, 3))
    return positions, rng.normal((-100, 50, 0), 250, (STARS, 3))


def astropy_sky(positions: NDArray[np.float64], velocities: NDArray[np.float64]) -> ICRS:
    with galactocentric_frame_defaults.set("v4.0"):
        place = Galactocentric(
            x=-positions[:, 1] * u.kpc,
            y=positions[:, 0] * u.kpc,
            z=positions[:, 2] * u.kpc,
            v_x=-velocities[:, 1] * u.km / u.s,
            v_y=velocities[:, 0] * u.km / u.s,
            v_z=velocities[:, 2] * u.km / u.s,
            galcen_distance=SUN_RADIUS_KPC * u.kpc,
            z_sun=SUN_HEIGHT_KPC * u.kpc,
        )
    return place.transform_to(ICRS())


def unit_vectors(lon_deg: NDArray[np.float64], lat_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    lon, lat = np.radians(lon_deg), np.radians(lat_deg)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def test_places_are_those_of_astropy(
    stars: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    sky, icrs = seen_from_sun(*stars), astropy_sky(*stars)
    away = unit_vectors(sky.ra, sky.dec) - unit_vectors(icrs.ra.deg, icrs.dec.deg)
    assert np.linalg.norm(away, axis=0).max() < 1e-9
    np.testing.assert_allclose(sky.dist, icrs.distance.to_value(u.kpc), rtol=PRECISION)
    np.testing.assert_allclose(sky.ra, icrs.ra.deg, rtol=PRECISION)
    np.testing.assert_allclose(sky.dec, icrs.dec.deg, rtol=PRECISION, atol=1e-8)


def test_galactic_coordinates_are_those_of_astropy(
    stars: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    sky, galactic = seen_from_sun(*stars), astropy_sky(*stars).transform_to(Galactic())
    away = unit_vectors(sky.l, sky.b) - unit_vectors(galactic.l.deg, galactic.b.deg)
    assert np.linalg.norm(away, axis=0).max() < 1e-9
    assert sky.l.min() >= 0
    assert sky.l.max() < 360


def test_motions_are_those_of_astropy(
    stars: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    sky, icrs = seen_from_sun(*stars), astropy_sky(*stars)
    expected = np.stack(
        [icrs.pm_ra_cosdec.to_value(u.mas / u.yr), icrs.pm_dec.to_value(u.mas / u.yr)]
    )
    away = np.stack([sky.pm_ra, sky.pm_dec]) - expected
    relative = np.linalg.norm(away, axis=0) / np.linalg.norm(expected, axis=0)
    assert relative.max() < PRECISION
    outward = icrs.radial_velocity.to_value(u.km / u.s)
    np.testing.assert_allclose(sky.v_ls, outward, rtol=PRECISION, atol=1e-6)


def test_galactic_motion_has_the_sign_of_v_z() -> None:
    north = seen_from_sun([[0.0, 0.0, 0.0]], [[0.0, 0.0, 500.0]])
    moving = astropy_sky(np.zeros((1, 3)), np.array([[0.0, 0.0, 500.0]]))
    galactic = moving.transform_to(Galactic())
    assert galactic.pm_b.value[0] > 0
    assert north.pm_dec[0] * galactic.pm_b.value[0] > 0


def test_a_star_at_the_sun_has_no_distance() -> None:
    sun = [[0.0, np.sqrt(SUN_RADIUS_KPC**2 - SUN_HEIGHT_KPC**2), SUN_HEIGHT_KPC]]
    sky = seen_from_sun(sun, [[245.6, -12.9, 7.78]])
    assert sky.dist[0] < 1e-12
    assert sky.pm_ra[0] == sky.pm_dec[0] == sky.v_ls[0] == 0


def test_the_galaxy_turns_towards_longitude_90() -> None:
    sky = seen_from_sun([[1.0, 8.3, 0.02]], [[0.0, 0.0, 0.0]])
    assert 89 < sky.l[0] < 91
