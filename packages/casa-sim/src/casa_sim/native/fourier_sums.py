"""The Fourier transform of a sky on the cells of a uv plane, whatever the sky's pixel.

Written as matrix products, so that whole batches go through at once, numpy arrays or torch tensors.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytypes.arrays import Array, namespace


def fourier_sums(
    block: Array, cells_per_pixel: NDArray[np.float64], *, waves: int, full_px: int
) -> tuple[Array, Array]:
    """``sum I exp(-2 pi i (kx X + ky Y) / full)`` over skies; X, Y [cell] from their middle.

    Parameters
    ----------
    block : array of shape (batch, 2 a, 2 b), float32
        [Jy/pixel], its middle at ``(b, a)``; row 0 and column 0 empty
        (`casa_sim.native.emission.block_of`).
    cells_per_pixel : ndarray, shape (batch,)
        Pixel of each sky in cells of the image.
    waves : int
        kx and ky go from 0 to here, this one excluded.
    full_px : int
        Side of the periodic plane.

    Returns
    -------
    arrays of shape (batch, waves, waves), complex64
        At ``(+ky, kx)`` and at ``(-ky, kx)``.

    Examples
    --------
    >>> block = np.zeros((1, 64, 64), np.float32)
    >>> block[0, 32, 33] = 1
    >>> upper, _ = fourier_sums(block, np.array([2.0]), waves=3, full_px=16)
    >>> np.angle(upper[0, 0], deg=True).round(3).tolist()
    [0.0, -45.0, -90.0]
    """
    xp = namespace(block)
    half_y, half_x = (size // 2 for size in block.shape[1:])
    offsets = np.arange(max(half_y, half_x))
    angle = _angles(offsets, cells_per_pixel, block, waves=waves, full_px=full_px)
    cosine, sine = xp.cos(angle), xp.sin(angle)
    # Cosines meet the part of the sky that is even about the middle, sines the odd one.
    even, odd = _parities(block, axis=2)
    half = xp.concat(
        [xp.matmul(even, cosine[:, :half_x]), xp.matmul(odd, sine[:, :half_x])], axis=2
    )
    even, odd = _parities(half, axis=1)
    by_cosine = xp.matmul(xp.matrix_transpose(cosine[:, :half_y]), even)
    by_sine = xp.matmul(xp.matrix_transpose(sine[:, :half_y]), odd)
    cc, cs = by_cosine[:, :, :waves], by_cosine[:, :, waves:]
    sc, ss = by_sine[:, :, :waves], by_sine[:, :, waves:]
    return (cc - ss) - 1j * (sc + cs), (cc + ss) + 1j * (sc - cs)


def shift_factors(
    offset_px: float,
    cells_per_pixel: NDArray[np.float64],
    reference: Array,
    *,
    waves: int,
    full_px: int,
) -> Array:
    """Factors that move skies along an axis by ``offset_px`` of their pixels.

    Parameters
    ----------
    offset_px : float
        Towards higher index [pixel].
    cells_per_pixel, waves, full_px
        As `fourier_sums`.
    reference : array
        The factors are of its kind and on its device.

    Returns
    -------
    array of shape (batch, waves), complex64

    Examples
    --------
    >>> here = np.zeros(1, np.float32)
    >>> factors = shift_factors(1.0, np.array([2.0]), here, waves=2, full_px=8)
    >>> bool(np.allclose(factors, [[1, -1j]], atol=1e-6))
    True
    """
    angle = _angles([offset_px], cells_per_pixel, reference, waves=waves, full_px=full_px)[:, 0]
    xp = namespace(angle)
    return xp.cos(angle) - 1j * xp.sin(angle)


def _angles(
    offset_px: Any,
    cells_per_pixel: NDArray[np.float64],
    reference: Array,
    *,
    waves: int,
    full_px: int,
) -> Array:
    """``2 pi k X / full`` less whole turns [rad], shape (batch, position, waves)."""
    xp, device = namespace(reference), getattr(reference, "device", None)
    place = (np.asarray(offset_px) * cells_per_pixel[:, None] / full_px)[:, :, None]
    turns = xp.asarray(place, device=device) * xp.arange(waves, dtype=xp.float64, device=device)
    # Whole turns are taken off in double precision, so that single precision is enough.
    return xp.astype((turns - xp.round(turns)) * (2 * math.pi), xp.float32)


def _parities(block: Array, *, axis: int) -> tuple[Array, Array]:
    """Even and odd part about the middle of an axis, from the middle on."""
    xp, half = namespace(block), block.shape[axis] // 2
    cut = [slice(None)] * axis
    after = block[(*cut, slice(half, None))]
    before = xp.flip(block[(*cut, slice(1, half + 1))], axis=axis)
    even = after + before
    even[(*cut, 0)] /= 2
    return even, after - before
