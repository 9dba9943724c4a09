"""Pictures of one disk at speed: its radial table on pixels, and means over pixels.

Where the profile is steeper than a pixel (near the middle of the disk, most of all across its
foreshortened axis) a pixel is the mean over several points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .radial_tables import Column, Crescent, Float32, Table
from .views import View

ZONES = ((3, 8.0), (8, 2.0))
"""Points along a side of a pixel, and up to which radius [pixel, along the minor axis]."""

_ZONES_TO_ROUT = 2.5

Nodes: TypeAlias = NDArray[np.intp]


def _points_of_pixel(count: int) -> Float32:
    """Offsets (west, north) of a pixel's points from its centre, shape (2, count^2, 1) [pixel]."""
    shift = (np.arange(count) + 0.5) / count - 0.5
    offsets = np.array([np.tile(shift, count), np.repeat(shift, count)], np.float32)
    return offsets[..., None]


_SHIFTS = [_points_of_pixel(count) for count, _ in ZONES]


def look_up(table: Table, view: View, west: Float32, north: Float32, radius2: Float32) -> Float32:
    """Brightness at points, by linear interpolation in the logarithm of the radius.

    Parameters
    ----------
    table : Table
    view : View
        Serves the crescent's azimuth.
    west, north : arrays that broadcast to the shape of ``radius2`` [pixel]
        From the centre of the disk.
    radius2 : array of any shape [pixel^2]
        Squared radius in the plane of the disk.

    Returns
    -------
    array of the shape of ``radius2``, float32 [K]

    Examples
    --------
    >>> from skymodels.radial_tables import tabulate
    >>> from skymodels.scenes import draw_scene
    >>> table = tabulate(draw_scene(np.random.default_rng(1)).structure, 0.05)
    >>> far = np.full(3, 1e4, np.float32)
    >>> look_up(table, View(0.0, 0.0, 0.0, 0.0), far, 0 * far, far**2).tolist()
    [0.0, 0.0, 0.0]
    """
    # The ratio first, so that the innermost radius is node 0 to the last bit.
    place = radius2 * np.float32(1 / table.first_px2)
    np.maximum(place, np.float32(1), out=place)
    np.log(place, out=place)
    place *= np.float32(table.nodes_per_log)
    # The whole part stays float32: an integer here would take the difference to float64.
    whole = np.floor(place)
    place -= whole
    # In two steps, which together need half the time of one.
    node = whole.astype(np.int32).astype(np.intp)
    image = _interpolated(table.bright, node, place)
    if table.crescent is not None:
        arc = _arc(table.crescent, view, west, north)
        arc *= _interpolated(table.crescent.ridge, node, place)
        image += arc
    return image


def _interpolated(column: Column, node: Nodes, place: Float32) -> Float32:
    """Values between nodes; beyond the last node, where a column is 0, they are 0."""
    values, steps = column
    image: Float32 = steps.take(node, mode="clip")
    image *= place
    image += values.take(node, mode="clip")
    return image


def _arc(crescent: Crescent, view: View, west: Float32, north: Float32) -> Float32:
    """The crescent's fall along its azimuth, dimensionless."""
    # Of axes turned to the crescent's middle, so that the angle from it needs no folding.
    major, minor = view.axes(west, north, turn_rad=crescent.angle_rad)
    fall: Float32 = np.arctan2(minor, major)
    fall *= fall
    fall *= np.float32(-0.5 / crescent.sigma_rad**2)
    return np.exp(fall, out=fall)


def means_of_points(image: Float32) -> Float32:
    """Means over pixels of a picture known at their centres, to the second order.

    The mean over a pixel is f + (f_xx + f_yy) / 24; with second differences that is 20/24 of the
    pixel and 1/24 of each neighbour. The outermost pixels stay as they are.

    Parameters
    ----------
    image : array of shape (y, x) [K]

    Returns
    -------
    array of shape (y, x) [K]

    Examples
    --------
    >>> x = np.arange(5.0)
    >>> float(means_of_points(x[:, None] ** 2 + 0 * x)[2, 2]) - 4 - 1 / 12 < 1e-12
    True
    """
    width = image.shape[1]
    means = image.copy()
    # As one line of pixels, which is quicker than row by row; so the ends of the rows get wrong
    # neighbours, and get their own values back.
    line, inner = image.reshape(-1), means.reshape(-1)[width:-width]
    around = line[: -2 * width] + line[2 * width :]
    around += line[width - 1 : -width - 1]
    around += line[width + 1 : line.size - width + 1]
    around *= image.dtype.type(1 / 24)
    inner *= image.dtype.type(20 / 24)
    inner += around
    means[:, 0], means[:, -1] = image[:, 0], image[:, -1]
    return means


def _refine(
    image: Float32, table: Table, view: View, grid: tuple[Float32, Float32, Float32]
) -> None:
    """Replace pixels near the middle of the disk by the mean over several points, in place."""
    west, north, radius2 = grid
    stretch2, outer = view.cos_incl**-2, _ZONES_TO_ROUT**2 * table.rout_px2
    zones = [_near(radius2, view, min(reach**2 * stretch2, outer)) for _, reach in ZONES]
    rows, columns = zip(*zones, strict=True)
    x, y = _points(west, columns, axis=0), _points(north, rows, axis=1)
    values = look_up(table, view, x, y, view.radius2(x, y))
    start = 0
    for (count, _), near in zip(ZONES, zones, strict=True):
        shape = (count**2, near[0].size)
        stop = start + math.prod(shape)
        image[near] = values[start:stop].reshape(shape).sum(axis=0) / np.float32(shape[0])
        start = stop


def _points(line: Float32, places: Sequence[Nodes], *, axis: int) -> Float32:
    """One coordinate of the points of pixels, zone after zone [pixel].

    Points of a pixel lie along the first axis: whole arrays are added, always in one order.
    """
    parts = [line.take(near) + shift[axis] for near, shift in zip(places, _SHIFTS, strict=True)]
    return np.concatenate(parts, axis=None)


def _near(radius2: Float32, view: View, limit: float) -> tuple[Nodes, Nodes]:
    """Rows and columns of the pixels whose squared radius is below the limit."""
    rows, columns = view.box(math.sqrt(limit), radius2.shape[0])
    y, x = np.nonzero(radius2[rows, columns] < np.float32(limit))
    y += rows.start
    x += columns.start
    return y, x


def render_means(table: Table, view: View, *, size: int) -> Float32:
    """Picture of a disk, each pixel the mean brightness over its area.

    Parameters
    ----------
    table : Table
        Profiles of the disk, for pixels as large as those of the picture.
    view : View
    size : int
        Pixels along a side.

    Returns
    -------
    array of shape (size, size), float32 [K]

    Examples
    --------
    >>> from skymodels.radial_tables import tabulate
    >>> from skymodels.scenes import draw_scene
    >>> table = tabulate(draw_scene(np.random.default_rng(1)).structure, 0.05)
    >>> render_means(table, View(30.0, 45.0, 16.0, 16.0), size=32).shape
    (32, 32)
    """
    steps = np.arange(size, dtype=np.float32)
    west, north = steps - np.float32(view.x_px), steps - np.float32(view.y_px)
    radius2 = view.radius2_of_grid(west, north)
    image = means_of_points(look_up(table, view, west[None, :], north[:, None], radius2))
    _refine(image, table, view, (west, north, radius2))
    return image
