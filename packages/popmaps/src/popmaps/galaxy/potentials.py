"""Potentials of the Galaxy: value, acceleration and circular speed.

Lengths are in kpc, speeds in km/s and masses in solar masses of `popmaps.constants`; both
potentials are symmetric about the axis and about the plane.

``M19``
    Miyamoto-Nagai disk, Hernquist bulge and nucleus, and a halo of Navarro-Frenk-White form
    -G M ln(1 + s / s_h) / s: Marchetti, Rossi & Brown 2019, doi:10.1093/mnras/sty2592,
    after Bovy 2015.
``FK06``
    A disk with halo and two Plummer spheres: Faucher-Giguere & Kaspi 2006, doi:10.1086/501516,
    after Kuijken & Gilmore 1989, doi:10.1093/mnras/239.2.571.

The numbers are compiled into `popmaps.galaxy.nystrom` too, whose compiled form is kept on disk:
after a change here, remove ``__pycache__`` of this folder.
"""

from __future__ import annotations

import math
from typing import Any, Final, Literal

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytypes.errors import InputError

from ..constants import GRAVITY_CGS, KPC_CM, SOLAR_MASS_G

PotentialName = Literal["M19", "FK06"]

POTENTIALS: Final[tuple[PotentialName, ...]] = ("M19", "FK06")

GRAVITY: Final = GRAVITY_CGS * SOLAR_MASS_G / KPC_CM / 1e10
"""Newton's constant [kpc (km/s)^2 per solar mass]."""

_DISK: Final = GRAVITY * 6.8e10
_DISK_A_KPC: Final = 3.0
_DISK_B_KPC: Final = 0.28
_BULGE: Final = GRAVITY * 5.0e9
_BULGE_KPC: Final = 1.0
_NUCLEUS: Final = GRAVITY * 1.71e9
_NUCLEUS_KPC: Final = 0.07
_HALO: Final = GRAVITY * 5.4e11
_HALO_KPC: Final = 15.62

_DISK_HALO: Final = GRAVITY * 1.45e11
_DISK_HALO_A_KPC: Final = 2.4
_DISK_HALO_B_KPC: Final = 5.5
_LAYER_SHARES: Final = (0.4, 0.5, 0.1)
_LAYER_KPC: Final = (0.325, 0.090, 0.125)
_CORE: Final = GRAVITY * 9.3e9
_CORE_KPC: Final = 0.25
_SPHEROID: Final = GRAVITY * 1.0e10
_SPHEROID_KPC: Final = 1.5

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
def _m19_pull(r2: float, z: float) -> Any:
    s = max(np.sqrt(r2 + z * z), _NEAREST_KPC)
    height = np.sqrt(z * z + _DISK_B_KPC**2)
    depth = _DISK_A_KPC + height
    square = r2 + depth * depth
    disk = _DISK / (square * np.sqrt(square))
    spheres = _BULGE / (s + _BULGE_KPC) ** 2 + _NUCLEUS / (s + _NUCLEUS_KPC) ** 2
    round_part = (spheres + _HALO / _HALO_KPC**2 * _halo_mass(s / _HALO_KPC)) / s
    return disk + round_part, disk * (depth / height) + round_part


@numba.njit(cache=True, inline="always", error_model="numpy")
def _fk06_pull(r2: float, z: float) -> Any:
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


@numba.njit(cache=True, inline="always", error_model="numpy")
def pull(number: int, r2: float, z: float) -> Any:
    """Acceleration over distance, compiled, for compiled callers.

    Parameters
    ----------
    number : int
        Of the potential, by `potential_number`.
    r2 : float
        Distance from the axis, squared [kpc^2].
    z : float
        [kpc].

    Returns
    -------
    along, across : float
        The acceleration is ``(-x along, -y along, -z across)`` [(km/s)^2 / kpc^2 times kpc].
    """
    return _m19_pull(r2, z) if number == 0 else _fk06_pull(r2, z)


@numba.njit(cache=True)
def _m19_value(r2: float, z: float) -> float:
    s = max(np.sqrt(r2 + z * z), _NEAREST_KPC)
    depth = _DISK_A_KPC + np.sqrt(z * z + _DISK_B_KPC**2)
    return -float(
        _DISK / np.sqrt(r2 + depth * depth)
        + _BULGE / (s + _BULGE_KPC)
        + _NUCLEUS / (s + _NUCLEUS_KPC)
        + _HALO * np.log1p(s / _HALO_KPC) / s
    )


@numba.njit(cache=True)
def _fk06_value(r2: float, z: float) -> float:
    z2 = z * z
    depth = _DISK_HALO_A_KPC
    for share, thickness in zip(_LAYER_SHARES, _LAYER_KPC):  # noqa: B905 - compiled code
        depth += share * np.sqrt(z2 + thickness * thickness)
    return -float(
        _DISK_HALO / np.sqrt(r2 + depth * depth + _DISK_HALO_B_KPC**2)
        + _CORE / np.sqrt(r2 + z2 + _CORE_KPC**2)
        + _SPHEROID / np.sqrt(r2 + z2 + _SPHEROID_KPC**2)
    )


