"""Radio luminosity of a pulsar, and the flux of the whole spectrum at the Sun."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from popmaps.constants import KPC_CM

from .settings import RadioSettings

Values = NDArray[np.float64]

POWER_UNIT_ERG_S: Final = 1e29
"""Spin-down power of a star whose luminosity is L0."""


def spin_down_power_erg_s(
    period_s: Values, period_derivative: Values, inertia_g_cm2: float
) -> Values:
    """Loss of rotational energy, 4 pi^2 I P' / P^3.

    Parameters
    ----------
    period_s : ndarray, shape (stars,)
        [s]
    period_derivative : ndarray, shape (stars,)
        [s/s]
    inertia_g_cm2 : float

    Returns
    -------
    ndarray, shape (stars,)
        [erg/s]

    Examples
    --------
    >>> import numpy as np
    >>> crab = spin_down_power_erg_s(np.array([0.0334]), np.array([4.21e-13]), 1e45)
    >>> print(f"{crab[0]:.2e}")
    4.46e+38
    """
    return np.asarray(4 * np.pi**2 * inertia_g_cm2 * period_derivative / period_s**3)


def luminosity_erg_s(
    period_s: Values,
    period_derivative: Values,
    scatter: Values,
    *,
    inertia_g_cm2: float,
    settings: RadioSettings,
) -> Values:
    """Radio luminosity over all frequencies.

    Parameters
    ----------
    period_s : ndarray, shape (stars,)
        [s]
    period_derivative : ndarray, shape (stars,)
        [s/s]
    scatter : ndarray, shape (stars,)
        Standard normal numbers.
    inertia_g_cm2 : float
    settings : RadioSettings

    Returns
    -------
    ndarray, shape (stars,)
        [erg/s]

    Notes
    -----
    Source of the laws: Pardo-Araujo et al. 2025 (power); Faucher-Giguere & Kaspi 2006, ApJ 643,
    332 (period and derivative).

    Examples
    --------
    >>> import numpy as np
    >>> ones = np.ones(1)
    >>> weak = luminosity_erg_s(
    ...     ones, 1e-15 * ones, 0 * ones, inertia_g_cm2=1e45, settings=RadioSettings()
    ... )
    >>> print(f"{weak[0]:.2e}")
    8.62e+27
    """
    if settings.luminosity_law == "spin-down-power":
        power = spin_down_power_erg_s(period_s, period_derivative, inertia_g_cm2)
        base = power / POWER_UNIT_ERG_S
    else:
        base = period_derivative / period_s**3
    unit = 10 ** (settings.L_radio_log10_mean + settings.L_radio_log10_sigma * scatter)
    return np.asarray(unit * base**settings.epsilon_L)


def bolometric_flux(luminosity: Values, solid_angle: Values, distance_kpc: Values) -> Values:
    """Flux over all radio frequencies inside the beam, L / (Omega d^2).

    Parameters
    ----------
    luminosity : ndarray, shape (stars,)
        [erg/s]
    solid_angle : ndarray, shape (stars,)
        [sr]
    distance_kpc : ndarray, shape (stars,)
        [kpc]

    Returns
    -------
    ndarray, shape (stars,)
        [erg s^-1 cm^-2]

    Examples
    --------
    >>> import numpy as np
    >>> flux = bolometric_flux(np.array([1e28]), np.array([0.1]), np.array([1.0]))
    >>> print(f"{flux[0]:.3e}")
    1.050e-14
    """
    return np.asarray(luminosity / (solid_angle * (distance_kpc * KPC_CM) ** 2))
