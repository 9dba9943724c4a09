"""Stars from birth to today: field, inclination, period and its derivative."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from popmaps.constants import YEAR_S
from skytypes.errors import InputError

from .births import Births
from .settings import SpinSettings
from .spin_down import spin_down

Values = NDArray[np.float64]


@dataclass(frozen=True)
class SpinToday:
    """Stars today; every field is a float64 array of shape (stars,).

    Parameters
    ----------
    B_gauss : ndarray
        Dipole field at the pole [G].
    chi_rad : ndarray
        Angle between the axes of rotation and of the field, 0 to pi/2 [rad].
    period_s : ndarray
        [s]
    period_derivative : ndarray
        [s/s]
    """

    B_gauss: Values
    chi_rad: Values
    period_s: Values
    period_derivative: Values


def spun_down(births: Births, age_yr: Values, settings: SpinSettings) -> SpinToday:
    """Evolve stars to their ages.

    Parameters
    ----------
    births : Births
    age_yr : ndarray, shape (stars,)
        [yr], of 365 days. 0 gives the star at birth.
    settings : SpinSettings

    Returns
    -------
    SpinToday

    Raises
    ------
    InputError
        If the ages are not one a star, or one is negative or not finite.

    Notes
    -----
    No step through time is made: `popmaps.spin.spin_down` solves for the conserved quantity.
    Source of the equations: Philippov, Tchekhovskoy & Li 2014, MNRAS 441, 1879.

    Examples
    --------
    >>> import numpy as np
    >>> crab = Births(*(np.array([x]) for x in (7.6e12, 1e8, np.pi / 4, 0.0187)))
    >>> today = spun_down(crab, np.array([970.0]), SpinSettings())
    >>> print(f"{today.period_s[0]:.4f} s, {today.period_derivative[0]:.2e} s/s")
    0.0620 s, 8.29e-13 s/s
    """
    ages = np.ascontiguousarray(age_yr, dtype=np.float64)
    if ages.shape != births.period_s.shape:
        raise InputError(
            f"ages of shape {ages.shape} for stars of shape {births.period_s.shape}; "
            "give one age a star"
        )
    if ages.size and not (ages.min() >= 0 and ages.max() < np.inf):
        raise InputError("ages: give finite numbers of years, 0 or more")
    stars = tuple(
        np.ascontiguousarray(a, dtype=np.float64)
        for a in (births.B_gauss, births.B_floor_gauss, births.chi_rad, births.period_s)
    )
    out = np.empty((4, ages.size))
    spin_down(
        stars,
        ages,
        astuple(settings.field_decay),
        tuple(float(k) for k in settings.torque),
        settings.star.braking_s_gauss2,
        YEAR_S,
        out,
    )
    return SpinToday(*out)


def spin_at_birth(births: Births, settings: SpinSettings) -> SpinToday:
    """The stars before any time has passed, with the period's derivative [s/s] at birth.

    Parameters
    ----------
    births : Births
    settings : SpinSettings

    Returns
    -------
    SpinToday

    Examples
    --------
    >>> import numpy as np
    >>> star = Births(*(np.array([x]) for x in (1e13, 1e8, 0.0, 0.1)))
    >>> print(f"{spin_at_birth(star, SpinSettings()).period_derivative[0]:.3e}")
    8.217e-13
    """
    return spun_down(births, np.zeros_like(births.period_s), settings)
