"""Antennas in one another's way: which of them CASA's simulator leaves out.

CASA flags every baseline of a shadowed antenna; flagged rows hold no signal, and its tclean passes
over them. Here they are left out.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from ..antenna_lists import DISH_M

BLOCKED_SHARE = 1e-6
"""Share of a dish's area that may be blocked: the default of CASA's simulator. The 0.01 in the
source of simobserve is set only where it is asked to be verbose."""


def blocked_share(apart_m: float, dish_m: float = DISH_M) -> float:
    """Share of a dish's area that an equal one blocks, dimensionless.

    Parameters
    ----------
    apart_m : float
        Distance of their middles across the line of sight [m].
    dish_m : float
        Diameter [m].

    Returns
    -------
    float
        Area that two equal circles share, over that of one.

    Examples
    --------
    >>> blocked_share(0.0), blocked_share(12.0), round(blocked_share(6.0), 4)
    (1.0, 0.0, 0.391)
    """
    c = min(abs(apart_m) / dish_m, 1.0)
    return 2 / math.pi * (math.acos(c) - c * math.sqrt((1 - c) * (1 + c)))


def _shadow_m() -> float:
    """Where an equal dish blocks `BLOCKED_SHARE`."""
    found: float = brentq(lambda apart: blocked_share(apart) - BLOCKED_SHARE, 0.0, DISH_M)
    return found


SHADOW_M = _shadow_m()
"""Antennas that stand nearer to each other, as the source sees them, are in the way: 1.1 mm less
than the diameter of a dish [m]."""


def shadowed_baselines(uvw_m: NDArray[np.float64], antennas: int) -> NDArray[np.bool_]:
    """Which baselines CASA flags since one of their antennas is shadowed.

    Parameters
    ----------
    uvw_m : ndarray, shape (integrations, baselines, 3)
        Antenna 1 minus antenna 2 [m]; antenna pairs in the order of ``numpy.triu_indices``.
    antennas : int
        Dishes of 12 m.

    Returns
    -------
    ndarray of bool, shape (integrations, baselines)

    Notes
    -----
    Of two antennas less than `SHADOW_M` apart across the line of sight, antenna 1 counts as
    shadowed where w > 0, else antenna 2; then all its baselines of that integration are flagged.
    With w towards the source that is the antenna in front. It is done as CASA does since images are
    compared.

    Examples
    --------
    >>> row = np.array([[[0.0, -11, 4], [0, -30, 9], [0, -19, 5]]])  # the first two are too near
    >>> shadowed_baselines(row, 3)
    array([[ True,  True, False]])
    """
    first, second = np.triu_indices(antennas, 1)
    u, v, w = uvw_m[..., 0], uvw_m[..., 1], uvw_m[..., 2]
    time, pair = np.nonzero(u * u + v * v < SHADOW_M**2)
    if not len(time):
        return np.zeros(uvw_m.shape[:2], dtype=np.bool_)
    lost = np.where(w[time, pair] > 0, first[pair], second[pair])
    is_shadowed = np.zeros((len(uvw_m), antennas), dtype=np.bool_)
    is_shadowed[time, lost] = True
    return is_shadowed[:, first] | is_shadowed[:, second]
