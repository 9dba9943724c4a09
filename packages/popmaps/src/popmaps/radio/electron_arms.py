"""Free electrons in the spiral arms, with the excess in Carina and the deficit in Sagittarius.

Of the model of Yao, Manchester & Wang (2017, ApJ 835, 29, arXiv:1610.09448). Lengths in
parsecs, densities in cm^-3, in the frame of `popmaps.radio.electron_density`.

Compiled into `popmaps.radio.electron_density` and `popmaps.radio.electron_columns`, whose compiled
forms are kept on disk: after a change here, remove ``__pycache__`` of this folder.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

FLAT = 8.0
"""A layer is not evaluated beyond so many scale heights (sech^2 is 5e-7 there)."""
PLANE_STEP_PC = 100.0
"""Distance between the points of the map of the arms."""
PLANE_REACH_PC = 25_000.0
"""Radius of the map of the arms, beyond which there are none (2e-5 cm^-3 at most)."""


@numba.njit(cache=True)
def sech2(x: Any) -> Any:
    """Square of the hyperbolic secant of a number, 0 where it underflows."""
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
    """Density of the spiral arms in their mid-plane [cm^-3]; radius [pc], azimuth 0 to 2 pi."""
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
def arms_at(x: Any, y: Any, disk: Any, arms: Any, plane: Any) -> Any:
    """Density of the arms in their mid-plane [cm^-3] at a point [pc].

    From the map of `fill_arm_plane`, or exactly if that is empty.
    """
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
                plane[i, j] = arms_at(x, y, model.disk[0], model.arms, empty)
