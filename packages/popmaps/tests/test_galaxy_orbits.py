"""Following stars: what does not matter, and what is refused."""

import numpy as np
import pytest
from numpy.typing import NDArray

from popmaps.galaxy import nystrom
from popmaps.galaxy.dynamics import born
from popmaps.galaxy.nystrom import COLUMNS
from popmaps.galaxy.orbits import OrbitError, evolve
from popmaps.galaxy.settings import GalaxySettings
from popmaps.galaxy.vectors import to_cartesian
from skytypes.errors import InputError, SkyError

Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def stars() -> tuple[Floats, Floats, Floats]:
    births = born(np.random.default_rng(1), 3 * COLUMNS + 17, GalaxySettings())
    places = to_cartesian(births.phi_rad, births.r_kpc, 0 * births.r_kpc, births.z_kpc)
    motion = (births.v_r_km_s, births.v_phi_km_s, births.v_z_km_s)
    return places, to_cartesian(births.phi_rad, *motion), births.age_yr


def test_a_star_does_not_depend_on_its_neighbours(stars: tuple[Floats, Floats, Floats]) -> None:
    together = evolve(*stars)
    for chosen in (slice(0, 1), slice(5, 12), slice(200, None), slice(None, None, -1)):
        alone = evolve(stars[0][chosen], stars[1][chosen], stars[2][chosen])
        np.testing.assert_array_equal(alone.positions_kpc, together.positions_kpc[chosen])
        np.testing.assert_array_equal(alone.velocities_km_s, together.velocities_km_s[chosen])
        np.testing.assert_array_equal(alone.steps, together.steps[chosen])


def test_what_is_given_is_not_changed(stars: tuple[Floats, Floats, Floats]) -> None:
    before = [values.copy() for values in stars]
    evolve(*stars)
    for values, kept in zip(stars, before, strict=True):
        np.testing.assert_array_equal(values, kept)


def test_no_age_is_no_motion(stars: tuple[Floats, Floats, Floats]) -> None:
    end = evolve(stars[0], stars[1], np.zeros(len(stars[0])))
    np.testing.assert_array_equal(end.positions_kpc, stars[0])
    np.testing.assert_array_equal(end.velocities_km_s, stars[1])


def test_no_stars() -> None:
    assert evolve(np.empty((0, 3)), np.empty((0, 3)), np.empty(0)).positions_kpc.shape == (0, 3)


@pytest.mark.parametrize("potential", ["M19", "FK06"])
def test_through_the_very_centre(potential: str) -> None:
    end = evolve([[0.0, 0, 0], [0, 1e-3, 0]], np.zeros((2, 3)), [1e7, 1e7], potential)
    assert np.isfinite(end.positions_kpc).all()
    np.testing.assert_array_equal(end.positions_kpc[0], 0)
    assert np.linalg.norm(end.positions_kpc[1]) < 1.001e-3


def test_too_many_steps_is_an_error() -> None:
    with pytest.raises(OrbitError, match=r"1 stars, star 1 first, need more than 100000 steps"):
        evolve(np.full((2, 3), 5.0), np.full((2, 3), 90.0), [1e7, 1e15])
    assert issubclass(OrbitError, SkyError)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"positions_kpc": [[1, 2]]}, r"positions_kpc has shape \(1, 2\); give n rows of x, y, z"),
        ({"age_yr": [1.0, 2.0]}, r"1 positions, 1 velocities and ages of shape \(2,\)"),
        ({"age_yr": 1.0}, r"ages of shape \(\)"),
        ({"age_yr": [np.nan]}, r"is not a finite number"),
        ({"velocities_km_s": [[np.inf, 0, 0]]}, r"is not a finite number"),
        ({"potential": "M20"}, r"potential 'M20'; there is M19 or FK06"),
        ({"tolerance": 0.0}, r"tolerance 0; allowed: 1e-12 to 0.001"),
        ({"tolerance": np.nan}, r"tolerance nan; allowed"),
    ],
)
def test_refused(change: dict[str, object], message: str) -> None:
    given: dict[str, object] = {
        "positions_kpc": [[0, 8, 0]],
        "velocities_km_s": [[200, 0, 0]],
        "age_yr": [1e6],
    }
    with pytest.raises(InputError, match=message):
        evolve(**(given | change))  # type: ignore[arg-type]


@pytest.mark.parametrize("power", range(8))
def test_the_weights_integrate_powers_of_time(power: int) -> None:
    moments = nystrom.NODES**power
    velocity, place = nystrom.VELOCITY @ moments, nystrom.PLACE[-1] @ moments[:-1]
    assert velocity == pytest.approx(1 / (power + 1), rel=1e-14)
    if power < 7:
        assert place == pytest.approx(1 / ((power + 1) * (power + 2)), rel=1e-14)
    # The error is the difference from a pair of order 6, which is as exact up to that order.
    exact = (abs(nystrom.VELOCITY_ERROR @ moments) < 1e-14) == (power < 6)
    assert exact
    if power < 5:
        assert abs(nystrom.PLACE_ERROR @ moments) < 1e-14


def test_each_stage_starts_on_a_parabola() -> None:
    np.testing.assert_allclose(nystrom.PLACE.sum(axis=1), nystrom.NODES**2 / 2, atol=1e-14)
