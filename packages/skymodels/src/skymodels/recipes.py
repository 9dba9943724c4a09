"""Pictures of disks from their drawn numbers: the recipes ``published`` and ``physical``.

``published`` follows the published generator, whose surface density, peak, percentile and texture
are those of the grid. In ``physical`` the brightness at a place depends neither on the pixel nor on
the field, but for the last step, which scales the picture's sum to the flux: the surface density is
1/e at the critical radius, the wall is measured against the smooth disk at its own radius, peaks
are those of a line through the middles of disk and crescent, and the texture goes with the disk.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

from skytypes.arrays import Array, like, namespace
from skytypes.errors import InputError

from .alma import FIELD_IN_ROUT
from .features import annulus_radii, crescent, middle, smooth
from .geometry import Grid, disk_axes, offsets
from .layers import smooth_brightness, spread, wall_of, with_cavity, with_gaps
from .profiles import halo, outer_taper, surface_density
from .structure import TEXTURE_WAVES, DiskParams
from .textures import texture, texture_at

_PROFILE_NODES = 513
_PROFILE_TO_ROUT = 2.0
_WALL_PERCENTILE = 90
# In outer radii. A drawn disk has a pixel nearer than this even in a picture of 64 pixels; much
# further out brightness underflows in float32.
_OFF_THE_DISK = 3.0
_JY = 1e-26
_LIGHT_M_S = 299792458.0
_BOLTZMANN_J_K = 1.380649e-23
_ARCSEC = math.pi / 648000

# Two coordinates in the plane of the disk, along the major and the minor axis [arcsec].
Places: TypeAlias = tuple[Array, Array]


def _line(disk: DiskParams) -> Places:
    """Places from the middle of disks outwards through that of the crescent, where peaks are.

    Coordinates in the plane of the disk, shape (batch, 1, 514) [arcsec].
    """
    xp = namespace(disk.tau)
    steps = like([i / (_PROFILE_NODES - 1) for i in range(_PROFILE_NODES)], disk.tau)
    span = xp.log(_PROFILE_TO_ROUT * disk.rout_arcsec / disk.floor_arcsec)
    radius = disk.floor_arcsec * xp.exp(span * steps[None, None, :])
    radius = xp.concat([xp.zeros_like(disk.tau), radius], axis=-1)
    angle = disk.crescent_angle_rad
    return radius * xp.cos(angle), radius * xp.sin(angle)


def _percentile(image: Array, percent: int) -> Array:
    """Percentile of each picture, shape (batch, 1, 1)."""
    xp = namespace(image)
    ordered = xp.sort(xp.reshape(image, (image.shape[0], -1)), axis=-1)
    place = percent / 100 * (ordered.shape[-1] - 1)
    low = math.floor(place)
    value = ordered[:, low] * (1 - (place - low)) + ordered[:, low + 1] * (place - low)
    return value[:, None, None]


def _top(image: Array) -> Array:
    return namespace(image).max(image, axis=(-2, -1), keepdims=True)


def _axisymmetric(places: Sequence[Places], disk: DiskParams) -> tuple[list[Array], Array]:
    """Steps 1-3 at places, and the median level of the crescent's annulus [K].

    Places are those of the picture and, in ``physical``, of the line that has its peaks; levels are
    taken from the last.
    """
    xp = namespace(disk.tau)
    radii = [_radius(major**2 + minor**2, disk) for major, minor in places]
    inner = xp.min(radii[0], axis=(-2, -1), keepdims=True)
    unit = surface_density(inner, rc=disk.rc_arcsec, gamma=disk.gamma)
    radii.append(annulus_radii(disk.crescent_radius_arcsec, disk.crescent_width_arcsec))
    bright = [with_cavity(smooth_brightness(r, disk, unit), r, disk) for r in radii]
    if disk.recipe == "physical":
        level = smooth_brightness(disk.rmin_arcsec + disk.floor_arcsec, disk, unit)
    else:
        walls = bool(xp.any(disk.wall_fraction > 0))
        level = _percentile(bright[0], _WALL_PERCENTILE) if walls else xp.zeros_like(disk.tau)
    bright = [image + wall_of(r, disk, level) for image, r in zip(bright, radii, strict=True)]
    peak = _top(bright[len(places) - 1])
    done = [with_gaps(image, r, disk, peak) for image, r in zip(bright, radii, strict=True)]
    return done[:-1], middle(done[-1])


def _radius(radius2: Array, disk: DiskParams) -> Array:
    """Radius in the plane of the disk, its floor at least [arcsec]."""
    xp = namespace(radius2)
    radius = xp.sqrt(radius2)
    return xp.where(radius > disk.floor_arcsec, radius, disk.floor_arcsec)


def _with_extras(
    images: list[Array], places: Sequence[Places], disk: DiskParams, level: Array, grain: Array
) -> Array:
    """Steps 4-7: crescent, centre, texture, halo; the picture, which comes first [K]."""
    xp = namespace(level)
    if bool(xp.any(disk.crescent_factor > 0)):
        images = [
            image + disk.crescent_factor * level * _crescent(place, disk)
            for image, place in zip(images, places, strict=True)
        ]
    squares = [major**2 + minor**2 for major, minor in places]
    spots = [xp.exp(-0.5 * radius2 / disk.centre_sigma_arcsec**2) for radius2 in squares]
    top = disk.centre_fraction * _top(images[-1])
    images = [image + top * spot for image, spot in zip(images, spots, strict=True)]
    images[0] = images[0] * (1 + disk.texture_amplitude * grain)
    floor2 = disk.floor_arcsec**2
    radius = xp.sqrt(xp.where(squares[0] > floor2, squares[0], floor2))
    wide = halo(radius, scale=disk.halo_scale_arcsec)
    return images[0] + disk.halo_fraction * _top(images[-1]) * wide


def _crescent(place: Places, disk: DiskParams) -> Array:
    return crescent(
        *place,
        radius=disk.crescent_radius_arcsec,
        width=disk.crescent_width_arcsec,
        sigma_rad=disk.crescent_sigma_rad,
        angle_rad=disk.crescent_angle_rad,
    )


def _grain(disk: DiskParams, east: Array, north: Array) -> Array:
    """Texture of pictures, dimensionless: that of the field, or one that goes with the disk."""
    if disk.recipe == "published":
        return texture(disk.texture, disk.texture_sigma_field, east.shape[-1])
    period = FIELD_IN_ROUT * disk.rout_arcsec
    east, north = (east - disk.dx_arcsec) / period, (north - disk.dy_arcsec) / period
    return texture_at(disk.texture, disk.texture_sigma_field, east, north)


def _require_disk(radius: Array, disk: DiskParams, grid: Grid) -> None:
    """Refuse disks that no pixel sees: there is nothing to scale to their flux."""
    xp = namespace(radius)
    nearest = xp.min(radius, axis=(-2, -1), keepdims=True)
    if bool(xp.any(nearest > _OFF_THE_DISK * disk.rout_arcsec)):
        raise InputError(
            f"a disk lies off or between the {grid.size} pixels of its picture; give a wider grid, "
            "finer pixels, or a disk nearer to the middle"
        )


def _render(params: DiskParams, grid: Grid) -> Array:
    """Pictures of a few disks [Jy/pixel], all at once."""
    xp = namespace(params.tau)
    disk = spread(params)
    pixel = (like(grid.pixel_arcsec, params.tau) + xp.zeros_like(params.tau))[:, None, None]
    east, north = offsets(grid, params.tau)
    major, minor = disk_axes(
        east,
        north,
        incl_deg=disk.incl_deg,
        pa_deg=disk.pa_deg,
        dx_arcsec=disk.dx_arcsec,
        dy_arcsec=disk.dy_arcsec,
    )
    radius = _radius(major**2 + minor**2, disk)
    _require_disk(radius, disk, grid)
    places = [(major, minor)]
    if disk.recipe == "physical":
        places.append(_line(disk))
    images, level = _axisymmetric(places, disk)
    image = _with_extras(images, places, disk, level, _grain(disk, east, north))
    image = image * outer_taper(radius, rout=disk.rout_arcsec, power=disk.taper_power)
    if bool(xp.any(disk.smooth_sigma_arcsec > 0)):
        # Rounding in the transform leaves the empty sky at +-1e-21; brightness is not negative.
        image = xp.clip(smooth(image, disk.smooth_sigma_arcsec / pixel), 0.0, None)
    return image * (disk.flux_jy / xp.sum(image, axis=(-2, -1), keepdims=True))


def render_disks(params: DiskParams, grid: Grid, *, at_once: int = 1) -> Array:
    """Pictures of a batch of disks.

    Parameters
    ----------
    params : DiskParams
        numpy arrays, or torch tensors on any device: the pictures are of the same kind, dtype and
        device.
    grid : Grid
        More than 40 pixels a side (the texture's finest wave). ``grid.pixel_arcsec`` is one
        number, or one a disk.
    at_once : int
        Disks in memory together; more than 1 pays on a GPU. On the CPU every disk has the same
        bits whatever its batch as long as this is 1.

    Returns
    -------
    array of shape (batch, y, x) [Jy/pixel]
        Row 0 south, column 0 east; each sums to the disk's flux.

    Raises
    ------
    InputError
        If the grid is too small, or no pixel lies on a disk.

    Examples
    --------
    >>> from skymodels import Grid, draw_catalogue, draw_params
    >>> rows = draw_catalogue(2, seed=42)
    >>> image = render_disks(draw_params(rows), Grid(64, 0.05))
    >>> image.shape, round(float(image[0].sum() / rows[0].flux_jy), 12)
    ((2, 64, 64), 1.0)
    """
    if grid.size <= 2 * TEXTURE_WAVES:
        raise InputError(f"a picture of {grid.size} pixels; give more than {2 * TEXTURE_WAVES}")
    xp = namespace(params.tau)
    pixel = like(grid.pixel_arcsec, params.tau) + xp.zeros_like(params.tau)
    pictures = []
    for start in range(0, len(params), at_once):
        stop = min(start + at_once, len(params))
        part = Grid(grid.size, pixel[start:stop])
        pictures.append(_render(params.part(start, stop), part))
    return xp.concat(pictures)


def peak_temperature_k(peak_jy: float, pixel_arcsec: float, frequency_hz: float) -> float:
    """Brightness temperature of a pixel in the Rayleigh-Jeans limit [K].

    Parameters
    ----------
    peak_jy : float
        [Jy/pixel]
    pixel_arcsec : float
        [arcsec]
    frequency_hz : float
        [Hz]

    Returns
    -------
    float

    Notes
    -----
    T = c^2 I / (2 k nu^2): Condon & Ransom 2016, Essential Radio Astronomy, eq. 2.33.

    Examples
    --------
    >>> round(peak_temperature_k(1e-5, 0.004, 230e9), 1)
    16.4
    """
    intensity = peak_jy * _JY / (pixel_arcsec * _ARCSEC) ** 2
    return intensity * _LIGHT_M_S**2 / (2 * _BOLTZMANN_J_K * frequency_hz**2)
