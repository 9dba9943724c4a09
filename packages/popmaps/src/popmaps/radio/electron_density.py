"""Free electrons of the Galaxy: the density at a point.

The model is that of Yao, Manchester & Wang (2017, ApJ 835, 29, arXiv:1610.09448), "YMW16",
written from the published equations: a thick and a thin disk, five spiral arms with the excess
in Carina and the deficit in Sagittarius, a disk at the Galactic centre, and near the Sun the Gum
nebula, the Local Bubble with two dense walls, and Loop I. The Magellanic Clouds and the
intergalactic medium are left out.

Frame: right-handed, centred on the Galaxy, x towards l = 90 deg as seen from the Sun, y from the
centre to the Sun, z to the north Galactic pole. Inside this module lengths are in parsecs.

What is compiled stays in this one module: numba's cache notices a change only in the file of the
function that is called, not in the files of those that it calls.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytypes.errors import InputError

from .electron_model import ElectronModel, electron_model

LOCAL_PC = 700.0
"""No local feature but the Bubble's slanted hole reaches farther from the Sun than this."""
FLAT = 8.0
"""A layer is not evaluated beyond so many scale heights (sech^2 is 5e-7 there)."""
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
PLANE_STEP_PC = 100.0
PLANE_REACH_PC = 25_000.0
"""Radius of the map of the arms, beyond which there are none (2e-5 cm^-3 at most)."""


@numba.njit(cache=True)
def sech2(x: Any) -> Any:
    """Square of the hyperbolic secant, 0 where it underflows."""
    e = math.exp(-2.0 * abs(x))
    return 4.0 * e / ((1.0 + e) * (1.0 + e))


@numba.njit(cache=True)
def _carina(azimuth: Any, disk: Any) -> Any:
    """Factor on the density of the Carina-Sagittarius arm at an azimuth [deg]."""
    factor = 1.0
    offset = azimuth - disk.carina_azimuth_deg
    # Past the azimuth of Carina the excess stays, up to where the arm starts: so the distances of
    # the catalogue have it.
    if offset < 0.0:
        factor += disk.carina_excess * math.exp(-((offset / disk.carina_width_deg) ** 2))
    elif azimuth < disk.carina_end_deg:
        factor += disk.carina_excess
    offset = (azimuth - disk.sagittarius_azimuth_deg) / disk.sagittarius_width_deg
    return factor * (1.0 - disk.sagittarius_deficit * math.exp(-offset * offset))


@numba.njit(cache=True)
def _arms(radius: Any, azimuth: Any, disk: Any, arms: Any) -> Any:
    """Density of the spiral arms in their mid-plane; azimuth in [0, 2 pi)."""
    turn = 2.0 * math.pi
    total = 0.0
    for i in range(arms.size):
        arm = arms[i]
        angle = azimuth - arm.azimuth_rad
        if angle < 0.0:
            angle += turn
        # An arm has no part before its start; the nearest of two neighbouring windings counts.
        locus = arm.radius_pc * math.exp(angle * arm.slope)
        beyond = locus * arm.turn_ratio
        while beyond < radius:
            locus = beyond
            beyond *= arm.turn_ratio
        scaled = min(abs(radius - locus), abs(beyond - radius)) * arm.per_width
        if scaled < FLAT:
            factor = _carina(math.degrees(azimuth), disk) if arm.is_carina else 1.0
            total += arm.density_cm3 * factor * sech2(scaled)
    if radius > disk.arm_radius_pc:
        total *= sech2((radius - disk.arm_radius_pc) / disk.arm_decline_pc)
    return total


@numba.njit(cache=True, inline="always")
def _arms_at(x: Any, y: Any, disk: Any, arms: Any, plane: Any) -> Any:
    """Density of the arms in their mid-plane: from a map of it, or exactly if that is empty."""
    if plane.size == 0:
        azimuth = math.atan2(y, x)
        if azimuth < 0.0:
            azimuth += 2.0 * math.pi
        return _arms(math.sqrt(x * x + y * y), azimuth, disk, arms)
    half = plane.shape[0] // 2
    column, row = x / PLANE_STEP_PC + half, y / PLANE_STEP_PC + half
    i, j = int(row), int(column)
    row, column = row - i, column - j
    low = plane[i, j] + column * (plane[i, j + 1] - plane[i, j])
    high = plane[i + 1, j] + column * (plane[i + 1, j + 1] - plane[i + 1, j])
    return low + row * (high - low)


