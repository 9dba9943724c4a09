"""Radial profiles of disks at speed: tables in the logarithm of the radius.

A table has 2048 radii from the innermost one, 0.0013 outer radii, to 4 outer radii; neighbours
differ by 0.4 %, a fifth of the narrowest ring's width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from skytypes.arrays import FloatArray

from .layers import smooth_brightness, spread, wall_of, with_cavity, with_gaps
from .profiles import halo, outer_taper, ring, surface_density
from .structure import DiskParams

Float32 = NDArray[np.float32]
Column: TypeAlias = tuple[Float32, Float32]
"""Values at the nodes of a table, and the differences to the next; the last of both is 0."""

NODES = 2048
REACH_OVER_ROUT = 4.0
"""The table ends here; outside there is nothing."""

_STEPS = np.linspace(0, 1, NODES, dtype=np.float32)


def radial_brightness(radius: FloatArray, disks: DiskParams) -> tuple[FloatArray, FloatArray]:
    """Brightness of disks without their crescents, and that of the crescents' ridges [K].

    Steps 1-5, 7 and 8 of the recipe. Levels that the recipe reads off its grid are those of the
    profile: surface density 1 and the peak at the innermost radius or wherever the profile is
    highest, the wall against the smooth disk at its own radius.

    Parameters
    ----------
    radius : array of shape (batch, node) [arcsec]
        Growing by a constant factor, from the innermost radius.
    disks : DiskParams
        numpy.

    Returns
    -------
    brightness, ridge : arrays of shape (batch, node) [K]
        The ridge is 0 where there is no crescent.

    Examples
    --------
    >>> from skymodels import draw_catalogue, draw_params
    >>> disks = draw_params(draw_catalogue(1, seed=1))
    >>> radius = disks.rout_arcsec[:, None] * np.geomspace(0.01, 3.0, 50)
    >>> bright, _ = radial_brightness(radius, disks)
    >>> bool(bright[0, 0] > bright[0, -1] >= 0)
    True
    """
    disk = spread(disks, axes=1)
    inner = radius[:, :1]
    unit = surface_density(inner, rc=disk.rc_arcsec, gamma=disk.gamma)
    level = smooth_brightness(inner + disk.rmin_arcsec, disk, unit)
    image = with_cavity(smooth_brightness(radius, disk, unit), radius, disk)
    image = image + wall_of(radius, disk, level)
    image = with_gaps(image, radius, disk, image.max(axis=1, keepdims=True))
    ridge = _ridge(image, radius, disk)
    spot = disk.centre_fraction * image.max(axis=1, keepdims=True)
    peak = image.max(axis=1, keepdims=True) + spot
    image = image + spot * ring(radius, centre=0.0, width=disk.centre_sigma_arcsec)
    image = image + disk.halo_fraction * peak * halo(radius, scale=disk.halo_scale_arcsec)
    taper = outer_taper(radius, rout=disk.rout_arcsec, power=disk.taper_power)
    return image * taper, ridge * taper


def _ridge(image: FloatArray, radius: FloatArray, disk: DiskParams) -> FloatArray:
    """Step 4 along the crescent's middle, before the taper [K]."""
    ridge = np.zeros_like(image)
    for i in np.flatnonzero(disk.crescent_factor):
        middle, width = disk.crescent_radius_arcsec[i], disk.crescent_width_arcsec[i]
        around = (radius[i] > middle - width) & (radius[i] < middle + width)
        # Nodes are even in the logarithm: weighed by r^2 they stand for equal areas.
        median = _weighed_median(image[i, around], radius[i, around] ** 2)
        level = disk.crescent_factor[i] * median
        ridge[i] = level * ring(radius[i], centre=middle, width=width)
    return ridge


def _weighed_median(values: FloatArray, weights: FloatArray) -> float:
    order = np.argsort(values)
    heaped = np.cumsum(weights[order], dtype=np.float64)
    return float(values[order][np.searchsorted(heaped, heaped[-1] / 2)])


@dataclass(frozen=True)
class Crescent:
    """A crescent of one disk.

    Parameters
    ----------
    ridge : pair of arrays of shape (node,)
        Brightness along its middle [K].
    angle_rad, sigma_rad : float
        Azimuth of its middle, counted from the major axis, and its Gaussian sigma [rad].
    """

    ridge: Column
    angle_rad: float
    sigma_rad: float


@dataclass(frozen=True)
class Table:
    """Profiles of one disk on radii spaced evenly in their logarithm.

    Parameters
    ----------
    first_px2, rout_px2 : float
        Squares of the first radius and of the outer radius [pixel^2].
    nodes_per_log : float
        Nodes for a factor e in the square of the radius.
    bright : pair of arrays of shape (node,)
        Brightness without the crescent [K].
    crescent : Crescent or None
    """

    first_px2: float
    rout_px2: float
    nodes_per_log: float
    bright: Column
    crescent: Crescent | None


def tabulate(disks: DiskParams, pixels_arcsec: Sequence[float]) -> list[Table]:
    """Tables of disks' profiles.

    Parameters
    ----------
    disks : DiskParams
        numpy; the profiles are computed in float32.
    pixels_arcsec : sequence of float
        Side of a disk's pixels [arcsec].

    Returns
    -------
    list of Table
        One a disk; a disk's has the same bits whatever disks are beside it.

    Examples
    --------
    >>> from skymodels import draw_catalogue, draw_params
    >>> table = tabulate(draw_params(draw_catalogue(1, seed=1)), [0.01])[0]
    >>> table.bright[0].shape, float(table.bright[0][-1])
    ((2048,), 0.0)
    """
    disks = disks.map(lambda values: values.astype(np.float32, copy=False))
    span = np.log(REACH_OVER_ROUT * disks.rout_arcsec / disks.floor_arcsec)
    radius = disks.floor_arcsec[:, None] * np.exp(_STEPS * span[:, None])
    bright, ridge = (_columns(values) for values in radial_brightness(radius, disks))
    first, rout, spans = (v.tolist() for v in (disks.floor_arcsec, disks.rout_arcsec, span))
    return [
        Table(
            (first[i] / pixel) ** 2,
            (rout[i] / pixel) ** 2,
            (NODES - 1) / (2 * spans[i]),
            bright[i],
            _crescent(disks, i, ridge[i]),
        )
        for i, pixel in enumerate(pixels_arcsec)
    ]


def _crescent(disks: DiskParams, i: int, ridge: Column) -> Crescent | None:
    if not disks.crescent_factor[i]:
        return None
    return Crescent(ridge, float(disks.crescent_angle_rad[i]), float(disks.crescent_sigma_rad[i]))


def _columns(values: FloatArray) -> list[Column]:
    """Columns of profiles that are made to end in 0, one a disk."""
    values[:, -1] = 0.0
    steps = np.zeros_like(values)
    np.subtract(values[:, 1:], values[:, :-1], out=steps[:, :-1])
    return list(zip(values, steps, strict=True))
