"""Frames: from the Galactocentric frame of the simulator to what an observer at the Sun sees.

The simulator's x and y axes are astropy's Galactocentric y and -x: its Sun is on the positive y
axis. Distances, angles and the Sun's velocity follow astropy's Galactocentric frame with the
parameters called v4.0, but for the distance of the centre and the height of the Sun. Galactic
rotation is towards l = 90 deg, so that ``v_phi`` is negative; z and v_z keep their sign.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytypes.errors import InputError

from ..constants import SUN_HEIGHT_KPC, SUN_RADIUS_KPC
from .vectors import as_triples

CENTRE_RA_DEG: Final = 266.4051
CENTRE_DEC_DEG: Final = -28.936175
CENTRE_ROLL_DEG: Final = 58.5986320306
"""Angle that turns the plane of the frame into the Galactic plane."""
SUN_VELOCITY_KM_S: Final = (245.6, -12.9, 7.78)
"""In the simulator's axes: with the rotation, towards the centre (-y), to the north.

Drimmel & Poggio 2018, doi:10.3847/2515-5172/aaef8b; Reid & Brunthaler 2004,
doi:10.1086/424960; GRAVITY Collaboration 2018, doi:10.1051/0004-6361/201833718.
"""
KM_S_PER_KPC_MAS_YR: Final = 4.740470463533348
"""A proper motion of 1 mas per Julian year at 1 kpc [km/s]."""

_ICRS_TO_GALACTIC: Final = np.array(
    [
        [-0.05487565771259167, -0.873437051955616, -0.48383507361671546],
        [0.49410943719272715, -0.4448297212232953, 0.7469821839866675],
        [-0.8676661375596583, -0.19807633727300056, 0.4559838136873017],
    ]
)
"""Unit vectors of Galactic coordinates (IAU 1958, J2000 pole) in the axes of the ICRS."""


def _turn(axis: int, angle_rad: float) -> NDArray[np.float64]:
    """Matrix of the axes turned about one of them."""
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = math.cos(angle_rad)
    matrix[i, j], matrix[j, i] = math.sin(angle_rad), -math.sin(angle_rad)
    return matrix


def _galactocentric_to_icrs() -> NDArray[np.float64]:
    """Matrix from the simulator's axes to those of the ICRS."""
    to_centre = _turn(1, -math.radians(CENTRE_DEC_DEG)) @ _turn(2, math.radians(CENTRE_RA_DEG))
    tilt = _turn(1, -math.asin(SUN_HEIGHT_KPC / SUN_RADIUS_KPC))
    astropy_axes = tilt @ _turn(0, math.radians(CENTRE_ROLL_DEG)) @ to_centre
    quarter = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    return np.ascontiguousarray((quarter @ astropy_axes).T)


_TO_ICRS: Final = _galactocentric_to_icrs()
_TO_GALACTIC: Final = np.ascontiguousarray(_ICRS_TO_GALACTIC @ _TO_ICRS)
_SUN: Final = np.array(
    [0.0, math.sqrt(SUN_RADIUS_KPC**2 - SUN_HEIGHT_KPC**2), SUN_HEIGHT_KPC, *SUN_VELOCITY_KM_S]
)
_DEG: Final = 180.0 / math.pi


@dataclass(frozen=True)
class Sky:
    """Stars as seen from the Sun.

    Parameters
    ----------
    ra, dec : ndarray, shape (n,)
        ICRS [deg].
    l, b : ndarray, shape (n,)
        Galactic [deg], l from 0 to 360.
    dist : ndarray, shape (n,)
        [kpc].
    pm_ra, pm_dec : ndarray, shape (n,)
        Proper motion; in right ascension times cos(dec) [mas/yr].
    v_ls : ndarray, shape (n,)
        Velocity along the line of sight, away from the Sun [km/s].

    Examples
    --------
    >>> seen_from_sun([[0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]]).dist.round(6)
    array([8.3])
    """

    ra: NDArray[np.float64]
    dec: NDArray[np.float64]
    l: NDArray[np.float64]  # noqa: E741 - Galactic longitude
    b: NDArray[np.float64]
    dist: NDArray[np.float64]
    pm_ra: NDArray[np.float64]
    pm_dec: NDArray[np.float64]
    v_ls: NDArray[np.float64]


