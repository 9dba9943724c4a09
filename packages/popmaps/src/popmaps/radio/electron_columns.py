"""Columns of free electrons: the density along the lines of sight from the Sun.

The density is that of `popmaps.radio.electron_density`. The small disk at the Galactic centre is
integrated on its own, in steps that suit it.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .electron_density import centre_density, smooth_density
from .electron_model import ElectronModel, electron_model
from .electron_neighbourhood import LOCAL_PC

NEAR_PART_PC = 30.0
FAR_PART_PC = 600.0
"""Longest part of a ray with two points of its own, among the local features and beyond them."""
GAUSS = 0.5 / math.sqrt(3.0)
"""Distance of the two points from the middle of their part, in parts."""
CENTRE_REACH = 4.0
"""The Galactic centre's disk is integrated within so many of its radii."""
CENTRE_STEPS = 32
CENTRE_SKY_DEG = 6.0
"""No ray at a higher latitude meets the Galactic centre's disk."""
EXACT_STEPS_KPC = 0.01, 0.05
"""Longest steps of a star that is integrated on its own: among the local features and beyond."""


@numba.njit(cache=True)
def fill_columns(directions: Any, steps_pc: Any, model: Any, plane: Any, columns: Any) -> None:
    """Integrate the density along rays from the Sun, without the disk at the Galactic centre.

    Parameters
    ----------
    directions : ndarray, shape (rays, 3)
        Unit vectors.
    steps_pc : ndarray, shape (steps,), [pc]
        Rising distances, the first 0.
    model : ElectronModel
    plane : ndarray, shape (n, n) or (0, 0), float32
        Filled by `popmaps.radio.electron_arms.fill_arm_plane`; with no points the arms are
        evaluated exactly.
    columns : ndarray, shape (rays, steps), [pc cm^-3]
        Filled in place. Each step has two Gauss points in each of its parts.
    """
    sun_y, sun_z = model.disk[0].sun_radius_pc, model.disk[0].sun_height_pc
    for ray in range(directions.shape[0]):
        ux, uy, uz = directions[ray, 0], directions[ray, 1], directions[ray, 2]
        total = 0.0
        columns[ray, 0] = 0.0
        for k in range(1, steps_pc.size):
            start, end = steps_pc[k - 1], steps_pc[k]
            longest = NEAR_PART_PC if start < LOCAL_PC else FAR_PART_PC
            parts = max(1, math.ceil((end - start) / longest))
            part = (end - start) / parts
            for i in range(parts):
                for offset in (-GAUSS, GAUSS):
                    t = start + (i + 0.5 + offset) * part
                    x, y, z = t * ux, sun_y + t * uy, sun_z + t * uz
                    total += 0.5 * part * smooth_density(x, y, z, model, plane)
            columns[ray, k] = total


@numba.njit(cache=True)
def centre_column(direction: Any, reach_pc: Any, disk: Any) -> Any:
    """Column of the Galactic centre's disk [pc cm^-3] along a ray, up to a distance [pc].

    ``direction`` is a unit vector of three numbers, ``disk`` the model's record.
    """
    ux, uy, uz = direction
    level = max(ux * ux + uy * uy, 1e-12)
    radius = CENTRE_REACH * disk.centre_radius_pc
    nearest = (disk.centre_x_pc * ux - disk.sun_radius_pc * uy) / level
    miss_x = nearest * ux - disk.centre_x_pc
    miss_y = nearest * uy + disk.sun_radius_pc
    height = disk.sun_height_pc + nearest * uz - disk.centre_z_pc
    first = nearest - radius / math.sqrt(level)
    passes = miss_x * miss_x + miss_y * miss_y < radius * radius and abs(height) < radius
    if nearest < 0.0 or reach_pc < first or not passes:
        return 0.0
    step = 2.0 * (nearest - first) / CENTRE_STEPS
    total = 0.0
    for k in range(CENTRE_STEPS):
        # The share of the last step grows with distance, so that the column never falls.
        share = min(max((reach_pc - first) / step - k, 0.0), 1.0)
        t = first + (k + 0.5) * step
        x, y, z = t * ux, disk.sun_radius_pc + t * uy, disk.sun_height_pc + t * uz
        total += share * step * centre_density(x, y, z, disk)
    return total


