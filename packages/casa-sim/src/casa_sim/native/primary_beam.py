"""How an antenna's sensitivity falls from the pointing centre."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..constants import ARCSEC_RAD, SPEED_OF_LIGHT_M_S

EFFECTIVE_DISH_M = 10.7
BLOCKAGE_M = 0.75


def primary_beam(radius_arcsec: NDArray[np.float64], frequency_hz: float) -> NDArray[np.float64]:
    """Power received from a direction, 1 at the pointing centre.

    Parameters
    ----------
    radius_arcsec : ndarray, shape (y, x) or any other
        Distance from the pointing centre [arcsec].
    frequency_hz : float
        [Hz]

    Returns
    -------
    ndarray
        Of the shape of ``radius_arcsec``.

    Notes
    -----
    The Airy pattern of a dish of 10.7 m blocked over 0.75 m, which is how CASA's imaging has
    ALMA's 12 m antennas. With ``x = pi D sin(theta) / lambda`` the field of a dish is
    ``D^2 J1(x) / x``, and the blockage's is taken away. Source: Born & Wolf, Principles of Optics,
    8.5.2 and 8.6.2.

    Examples
    --------
    >>> primary_beam(np.array([0.0, 12.9]), 230e9).round(2)
    array([1. , 0.5])
    """
    from scipy.special import j1

    sine = math.pi * np.asarray(radius_arcsec) * ARCSEC_RAD * frequency_hz / SPEED_OF_LIGHT_M_S
    wide, narrow = EFFECTIVE_DISH_M * sine, BLOCKAGE_M * sine
    with np.errstate(invalid="ignore", divide="ignore"):
        field = EFFECTIVE_DISH_M**2 * j1(wide) / wide - BLOCKAGE_M**2 * j1(narrow) / narrow
    field = np.where(wide == 0, (EFFECTIVE_DISH_M**2 - BLOCKAGE_M**2) / 2, field)
    return np.asarray((field / ((EFFECTIVE_DISH_M**2 - BLOCKAGE_M**2) / 2)) ** 2)


def sensitive_pixels(
    side_px: int, cell_arcsec: float, frequency_hz: float, limit: float
) -> NDArray[np.bool_] | None:
    """Pixels where the primary beam is at least ``limit``; None if that is all of them.

    Parameters
    ----------
    side_px : int
        The pointing centre is pixel ``side_px // 2``.
    cell_arcsec : float
        [arcsec]
    frequency_hz : float
        [Hz]
    limit : float
        0 to 1, dimensionless.

    Returns
    -------
    ndarray of bool, shape (side_px, side_px), or None

    Examples
    --------
    >>> sensitive_pixels(64, 0.02, 230e9, 0.1) is None
    True
    >>> int(sensitive_pixels(64, 1.0, 230e9, 0.1).sum())
    1481
    """
    axis = (np.arange(side_px) - side_px // 2) * cell_arcsec
    table = np.linspace(0, math.hypot(axis[0], axis[0]) + cell_arcsec, 4096)
    # The first place where it falls below the limit ends the main lobe; side lobes are left out.
    below = np.flatnonzero(primary_beam(table, frequency_hz) < limit)
    if not len(below):
        return None
    return np.asarray(np.hypot(axis[:, None], axis) < table[below[0]])
