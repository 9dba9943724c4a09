"""The uv plane of a periodic image: its cells, and the way back from it to the image."""

from __future__ import annotations

from scipy.fft import next_fast_len

from skytypes.arrays import Array, namespace

from ..constants import ARCSEC_RAD, SPEED_OF_LIGHT_M_S


def cells_per_metre(frequency_hz: float, cell_arcsec: float, full_px: int) -> float:
    """Cells of the uv plane of an image that a metre of baseline spans.

    Parameters
    ----------
    frequency_hz : float
        [Hz]
    cell_arcsec : float
        Pixel of the image [arcsec].
    full_px : int
        Side of the image.

    Returns
    -------
    float
        ``full cell / lambda`` [1/m]: a cell of the plane is 1 over the image's width.

    Examples
    --------
    >>> round(cells_per_metre(230e9, 0.05, 256), 4)
    0.0476
    """
    return frequency_hz / SPEED_OF_LIGHT_M_S * cell_arcsec * ARCSEC_RAD * full_px


def half_plane_image(upper: Array, lower: Array, *, full_px: int, side_px: int) -> Array:
    """The real image of Fourier coefficients that are given for kx from 0 on.

    Parameters
    ----------
    upper, lower : arrays of shape (batch, waves, waves), complex64
        At ``(+ky, kx)`` and ``(-ky, kx)``; row 0 of ``lower`` is not looked at.
    full_px : int
        Side of the periodic plane.
    side_px : int
        Side of the image cut out of it.

    Returns
    -------
    array of shape (batch, side, side)
        In the coefficients' unit over the number of pixels of the plane, as ``irfft2`` has it;
        position 0 is at ``(side // 2, side // 2)``.

    Examples
    --------
    >>> import numpy as np
    >>> upper = np.zeros((1, 2, 2), np.complex64)
    >>> upper[0, 0, 0] = 64
    >>> half_plane_image(upper, 0 * upper, full_px=8, side_px=4)[0, 0].tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    xp, (batch, waves) = namespace(upper), upper.shape[:2]

    def empty(*shape: int) -> Array:
        return xp.zeros(shape, dtype=upper.dtype, device=getattr(upper, "device", None))

    gap = empty(batch, full_px - 2 * waves + 1, waves)
    plane = xp.concat([upper, gap, xp.flip(lower[:, 1:], axis=1)], axis=1)
    rows = _middle(xp.fft.ifft(plane, axis=1), side_px, axis=1)
    # numpy takes twice as long where it has to fill up the short rows by itself.
    rows = xp.concat([rows, empty(batch, side_px, full_px // 2 + 1 - waves)], axis=2)
    return _middle(xp.fft.irfft(rows, n=full_px, axis=2), side_px, axis=2)


def _middle(periodic: Array, side_px: int, *, axis: int) -> Array:
    """The positions -side/2 .. side/2 - 1 of an axis that begins at 0."""
    half = side_px // 2
    cut = [slice(None)] * periodic.ndim
    before, after = list(cut), list(cut)
    before[axis], after[axis] = slice(periodic.shape[axis] - half, None), slice(0, half)
    return namespace(periodic).concat([periodic[tuple(before)], periodic[tuple(after)]], axis=axis)


def even_fast_len(size: int) -> int:
    """The next even length of a fast transform.

    Examples
    --------
    >>> even_fast_len(577), even_fast_len(1152)
    (600, 1152)
    """
    return 2 * int(next_fast_len((size + 1) // 2, real=True))
