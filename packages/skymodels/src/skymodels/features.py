"""What breaks a disk's symmetry, and what is done to the whole picture: crescent, smoothing.

Pure functions of numpy arrays or torch tensors; pictures have shape (batch, y, x), numbers of a
disk (batch, 1, 1).
"""

from __future__ import annotations

import math

from skytypes.arrays import Array, like, namespace

_MEDIAN_NODES = 257


def crescent(
    major: Array, minor: Array, *, radius: Array, width: Array, sigma_rad: Array, angle_rad: Array
) -> Array:
    """Arc of emission, Gaussian in radius and in azimuth, peak 1, dimensionless.

    Parameters
    ----------
    major, minor : arrays of shape (batch, y, x) [arcsec]
        Coordinates in the plane of the disk (`geometry.disk_axes`).
    radius, width : arrays of shape (batch, 1, 1) [arcsec]
    sigma_rad, angle_rad : arrays of shape (batch, 1, 1) [rad]
        The angle is counted from the major axis.

    Examples
    --------
    >>> import numpy as np
    >>> one, zero = np.ones((1, 1, 1)), np.zeros((1, 1, 1))
    >>> float(crescent(one, zero, radius=one, width=one, sigma_rad=one, angle_rad=zero)[0, 0, 0])
    1.0
    """
    xp = namespace(major)
    away = xp.atan2(minor, major) - angle_rad
    away = away - 2 * math.pi * xp.round(away / (2 * math.pi))
    across = (xp.sqrt(major**2 + minor**2) - radius) / width
    return xp.exp(-0.5 * (across**2 + (away / sigma_rad) ** 2))


def annulus_radii(radius: Array, width: Array) -> Array:
    """Radii from ``radius - width`` to ``radius + width`` that bound equal areas.

    The median of an axisymmetric picture over the annulus is the median of its profile here.

    Parameters
    ----------
    radius, width : arrays of shape (batch, 1, 1) [arcsec]

    Returns
    -------
    array of shape (batch, 1, 257) [arcsec]

    Examples
    --------
    >>> import numpy as np
    >>> float(annulus_radii(np.full((1, 1, 1), 2.0), np.ones((1, 1, 1)))[0, 0, -1])
    3.0
    """
    xp = namespace(radius)
    steps = like([i / (_MEDIAN_NODES - 1) for i in range(_MEDIAN_NODES)], radius)[None, None, :]
    low, high = (radius - width) ** 2, (radius + width) ** 2
    return xp.sqrt(low + (high - low) * steps)


def middle(values: Array) -> Array:
    """Median along the last axis of an odd number of values, shape (..., 1).

    Parameters
    ----------
    values : array of shape (..., n)
        With n odd.

    Returns
    -------
    array of shape (..., 1)
        In the unit of ``values``.

    Examples
    --------
    >>> import numpy as np
    >>> float(middle(np.array([3.0, 1.0, 2.0]))[0])
    2.0
    """
    ordered = namespace(values).sort(values, axis=-1)
    place = ordered.shape[-1] // 2
    return ordered[..., place : place + 1]


def smooth(image: Array, sigma_px: Array) -> Array:
    """Pictures smoothed with a round Gaussian; the edges wrap around; 0 leaves as it is.

    Parameters
    ----------
    image : array of shape (batch, y, x)
        Square.
    sigma_px : array of shape (batch, 1, 1) [pixel]

    Returns
    -------
    array of shape (batch, y, x)
        The sum of a picture does not change.

    Notes
    -----
    The kernel is sampled at pixel centres and sums to one, as in ``scipy.ndimage``.

    Examples
    --------
    >>> import numpy as np
    >>> point = np.zeros((1, 32, 32)); point[0, 16, 16] = 1.0
    >>> spread = smooth(point, np.full((1, 1, 1), 2.0))
    >>> round(float(spread.sum()), 12), round(float(spread[0, 16, 16]), 4)
    (1.0, 0.0398)
    """
    xp = namespace(image)
    size = image.shape[-1]
    away = like([min(i, size - i) for i in range(size)], image)
    sigma = xp.where(sigma_px > 0, sigma_px, xp.ones_like(sigma_px))[:, :, 0]
    kernel = xp.exp(-0.5 * (away[None, :] / sigma) ** 2)
    kernel = kernel / xp.sum(kernel, axis=-1, keepdims=True)
    passed = xp.real(xp.fft.fft(kernel + 0j))
    spectrum = xp.fft.rfftn(image, axes=(-2, -1))
    spectrum = spectrum * (passed[:, :, None] * passed[:, None, : size // 2 + 1])
    smoothed = xp.fft.irfftn(spectrum, s=(size, size), axes=(-2, -1))
    return xp.where(sigma_px > 0, smoothed, image)
