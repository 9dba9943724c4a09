"""Kicks: the velocity that a neutron star gets at birth, in a direction without preference."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .settings import GalaxySettings

SPEED_MAX_KM_S: Final = 2500.0
"""Faster kicks are drawn again."""


def draw_speeds(
    rng: np.random.Generator, size: int, settings: GalaxySettings
) -> NDArray[np.float64]:
    """Draw speeds of kicks.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int
    settings : GalaxySettings
        ``kick_law`` and the numbers of that law are used.

    Returns
    -------
    ndarray, shape (size,)
        [km/s], none above `SPEED_MAX_KM_S`.

    Notes
    -----
    ``maxwell``: v^2 exp(-v^2 / 2 sigma^2), Hobbs et al. 2005,
    doi:10.1111/j.1365-2966.2005.09087.x; ``exponential``: v exp(-v / vk_c);
    ``double-maxwell``: two Maxwell laws; ``lognormal``: ln v is normal.

    Examples
    --------
    >>> draw_speeds(np.random.default_rng(0), 2, GalaxySettings()).round(0)
    array([429., 531.])
    """
    speeds = _drawn(rng, size, settings)
    while (again := np.flatnonzero(speeds > SPEED_MAX_KM_S)).size:
        speeds[again] = _drawn(rng, again.size, settings)
    return speeds


def _drawn(rng: np.random.Generator, size: int, settings: GalaxySettings) -> NDArray[np.float64]:
    match settings.kick_law:
        case "maxwell":
            return settings.sigma_k_km_s * _chi3(rng, size)
        case "exponential":
            return settings.vk_c_km_s * rng.standard_gamma(2.0, size)
        case "double-maxwell":
            slow = rng.random(size) < settings.share_slow
            sigma = np.where(slow, settings.sigma_slow_km_s, settings.sigma_fast_km_s)
            return np.asarray(sigma * _chi3(rng, size))
        case "lognormal":
            return rng.lognormal(settings.ln_speed_mean, settings.ln_speed_sigma, size)


def _chi3(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    """Length of a vector of three standard normal deviates."""
    return np.asarray(np.sqrt(2 * rng.standard_gamma(1.5, size)))


def draw_kicks(
    rng: np.random.Generator, size: int, settings: GalaxySettings
) -> NDArray[np.float64]:
    """Draw velocities of kicks.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int
    settings : GalaxySettings

    Returns
    -------
    ndarray, shape (3, size)
        Components along three directions at right angles to one another [km/s].

    Examples
    --------
    >>> draw_kicks(np.random.default_rng(0), 2, GalaxySettings()).shape
    (3, 2)
    """
    speeds = draw_speeds(rng, size, settings)
    cosine = rng.uniform(-1.0, 1.0, size)
    angle = rng.uniform(0.0, 2 * np.pi, size)
    across = speeds * np.sqrt(1 - cosine * cosine)
    return np.stack([across * np.cos(angle), across * np.sin(angle), speeds * cosine])
