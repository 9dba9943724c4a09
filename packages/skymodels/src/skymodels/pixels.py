"""Pictures of one disk at speed: its radial table on pixels, and means over pixels.

Where the profile is steeper than a pixel (near the middle of the disk, most of all across its
foreshortened axis) a pixel is the mean over several points.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .geometry import MIN_COS_INCL
from .radial_tables import NODES, Float32, Table, tabulate

ZONES = ((3, 8.0), (8, 2.0))
"""Points along a side of a pixel, and up to which radius [pixel, along the minor axis]."""

_ZONES_TO_ROUT = 2.5

Points: TypeAlias = tuple[Float32, Float32, Float32]
"""Pixels to the west and to the north of the centre, and the squared radius [pixel^2]."""


def _points_of_pixel(count: int) -> NDArray[np.float32]:
    """Offsets (west, north) of a pixel's points from its centre, shape (2, count^2, 1) [pixel]."""
    shift = (np.arange(count) + 0.5) / count - 0.5
    offsets = np.array([np.tile(shift, count), np.repeat(shift, count)], np.float32)
    return offsets[..., None]


_SHIFTS = [_points_of_pixel(count) for count, _ in ZONES]


@dataclass(frozen=True)
class View:
    """How a disk lies on the pixels.

    Parameters
    ----------
    incl_deg, pa_deg : float
        [deg]
    x_px, y_px : float
        Pixel of the centre, counted from 0; x grows to the west.
    """

    incl_deg: float
    pa_deg: float
    x_px: float
    y_px: float

    @property
    def cos_incl(self) -> float:
        """Axis ratio, dimensionless."""
        return max(math.cos(math.radians(self.incl_deg)), MIN_COS_INCL)

    def axes(self, west: Any, north: Any) -> tuple[Any, Any]:
        """Coordinates along the major and the deprojected minor axis [pixel]."""
        pa = math.radians(self.pa_deg)
        major = north * math.cos(pa) - west * math.sin(pa)
        minor = (-west * math.cos(pa) - north * math.sin(pa)) / self.cos_incl
        return major, minor

    def radius2(self, west: Any, north: Any) -> Any:
        """Squared radius in the plane of the disk [pixel^2]; arrays broadcast."""
        pa = math.radians(self.pa_deg)
        stretch = 1 / self.cos_incl**2
        sin2, cos2 = math.sin(pa) ** 2, math.cos(pa) ** 2
        cross = 2 * math.sin(pa) * math.cos(pa) * (stretch - 1)
        square = (sin2 + cos2 * stretch) * west**2 + (cross * north) * west
        square += (cos2 + sin2 * stretch) * north**2
        return np.asarray(square)


def _look_up(table: Table, disk: Mapping[str, Any], view: View, points: Points) -> Float32:
    """Brightness at points of the picture, by linear interpolation in the log of the radius."""
    west, north, radius2 = points
    place = np.log(np.maximum(radius2, np.float32(table.first_px2)))
    place -= np.float32(math.log(table.first_px2))
    place *= np.float32(table.nodes_per_log)
    np.minimum(place, np.float32(NODES - 1), out=place)
    # The whole part stays float32: an integer here would take the difference to float64.
    whole = np.floor(place)
    place -= whole
    node = whole.astype(np.int32)
    image = _interpolated(table.bright, node, place)
    if table.ridge is not None:
        image += _interpolated(table.ridge, node, place) * _arc(disk, *view.axes(west, north))
    return image


def _interpolated(column: tuple[Float32, Float32], node: Any, place: Float32) -> Float32:
    values, steps = column
    image: Float32 = steps.take(node, mode="clip")
    image *= place
    image += values.take(node, mode="clip")
    return image


def _arc(disk: Mapping[str, Any], major: Float32, minor: Float32) -> Float32:
    """The crescent's fall along its azimuth, dimensionless."""
    away = np.arctan2(minor, major) - np.float32(disk["crescent_angle_rad"])
    away -= np.float32(2 * math.pi) * np.round(away / np.float32(2 * math.pi))
    return np.asarray(np.exp(-0.5 * (away / np.float32(disk["crescent_sigma_rad"])) ** 2))


def means_of_points(image: Float32) -> Float32:
    """Means over pixels of a picture known at their centres, to the second order.

    The mean over a pixel is f + (f_xx + f_yy) / 24; with second differences that is 20/24 of the
    pixel and 1/24 of each neighbour. The outermost pixels stay as they are.

    Parameters
    ----------
    image : array of shape (y, x)

    Returns
    -------
    array of shape (y, x)

    Examples
    --------
    >>> x = np.arange(5.0)
    >>> float(means_of_points(x[:, None] ** 2 + 0 * x)[2, 2]) - 4 - 1 / 12 < 1e-12
    True
    """
    means = image.copy()
    inner = means[1:-1, 1:-1]
    inner *= image.dtype.type(20 / 24)
    around = image[:-2, 1:-1] + image[2:, 1:-1]
    around += image[1:-1, :-2]
    around += image[1:-1, 2:]
    around *= image.dtype.type(1 / 24)
    inner += around
    return means


def _refine(
    image: Float32, table: Table, disk: Mapping[str, Any], view: View, radius2: Float32
) -> None:
    """Replace pixels near the middle of the disk by the mean over several points, in place."""
    size = image.shape[0]
    outer = _ZONES_TO_ROUT**2 * table.rout_px2
    pixels = [
        np.flatnonzero(radius2 < min((reach / view.cos_incl) ** 2, outer)) for _, reach in ZONES
    ]
    # Points of a pixel lie along the first axis: whole arrays are added, always in one order.
    west, north = (
        np.concatenate(
            [
                (place.astype(np.float32) - np.float32(centre) + shifts[axis]).ravel()
                for shifts, place in zip(_SHIFTS, places, strict=True)
            ]
        )
        for axis, centre, places in (
            (0, view.x_px, [near % size for near in pixels]),
            (1, view.y_px, [near // size for near in pixels]),
        )
    )
    values = _look_up(table, disk, view, (west, north, view.radius2(west, north)))
    start = 0
    for (points, _), near in zip(ZONES, pixels, strict=True):
        stop = start + points**2 * near.size
        means = values[start:stop].reshape(points**2, near.size).sum(axis=0)
        image.reshape(-1)[near] = means / np.float32(points**2)
        start = stop


def render_means(disk: Mapping[str, Any], view: View, *, size: int, pixel_arcsec: float) -> Float32:
    """Picture of a disk, each pixel the mean brightness over its area.

    Parameters
    ----------
    disk : mapping
        As `radial_brightness` takes it.
    view : View
    size : int
        Pixels along a side.
    pixel_arcsec : float
        [arcsec]

    Returns
    -------
    array of shape (size, size), float32 [K]

    Examples
    --------
    >>> from skymodels.scenes import draw_scene
    >>> disk = draw_scene(np.random.default_rng(1)).structure
    >>> render_means(disk, View(30.0, 45.0, 16.0, 16.0), size=32, pixel_arcsec=0.05).shape
    (32, 32)
    """
    table = tabulate(disk, pixel_arcsec)
    steps = np.arange(size, dtype=np.float32)
    west = (steps - np.float32(view.x_px))[None, :]
    north = (steps - np.float32(view.y_px))[:, None]
    radius2 = view.radius2(west, north)
    image = means_of_points(_look_up(table, disk, view, (west, north, radius2)))
    _refine(image, table, disk, view, radius2)
    return image
