"""Vectors in the simulator's Galactocentric axes: rows of three, and cylindrical components."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytypes.errors import InputError


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


def to_cartesian(
    phi_rad: NDArray[np.float64],
    along_r: NDArray[np.float64],
    along_phi: NDArray[np.float64],
    along_z: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Vectors with cylindrical components, in Cartesian axes.

    Parameters
    ----------
    phi_rad : ndarray, shape (n,)
        Angle of the place from the x axis [rad].
    along_r, along_phi, along_z : ndarray, shape (n,)
        Components away from the axis, counter-clockwise and to the north.

    Returns
    -------
    ndarray, shape (n, 3)

    Examples
    --------
    >>> to_cartesian(np.array([np.pi / 2]), np.ones(1), np.zeros(1), np.ones(1)).round(6)
    array([[0., 1., 1.]])
    """
    cosine, sine = np.cos(phi_rad), np.sin(phi_rad)
    x, y = along_r * cosine - along_phi * sine, along_r * sine + along_phi * cosine
    return np.stack([x, y, along_z], axis=1)


def to_cylindrical(
    positions_kpc: NDArray[np.float64], velocities_km_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Cylindrical coordinates and velocities.

    Parameters
    ----------
    positions_kpc : ndarray, shape (n, 3)
        [kpc].
    velocities_km_s : ndarray, shape (n, 3)
        [km/s].

    Returns
    -------
    ndarray, shape (6, n)
        r [kpc], phi [rad, 0 to 2 pi], z [kpc], v_r, v_phi, v_z [km/s]; v_phi is negative with
        the Galaxy's rotation.

    Examples
    --------
    >>> to_cylindrical(np.array([[0.0, 2.0, 0.1]]), np.array([[3.0, 4.0, 5.0]]))[:, 0].round(4)
    array([ 2.    ,  1.5708,  0.1   ,  4.    , -3.    ,  5.    ])
    """
    x, y, z = positions_kpc.T
    u, v, w = velocities_km_s.T
    r, phi = np.hypot(x, y), np.mod(np.arctan2(y, x), 2 * np.pi)
    cosine, sine = np.cos(phi), np.sin(phi)
    return np.stack([r, phi, z, u * cosine + v * sine, v * cosine - u * sine, w])