@numba.njit(cache=True)
def _rotated(matrix: Any, x: float, y: float, z: float) -> Any:
    return (
        matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2] * z,
        matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2] * z,
        matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2] * z,
    )


@numba.njit(cache=True)
def _angles(x: float, y: float, rho: float, z: float) -> Any:
    """Longitude from 0 to 360 and latitude [deg]."""
    longitude = np.arctan2(y, x) * _DEG
    if longitude < 0:
        longitude += 360.0
    if longitude >= 360.0:
        longitude = 0.0
    return longitude, np.arctan2(z, rho) * _DEG


@numba.njit(cache=True)
def _observe(positions: Any, velocities: Any, out: Any) -> None:
    for i in range(positions.shape[0]):
        dx = positions[i, 0] - _SUN[0]
        dy = positions[i, 1] - _SUN[1]
        dz = positions[i, 2] - _SUN[2]
        x, y, z = _rotated(_TO_ICRS, dx, dy, dz)
        u, v, w = _rotated(
            _TO_ICRS,
            velocities[i, 0] - _SUN[3],
            velocities[i, 1] - _SUN[4],
            velocities[i, 2] - _SUN[5],
        )
        rho2 = x * x + y * y
        rho, dist = np.sqrt(rho2), np.sqrt(rho2 + z * z)
        out[0, i], out[1, i] = _angles(x, y, rho, z)
        gx, gy, gz = _rotated(_TO_GALACTIC, dx, dy, dz)
        out[2, i], out[3, i] = _angles(gx, gy, np.sqrt(gx * gx + gy * gy), gz)
        out[4, i] = dist
        # On the Sun or on the celestial pole the direction is any; take ra = 0 there.
        cosine, sine = (x / rho, y / rho) if rho > 0 else (1.0, 0.0)
        outward = u * cosine + v * sine
        high, flat = (z / dist, rho / dist) if dist > 0 else (0.0, 1.0)
        per = 1 / (max(dist, 1e-12) * KM_S_PER_KPC_MAS_YR)
        out[5, i] = (v * cosine - u * sine) * per
        out[6, i] = (w * flat - outward * high) * per
        out[7, i] = outward * flat + w * high


def seen_from_sun(positions_kpc: ArrayLike, velocities_km_s: ArrayLike) -> Sky:
    """What an observer at the Sun sees.

    Parameters
    ----------
    positions_kpc : array_like, shape (n, 3)
        From the Galactic centre, in the simulator's axes [kpc].
    velocities_km_s : array_like, shape (n, 3)
        In the same axes, at rest with the Galactic centre [km/s].

    Returns
    -------
    Sky

    Raises
    ------
    InputError
        If a shape is another.

    Notes
    -----
    Source: astropy's documentation, "Description of Galactocentric coordinates transformation".

    Examples
    --------
    >>> sky = seen_from_sun([[3.0, 0.0, 0.02]], [[0.0, -220.0, 0.0]])
    >>> sky.l.round(1), sky.b.round(1), sky.v_ls.round(0)
    (array([19.9]), array([0.1]), array([111.]))
    """
    positions = as_triples(positions_kpc, "positions_kpc")
    velocities = as_triples(velocities_km_s, "velocities_km_s")
    if len(positions) != len(velocities):
        raise InputError(
            f"{len(positions)} positions and {len(velocities)} velocities; give one of each a star"
        )
    out = np.empty((8, len(positions)))
    _observe(positions, velocities, out)
    return Sky(*out)
