"""Potentials of the Galaxy: value, acceleration and circular speed.

``M19`` (`popmaps.galaxy.m19`) and ``FK06`` (`popmaps.galaxy.fk06`), both symmetric about the axis
and about the plane. Lengths are in kpc, speeds in km/s.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytypes.errors import InputError

from .fk06 import fk06_pull, fk06_value
from .m19 import m19_pull, m19_value
from .vectors import as_triples

PotentialName = Literal["M19", "FK06"]

POTENTIALS: Final[tuple[PotentialName, ...]] = ("M19", "FK06")


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
        [(km/s)^2 / kpc^2]; the acceleration is ``(-x along, -y along, -z across)``.
    """
    return m19_pull(r2, z) if number == 0 else fk06_pull(r2, z)


@numba.njit(cache=True)
def _values(number: int, points: Any, out: Any) -> None:
    for i in range(points.shape[0]):
        r2, z = points[i, 0] ** 2 + points[i, 1] ** 2, points[i, 2]
        out[i] = m19_value(r2, z) if number == 0 else fk06_value(r2, z)


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
    Source: see the module of each potential; the sum of its parts.

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
    Source: see the module of each potential; the sum of its parts.

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
