"""Free electrons near the Sun: the Gum nebula, the walls of the Local Bubble, and Loop I.

Of the model of Yao, Manchester & Wang (2017, ApJ 835, 29, arXiv:1610.09448). Lengths in
parsecs, densities in cm^-3, in the frame of `popmaps.radio.electron_density`.

Compiled into `popmaps.radio.electron_density` and `popmaps.radio.electron_columns`, whose compiled
forms are kept on disk: after a change here, remove ``__pycache__`` of this folder.
"""

from __future__ import annotations

import math
from typing import Any

import numba

from .electron_arms import FLAT, sech2

LOCAL_PC = 700.0
"""No local feature but the Bubble's slanted hole reaches farther from the Sun than this."""


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
def gum(east: Any, south: Any, z: Any, near: Any) -> Any:
    """Density of the shell of the Gum nebula [cm^-3] at a point [pc].

    ``east`` and ``south`` are x and y relative to the Sun; ``near`` is the model's local record.
    """
    across = math.hypot(east - near.gum_x_pc, south - near.gum_south_pc)
    along = abs(z - near.gum_z_pc)
    tall = near.gum_elongation * near.gum_radius_pc
    reach = tall + FLAT * near.gum_width_pc
    if across > reach or along > reach:
        return 0.0
    distance = _from_ellipse(across, along, near.gum_radius_pc, tall) / near.gum_width_pc
    return near.gum_density_cm3 * math.exp(-distance * distance)


@numba.njit(cache=True)
def walls(east: Any, south: Any, z: Any, from_axis: Any, near: Any) -> Any:
    """Density of the two walls of the Local Bubble [cm^-3] at a point [pc], as `gum`.

    ``from_axis`` is the distance from the axis of the Bubble.
    """
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
def loop(x: Any, y: Any, z: Any, near: Any) -> Any:
    """Density of Loop I, a cap of a spherical shell [cm^-3], at a point [pc]."""
    dx, dy, dz = x - near.loop_x_pc, y - near.loop_y_pc, z - near.loop_z_pc
    radius = math.sqrt(dx * dx + dy * dy + dz * dz)
    shell = (radius - near.loop_radius_pc) / near.loop_width_pc
    if abs(shell) > FLAT or radius == 0.0:
        return 0.0
    cosine = (dx * near.loop_cos + dz * near.loop_sin) / radius
    off = math.degrees(math.acos(min(1.0, max(-1.0, cosine)))) / near.loop_spread_deg
    return near.loop_density_cm3 * math.exp(-shell * shell - off * off)
