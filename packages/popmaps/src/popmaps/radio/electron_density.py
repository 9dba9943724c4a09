"""Free electrons of the Galaxy: the density at a point.

The model is that of Yao, Manchester & Wang (2017, ApJ 835, 29, arXiv:1610.09448), "YMW16",
written from the published equations: a thick and a thin disk, five spiral arms with the excess
in Carina and the deficit in Sagittarius (`popmaps.radio.electron_arms`), a disk at the Galactic
centre, and near the Sun the Gum nebula, the Local Bubble with two dense walls, and Loop I
(`popmaps.radio.electron_neighbourhood`). The Magellanic Clouds and the intergalactic medium are
left out.

Frame: right-handed, centred on the Galaxy, x towards l = 90 deg as seen from the Sun, y from the
centre to the Sun, z to the north Galactic pole. In compiled code lengths are in parsecs.

Compiled into `popmaps.radio.electron_columns` too, whose compiled form is kept on disk: after a
change here, remove ``__pycache__`` of this folder.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytypes.errors import InputError

from .electron_arms import FLAT, PLANE_REACH_PC, arms_at, sech2
from .electron_model import electron_model
from .electron_neighbourhood import LOCAL_PC, gum, loop, walls


@numba.njit(cache=True, inline="always")
def _layers(x: Any, y: Any, z: Any, model: Any, plane: Any) -> Any:
    """Density of the thick disk, and of the denser of thin disk and spiral arms."""
    disk = model.disk[0]
    radius = math.sqrt(x * x + y * y)
    height = z
    if radius > disk.warp_radius_pc:
        height -= disk.warp_slope * (radius - disk.warp_radius_pc) * x / radius
    edge = 1.0
    if radius > disk.edge_radius_pc:
        edge = sech2((radius - disk.edge_radius_pc) / disk.edge_width_pc)
    thick = disk.thick_density_cm3 * edge * sech2(height / disk.thick_height_pc)
    flare = 32.0 + 1.6e-3 * radius + 4e-7 * radius * radius
    if abs(height) > FLAT * disk.arm_heights * flare or radius > PLANE_REACH_PC:
        return thick, 0.0
    arm = arms_at(x, y, disk, model.arms, plane) * sech2(height / (disk.arm_heights * flare))
    ring = (radius - disk.thin_radius_pc) / disk.thin_width_pc
    thin_height = height / (disk.thin_heights * flare)
    if abs(ring) > FLAT or abs(thin_height) > FLAT:
        return thick, edge * arm
    return thick, edge * max(arm, disk.thin_density_cm3 * sech2(ring) * sech2(thin_height))


@numba.njit(cache=True)
def centre_density(x: Any, y: Any, z: Any, disk: Any) -> Any:
    """Density of the disk at the Galactic centre [cm^-3] at a point [pc]."""
    squared = (x - disk.centre_x_pc) ** 2 + y * y
    radial = math.exp(-squared / disk.centre_radius_pc**2)
    return disk.centre_density_cm3 * radial * sech2((z - disk.centre_z_pc) / disk.centre_height_pc)


@numba.njit(cache=True, inline="always")
def smooth_density(x: Any, y: Any, z: Any, model: Any, plane: Any) -> Any:
    """Density [cm^-3] at a point [pc], without the small disk at the Galactic centre."""
    disk, near = model.disk[0], model.near[0]
    thick, thin = _layers(x, y, z, model, plane)
    south = y - disk.sun_radius_pc
    slanted = near.bubble_cos * (south - near.bubble_offset_pc) - near.bubble_sin * z
    from_axis = math.sqrt(slanted * slanted + x * x)
    density = (near.bubble_factor * thick if from_axis < near.bubble_radius_pc else thick) + thin
    if x * x + south * south + z * z < LOCAL_PC * LOCAL_PC:
        density = max(density, walls(x, south, z, from_axis, near), gum(x, south, z, near))
        density = max(density, loop(x, y, z, near))
    return density


@numba.njit(cache=True)
def _at_points(x: Any, y: Any, z: Any, model: Any, density: Any) -> Any:
    plane = np.empty((0, 0), np.float32)
    for i in range(x.size):
        density[i] = smooth_density(x[i], y[i], z[i], model, plane)
        density[i] += centre_density(x[i], y[i], z[i], model.disk[0])


def electron_density(x_kpc: ArrayLike, y_kpc: ArrayLike, z_kpc: ArrayLike) -> NDArray[np.float64]:
    """Free-electron density of the Galaxy.

    Parameters
    ----------
    x_kpc, y_kpc, z_kpc : array_like, [kpc]
        Galactocentric: x towards l = 90 deg as seen from the Sun, y from the centre to the Sun
        (at y = 8.3 kpc, z = 6 pc), z north. Broadcast together.

    Returns
    -------
    ndarray, [cm^-3]
        Never negative.

    Raises
    ------
    InputError
        If a coordinate is not finite.

    Notes
    -----
    Source: Yao, Manchester & Wang 2017, ApJ 835, 29, section 3.

    Examples
    --------
    >>> print(electron_density(0, 8.3, 1.0).round(4))
    0.0082
    """
    x, y, z = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (x_kpc, y_kpc, z_kpc))
    )
    for name, values in (("x_kpc", x), ("y_kpc", y), ("z_kpc", z)):
        if not np.isfinite(values).all():
            raise InputError(f"{name} holds a value that is not finite: give kiloparsecs")
    density = np.empty(x.size)
    in_pc = [np.ascontiguousarray(value).ravel() * 1e3 for value in (x, y, z)]
    _at_points(in_pc[0], in_pc[1], in_pc[2], electron_model(), density)
    return density.reshape(x.shape)
