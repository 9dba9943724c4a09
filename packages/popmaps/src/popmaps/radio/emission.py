"""Pulsars whose beam crosses the Sun, and what arrives from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .beams import half_opening_rad, pulse_width_s, solid_angle_sr
from .draws import RadioDraws
from .luminosity import bolometric_flux, luminosity_erg_s
from .settings import RadioSettings

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Emission:
    """What arrives from pulsars; every field is a float64 array of shape (stars,).

    Parameters
    ----------
    luminosity_erg_s : ndarray
        Over all radio frequencies and both beams [erg/s].
    flux : ndarray
        Over all radio frequencies, while the beam shines on the Sun [erg s^-1 cm^-2].
    width_s : ndarray
        How long it shines in each turn [s].
    """

    luminosity_erg_s: Values
    flux: Values
    width_s: Values


def intercepted(
    period_s: Values,
    chi_rad: Values,
    distance_kpc: Values,
    draws: RadioDraws,
    settings: RadioSettings,
) -> NDArray[np.bool_]:
    """Whose beam crosses the Sun.

    Parameters
    ----------
    period_s : ndarray, shape (stars,)
        [s]
    chi_rad : ndarray, shape (stars,)
        From the axis of rotation to that of the field, 0 to pi/2 [rad].
    distance_kpc : ndarray, shape (stars,)
        [kpc]
    draws : RadioDraws
    settings : RadioSettings

    Returns
    -------
    ndarray of bool, shape (stars,)
        Also false beyond ``settings.max_distance_kpc``.

    Examples
    --------
    >>> import numpy as np
    >>> draws = RadioDraws(*(np.array([x, x]) for x in (0.5, 0.0, 0.0)))
    >>> near = np.ones(2)
    >>> intercepted(near, np.array([0.4, 0.8]), near, draws, RadioSettings()).tolist()
    [True, False]
    """
    miss = np.abs(draws.sight_line_rad - chi_rad)
    return np.asarray(
        (miss < half_opening_rad(period_s, settings)) & (distance_kpc < settings.max_distance_kpc)
    )


def emit(
    period_s: Values,
    period_derivative: Values,
    chi_rad: Values,
    distance_kpc: Values,
    draws: RadioDraws,
    *,
    inertia_g_cm2: float,
    settings: RadioSettings,
) -> Emission:
    """Luminosity, flux and width of pulsars; meant for those that are `intercepted`.

    Parameters
    ----------
    period_s : ndarray, shape (stars,)
        [s]
    period_derivative : ndarray, shape (stars,)
        [s/s]
    chi_rad : ndarray, shape (stars,)
        [rad]
    distance_kpc : ndarray, shape (stars,)
        [kpc]
    draws : RadioDraws
    inertia_g_cm2 : float
    settings : RadioSettings

    Returns
    -------
    Emission

    Examples
    --------
    >>> import numpy as np
    >>> one = np.ones(1)
    >>> draws = RadioDraws(0.5 * one, 0 * one, 0 * one)
    >>> here = emit(
    ...     one, 1e-15 * one, 0.5 * one, 2 * one, draws,
    ...     inertia_g_cm2=1.77e45, settings=RadioSettings(),
    ... )
    >>> print(f"{here.flux[0]:.2e} {here.width_s[0]:.4f}")
    3.76e-15 0.0791
    """
    rho = half_opening_rad(period_s, settings)
    luminosity = luminosity_erg_s(
        period_s,
        period_derivative,
        draws.luminosity,
        inertia_g_cm2=inertia_g_cm2,
        settings=settings,
    )
    return Emission(
        luminosity_erg_s=luminosity,
        flux=bolometric_flux(luminosity, solid_angle_sr(rho), distance_kpc),
        width_s=pulse_width_s(period_s, chi_rad, draws.sight_line_rad, rho),
    )
