"""Elliptical Gaussian beams on pixels: kernels, their transforms, and the way back to a picture.

Position angles are east of north, and columns grow to the west.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import scipy.fft

from .noise import Complex64, Float32

REACH_SIGMAS = 5.0
"""Kernels end here; a Gaussian is 4e-6 of its peak."""

_KEPT_WAVES = 32
"""Tables of waves kept for the beams to come: pictures of 128 pixels have 17 sorts of margin."""


def beam_kernel(sigma_px: float, ratio: float, pa_deg: float, *, half: int) -> Float32:
    """A beam sampled at pixel centres, its sum 1.

    Parameters
    ----------
    sigma_px : float
        Of the major axis [pixel].
    ratio : float
        Minor over major axis, dimensionless.
    pa_deg : float
        Of the major axis, east of north [deg].
    half : int
        Pixels from the middle to the edge.

    Returns
    -------
    array of shape (2 half + 1, 2 half + 1), float32, dimensionless

    Examples
    --------
    >>> kernel = beam_kernel(2.0, 0.5, 45.0, half=8)
    >>> bool(kernel[10, 6] > kernel[10, 10])  # north-east, north-west
    True
    """
    pa = math.radians(pa_deg)
    west = np.arange(-half, half + 1, dtype=np.float32)[None, :]
    north = west.T
    along = (north * math.cos(pa) - west * math.sin(pa)) / sigma_px
    across = (north * math.sin(pa) + west * math.cos(pa)) / (sigma_px * ratio)
    kernel = np.exp(-0.5 * (along**2 + across**2))
    return np.asarray(kernel / kernel.sum())


@lru_cache(maxsize=_KEPT_WAVES)
def _waves(half: int, size: int) -> tuple[Float32, Float32]:
    """Cosine and sine of 2 pi x k / size, shape (half + 1, size): pixel x, wave number k."""
    turns = np.outer(np.arange(half + 1), np.arange(size)) % size / size
    cosine, sine = np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)
    return cosine.astype(np.float32), sine.astype(np.float32)


def transfer(kernel: Float32, size: int) -> Float32:
    """Transform of a symmetric kernel with its middle at pixel (0, 0) of a periodic grid.

    Parameters
    ----------
    kernel : array of shape (2 half + 1, 2 half + 1), dimensionless
        The same after half a turn, as every Gaussian beam is; so its transform is real.
    size : int
        Pixels along a side of the grid, at least 2 half + 1.

    Returns
    -------
    array of shape (size, size // 2 + 1), real, dimensionless
        Rows are wave numbers of y as ``fftfreq`` orders them, columns those of x from 0.

    Notes
    -----
    The sum of K[y, x] cos(2 pi (u x + v y) / size), and the cosine of the sum is
    cos cos - sin sin: two products of small matrices, a tenth of the work of a fast transform of
    the whole grid. Of a pixel and its mirror image, one is taken twice.

    Examples
    --------
    >>> float(transfer(beam_kernel(1.0, 1.0, 0.0, half=5), 16)[0, 0].round(6))
    1.0
    """
    half = kernel.shape[0] // 2
    cosine, sine = _waves(half, size)
    upper = np.float32(2) * kernel[half:]
    upper[0] *= np.float32(0.5)
    right, left = upper[:, half:], upper[:, half::-1]
    even = right + left
    even[:, 0] *= np.float32(0.5)
    columns = size // 2 + 1
    found = cosine.T @ (even @ cosine[:, :columns])
    found -= sine.T @ ((right - left) @ sine[:, :columns])
    return np.asarray(found, np.float32)


def inverse_crop(spectrum: Complex64, start: int, stop: int) -> Float32:
    """Rows and columns ``start`` to ``stop`` of the picture whose half plane is given.

    Parameters
    ----------
    spectrum : array of shape (size, size // 2 + 1), complex64
        Not kept.
    start, stop : int
        [pixel]

    Returns
    -------
    array of shape (stop - start, stop - start), float32

    Examples
    --------
    >>> flat = np.zeros((8, 5), np.complex64)
    >>> flat[0, 0] = 64.0
    >>> inverse_crop(flat, 2, 4).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    size = spectrum.shape[0]
    rows = scipy.fft.ifft(spectrum, axis=0, overwrite_x=True)[start:stop]
    return np.asarray(scipy.fft.irfft(rows, n=size, axis=1)[:, start:stop])
