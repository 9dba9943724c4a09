"""Field, period and inclination that stars are born with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from .settings import SpinSettings

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Births:
    """Stars at birth; every field is a float64 array of shape (stars,).

    Parameters
    ----------
    B_gauss, B_floor_gauss : ndarray
        Dipole field at the pole, and the field at which its decay stops [G].
    chi_rad : ndarray
        Angle between the axes of rotation and of the field, 0 to pi/2 [rad].
    period_s : ndarray
        [s]
    """

    B_gauss: Values
    B_floor_gauss: Values
    chi_rad: Values
    period_s: Values


def draw_births(rng: np.random.Generator, size: int, settings: SpinSettings) -> Births:
    """Draw stars at birth.

    Parameters
    ----------
    rng : numpy.random.Generator
        The same numbers are taken from it whatever the settings.
    size : int
        Number of stars.
    settings : SpinSettings

    Returns
    -------
    Births

    Notes
    -----
    Source: Graber et al. 2024, ApJ 968, 16; the inclination is isotropic.

    Examples
    --------
    >>> import numpy as np
    >>> births = draw_births(np.random.default_rng(1), 100_000, SpinSettings())
    >>> print(f"{np.log10(births.B_gauss).mean():.2f} {np.cos(births.chi_rad).mean():.2f}")
    13.09 0.50
    """
    field, choice, period, angle, floor = rng.random((5, size))
    floor_log10 = settings.B_floor_log10_mean + settings.B_floor_log10_sigma * _normal(floor)
    return Births(
        B_gauss=10 ** _field_log10(field, choice, settings),
        B_floor_gauss=10**floor_log10,
        chi_rad=np.arccos(angle),
        period_s=_period_s(period, settings),
    )


def _normal(uniform: Values) -> Values:
    """Standard normal numbers; a uniform 0 becomes the smallest that the generator's step has."""
    return np.asarray(ndtri(np.maximum(uniform, 2.0**-54)))


def _period_s(uniform: Values, settings: SpinSettings) -> Values:
    if settings.P_initial_distribution == "log-normal":
        mean, sigma = settings.P_initial_log10_mean, settings.P_initial_log10_sigma
        return np.asarray(10 ** (mean + sigma * _normal(uniform)))
    mean, sigma = settings.P_initial_mean, settings.P_initial_sigma
    below = ndtr(-mean / sigma) if sigma > 0 else 0.0
    # 1 - uniform is never 0, so neither is the period.
    cut = below + (1 - uniform) * (1 - below)
    return np.maximum(mean + sigma * _normal(np.minimum(cut, 1 - 2.0**-54)), _SHORTEST_S)


_SHORTEST_S = 1e-4
"""A normal distribution cut at 0 may come this near to it [s]; no star turns faster."""


def _field_log10(uniform: Values, choice: Values, settings: SpinSettings) -> Values:
    mean, sigma = settings.B_initial_log10_mean, settings.B_initial_log10_sigma
    if settings.B_initial_distribution == "log-normal":
        return mean + sigma * _normal(uniform)
    if settings.B_initial_distribution == "double-log-normal":
        first = choice < settings.B_first_share
        means = np.where(first, mean, settings.B_second_log10_mean)
        return means + np.where(first, sigma, settings.B_second_log10_sigma) * _normal(uniform)
    return _top_hat_log10(uniform, choice, settings)


def _top_hat_log10(uniform: Values, choice: Values, settings: SpinSettings) -> Values:
    """Flat from the mean to the end, with half of a normal distribution on either side."""
    start, end = settings.B_initial_log10_mean, settings.B_top_hat_log10_end
    rise, fall = settings.B_initial_log10_sigma, settings.B_top_hat_log10_end_sigma
    edge = np.sqrt(np.pi / 2)
    areas = np.array([rise * edge, end - start, fall * edge])
    part = np.searchsorted(np.cumsum(areas / areas.sum())[:2], choice, side="right")
    away = -_normal(uniform / 2)
    return np.where(
        part == 0,
        start - rise * away,
        np.where(part == 1, start + (end - start) * uniform, end + fall * away),
    )