@numba.njit(cache=True)
def add_centre_columns(l_deg: Any, b_deg: Any, dist_kpc: Any, model: Any, columns: Any) -> None:
    """Add the column of the Galactic centre's disk to those of stars [pc cm^-3], in place."""
    for i in range(columns.size):
        if abs(b_deg[i]) < CENTRE_SKY_DEG:
            lon, lat = math.radians(l_deg[i]), math.radians(b_deg[i])
            level = math.cos(lat)
            direction = level * math.sin(lon), -level * math.cos(lon), math.sin(lat)
            columns[i] += centre_column(direction, 1e3 * dist_kpc[i], model.disk[0])


def unit_vectors(l_deg: NDArray[Any], b_deg: NDArray[Any]) -> NDArray[np.float64]:
    """Directions on the sky in the Galactocentric frame; a pole is one point, whatever its l.

    Parameters
    ----------
    l_deg, b_deg : ndarray, one shape, [deg]

    Returns
    -------
    ndarray, shape (..., 3)

    Examples
    --------
    >>> print(unit_vectors(np.array([90.0, 33.0]), np.array([0.0, 90.0])).round(9) + 0.0)
    [[1. 0. 0.]
     [0. 0. 1.]]
    """
    lon, lat = np.radians(l_deg), np.radians(b_deg)
    level = np.where(np.abs(b_deg) == 90.0, 0.0, np.cos(lat))
    return np.stack([level * np.sin(lon), -level * np.cos(lon), np.sin(lat)], axis=-1)


def electron_column(
    l_deg: ArrayLike, b_deg: ArrayLike, dist_kpc: ArrayLike, *, model: ElectronModel | None = None
) -> NDArray[np.float64]:
    """Column of free electrons to stars, each integrated on its own: exact and slow.

    :func:`popmaps.radio.dispersion.dispersion_measure` is the quick way, and checks its input.

    Parameters
    ----------
    l_deg, b_deg : array_like, [deg]
        Galactic longitude and latitude.
    dist_kpc : array_like, [kpc]
        Distance from the Sun. The three are broadcast together.
    model : ElectronModel, optional
        The committed one by default.

    Returns
    -------
    ndarray, float64, [pc cm^-3]
        Exact to 1e-3; about a tenth of a millisecond a star.

    Examples
    --------
    The whole column to the north Galactic pole:

    >>> print(electron_column(0, 90, 30.0).round(1))
    19.5
    """
    model = electron_model() if model is None else model
    lon, lat, distance = np.broadcast_arrays(l_deg, b_deg, dist_kpc)
    directions = unit_vectors(lon, lat)
    columns = np.empty(distance.size)
    exactly = np.empty((0, 0), np.float32)
    for i, reach in enumerate(distance.ravel()):
        near = min(reach, 1e-3 * LOCAL_PC)
        steps_kpc = [
            np.linspace(start, end, 2 + int((end - start) / step))
            for (start, end), step in zip(
                ((0.0, near), (near, reach)), EXACT_STEPS_KPC, strict=True
            )
        ]
        steps_pc = 1e3 * np.concatenate([steps_kpc[0], steps_kpc[1][1:]])
        column = np.empty((1, steps_pc.size))
        direction = directions.reshape(-1, 3)[i]
        fill_columns(direction[None], steps_pc, model, exactly, column)
        centre = centre_column(
            (direction[0], direction[1], direction[2]), 1e3 * reach, model.disk[0]
        )
        columns[i] = column[0, -1] + centre
    return columns.reshape(distance.shape)
