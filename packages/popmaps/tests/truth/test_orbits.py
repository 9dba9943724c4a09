"""Orbits against conserved quantities, galpy, scipy and an exact orbit."""

from collections.abc import Callable

import numpy as np
import pytest
from galpy.orbit import Orbit
from galpy.potential import (
    HernquistPotential,
    MiyamotoNagaiPotential,
    NFWPotential,
    PlummerPotential,
    Potential,
    evaluatePotentials,
    evaluateRforces,
    evaluatezforces,
)
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from popmaps.constants import GRAVITY
from popmaps.galaxy.dynamics import Births, born
from popmaps.galaxy.orbits import TIME_PER_YEAR, evolve
from popmaps.galaxy.potentials import (
    POTENTIALS,
    accelerations,
    circular_speed,
    potential_values,
)
from popmaps.galaxy.settings import GalaxySettings
from popmaps.galaxy.vectors import to_cartesian

Floats = NDArray[np.float64]

LONG_YR = 3e7


def start(births: Births) -> tuple[Floats, Floats]:
    none = np.zeros_like(births.r_kpc)
    places = to_cartesian(births.phi_rad, births.r_kpc, none, births.z_kpc)
    motion = (births.v_r_km_s, births.v_phi_km_s, births.v_z_km_s)
    return places, to_cartesian(births.phi_rad, *motion)


