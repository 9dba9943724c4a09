"""Elliptical Gaussian beams on pixels: kernels, their transforms, and noise of the beam's shape.

Positions angles are east of north, and columns grow to the west.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Complex64 = NDArray[np.complex64]

REACH_SIGMAS = 5.0
"""Kernels end here; a Gaussian is 4e-6 of its peak."""

_SLOW_CUT = 1e-4


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


def transfer(kernel: Float32, size: int) -> Float32:
    """Transform of a symmetric kernel with its middle at pixel (0, 0) of a periodic grid.

    Parameters
    ----------
    kernel : array of shape (2 half + 1, 2 half + 1)
    size : int
        Pixels along a side of the grid, at least 2 half + 1.

    Returns
    -------
    array of shape (size, size // 2 + 1), real

    Examples
    --------
    >>> float(transfer(beam_kernel(1.0, 1.0, 0.0, half=5), 16)[0, 0].round(6))
    1.0
    """
    half = kernel.shape[0] // 2
    wrapped = np.zeros((2 * half + 1, size), np.float32)
    wrapped[:, : half + 1] = kernel[:, half:]
    wrapped[:, size - half :] = kernel[:, :half]
    # Rows first, while there are few of them.
    rows = scipy.fft.rfft(wrapped, axis=1)
    columns = np.zeros((size, rows.shape[1]), np.complex64)
    columns[: half + 1] = rows[half:]
    columns[size - half :] = rows[:half]
    return np.asarray(scipy.fft.fft(columns, axis=0, overwrite_x=True).real)


def white_spectrum(rng: np.random.Generator, size: int) -> Complex64:
    """Half plane of the transform of white noise.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int

    Returns
    -------
    array of shape (size, size // 2 + 1), complex64
        Brought back by `inverse_crop` it is white with a variance of 2 / size^2. Columns that are
        their own mirror image lose half their power there, so they are given twice as much.
    """
    noise = complex_normals(rng, (size, size // 2 + 1))
    noise[:, _own_mirror(size)] *= np.float32(math.sqrt(2))
    return noise


def complex_normals(rng: np.random.Generator, shape: tuple[int, int]) -> Complex64:
    """Complex normal numbers, real and imaginary part each of variance 1.

    Notes
    -----
    An exponential power and a uniform phase: Box & Muller 1958, Ann. Math. Statist. 29, 610. Twice
    as fast here as numpy's ziggurat.

    Examples
    --------
    >>> z = complex_normals(np.random.default_rng(1), (64, 64))
    >>> bool(abs(z.real.std() - 1) < 0.05 > abs(z.imag.std() - 1))
    True
    """
    power, phase = rng.random((2, *shape), dtype=np.float32)
    # 1 - u is never 0, so the logarithm is finite.
    amplitude = np.sqrt(np.float32(-2) * np.log(np.float32(1) - power))
    phase *= np.float32(2 * math.pi)
    noise = np.empty(shape, np.complex64)
    np.multiply(amplitude, np.cos(phase), out=noise.real)
    np.multiply(amplitude, np.sin(phase), out=noise.imag)
    return noise


def _own_mirror(size: int) -> list[int]:
    return [0] if size % 2 else [0, size // 2]


def add_slow_noise(
    spectrum: Complex64, rng: np.random.Generator, sigma_px: float, rms: float
) -> None:
    """Add low-frequency noise, white noise smoothed with a round Gaussian, to a half plane.

    Parameters
    ----------
    spectrum : array of shape (size, size // 2 + 1), complex64
        Changed in place.
    rng : numpy.random.Generator
    sigma_px : float
        Of the Gaussian [pixel].
    rms : float
        Of the noise added, in the unit of the picture.

    Examples
    --------
    >>> spectrum = np.zeros((64, 33), np.complex64)
    >>> add_slow_noise(spectrum, np.random.default_rng(1), 2.0, 1.0)
    >>> bool(0.5 < inverse_crop(spectrum, 0, 64).std() < 1.5)
    True
    """
    size = spectrum.shape[0]
    cut = math.sqrt(-math.log(_SLOW_CUT) / 2) / (math.pi * sigma_px)
    waves = min(math.ceil(cut * size), size // 2 - 1)
    k = np.arange(-waves, waves + 1, dtype=np.float32)
    kept = np.exp(np.float32(-2 * (math.pi * sigma_px / size) ** 2) * k**2)
    block = complex_normals(rng, (2 * waves + 1, waves + 1))
    block *= kept[:, None] * kept[None, waves:]
    block[:, 0] *= np.float32(math.sqrt(2))
    power = 2 * float(np.sum(kept.astype(np.float64) ** 2)) ** 2 / size**4
    block *= np.float32(rms / math.sqrt(power))
    spectrum[: waves + 1, : waves + 1] += block[waves:]
    spectrum[size - waves :, : waves + 1] += block[:waves]


def inverse_crop(spectrum: Complex64, start: int, stop: int) -> Float32:
    """Rows and columns ``start`` to ``stop`` of the picture of a half plane.

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
