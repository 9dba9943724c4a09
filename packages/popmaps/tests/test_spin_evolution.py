"""Evolution of whole arrays: what is kept, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmaps.rows import rows
from popmaps.spin.births import Births, draw_births
from popmaps.spin.decay_law import FieldDecay
from popmaps.spin.evolution import spin_at_birth, spun_down
from popmaps.spin.field_decay import field_today
from popmaps.spin.settings import SpinSettings
from popmaps.spin.spin_down import aligned_growth, log_alignment
from skytypes.errors import InputError

DEFAULT = SpinSettings()


def one_star(field: float, floor: float, chi: float, period: float) -> Births:
    return Births(*(np.array([value]) for value in (field, floor, chi, period)))


@settings(deadline=None)
@given(
    st.floats(8, 16),
    st.floats(6, 12),
    st.floats(0, np.pi / 2),
    st.floats(-3, 1),
    st.floats(0, 10),
)
def test_every_star_slows_and_aligns(
    field: float, floor: float, chi: float, period: float, age: float
) -> None:
    births = one_star(10**field, 10**floor, chi, 10**period)
    today = spun_down(births, np.array([10**age]), DEFAULT)
    assert today.period_s[0] >= births.period_s[0] * (1 - 1e-15)
    assert 0 <= today.chi_rad[0] <= chi * (1 + 1e-15)
    assert today.period_derivative[0] > 0
    assert today.B_gauss[0] <= births.B_gauss[0]
    assert today.B_gauss[0] >= min(births.B_gauss[0], births.B_floor_gauss[0]) * (1 - 1e-14)
    # sin(chi) P / cos^2(chi) is conserved where it can be computed.
    if 0.01 < chi < 1.5 and today.chi_rad[0] > 1e-12:
        before = births.period_s[0] * np.sin(chi) / np.cos(chi) ** 2
        after = today.period_s[0] * np.sin(today.chi_rad[0]) / np.cos(today.chi_rad[0]) ** 2
        assert after == pytest.approx(before, rel=1e-11)


@settings(deadline=None)
@given(st.floats(-12, 12), st.floats(0, 1))
def test_both_solutions_of_the_usual_torque_agree(log_tau: float, sin2: float) -> None:
    tau = 10**log_tau
    closed = np.log1p(aligned_growth(tau, sin2, 1 - sin2))
    numeric = log_alignment(tau, (1.0, 1.0, 1.0), sin2, 1 - sin2)
    assert numeric == pytest.approx(closed, rel=1e-10, abs=1e-15)


def test_field_has_every_branch() -> None:
    """Written out at one age for a strong, a weaker and an old-style weak field."""
    age, tl = 3e6, 2e6
    fields = np.array([1e14, 1e11, 1e9])
    today = field_today(fields, np.zeros(3), np.full(3, age))
    t1, t2 = 1e14 * fields**-0.8, 6e8 * fields**-0.2
    strong = (1 + age / t1[0]) ** -0.13 * (1 + age / t2[0]) ** -2.87 * (1 + age / tl) ** 2.12
    weaker = (1 + age / t1[1]) ** -0.13 * (1 + age / tl) ** -0.75
    assert t1[0] < t2[0] < tl
    assert t1[1] < tl < t2[1]
    assert tl < t1[2]
    weak = (1 + age / tl) ** -0.88
    np.testing.assert_allclose(today / fields, [strong, weaker, weak], rtol=1e-12)


def test_field_stops_at_its_floor_and_one_born_below_stays() -> None:
    today = field_today(np.array([1e13, 1e8]), np.array([1e12, 3e8]), np.array([1e8, 1e8]))
    np.testing.assert_array_equal(today, [1e12, 1e8])


def test_times_in_unusual_order() -> None:
    """A Hall time before the early one is integrated from the shorter of them."""
    decay = FieldDecay(hall_time_yr=6e6)
    early, hall = 1e14 * 1e11**-0.8, 6e6 * 1e11**-0.2
    assert hall < early
    today = field_today(np.array([1e11]), np.zeros(1), np.array([1e6]), decay)[0]
    expected = (1 + 1e6 / early) ** -0.13 * (1 + 1e6 / hall) ** -2.87 * 1.5**2.12
    assert today == pytest.approx(1e11 * expected, rel=1e-12)


def test_no_time_leaves_a_star_as_it_is() -> None:
    births = draw_births(np.random.default_rng(1), 100, DEFAULT)
    today = spin_at_birth(births, DEFAULT)
    np.testing.assert_array_equal(today.period_s, births.period_s)
    np.testing.assert_allclose(today.chi_rad, births.chi_rad, rtol=1e-15)
    beta = DEFAULT.star.braking_s_gauss2
    expected = beta * births.B_gauss**2 / births.period_s * (1 + np.sin(births.chi_rad) ** 2)
    np.testing.assert_allclose(today.period_derivative, expected, rtol=1e-13)


def test_a_star_does_not_depend_on_its_neighbours() -> None:
    births = draw_births(np.random.default_rng(1), 64, DEFAULT)
    ages = np.random.default_rng(2).uniform(1, 1e8, 64)
    whole = spun_down(births, ages, DEFAULT)
    some = np.array([5, 63, 0])
    part = spun_down(rows(births, some), ages[some], DEFAULT)
    np.testing.assert_array_equal(whole.period_s[some], part.period_s)
    np.testing.assert_array_equal(whole.chi_rad[some], part.chi_rad)


@pytest.mark.parametrize(
    ("ages", "message"),
    [
        (np.zeros(2), "one age a star"),
        (np.array([-1.0]), "0 or more"),
        (np.array([np.nan]), "finite"),
        (np.array([np.inf]), "finite"),
    ],
)
def test_ages_that_cannot_be_are_refused(ages: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        spun_down(one_star(1e13, 1e8, 1.0, 0.1), ages, DEFAULT)
