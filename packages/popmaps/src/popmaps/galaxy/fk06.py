"""The potential FK06: a disk with halo, and two Plummer spheres.

Faucher-Giguere & Kaspi 2006, doi:10.1086/501516, after Kuijken & Gilmore 1989,
doi:10.1093/mnras/239.2.571. Lengths in kpc, speeds in km/s, masses in solar masses of
`popmaps.constants`.

Its numbers are compiled into `popmaps.galaxy.potentials` and `popmaps.galaxy.nystrom`, whose
compiled forms are kept on disk: after a change here, remove ``__pycache__`` of this folder.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from ..constants import GRAVITY

_DISK_HALO: Final = GRAVITY * 1.45e11
_DISK_HALO_A_KPC: Final = 2.4
_DISK_HALO_B_KPC: Final = 5.5
_LAYER_SHARES: Final = (0.4, 0.5, 0.1)
_LAYER_KPC: Final = (0.325, 0.090, 0.125)
_CORE: Final = GRAVITY * 9.3e9
_CORE_KPC: Final = 0.25
_SPHEROID: Final = GRAVITY * 1.0e10
_SPHEROID_KPC: Final = 1.5


@numba.njit(cache=True, inline="always", error_model="numpy")
def fk06_pull(r2: float, z: float) -> Any:
    """Acceleration over distance along r and z, as `popmaps.galaxy.potentials.pull`."""
    z2 = z * z
    depth, slope = _DISK_HALO_A_KPC, 0.0
    for share, thickness in zip(_LAYER_SHARES, _LAYER_KPC):  # noqa: B905 - compiled code
        height = np.sqrt(z2 + thickness * thickness)
        depth += share * height
        slope += share / height
    square = r2 + depth * depth + _DISK_HALO_B_KPC**2
    disk = _DISK_HALO / (square * np.sqrt(square))
    core = r2 + z2 + _CORE_KPC**2
    spheroid = r2 + z2 + _SPHEROID_KPC**2
    round_part = _CORE / (core * np.sqrt(core)) + _SPHEROID / (spheroid * np.sqrt(spheroid))
    return disk + round_part, disk * depth * slope + round_part


@numba.njit(cache=True)
def fk06_value(r2: float, z: float) -> float:
    """Potential [(km/s)^2] at a squared distance from the axis [kpc^2] and a height [kpc]."""
    z2 = z * z
    depth = _DISK_HALO_A_KPC
    for share, thickness in zip(_LAYER_SHARES, _LAYER_KPC):  # noqa: B905 - compiled code
        depth += share * np.sqrt(z2 + thickness * thickness)
    return -float(
        _DISK_HALO / np.sqrt(r2 + depth * depth + _DISK_HALO_B_KPC**2)
        + _CORE / np.sqrt(r2 + z2 + _CORE_KPC**2)
        + _SPHEROID / np.sqrt(r2 + z2 + _SPHEROID_KPC**2)
    )
