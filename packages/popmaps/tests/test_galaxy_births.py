"""Births: settings, spiral arms, and the tables of a population."""

import dataclasses

import numpy as np
import pytest

from popmaps.columns import DYNAMICS, INITIAL
from popmaps.constants import KPC_CM, YEAR_S
from popmaps.galaxy.birth import draw_radii, radius_cdf
from popmaps.galaxy.dynamics import born, evolved
from popmaps.galaxy.potentials import circular_speed
from popmaps.galaxy.settings import ArmModel, GalaxySettings
from popmaps.galaxy.spiral_arms import ARMS, draw_arms, draw_places
from popmaps.galaxy.vectors import to_cartesian, to_cylindrical
from skytypes.errors import InputError

DRAWS = 100_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"h_c_kpc": 0.0}, r"h_c_kpc is 0; allowed: 0.001 to 5"),
        ({"h_c_kpc": float("nan")}, r"h_c_kpc is nan; allowed"),
        ({"sigma_k_km_s": 1e4}, r"sigma_k_km_s is 10000; allowed: 0.1 to 1500"),
        ({"t_max_yr": 1.0}, r"t_max_yr is 1; allowed: 10 to 1e\+10"),
        ({"arms": "two"}, r"arms is 'two'; there is ymw17, fk06"),
        ({"kick_law": "none"}, r"kick_law is 'none'; there is maxwell, exponential,"),
        ({"radial_law": "flat"}, r"radial_law is 'flat'; there is yusifov-kucuk, verberne-vink"),
        ({"potential": "MW"}, r"potential 'MW'; there is M19 or FK06"),
    ],
)
def test_settings_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        GalaxySettings(**change)  # type: ignore[arg-type]


@pytest.mark.parametrize("arms", ["ymw17", "fk06"])
def test_shares_of_the_arms(arms: ArmModel) -> None:
    rng = np.random.default_rng(2)
    r = draw_radii(rng, DRAWS)
    number = draw_arms(rng, r, arms, "yusifov-kucuk")
    share = np.bincount(number, minlength=5) / DRAWS
    local = ARMS[arms].local_share
    assert share[4] == pytest.approx(local, abs=4 * np.sqrt(local / DRAWS))
    np.testing.assert_allclose(share[:4], (1 - local) / 4, atol=0.005)
    low, high = ARMS[arms].local_range_kpc
    assert r[number == 4].min() >= low
    assert r[number == 4].max() <= high


@pytest.mark.parametrize("arms", ["ymw17", "fk06"])
def test_far_from_the_centre_stars_lie_along_the_arms(arms: ArmModel) -> None:
    spiral_r = np.full(DRAWS, 12.0)
    r, phi = draw_places(np.random.default_rng(3), spiral_r, np.zeros(DRAWS), arms=arms)
    model = ARMS[arms]
    arm = np.array(
        [model.k[i] * np.log(12.0 / model.r0_kpc[i]) + model.phi0_rad[i] for i in range(4)]
    )
    behind = np.mod(phi[:, None] - arm, 2 * np.pi).min(axis=1)
    assert behind.max() <= 2 * np.pi * np.exp(-0.35 * 12.0)
    assert r.mean() == pytest.approx(12.0, abs=0.02)
    assert r.std() == pytest.approx(0.07 * 12.0, rel=0.02)


def test_the_pattern_stood_further_back_when_old_stars_were_born() -> None:
    r = np.array([5.0, 9.0])
    now = draw_places(np.random.default_rng(1), r, np.zeros(2))[1]
    then = draw_places(np.random.default_rng(1), r, np.full(2, 2.5e7))[1]
    np.testing.assert_allclose(np.mod(then - now, 2 * np.pi), 2 * np.pi / 10)


def test_the_cumulative_law_ends_at_its_ends() -> None:
    np.testing.assert_array_equal(radius_cdf([0.0, 1e-4, 20.0, 99.0]), [0, 0, 1, 1])


def test_births_turn_with_the_galaxy() -> None:
    births = born(np.random.default_rng(4), 20_000, GalaxySettings(sigma_k_km_s=0.1))
    np.testing.assert_allclose(births.v_phi_km_s, -births.v_orb_km_s, atol=1)
    np.testing.assert_array_equal(births.v_orb_km_s, circular_speed(births.r_kpc, births.z_kpc))
    assert np.abs(births.v_r_km_s).max() < 1
    assert births.phi_rad.min() >= 0
    assert births.phi_rad.max() < 2 * np.pi


def test_tables_have_the_columns_of_the_contract() -> None:
    births = born(np.random.default_rng(5), 50, GalaxySettings())
    initial = births.columns()
    assert [c.name for c in INITIAL if c.name in initial] == list(initial)
    second = KPC_CM / 1e5
    np.testing.assert_allclose(initial["v_orb"] * second / YEAR_S, births.v_orb_km_s)
    today = evolved(births).columns()
    assert [c.name for c in DYNAMICS][1:] == list(today)
    assert {values.shape for values in today.values()} == {(50,)}


def test_the_same_seed_gives_the_same_stars() -> None:
    one, two = (born(np.random.default_rng(6), 300, GalaxySettings()) for _ in range(2))
    for field in dataclasses.fields(one):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(two, field.name))
    other = born(np.random.default_rng(7), 300, GalaxySettings())
    assert not np.array_equal(one.r_kpc, other.r_kpc)


def test_selected_stars_are_the_same_as_among_all() -> None:
    births = born(np.random.default_rng(8), 400, GalaxySettings())
    every = evolved(births)
    numbers = np.array([3, 399, 10])
    mask = births.age_yr < 1e7
    for select in (numbers, mask):
        some = evolved(births, select=select)
        np.testing.assert_array_equal(some.r_kpc, every.r_kpc[select])
        np.testing.assert_array_equal(some.sky.pm_dec, every.sky.pm_dec[select])
    nothing = evolved(births, select=np.zeros(400, dtype=bool))
    assert nothing.columns()["ra"].shape == (0,)


@pytest.mark.parametrize("law", ["maxwell", "exponential", "double-maxwell", "lognormal"])
def test_every_law_of_kicks_gives_a_population(law: str) -> None:
    settings = GalaxySettings(kick_law=law, potential="FK06", arms="fk06")  # type: ignore[arg-type]
    today = evolved(born(np.random.default_rng(9), 200, settings), "FK06")
    assert all(np.isfinite(values).all() for values in today.columns().values())


def test_there_and_back_between_frames() -> None:
    rng = np.random.default_rng(10)
    places, velocities = rng.normal(size=(2, 100, 3))
    r, phi, z, v_r, v_phi, v_z = to_cylindrical(places, velocities)
    np.testing.assert_allclose(to_cartesian(phi, r, 0 * r, z), places, atol=1e-14)
    np.testing.assert_allclose(to_cartesian(phi, v_r, v_phi, v_z), velocities, atol=1e-14)
