"""Texture: Gaussian-filtered noise over a picture, made from its waves.

Pure functions of numpy arrays or torch tensors; pictures have shape (batch, y, x), numbers of a
disk (batch, 1, 1). That of the published recipe fills the field, whatever the disk; the other one
has places, so that it can go with the disk.
"""

from __future__ import annotations

import math
from typing import Any

from skytypes.arrays import Array, like, namespace

_NODES_OF_A_PERIOD = 128


def texture(waves: Array, sigma_field: Array, size: int) -> Array:
    """Gaussian-filtered noise over a picture, its largest absolute value 1, dimensionless.

    Parameters
    ----------
    waves : array of shape (batch, 2 k + 1, k + 1, 2)
        Real and imaginary parts of white noise at wave numbers (-k..k, 0..k) of the field.
    sigma_field : array of shape (batch, 1, 1)
        Sigma of the filter over the width of the field, dimensionless.
    size : int
        Pixels along a side, more than 2 k.

    Returns
    -------
    array of shape (batch, size, size)

    Notes
    -----
    White noise filtered with a Gaussian keeps exp(-2 pi^2 sigma^2 k^2) of wave number k, the
    Gaussian's transform (Bracewell, The Fourier Transform and Its Applications); beyond
    k = 20 that is below 1e-4 for the shortest filter drawn.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.zeros((1, 5, 3, 2)); w[0, 2, 1, 0] = 1.0
    >>> float(abs(texture(w, np.full((1, 1, 1), 0.05), 16)).max())
    1.0
    """
    xp = namespace(waves)
    k = waves.shape[2] - 1
    block = _filtered(waves, sigma_field)
    spectrum = xp.zeros_like(block[:, :1, :1]) * xp.zeros((size, size // 2 + 1), dtype=block.dtype)
    spectrum[:, : k + 1, : k + 1] = block[:, k:, :]
    spectrum[:, size - k :, : k + 1] = block[:, :k, :]
    noise = xp.fft.irfftn(spectrum, s=(size, size), axes=(-2, -1))
    return noise / xp.max(xp.abs(noise), axis=(-2, -1), keepdims=True)


def _wave_numbers(waves: Array) -> tuple[Array, Array]:
    k = waves.shape[2] - 1
    rows = like([float(i) for i in range(-k, k + 1)], waves)[None, :, None]
    return rows, rows[:, k:, 0][:, None, :]


def _filtered(waves: Array, sigma: Array) -> Array:
    """Waves after the Gaussian filter, complex, shape (batch, 2 k + 1, k + 1)."""
    rows, columns = _wave_numbers(waves)
    kept = namespace(waves).exp(-2 * math.pi**2 * sigma**2 * (rows**2 + columns**2))
    return kept * waves[..., 0] + 1j * (kept * waves[..., 1])


def texture_at(waves: Array, sigma_period: Array, east: Array, north: Array) -> Array:
    """The noise of `texture` at any places, whatever the picture; it repeats after a period.

    Parameters
    ----------
    waves : array of shape (batch, 2 k + 1, k + 1, 2)
        As for `texture`, at wave numbers of the period.
    sigma_period : array of shape (batch, 1, 1)
        Sigma of the filter over the period, dimensionless.
    east, north : arrays of shape (batch, 1, x) and (batch, y, 1)
        Places, in periods.

    Returns
    -------
    array of shape (batch, y, x), dimensionless
        Its largest absolute value at 128 x 128 places of a period is 1.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.zeros((1, 5, 3, 2)); w[0, 2, 1, 0] = 1.0
    >>> east = np.array([[[0.0, 0.25, 0.5, 1.0]]])
    >>> texture_at(w, np.full((1, 1, 1), 0.05), east, np.zeros((1, 1, 1))).round(9).tolist()
    [[[1.0, 0.0, -1.0, 1.0]]]
    """
    xp = namespace(waves)
    block = _filtered(waves, sigma_period)
    steps = like([i / _NODES_OF_A_PERIOD for i in range(_NODES_OF_A_PERIOD)], waves)
    period = _sum_of_waves(waves, block, steps[None, None, :], steps[None, :, None])
    top = xp.max(xp.abs(period), axis=(-2, -1), keepdims=True)
    return _sum_of_waves(waves, block, east, north) / top


def _sum_of_waves(waves: Array, block: Array, east: Array, north: Array) -> Array:
    xp = namespace(waves)
    rows, columns = _wave_numbers(waves)
    along = xp.matmul(_turns(xp, north * rows[:, :, 0][:, None, :]), block)
    # A column of waves stands for its mirror image too, but for that of wave number 0.
    along = along * xp.where(columns > 0, 2 * xp.ones_like(columns), xp.ones_like(columns))
    across = _turns(xp, columns[:, 0, :, None] * east)
    return xp.matmul(xp.real(along), xp.real(across)) - xp.matmul(xp.imag(along), xp.imag(across))


def _turns(xp: Any, phase: Array) -> Array:
    """exp(2 pi i phase)."""
    return xp.cos(2 * math.pi * phase) + 1j * xp.sin(2 * math.pi * phase)
