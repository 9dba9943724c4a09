"""Distributions at birth, by Kolmogorov and Smirnov."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from popmaps.spin.births import draw_births
from popmaps.spin.settings import SpinSettings
from skytypes import item_rng

SIZE = 20_000


def p_value(values: object, cdf: object) -> float:
    return float(stats.kstest(values, cdf).pvalue)


def test_default_distributions() -> None:
    births = draw_births(item_rng(1, 0, "births"), SIZE, SpinSettings())
    assert p_value(np.log10(births.B_gauss), stats.norm(13.09, 0.5).cdf) > 0.01
    assert p_value(np.log10(births.B_floor_gauss), stats.norm(8.5, 0.5).cdf) > 0.01
    assert p_value(np.log10(births.period_s), stats.norm(-0.67, 0.55).cdf) > 0.01
    assert p_value(np.cos(births.chi_rad), stats.uniform().cdf) > 0.01
    assert births.chi_rad.min() >= 0
    assert births.chi_rad.max() <= np.pi / 2


def test_normal_period_is_cut_at_zero() -> None:
    settings = SpinSettings(P_initial_distribution="normal", P_initial_mean=0.1)
    period = draw_births(item_rng(1, 0, "births"), SIZE, settings).period_s
    assert period.min() > 0
    assert p_value(period, stats.truncnorm(-0.5, np.inf, loc=0.1, scale=0.2).cdf) > 0.01


def test_double_log_normal() -> None:
    settings = SpinSettings(B_initial_distribution="double-log-normal", B_first_share=0.3)
    field = np.log10(draw_births(item_rng(1, 0, "births"), SIZE, settings).B_gauss)

    def cdf(x: np.ndarray) -> np.ndarray:
        return np.asarray(0.3 * stats.norm(13.09, 0.5).cdf(x) + 0.7 * stats.norm(14.3, 0.3).cdf(x))

    assert p_value(field, cdf) > 0.01


def test_smooth_top_hat_has_the_density_of_its_three_parts() -> None:
    settings = SpinSettings(
        B_initial_distribution="smooth-top-hat",
        B_initial_log10_mean=13.02,
        B_initial_log10_sigma=0.49,
    )
    field = np.log10(draw_births(item_rng(1, 0, "births"), SIZE, settings).B_gauss)
    grid = np.linspace(9, 17, 80_001)
    rise = np.exp(-0.5 * ((grid - 13.02) / 0.49) ** 2)
    fall = np.exp(-0.5 * ((grid - 14.5) / 0.2) ** 2)
    density = np.where(grid < 13.02, rise, np.where(grid > 14.5, fall, 1.0))
    total = np.cumsum(density)
    assert p_value(field, lambda x: np.interp(x, grid, total / total[-1])) > 0.01


def test_no_spread_gives_the_mean() -> None:
    settings = SpinSettings(
        B_initial_log10_sigma=0, P_initial_distribution="normal", P_initial_sigma=0
    )
    births = draw_births(item_rng(1, 0, "births"), 5, settings)
    np.testing.assert_allclose(births.period_s, 0.3)
    np.testing.assert_allclose(births.B_gauss, 10**13.09)


def test_a_parameter_changes_nothing_but_what_it_names() -> None:
    one = draw_births(item_rng(1, 0, "births"), 50, SpinSettings())
    two = draw_births(item_rng(1, 0, "births"), 50, SpinSettings(P_initial_distribution="normal"))
    np.testing.assert_array_equal(one.B_gauss, two.B_gauss)
    np.testing.assert_array_equal(one.chi_rad, two.chi_rad)
    assert (one.period_s != two.period_s).all()


@pytest.mark.parametrize("size", [0, 1])
def test_few_stars(size: int) -> None:
    assert draw_births(item_rng(1, 0, "births"), size, SpinSettings()).period_s.shape == (size,)