@numba.njit(cache=True)
def _values(number: int, points: Any, out: Any) -> None:
    for i in range(points.shape[0]):
        r2, z = points[i, 0] ** 2 + points[i, 1] ** 2, points[i, 2]
        out[i] = _m19_value(r2, z) if number == 0 else _fk06_value(r2, z)


@numba.njit(cache=True)
def _accelerations(number: int, points: Any, out: Any) -> None:
    for i in range(points.shape[0]):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        along, across = pull(number, x * x + y * y, z)
        out[i, 0], out[i, 1], out[i, 2] = -x * along, -y * along, -z * across


@numba.njit(cache=True)
def _circular_speeds(number: int, r: Any, z: Any, out: Any) -> None:
    for i in range(r.shape[0]):
        r2 = r[i] * r[i]
        out[i] = np.sqrt(r2 * pull(number, r2, z[i])[0])


def potential_number(name: str) -> int:
    """Number of a potential for compiled code.

    Parameters
    ----------
    name : {"M19", "FK06"}

    Returns
    -------
    int

    Raises
    ------
    InputError
        If there is no such potential.

    Examples
    --------
    >>> potential_number("FK06")
    1
    """
    if name not in POTENTIALS:
        raise InputError(f"potential {name!r}; there is {' or '.join(POTENTIALS)}")
    return [str(known) for known in POTENTIALS].index(name)


def potential_values(positions_kpc: ArrayLike, potential: str = "M19") -> NDArray[np.float64]:
    """Potential at places.

    Parameters
    ----------
    positions_kpc : array_like, shape (n, 3)
        Cartesian, from the Galactic centre [kpc].
    potential : {"M19", "FK06"}

    Returns
    -------
    ndarray, shape (n,)
        [(km/s)^2], 0 at infinity.

    Raises
    ------
    InputError
        If there is no such potential or the positions have another shape.

    Notes
    -----
    Source: see the module; the sum of its parts.

    Examples
    --------
    >>> potential_values([[0.0, 8.3, 0.0]]).round(0)
    array([-156014.])
    """
    points = as_triples(positions_kpc, "positions_kpc")
    out = np.empty(len(points))
    _values(potential_number(potential), points, out)
    return out


def accelerations(positions_kpc: ArrayLike, potential: str = "M19") -> NDArray[np.float64]:
    """Acceleration at places.

    Parameters
    ----------
    positions_kpc : array_like, shape (n, 3)
        Cartesian, from the Galactic centre [kpc].
    potential : {"M19", "FK06"}

    Returns
    -------
    ndarray, shape (n, 3)
        Minus the gradient of the potential [(km/s)^2 / kpc]; 0 in the centre itself.

    Raises
    ------
    InputError
        If there is no such potential or the positions have another shape.

    Notes
    -----
    Source: see the module; the sum of its parts.

    Examples
    --------
    >>> accelerations([[0.0, 8.3, 0.0]]).round(0)
    array([[   -0., -6471.,    -0.]])
    """
    points = as_triples(positions_kpc, "positions_kpc")
    out = np.empty_like(points)
    _accelerations(potential_number(potential), points, out)
    return out


def circular_speed(
    r_kpc: ArrayLike, z_kpc: ArrayLike = 0.0, *, potential: str = "M19"
) -> NDArray[np.float64]:
    """Speed sqrt(r dPhi/dr) of a circular orbit.

    Parameters
    ----------
    r_kpc : array_like, shape (n,)
        Distance from the axis [kpc].
    z_kpc : array_like, shape (n,) or one value
        Height at which the gradient is taken [kpc].
    potential : {"M19", "FK06"}

    Returns
    -------
    ndarray, shape (n,)
        [km/s].

    Raises
    ------
    InputError
        If there is no such potential.

    Notes
    -----
    Source: Binney & Tremaine 2008, "Galactic Dynamics", eq. 2.29.

    Examples
    --------
    >>> circular_speed([8.3]).round(1), circular_speed([8.5], potential="FK06").round(1)
    (array([231.8]), array([222.]))
    """
    r = np.atleast_1d(np.asarray(r_kpc, dtype=np.float64))
    z = np.ascontiguousarray(np.broadcast_to(np.asarray(z_kpc, dtype=np.float64), r.shape))
    out = np.empty_like(r)
    _circular_speeds(potential_number(potential), r, z, out)
    return out


def as_triples(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Values as contiguous rows of three.

    Parameters
    ----------
    values : array_like, shape (n, 3)
    name : str
        For the message.

    Returns
    -------
    ndarray, shape (n, 3), float64

    Raises
    ------
    InputError
        If the shape is another.

    Examples
    --------
    >>> as_triples([[1, 2, 3]], "positions_kpc")
    array([[1., 2., 3.]])
    """
    rows = np.ascontiguousarray(values, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != 3:
        raise InputError(f"{name} has shape {rows.shape}; give n rows of x, y, z")
    return rows
