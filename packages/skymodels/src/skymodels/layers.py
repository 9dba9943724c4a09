"""The layers of a disk's brightness, put together from a `DiskParams`.

Everything here depends on radius alone and takes radii of shape (batch, ...) with one number a
disk, spread to (batch, 1, ...).
"""

from __future__ import annotations

from dataclasses import replace

from skytypes.arrays import Array, namespace

from .profiles import cavity, emission, ring, surface_density, temperature, wall
from .structure import ARRAYS_OF_PARAMS, MAX_GAPS, DiskParams


def spread(params: DiskParams, *, axes: int = 2) -> DiskParams:
    """The same disks, numbers shaped (batch, 1, 1) so that they meet pictures; gaps keep theirs.

    Parameters
    ----------
    params : DiskParams
    axes : int
        How many axes of length 1 are added.

    Examples
    --------
    >>> from skymodels import draw_catalogue, draw_params
    >>> spread(draw_params(draw_catalogue(2, seed=1))).tau.shape
    (2, 1, 1)
    """
    new = {}
    for name in ARRAYS_OF_PARAMS:
        value = getattr(params, name)
        new[name] = value[(..., *(None,) * axes)] if value.ndim == 1 else value
    return replace(params, **new)


def smooth_brightness(radius: Array, disk: DiskParams, density_unit: Array) -> Array:
    """Step 1: brightness of a disk without features [K].

    Parameters
    ----------
    radius : array of shape (batch, ...) [arcsec]
    disk : DiskParams
        `spread` to the axes of ``radius``.
    density_unit : array of shape (batch, 1, ...)
        Surface density that counts as 1, dimensionless.

    Returns
    -------
    array of shape (batch, ...) [K]

    Examples
    --------
    >>> import numpy as np
    >>> from skymodels import draw_catalogue, draw_params
    >>> disk = spread(draw_params(draw_catalogue(1, seed=1)), axes=1)
    >>> smooth_brightness(np.ones((1, 7)), disk, np.ones((1, 1))).shape
    (1, 7)
    """
    xp = namespace(radius)
    density = surface_density(radius, rc=disk.rc_arcsec, gamma=disk.gamma)
    if disk.recipe == "published":
        density = xp.clip(density / density_unit, 0.0, 1.0)
    warmth = temperature(radius, t0_k=disk.t0_k, rref=disk.rref_arcsec, q=disk.q)
    return emission(warmth, disk.tau * density)


def with_cavity(brightness: Array, radius: Array, disk: DiskParams) -> Array:
    """Step 2, first half: brightness times the cavity's factor [K].

    Parameters
    ----------
    brightness, radius : arrays of shape (batch, ...) [K], [arcsec]
    disk : DiskParams
        `spread` to the axes of ``radius``.

    Returns
    -------
    array of shape (batch, ...) [K]

    Examples
    --------
    >>> import numpy as np
    >>> from skymodels import draw_catalogue, draw_params
    >>> disk = spread(draw_params(draw_catalogue(1, seed=1)), axes=1)
    >>> float(with_cavity(np.ones((1, 1)), np.full((1, 1), 0.2), disk)[0, 0]) <= 1
    True
    """
    factor = cavity(
        radius, rmin=disk.rmin_arcsec, depth=disk.cavity_depth, width=disk.cavity_width_arcsec
    )
    return brightness * factor


def wall_of(radius: Array, disk: DiskParams, level: Array) -> Array:
    """Step 2, second half: what the wall adds [K].

    Parameters
    ----------
    radius : array of shape (batch, ...) [arcsec]
    disk : DiskParams
    level : array of shape (batch, 1, ...) [K]
        Brightness that the wall is a fraction of.

    Returns
    -------
    array of shape (batch, ...) [K]

    Examples
    --------
    >>> import numpy as np
    >>> from skymodels import draw_catalogue, draw_params
    >>> disk = spread(draw_params(draw_catalogue(1, seed=1)), axes=1)
    >>> bool((wall_of(np.ones((1, 3)), disk, np.ones((1, 1))) <= 0.5).all())
    True
    """
    rim = wall(radius, rmin=disk.rmin_arcsec, width=disk.wall_width_arcsec)
    return disk.wall_fraction * level * rim


def with_gaps(brightness: Array, radius: Array, disk: DiskParams, peak: Array) -> Array:
    """Step 3: gaps taken out, then rings put on [K].

    Parameters
    ----------
    brightness, radius : arrays of shape (batch, ...) [K], [arcsec]
    disk : DiskParams
    peak : array of shape (batch, 1, ...) [K]
        Brightness that the rings are a fraction of.

    Returns
    -------
    array of shape (batch, ...) [K]

    Examples
    --------
    >>> import numpy as np
    >>> from skymodels import draw_catalogue, draw_params
    >>> disk = spread(draw_params(draw_catalogue(1, seed=1)), axes=1)
    >>> with_gaps(np.ones((1, 3)), np.ones((1, 3)), disk, np.ones((1, 1))).shape
    (1, 3)
    """
    xp = namespace(radius)
    shape = (-1, *(1,) * (radius.ndim - 1))

    def columns(kind: str, strength: str) -> list[list[Array]]:
        names = (f"{kind}_radius_arcsec", f"{kind}_width_arcsec", f"{kind}_{strength}")
        return [
            [xp.reshape(getattr(disk, name)[:, k], shape) for name in names]
            for k in range(MAX_GAPS)
        ]

    for centre, width, depth in columns("gap", "depth"):
        if bool(xp.any(depth > 0)):
            brightness = brightness * (1 - depth * ring(radius, centre=centre, width=width))
    for centre, width, fraction in columns("ring", "fraction"):
        if bool(xp.any(fraction > 0)):
            brightness = brightness + fraction * peak * ring(radius, centre=centre, width=width)
    return brightness
