"""Distances, heights, ages and kicks against their laws, by Kolmogorov-Smirnov tests."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.integrate import quad

from popmaps.galaxy.birth import draw_ages, draw_heights, draw_radii
from popmaps.galaxy.dynamics import born
from popmaps.galaxy.kicks import SPEED_MAX_KM_S, draw_kicks, draw_speeds
from popmaps.galaxy.settings import GalaxySettings, KickLaw, RadialLaw

DRAWS = 200_000
LIKELY = 0.01
"""Smallest probability of a distance as large as the one found."""


def by_quadrature(
    density: Callable[[float], float], low: float, high: float
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Cumulative distribution of a density that need not be normalised."""
    grid = np.linspace(low, high, 801)
    parts = [quad(density, a, b, epsabs=0, epsrel=1e-10)[0] for a, b in itertools.pairwise(grid)]
    total = np.concatenate([[0.0], np.cumsum(parts)])
    return lambda x: np.interp(x, grid, total / total[-1])


@pytest.mark.parametrize(
    ("law", "density"),
    [
        (
            "yusifov-kucuk",
            lambda r: (
                2 * np.pi * r * ((r + 0.55) / 9.05) ** 1.64 * np.exp(-4.01 * (r - 8.5) / 9.05)
            ),
        ),
        ("verberne-vink", lambda r: r * np.exp(-2.46 * (r - 8) / 8)),
    ],
)
def test_distances_from_the_axis(law: RadialLaw, density: Callable[[float], float]) -> None:
    r = draw_radii(np.random.default_rng(4), DRAWS, law)
    assert r.min() >= 1e-4
    assert r.max() <= 20
    assert stats.kstest(r, by_quadrature(density, 1e-4, 20.0)).pvalue > LIKELY


@pytest.mark.parametrize("h_c_kpc", [0.02, 0.18, 2.0])
def test_heights(h_c_kpc: float) -> None:
    z = draw_heights(np.random.default_rng(5), DRAWS, h_c_kpc)
    expected = by_quadrature(lambda x: np.exp(-x / h_c_kpc), 0.0, 5.0)
    if h_c_kpc < 0.1:
        expected = stats.expon(scale=h_c_kpc).cdf
    assert np.abs(z).max() <= 5
    assert stats.kstest(np.abs(z), expected).pvalue > LIKELY
    assert stats.binomtest(int((z > 0).sum()), DRAWS).pvalue > LIKELY
    # The side says nothing about the height.
    assert stats.ks_2samp(z[z > 0], -z[z < 0]).pvalue > LIKELY


def test_ages() -> None:
    age = draw_ages(np.random.default_rng(6), DRAWS, 3e7)
    assert age.min() >= 1
    assert stats.kstest(age, stats.uniform(1, 3e7 - 1).cdf).pvalue > LIKELY


SPEEDS = {
    "maxwell": stats.maxwell(scale=265.0).cdf,
    "exponential": stats.gamma(2, scale=180.0).cdf,
    "double-maxwell": lambda v: (
        0.19 * stats.maxwell(scale=55.0).cdf(v) + 0.81 * stats.maxwell(scale=334.0).cdf(v)
    ),
    "lognormal": stats.lognorm(0.68, scale=np.exp(5.6)).cdf,
}


@pytest.mark.parametrize("law", list(SPEEDS))
def test_speeds_of_kicks(law: KickLaw) -> None:
    v = draw_speeds(np.random.default_rng(7), DRAWS, GalaxySettings(kick_law=law))
    below = SPEEDS[law](SPEED_MAX_KM_S)
    assert v.max() <= SPEED_MAX_KM_S
    assert stats.kstest(v, lambda x: SPEEDS[law](x) / below).pvalue > LIKELY


def test_fast_kicks_are_cut_not_piled_up() -> None:
    v = draw_speeds(np.random.default_rng(8), DRAWS, GalaxySettings(sigma_k_km_s=1500.0))
    law = stats.maxwell(scale=1500.0)
    assert v.max() <= SPEED_MAX_KM_S
    assert stats.kstest(v, lambda x: law.cdf(x) / law.cdf(SPEED_MAX_KM_S)).pvalue > LIKELY


def test_kicks_have_no_preferred_direction() -> None:
    kick = draw_kicks(np.random.default_rng(9), DRAWS, GalaxySettings())
    for component in kick:
        assert stats.kstest(component, stats.norm(0, 265).cdf).pvalue > LIKELY
    assert np.abs(np.corrcoef(kick) - np.eye(3)).max() < 0.01


def test_spiral_arms_leave_the_law_of_distances() -> None:
    births = born(np.random.default_rng(10), DRAWS, GalaxySettings(t_max_yr=100.0))
    distances = np.random.default_rng(11)
    spread = 1 + 0.07 * distances.standard_normal(DRAWS)
    smooth = draw_radii(distances, DRAWS) * spread
    assert stats.ks_2samp(births.r_kpc, smooth).pvalue > LIKELY
