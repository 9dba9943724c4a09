"""Radial profiles of one disk at speed: a table in the logarithm of the radius.

The table has 2048 radii from the innermost one, 0.0013 outer radii, to 4 outer radii; neighbours
differ by 0.4 %, a fifth of the narrowest ring's width.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .profiles import cavity, emission, halo, outer_taper, ring, surface_density, temperature, wall

Float32 = NDArray[np.float32]
Column: TypeAlias = tuple[Float32, Float32]
"""Values at the nodes of a table, and the differences to the next; the last of both is 0."""

NODES = 2048
REACH_OVER_ROUT = 4.0
"""The table ends here; outside there is nothing."""

_STEPS = np.linspace(0, 1, NODES, dtype=np.float32)


def radial_brightness(radius: Float32, disk: Mapping[str, Any]) -> tuple[Float32, Float32 | None]:
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
    brightness : array of shape (node,) [K]
    ridge : array of shape (node,) [K], or None where there is no crescent

    Examples
    --------
    >>> from skymodels.scenes import draw_scene
    >>> disk = draw_scene(np.random.default_rng(1)).structure
    >>> bright, _ = radial_brightness(disk["rout_arcsec"] * np.array([0.01, 0.5, 3.0]), disk)
    >>> bool(bright[0] > bright[2] >= 0)
    True
    """
    inner = radius[:1]
    unit = float(surface_density(inner, rc=disk["rc_arcsec"], gamma=disk["gamma"])[0])
    level = 0.0
    if disk["wall_fraction"]:
        level = float(_smooth(inner + disk["rmin_arcsec"], disk, unit)[0])
    bright = _with_cavity(_smooth(radius, disk, unit), radius, disk, level)
    peak = float(bright.max())
    bright = _with_gaps(bright, radius, disk, peak)
    taper = outer_taper(radius, rout=disk["rout_arcsec"], power=disk["taper_power"])
    whole = _with_centre_and_halo(bright, radius, disk) * taper
    if not disk["crescent_factor"]:
        return whole, None
    middle, width = disk["crescent_radius_arcsec"], disk["crescent_width_arcsec"]
    around = (radius > middle - width) & (radius < middle + width)
    # Nodes are even in the logarithm: weighed by r^2 they stand for equal areas.
    median = _weighed_median(bright[around], radius[around] ** 2)
    ridge = disk["crescent_factor"] * median * ring(radius, centre=middle, width=width)
    return whole, ridge * taper


def _smooth(radius: Any, disk: Mapping[str, Any], unit: float) -> Any:
    density = surface_density(radius, rc=disk["rc_arcsec"], gamma=disk["gamma"])
    warmth = temperature(radius, t0_k=disk["t0_k"], rref=disk["rref_arcsec"], q=disk["q"])
    return emission(warmth, density * (disk["tau"] / unit))


def _with_centre_and_halo(image: Any, radius: Any, disk: Mapping[str, Any]) -> Any:
    peak = float(image.max())
    if disk["centre_fraction"]:
        spot = disk["centre_fraction"] * peak
        image = image + spot * ring(radius, centre=0.0, width=disk["centre_sigma_arcsec"])
        peak += spot
    return image + disk["halo_fraction"] * peak * halo(radius, scale=disk["halo_scale_arcsec"])


def _weighed_median(values: Float32, weights: Float32) -> float:
    order = np.argsort(values)
    heaped = np.cumsum(weights[order], dtype=np.float64)
    return float(values[order][np.searchsorted(heaped, heaped[-1] / 2)])


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
    gaps, rings = (_features(disk, *kind) for kind in (("gap", "depth"), ("ring", "fraction")))
    if not gaps:
        return image
    # All of them at once: calls cost more than the few thousand exponentials do.
    centre, width, strength = np.array(gaps + rings, radius.dtype).T[..., None]
    shapes = ring(radius, centre=centre, width=width)
    taken, put = strength[: len(gaps)] * shapes[: len(gaps)], strength[len(gaps) :]
    return image * np.prod(1 - taken, axis=0) + peak * (put * shapes[len(gaps) :]).sum(axis=0)


def _features(disk: Mapping[str, Any], kind: str, strength: str) -> list[tuple[float, ...]]:
    """Radius, width and strength of the gaps or rings that there are; no ring without a gap."""
    names = (f"{kind}_radius_arcsec", f"{kind}_width_arcsec", f"{kind}_{strength}")
    return [one for one in zip(*(disk[name] for name in names), strict=True) if one[2]]


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


def tabulate(disk: Mapping[str, Any], pixel_arcsec: float) -> Table:
    """Table of a disk's profiles, for pixels of that side.

    Parameters
    ----------
    disk : mapping
        As `radial_brightness` takes it.
    pixel_arcsec : float
        [arcsec]

    Examples
    --------
    >>> from skymodels.scenes import draw_scene
    >>> table = tabulate(draw_scene(np.random.default_rng(1)).structure, 0.01)
    >>> table.bright[0].shape, float(table.bright[0][-1])
    ((2048,), 0.0)
    """
    floor = disk["floor_arcsec"]
    span = math.log(REACH_OVER_ROUT * disk["rout_arcsec"] / floor)
    radius = (floor * np.exp(_STEPS * np.float32(span))).astype(np.float32)
    bright, ridge = radial_brightness(radius, disk)
    crescent = None
    if ridge is not None:
        angles = disk["crescent_angle_rad"], disk["crescent_sigma_rad"]
        crescent = Crescent(_closed(ridge), *angles)
    return Table(
        (floor / pixel_arcsec) ** 2,
        (disk["rout_arcsec"] / pixel_arcsec) ** 2,
        (NODES - 1) / (2 * span),
        _closed(bright),
        crescent,
    )


def _closed(values: Float32) -> Column:
    """Values that end in 0, and the steps from each to the next."""
    values[-1] = 0.0
    steps = np.zeros_like(values)
    np.subtract(values[1:], values[:-1], out=steps[:-1])
    return values, steps
