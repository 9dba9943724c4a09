"""Births: ages, distances from the axis and heights above the plane."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainc

from .settings import RadialLaw

R_RANGE_KPC: Final = (1e-4, 20.0)
"""Stars are born between these distances from the axis [kpc]."""

HEIGHT_MAX_KPC: Final = 5.0
AGE_MIN_YR: Final = 1.0
_TABLE_POINTS: Final = 8001


@dataclass(frozen=True)
class _GammaLaw:
    """Density of distances, proportional to r (r + offset)^power exp(-r / scale) [kpc]."""

    offset: float
    power: float
    scale: float

    def cumulative(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        """Integral of the density from r = -offset; the integrand is two gamma densities."""
        a, u = self.power, (r + self.offset) / self.scale
        whole = (a + 1) * gammainc(a + 2, u) - self.offset / self.scale * gammainc(a + 1, u)
        return np.asarray(whole)


_LAWS: Final[dict[RadialLaw, _GammaLaw]] = {
    "yusifov-kucuk": _GammaLaw(0.55, 1.64, 9.05 / 4.01),
    "verberne-vink": _GammaLaw(0.0, 0.0, 8.0 / 2.46),
}


def radius_cdf(r_kpc: ArrayLike, law: RadialLaw = "yusifov-kucuk") -> NDArray[np.float64]:
    """Share of the stars that are born nearer to the axis.

    Parameters
    ----------
    r_kpc : array_like, shape (n,)
        Distance from the axis [kpc].
    law : {"yusifov-kucuk", "verberne-vink"}
        Surface density (r + 0.55)^1.64 exp(-4.01 r / 9.05), or exp(-2.46 r / 8), r in kpc; the
        density of r itself has one more factor r.

    Returns
    -------
    ndarray, shape (n,)
        0 below and 1 above `R_RANGE_KPC`.

    Notes
    -----
    Sources: Yusifov & Kucuk 2004, doi:10.1051/0004-6361:20040152; Verberne &
    Vink 2021, doi:10.1093/mnras/stab940.

    Examples
    --------
    >>> radius_cdf([0.0, 5.0, 30.0]).round(3)
    array([0.   , 0.281, 1.   ])
    """
    r = np.clip(np.asarray(r_kpc, dtype=np.float64), *R_RANGE_KPC)
    low, high = _LAWS[law].cumulative(np.array(R_RANGE_KPC))
    return np.asarray((_LAWS[law].cumulative(r) - low) / (high - low))


@cache
def _table(law: RadialLaw) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r = np.linspace(*R_RANGE_KPC, _TABLE_POINTS)
    return radius_cdf(r, law), r


def draw_radii(
    rng: np.random.Generator, size: int, law: RadialLaw = "yusifov-kucuk"
) -> NDArray[np.float64]:
    """Draw distances from the axis.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int
    law : {"yusifov-kucuk", "verberne-vink"}

    Returns
    -------
    ndarray, shape (size,)
        [kpc], between the ends of `R_RANGE_KPC`.

    Notes
    -----
    By the inverse of `radius_cdf`, linear between points 2.5 pc apart.

    Examples
    --------
    >>> draw_radii(np.random.default_rng(0), 2).round(2)
    array([8.56, 4.89])
    """
    return np.interp(rng.random(size), *_table(law))


def draw_heights(rng: np.random.Generator, size: int, h_c_kpc: float) -> NDArray[np.float64]:
    """Draw heights above the plane: exponential, as many below as above.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int
    h_c_kpc : float
        Scale height [kpc].

    Returns
    -------
    ndarray, shape (size,)
        [kpc], none beyond `HEIGHT_MAX_KPC`.

    Notes
    -----
    By the inverse of the cumulative distribution of the cut exponential. Source: Wainscoat et al.
    1992, doi:10.1086/191733.

    Examples
    --------
    >>> draw_heights(np.random.default_rng(0), 2, 0.18).round(2)
    array([ 0.06, -0.11])
    """
    signed = rng.uniform(-1.0, 1.0, size)
    height = -h_c_kpc * np.log1p(np.abs(signed) * np.expm1(-HEIGHT_MAX_KPC / h_c_kpc))
    return np.asarray(np.copysign(height, signed))


def draw_ages(rng: np.random.Generator, size: int, t_max_yr: float) -> NDArray[np.float64]:
    """Draw ages of stars that are born at a constant rate.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int
    t_max_yr : float
        [yr].

    Returns
    -------
    ndarray, shape (size,)
        Uniform between 1 yr and ``t_max_yr`` [yr].

    Examples
    --------
    >>> draw_ages(np.random.default_rng(0), 2, 3e7).round(-5)
    array([19100000.,  8100000.])
    """
    return rng.uniform(AGE_MIN_YR, t_max_yr, size)