@numba.njit(cache=True)
def fill_arm_plane(model: Any, plane: Any) -> None:
    """Fill a map of the arms' density in their mid-plane.

    Parameters
    ----------
    model : ElectronModel
    plane : ndarray, shape (n, n), n odd, [cm^-3]
        Filled in place; rows along y, columns along x, ``PLANE_STEP_PC`` apart, the Galactic
        centre in the middle. Points farther than ``PLANE_REACH_PC`` from it stay as they are.
    """
    half = plane.shape[0] // 2
    empty = np.empty((0, 0), np.float32)
    for i in range(plane.shape[0]):
        for j in range(plane.shape[1]):
            x, y = (j - half) * PLANE_STEP_PC, (i - half) * PLANE_STEP_PC
            if x * x + y * y < (PLANE_REACH_PC + 2.0 * PLANE_STEP_PC) ** 2:
                plane[i, j] = _arms_at(x, y, model.disk[0], model.arms, empty)


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
    arm = _arms_at(x, y, disk, model.arms, plane) * sech2(height / (disk.arm_heights * flare))
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


@numba.njit(cache=True)
def _from_ellipse(across: Any, along: Any, a: Any, b: Any) -> Any:
    """Distance of a point in the first quadrant from an ellipse of semi-axes a and b."""
    t = math.atan2(along * a, across * b)
    for _ in range(6):  # Newton on the foot of the perpendicular; four suffice near the shell
        sine, cosine = math.sin(t), math.cos(t)
        value = (a * a - b * b) * sine * cosine - across * a * sine + along * b * cosine
        slope = (a * a - b * b) * (cosine * cosine - sine * sine)
        slope -= across * a * cosine + along * b * sine
        if slope == 0.0:
            break
        t = min(max(t - value / slope, 0.0), 0.5 * math.pi)
    return math.hypot(across - a * math.cos(t), along - b * math.sin(t))


@numba.njit(cache=True)
def _gum(east: Any, south: Any, z: Any, near: Any) -> Any:
    """Density of the shell of the Gum nebula; ``south`` is y relative to the Sun."""
    across = math.hypot(east - near.gum_x_pc, south - near.gum_south_pc)
    along = abs(z - near.gum_z_pc)
    tall = near.gum_elongation * near.gum_radius_pc
    reach = tall + FLAT * near.gum_width_pc
    if across > reach or along > reach:
        return 0.0
    distance = _from_ellipse(across, along, near.gum_radius_pc, tall) / near.gum_width_pc
    return near.gum_density_cm3 * math.exp(-distance * distance)


@numba.njit(cache=True)
def _walls(east: Any, south: Any, z: Any, from_axis: Any, near: Any) -> Any:
    """Density of the two walls of the Local Bubble."""
    beyond = from_axis - near.bubble_radius_pc
    if abs(beyond) > FLAT * max(near.wall_1_width_pc, near.wall_2_width_pc):
        return 0.0
    longitude = math.degrees(math.atan2(east, 0.0 - south))  # 0 towards a pole
    off_1 = abs((longitude - near.wall_1_longitude_deg + 180.0) % 360.0 - 180.0)
    off_2 = abs((longitude - near.wall_2_longitude_deg + 180.0) % 360.0 - 180.0)
    wall_1 = sech2(off_1 / near.wall_1_spread_deg) * sech2(beyond / near.wall_1_width_pc)
    wall_2 = sech2(off_2 / near.wall_2_spread_deg) * sech2(beyond / near.wall_2_width_pc)
    wall_1 *= near.wall_1_density_cm3 * sech2(z / near.wall_1_height_pc)
    wall_2 *= near.wall_2_density_cm3 * sech2(z / near.wall_2_height_pc)
    return wall_1 + wall_2


@numba.njit(cache=True)
def _loop(x: Any, y: Any, z: Any, near: Any) -> Any:
    """Density of Loop I, a cap of a spherical shell."""
    dx, dy, dz = x - near.loop_x_pc, y - near.loop_y_pc, z - near.loop_z_pc
    radius = math.sqrt(dx * dx + dy * dy + dz * dz)
    shell = (radius - near.loop_radius_pc) / near.loop_width_pc
    if abs(shell) > FLAT or radius == 0.0:
        return 0.0
    cosine = (dx * near.loop_cos + dz * near.loop_sin) / radius
    off = math.degrees(math.acos(min(1.0, max(-1.0, cosine)))) / near.loop_spread_deg
    return near.loop_density_cm3 * math.exp(-shell * shell - off * off)


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
        density = max(density, _walls(x, south, z, from_axis, near), _gum(x, south, z, near))
        density = max(density, _loop(x, y, z, near))
    return density


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
        The map made by :func:`fill_arm_plane`; with no points the arms are evaluated exactly.
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
    """Column of the Galactic centre's disk along a ray, up to a distance."""
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
