"""Pictures of radial profiles at speed: a table in the logarithm of the radius, and pixel means.

A brightness that depends on radius alone is computed once on 2048 radii and interpolated for the
pixels. Where the profile is steeper than a pixel (near the centre of the disk, and across its
foreshortened axis) a pixel is the mean over several points.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .features import annulus_radii
from .geometry import MIN_COS_INCL
from .profiles import cavity, emission, halo, outer_taper, ring, surface_density, temperature, wall

Float32 = NDArray[np.float32]

NODES = 2048
REACH_OVER_ROUT = 4.0
"""The table ends here; outside there is nothing."""

ZONES = ((2, 8.0), (6, 1.5))
"""Points along a side of a pixel, and up to which radius [pixel, along the minor axis]."""

_ZONES_TO_ROUT = 2.5

Points: TypeAlias = tuple[Float32, Float32, Float32]
"""Pixels to the west and to the north of the centre, and the squared radius [pixel^2]."""


def radial_brightness(radius: Any, disk: Mapping[str, Any]) -> tuple[Any, Any]:
    """Brightness of a disk without its crescent, and that of the crescent's ridge [K].

    Steps 1-3 and 5, 7, 8 of the recipe. Levels that the recipe reads off its grid are those of the
    profile: surface density 1 and the peak at the innermost radius or wherever the profile is
    highest, the wall against the smooth disk at its own radius.

    Parameters
    ----------
    radius : array of shape (node,) [arcsec]
        Growing, from the innermost radius.
    disk : mapping
        Fields of `DiskParams` of one disk, as numbers and lists.

    Returns
    -------
    brightness, ridge : arrays of shape (node,) [K]
    """

    def smooth(r: Any) -> Any:
        density = surface_density(r, rc=disk["rc_arcsec"], gamma=disk["gamma"]) / unit
        warmth = temperature(r, t0_k=disk["t0_k"], rref=disk["rref_arcsec"], q=disk["q"])
        return emission(warmth, disk["tau"] * density)

    def featured(r: Any, peak: float) -> Any:
        image = _with_cavity(smooth(r), r, disk, wall_level)
        return _with_gaps(image, r, disk, peak) if peak else image

    inner = radius[:1]
    unit = float(surface_density(inner, rc=disk["rc_arcsec"], gamma=disk["gamma"])[0])
    wall_level = float(smooth(inner + disk["rmin_arcsec"])[0])
    bright = featured(radius, 0.0)
    peak = float(bright.max())
    bright = _with_gaps(bright, radius, disk, peak)
    top = float(bright.max()) * (1 + disk["centre_fraction"])
    # The recipe's centre is a Gaussian of (r / sigma)^2 / 2, as a ring of radius 0.
    spot = disk["centre_fraction"] * float(bright.max())
    bright = bright + spot * ring(radius, centre=0.0, width=disk["centre_sigma_arcsec"])
    bright = bright + disk["halo_fraction"] * top * halo(radius, scale=disk["halo_scale_arcsec"])
    taper = outer_taper(radius, rout=disk["rout_arcsec"], power=disk["taper_power"])
    if not disk["crescent_factor"]:
        return bright * taper, np.zeros_like(radius)
    box = np.ones((1, 1, 1), radius.dtype)
    around = annulus_radii(
        disk["crescent_radius_arcsec"] * box, disk["crescent_width_arcsec"] * box
    )[0, 0]
    level = disk["crescent_factor"] * float(np.median(featured(around, peak)))
    ridge = ring(radius, centre=disk["crescent_radius_arcsec"], width=disk["crescent_width_arcsec"])
    return bright * taper, level * ridge * taper


def _with_cavity(image: Any, radius: Any, disk: Mapping[str, Any], wall_level: float) -> Any:
    if not disk["cavity_depth"]:
        return image
    rmin = disk["rmin_arcsec"]
    image = image * cavity(
        radius, rmin=rmin, depth=disk["cavity_depth"], width=disk["cavity_width_arcsec"]
    )
    if not disk["wall_fraction"]:
        return image
    rim = wall(radius, rmin=rmin, width=disk["wall_width_arcsec"])
    return image + disk["wall_fraction"] * wall_level * rim


def _with_gaps(image: Any, radius: Any, disk: Mapping[str, Any], peak: float) -> Any:
    for centre, width, depth in zip(
        disk["gap_radius_arcsec"], disk["gap_width_arcsec"], disk["gap_depth"], strict=True
    ):
        if depth:
            image = image * (1 - depth * ring(radius, centre=centre, width=width))
    for centre, width, fraction in zip(
        disk["ring_radius_arcsec"], disk["ring_width_arcsec"], disk["ring_fraction"], strict=True
    ):
        if fraction:
            image = image + fraction * peak * ring(radius, centre=centre, width=width)
    return image


@dataclass(frozen=True)
class Table:
    """Profiles on radii spaced evenly in their logarithm.

    Parameters
    ----------
    first_px2 : float
        Square of the first radius [pixel^2].
    nodes_per_log : float
        Nodes for a factor e in the square of the radius.
    bright, bright_step, ridge, ridge_step : arrays of shape (node,)
        Values at the nodes, and differences to the next.
    """

    first_px2: float
    nodes_per_log: float
    bright: Float32
    bright_step: Float32
    ridge: Float32
    ridge_step: Float32


def tabulate(disk: Mapping[str, Any], pixel_arcsec: float) -> Table:
    """Table of a disk's profiles, for pixels of that side.

    Parameters
    ----------
    disk : mapping
        As `radial_brightness` takes it.
    pixel_arcsec : float
        [arcsec]
    """
    floor, span = _log_span(disk)
    radius = (floor * np.exp(_STEPS * np.float32(span))).astype(np.float32)
    bright, ridge = radial_brightness(radius, disk)
    bright[-1] = ridge[-1] = 0.0
    return Table(
        (floor / pixel_arcsec) ** 2,
        (NODES - 1) / (2 * span),
        bright,
        np.diff(bright, append=bright[-1:]),
        ridge,
        np.diff(ridge, append=ridge[-1:]),
    )


_STEPS = np.linspace(0, 1, NODES, dtype=np.float32)


def _log_span(disk: Mapping[str, Any]) -> tuple[float, float]:
    floor = disk["floor_arcsec"]
    return floor, math.log(REACH_OVER_ROUT * disk["rout_arcsec"] / floor)


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
        return square


def _look_up(table: Table, disk: Mapping[str, Any], view: View, points: Points) -> Float32:
    """Brightness at points of the picture, by linear interpolation in the log of the radius."""
    west, north, radius2 = points
    place = np.log(np.maximum(radius2, np.float32(table.first_px2)))
    place -= np.float32(math.log(table.first_px2))
    place *= np.float32(table.nodes_per_log)
    np.minimum(place, np.float32(NODES - 1), out=place)
    node = place.astype(np.int32)
    place -= node
    image = table.bright_step.take(node, mode="clip")
    image *= place
    image += table.bright.take(node, mode="clip")
    if not disk["crescent_factor"]:
        return np.asarray(image)
    ridge = table.ridge.take(node, mode="clip") + place * table.ridge_step.take(node, mode="clip")
    return np.asarray(image + ridge * _arc(disk, *view.axes(west, north)))


def _arc(disk: Mapping[str, Any], major: Float32, minor: Float32) -> Float32:
    """The crescent's fall along its azimuth, dimensionless."""
    away = np.arctan2(minor, major) - np.float32(disk["crescent_angle_rad"])
    away -= np.float32(2 * math.pi) * np.round(away / np.float32(2 * math.pi))
    return np.asarray(np.exp(-0.5 * (away / np.float32(disk["crescent_sigma_rad"])) ** 2))


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
    image = _look_up(table, disk, view, (west, north, radius2))
    outer = (_ZONES_TO_ROUT * disk["rout_arcsec"] / pixel_arcsec) ** 2
    for points, reach in ZONES:
        near = np.flatnonzero(radius2 < min((reach / view.cos_incl) ** 2, outer))
        if near.size == 0:
            continue
        shift = (np.arange(points, dtype=np.float32) + np.float32(0.5)) / np.float32(points)
        shift -= np.float32(0.5)
        # Points of a pixel lie along the first axis: whole arrays are added, always in one order.
        w = west[0, near % size][None, :] + np.tile(shift, points)[:, None]
        n = north[near // size, 0][None, :] + np.repeat(shift, points)[:, None]
        values = _look_up(table, disk, view, (w, n, view.radius2(w, n)))
        image.reshape(-1)[near] = values.sum(axis=0) / np.float32(points**2)
    return image
