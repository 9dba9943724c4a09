"""Pictures of disks from their drawn numbers: the recipes ``published`` and ``physical``.

``published`` follows the published generator, whose surface density, peak and percentile are those
of the grid. In ``physical`` nothing depends on the pixel: the surface density is 1/e at the
critical radius, the peak is that of the radial profile, and the wall is measured against the
smooth disk at its own radius.
"""

from __future__ import annotations

import math

from skytypes.arrays import Array, like, namespace
from skytypes.errors import InputError

from .features import annulus_radii, crescent, middle, smooth, texture
from .geometry import Grid, disk_axes, offsets
from .layers import smooth_brightness, spread, wall_of, with_cavity, with_gaps
from .profiles import halo, outer_taper, surface_density
from .structure import TEXTURE_WAVES, DiskParams

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


def _levels_of_profile(disk: DiskParams, density_unit: Array) -> tuple[Array, Array]:
    """Wall level and peak of disks, from their profiles alone [K], shape (batch, 1, 1)."""
    xp = namespace(disk.tau)
    level = smooth_brightness(disk.rmin_arcsec + disk.floor_arcsec, disk, density_unit)
    steps = like([i / (_PROFILE_NODES - 1) for i in range(_PROFILE_NODES)], disk.tau)
    span = xp.log(_PROFILE_TO_ROUT * disk.rout_arcsec / disk.floor_arcsec)
    radius = disk.floor_arcsec * xp.exp(span * steps[None, None, :])
    profile = with_cavity(smooth_brightness(radius, disk, density_unit), radius, disk)
    profile = profile + wall_of(radius, disk, level)
    return level, xp.max(profile, axis=-1, keepdims=True)


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


def _axisymmetric(radius: Array, disk: DiskParams) -> tuple[Array, Array]:
    """Steps 1-3 on the grid, and the median level of the crescent's annulus [K]."""
    xp = namespace(radius)
    inner = xp.min(radius, axis=(-2, -1), keepdims=True)
    unit = surface_density(inner, rc=disk.rc_arcsec, gamma=disk.gamma)
    around = annulus_radii(disk.crescent_radius_arcsec, disk.crescent_width_arcsec)
    pictures = [with_cavity(smooth_brightness(r, disk, unit), r, disk) for r in (radius, around)]
    if disk.recipe == "physical":
        level, peak = _levels_of_profile(disk, unit)
    else:
        walls = bool(xp.any(disk.wall_fraction > 0))
        level = _percentile(pictures[0], _WALL_PERCENTILE) if walls else xp.zeros_like(disk.tau)
        peak = _top(pictures[0] + wall_of(radius, disk, level))
    done = [
        with_gaps(picture + wall_of(r, disk, level), r, disk, peak)
        for picture, r in zip(pictures, (radius, around), strict=True)
    ]
    return done[0], middle(done[1])


def _with_extras(image: Array, major: Array, minor: Array, disk: DiskParams, level: Array) -> Array:
    """Steps 4-7: crescent, centre, texture, halo [K]."""
    xp = namespace(image)
    if bool(xp.any(disk.crescent_factor > 0)):
        arc = crescent(
            major,
            minor,
            radius=disk.crescent_radius_arcsec,
            width=disk.crescent_width_arcsec,
            sigma_rad=disk.crescent_sigma_rad,
            angle_rad=disk.crescent_angle_rad,
        )
        image = image + disk.crescent_factor * level * arc
    radius2 = major**2 + minor**2
    spot = xp.exp(-0.5 * radius2 / disk.centre_sigma_arcsec**2)
    image = image + disk.centre_fraction * _top(image) * spot
    grain = texture(disk.texture, disk.texture_sigma_field, image.shape[-1])
    image = image * (1 + disk.texture_amplitude * grain)
    radius = xp.sqrt(xp.where(radius2 > disk.floor_arcsec**2, radius2, disk.floor_arcsec**2))
    return image + disk.halo_fraction * _top(image) * halo(radius, scale=disk.halo_scale_arcsec)


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
    radius = xp.sqrt(major**2 + minor**2)
    radius = xp.where(radius > disk.floor_arcsec, radius, disk.floor_arcsec)
    _require_disk(radius, disk, grid)
    image, level = _axisymmetric(radius, disk)
    image = _with_extras(image, major, minor, disk, level)
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
