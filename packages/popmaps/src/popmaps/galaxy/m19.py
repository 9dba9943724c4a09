"""The potential M19: a disk, a bulge, a nucleus and a dark halo.

Miyamoto-Nagai disk, Hernquist bulge and nucleus, and a halo of Navarro-Frenk-White form
-G M ln(1 + s / s_h) / s: Marchetti, Rossi & Brown 2019, doi:10.1093/mnras/sty2592, after Bovy
2015. Lengths in kpc, speeds in km/s, masses in solar masses of `popmaps.constants`.

Its numbers are compiled into `popmaps.galaxy.potentials` and `popmaps.galaxy.nystrom`, whose
compiled forms are kept on disk: after a change here, remove ``__pycache__`` of this folder.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numba
import numpy as np

from ..constants import GRAVITY

_DISK: Final = GRAVITY * 6.8e10
_DISK_A_KPC: Final = 3.0
_DISK_B_KPC: Final = 0.28
_BULGE: Final = GRAVITY * 5.0e9
_BULGE_KPC: Final = 1.0
_NUCLEUS: Final = GRAVITY * 1.71e9
_NUCLEUS_KPC: Final = 0.07
_HALO: Final = GRAVITY * 5.4e11
_HALO_KPC: Final = 15.62

_SERIES_BELOW: Final = 0.01
_LN2: Final = math.log(2)
_BITS_OF_THREE_QUARTERS: Final = int(np.float64(0.75).view(np.int64))
_ATANH_TERMS: Final = tuple(range(25, 1, -2))
_NEAREST_KPC: Final = 1e-30
"""Keeps the division by the distance finite in the centre itself."""


@numba.njit(cache=True, error_model="numpy")
def _log(y: float) -> Any:
    """Natural logarithm of a normal number of 1 or more, in arithmetic that vectorises.

    y = 2^e m with m in [3/4, 3/2): ln y = e ln 2 + 2 atanh((m - 1) / (m + 1)).
    """
    bits = np.float64(y).view(np.int64)
    shifted = bits - _BITS_OF_THREE_QUARTERS
    exponent = shifted >> 52
    mantissa = np.int64(bits - (exponent << 52)).view(np.float64)
    f = (mantissa - 1) / (mantissa + 1)
    g = f * f
    tail = 0.0
    for odd in _ATANH_TERMS:
        tail = (tail + 1 / odd) * g
    return exponent * _LN2 + 2 * (f + f * tail)


@numba.njit(cache=True, error_model="numpy")
def _halo_mass(u: float) -> Any:
    """(ln(1 + u) - u / (1 + u)) / u^2; by its series near 0, where the two terms cancel."""
    series = 1 / 2 - u * (2 / 3 - u * (3 / 4 - u * (4 / 5 - u * (5 / 6 - u * (6 / 7 - u * 7 / 8)))))
    whole = (_log(1 + u) - u / (1 + u)) / (u * u)
    return whole if u > _SERIES_BELOW else series


# Functions that return two numbers are inlined: a call would keep loops from being vectorised.
@numba.njit(cache=True, inline="always", error_model="numpy")
def m19_pull(r2: float, z: float) -> Any:
    """Acceleration over distance along r and z, as `popmaps.galaxy.potentials.pull`."""
    s = max(np.sqrt(r2 + z * z), _NEAREST_KPC)
    height = np.sqrt(z * z + _DISK_B_KPC**2)
    depth = _DISK_A_KPC + height
    square = r2 + depth * depth
    disk = _DISK / (square * np.sqrt(square))
    spheres = _BULGE / (s + _BULGE_KPC) ** 2 + _NUCLEUS / (s + _NUCLEUS_KPC) ** 2
    round_part = (spheres + _HALO / _HALO_KPC**2 * _halo_mass(s / _HALO_KPC)) / s
    return disk + round_part, disk * (depth / height) + round_part


@numba.njit(cache=True)
def m19_value(r2: float, z: float) -> float:
    """Potential [(km/s)^2] at a squared distance from the axis [kpc^2] and a height [kpc]."""
    s = max(np.sqrt(r2 + z * z), _NEAREST_KPC)
    depth = _DISK_A_KPC + np.sqrt(z * z + _DISK_B_KPC**2)
    return -float(
        _DISK / np.sqrt(r2 + depth * depth)
        + _BULGE / (s + _BULGE_KPC)
        + _NUCLEUS / (s + _NUCLEUS_KPC)
        + _HALO * np.log1p(s / _HALO_KPC) / s
    )