def stars(number: int, potential: str = "M19", seed: int = 3) -> tuple[Floats, Floats]:
    """Stars as they are born, and some that fall towards the centre."""
    settings = GalaxySettings(potential=potential)  # type: ignore[arg-type]
    places, velocities = start(born(np.random.default_rng(seed), number, settings))
    velocities[: number // 20] *= -0.2
    return places, velocities


def energy(places: Floats, velocities: Floats, potential: str) -> Floats:
    return np.asarray(0.5 * (velocities**2).sum(axis=1) + potential_values(places, potential))


def momentum(places: Floats, velocities: Floats) -> Floats:
    return np.asarray(places[:, 0] * velocities[:, 1] - places[:, 1] * velocities[:, 0])


@pytest.mark.parametrize("potential", POTENTIALS)
def test_every_star_keeps_its_energy_and_angular_momentum(potential: str) -> None:
    places, velocities = stars(20_000, potential)
    end = evolve(places, velocities, np.full(len(places), LONG_YR), potential)
    before = energy(places, velocities, potential)
    after = energy(end.positions_kpc, end.velocities_km_s, potential)
    assert np.abs(after / before - 1).max() < 1e-6
    turning = momentum(places, velocities)
    assert np.abs(momentum(end.positions_kpc, end.velocities_km_s) / turning - 1).max() < 1e-6
    # Not for want of motion.
    assert np.median(np.linalg.norm(end.positions_kpc - places, axis=1)) > 3


def galpy_m19() -> Potential:
    """Equal GM; galpy's Hernquist amplitude is twice the mass, its NFW's that of the form."""
    return (
        MiyamotoNagaiPotential(amp=GRAVITY * 6.8e10, a=3.0, b=0.28)
        + HernquistPotential(amp=2 * GRAVITY * 5.0e9, a=1.0)
        + HernquistPotential(amp=2 * GRAVITY * 1.71e9, a=0.07)
        + NFWPotential(amp=GRAVITY * 5.4e11, a=15.62)
    )


@pytest.mark.parametrize("r", [1e-6, 1e-3, 0.0154, 0.0157, 0.1562, 1.0, 8.3, 40.0, 1000.0])
@pytest.mark.parametrize("z", [0.0, 0.3, -5.0])
def test_the_potential_is_that_of_galpy(r: float, z: float) -> None:
    reference = galpy_m19()
    ours = accelerations([[r, 0.0, z]])[0]
    assert ours[0] == pytest.approx(evaluateRforces(reference, r, z), rel=1e-9)
    assert ours[2] == pytest.approx(evaluatezforces(reference, r, z), rel=1e-9)
    value = potential_values([[0.0, r, z]])[0]
    assert value == pytest.approx(evaluatePotentials(reference, r, z), rel=1e-9)


def test_the_spheres_of_fk06_are_those_of_galpy() -> None:
    core = PlummerPotential(amp=GRAVITY * 9.3e9, b=0.25)
    spheroid = PlummerPotential(amp=GRAVITY * 1.0e10, b=1.5)
    # In the plane the layers are one Miyamoto-Nagai disk of the same depth and core.
    depth = 2.4 + 0.4 * 0.325 + 0.5 * 0.090 + 0.1 * 0.125
    disk = PlummerPotential(amp=GRAVITY * 1.45e11, b=np.hypot(depth, 5.5))
    for r in (0.01, 0.5, 8.5, 30.0):
        expected = evaluateRforces(core + spheroid + disk, r, 0.0)
        assert accelerations([[0.0, r, 0.0]], "FK06")[0, 1] == pytest.approx(expected, rel=1e-12)


def test_circular_speeds_are_those_published() -> None:
    assert circular_speed([8.3])[0] == pytest.approx(231.8, abs=0.06)
    assert circular_speed([8.5], potential="FK06")[0] == pytest.approx(222.0, abs=0.06)


@pytest.mark.parametrize("potential", POTENTIALS)
def test_acceleration_is_the_slope_of_the_potential(potential: str) -> None:
    places = stars(500, potential)[0]
    step = 1e-4
    for axis in range(3):
        ahead, behind = places.copy(), places.copy()
        ahead[:, axis] += step
        behind[:, axis] -= step
        rise = potential_values(ahead, potential) - potential_values(behind, potential)
        size = np.linalg.norm(accelerations(places, potential), axis=1)
        away = accelerations(places, potential)[:, axis] + rise / (2 * step)
        assert np.abs(away / size).max() < 1e-4


def test_orbits_are_those_of_galpy() -> None:
    places, velocities = stars(20)
    reference = galpy_m19()
    end = evolve(places, velocities, np.full(len(places), LONG_YR))
    times = np.linspace(0, LONG_YR * TIME_PER_YEAR, 3)
    for i, (place, velocity) in enumerate(zip(places, velocities, strict=True)):
        r, phi = np.hypot(place[0], place[1]), np.arctan2(place[1], place[0])
        along = (place[0] * velocity[0] + place[1] * velocity[1]) / r
        across = (place[0] * velocity[1] - place[1] * velocity[0]) / r
        orbit = Orbit([r, along, across, place[2], velocity[2], phi])
        orbit.integrate(times, reference, method="dop853")
        theirs = np.array([orbit.x(times[-1]), orbit.y(times[-1]), orbit.z(times[-1])])
        np.testing.assert_allclose(end.positions_kpc[i], theirs, atol=1e-6)


def slope(potential: str) -> Callable[[float, Floats], Floats]:
    def derivative(_: float, y: Floats) -> Floats:
        return np.concatenate([y[3:], accelerations(y[None, :3], potential)[0]])

    return derivative


@pytest.mark.parametrize("potential", POTENTIALS)
def test_orbits_are_those_of_a_tight_integration_by_scipy(potential: str) -> None:
    places, velocities = stars(25, potential, seed=8)
    end = evolve(places, velocities, np.full(len(places), LONG_YR), potential)
    for i, (place, velocity) in enumerate(zip(places, velocities, strict=True)):
        found = solve_ivp(
            slope(potential),
            (0, LONG_YR * TIME_PER_YEAR),
            np.concatenate([place, velocity]),
            method="DOP853",
            rtol=1e-12,
            atol=1e-12,
        )
        np.testing.assert_allclose(end.positions_kpc[i], found.y[:3, -1], atol=1e-7)
        np.testing.assert_allclose(end.velocities_km_s[i], found.y[3:, -1], atol=1e-4)


@pytest.mark.parametrize("potential", POTENTIALS)
def test_a_circular_orbit_stays_circular(potential: str) -> None:
    r = np.array([0.5, 3.0, 8.3, 18.0])
    speed = circular_speed(r, potential=potential)
    none = np.zeros_like(r)
    end = evolve(
        np.stack([none, r, none], axis=1),
        np.stack([speed, none, none], axis=1),
        np.full(4, 2e8),
        potential,
    )
    np.testing.assert_allclose(np.linalg.norm(end.positions_kpc, axis=1), r, rtol=1e-7)
    turned = np.arctan2(end.positions_kpc[:, 0], end.positions_kpc[:, 1])
    expected = speed / r * 2e8 * TIME_PER_YEAR
    np.testing.assert_allclose(np.exp(1j * turned), np.exp(1j * expected), atol=1e-5)
    assert np.abs(end.positions_kpc[:, 2]).max() == 0


@pytest.mark.parametrize("potential", POTENTIALS)
def test_back_in_time_leads_to_the_start(potential: str) -> None:
    places, velocities = stars(500, potential)
    there = evolve(places, velocities, np.full(len(places), LONG_YR), potential)
    back = evolve(
        there.positions_kpc, there.velocities_km_s, np.full(len(places), -LONG_YR), potential
    )
    assert np.abs(back.positions_kpc - places).max() < 1e-6
    assert np.abs(back.velocities_km_s - velocities).max() < 1e-3


def test_errors_fall_with_the_tolerance() -> None:
    places, velocities = stars(2000)
    ages = np.full(len(places), LONG_YR)
    exact = evolve(places, velocities, ages, tolerance=1e-12).positions_kpc
    worst = [
        np.abs(evolve(places, velocities, ages, tolerance=t).positions_kpc - exact).max()
        for t in (1e-5, 1e-7, 1e-9)
    ]
    assert worst[0] > 30 * worst[1] > 900 * worst[2]
