"""Spin-down against a tight integration of its differential equations, and closed solutions."""

from __future__ import annotations

from dataclasses import astuple, replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad_vec, solve_ivp

from popmaps.constants import YEAR_S
from popmaps.spin.births import Births
from popmaps.spin.decay_law import FieldDecay
from popmaps.spin.evolution import SpinToday, spun_down
from popmaps.spin.field_decay import Terms, decay_terms, log_decay, squared_integral
from popmaps.spin.settings import SpinSettings

Values = NDArray[np.float64]
DEFAULT = SpinSettings()
BETA_YEAR = DEFAULT.star.braking_s_gauss2 * YEAR_S


def field_gauss(t: float, born: float, floor: float, a_late: float) -> float:
    """The decay law written out anew; t in years."""
    if born < floor:
        return born
    a1, a2, tl = -0.13, -3.0, 2e6
    t1, t2 = 1e14 * born**-0.8, 6e8 * born**-0.2
    if tl < t1:
        field = born * (1 + t / tl) ** a_late
    elif t2 > tl:
        field = born * (1 + t / t1) ** a1 * (1 + t / tl) ** (a_late - a1)
    else:
        field = (
            born * (1 + t / t1) ** a1 * (1 + t / t2) ** (a2 - a1) * (1 + t / tl) ** (a_late - a2)
        )
    return float(max(field, floor))


def integrated(
    births: Births, i: int, age_yr: float, settings: SpinSettings
) -> tuple[float, float]:
    """Period and inclination of star i by solve_ivp, as tight as doubles allow."""
    born, floor = float(births.B_gauss[i]), float(births.B_floor_gauss[i])
    k0, k1, k2 = settings.torque

    def slope(t: float, state: Values) -> list[float]:
        period, chi = state
        pull = BETA_YEAR * field_gauss(t, born, floor, settings.a_late) ** 2 / period
        sin, cos = np.sin(chi), np.cos(chi)
        return [pull * (k0 + k1 * sin**2), -k2 * pull / period * sin * cos]

    start = [float(births.period_s[i]), float(births.chi_rad[i])]
    solved = solve_ivp(slope, (0, age_yr), start, method="DOP853", rtol=1e-11, atol=1e-16)
    assert solved.success
    return float(solved.y[0, -1]), float(solved.y[1, -1])


def wide_births(size: int) -> Births:
    """Stars over all branches of the decay, every sixth with a floor that it meets early."""
    rng = np.random.default_rng(20)
    field = 10 ** rng.uniform(9.5, 15, size)
    floor = np.where(np.arange(size) % 6 == 0, field / 10 ** rng.uniform(0.05, 1, size), 3e8)
    chi = np.arccos(rng.random(size))
    chi[:4] = [1e-6, np.pi / 2 - 1e-6, 1e-9, np.pi / 2]
    return Births(field, floor, chi, 10 ** rng.uniform(-2, 0.5, size))


def errors(settings: SpinSettings, size: int) -> tuple[Values, Births, SpinToday]:
    births = wide_births(size)
    ages = 10 ** np.random.default_rng(21).uniform(3, 8.5, size)
    today = spun_down(births, ages, settings)
    ours = np.stack([today.period_s, today.chi_rad])
    truth = np.array([integrated(births, i, ages[i], settings) for i in range(size)]).T
    # An angle that has died away below 1e-8 is as good as 0; solve_ivp no longer resolves it.
    return np.abs(ours - truth) / np.maximum(truth, 1e-8), births, today


@pytest.mark.parametrize("a_late", [-0.88, -2.5])
def test_period_and_inclination_are_those_of_a_tight_integration(a_late: float) -> None:
    off, births, today = errors(replace(DEFAULT, a_late=a_late), 48)
    assert (births.B_floor_gauss == today.B_gauss).sum() >= 3, "some stars must meet their floor"
    assert np.median(off) < 1e-8
    assert off.max() < 1e-6


@pytest.mark.parametrize("torque", [(1.0, 1.2, 1.0), (0.0, 2 / 3, 2 / 3), (1.0, 1.0, 0.0)])
def test_any_torque_is_that_of_a_tight_integration(torque: tuple[float, float, float]) -> None:
    off, _, _ = errors(replace(DEFAULT, torque=torque), 18)
    assert off.max() < 1e-6


def constant(field: float, chi: float, period: float, ages: Values) -> SpinToday:
    """One star whose field never decays, at several ages."""
    one = np.ones_like(ages)
    return spun_down(Births(field * one, 2 * field * one, chi * one, period * one), ages, DEFAULT)


@pytest.mark.parametrize(("chi", "factor"), [(0.0, 2), (np.pi / 2, 4)])
def test_square_of_the_period_grows_linearly(chi: float, factor: int) -> None:
    ages = np.array([1e2, 1e5, 1e9])
    today = constant(1e13, chi, 0.05, ages)
    expected = 0.05**2 + factor * BETA_YEAR * 1e26 * ages
    np.testing.assert_allclose(today.period_s**2, expected, rtol=1e-13)
    np.testing.assert_allclose(today.chi_rad, chi, rtol=1e-13)


@pytest.mark.parametrize("chi", [0.0, 0.4, 1.2, np.pi / 2])
def test_braking_index(chi: float) -> None:
    """3 + 2 (sin chi cos chi / (1 + sin^2 chi))^2 at constant field; 3 where chi stays."""
    ages = 1e5 + np.array([-10.0, 0.0, 10.0])
    today = constant(1e13, chi, 0.05, ages)
    derivative = today.period_derivative
    second = (derivative[2] - derivative[0]) / (20 * YEAR_S)
    index = 2 - today.period_s[1] * second / derivative[1] ** 2
    sin, cos = np.sin(today.chi_rad[1]), np.cos(today.chi_rad[1])
    assert index == pytest.approx(3 + 2 * (sin * cos / (1 + sin**2)) ** 2, abs=1e-6)


def test_period_derivative_is_the_slope_of_the_period() -> None:
    one = np.ones(3)
    births = Births(2e13 * one, 1e8 * one, 0.9 * one, 0.1 * one)
    today = spun_down(births, np.array([99_990.0, 1e5, 100_010.0]), DEFAULT)
    slope = (today.period_s[2] - today.period_s[0]) / (20 * YEAR_S)
    assert today.period_derivative[1] == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize(("a_late", "most"), [(-0.5, 1e-9), (-0.88, 1e-9), (-3, 1e-6), (-5, 2e-4)])
def test_integral_of_the_squared_field(a_late: float, most: float) -> None:
    """Against an adaptive quadrature, also where the field all but vanishes."""
    law = astuple(FieldDecay(a_late=a_late))
    for field in np.logspace(9, 16, 29):
        terms = decay_terms(float(field), law)
        for age in (1e3, 1e6, 3e7, 1e9):
            end = np.log1p(age / terms[0])

            def power(u: float, terms: Terms = terms) -> float:
                return float(np.exp(2 * log_decay(u, terms) + u))

            truth = terms[0] * quad_vec(power, 0, end, epsrel=1e-12, epsabs=0)[0]
            assert squared_integral(end, terms) == pytest.approx(truth, rel=most)
