"""The minor cycle of CLEAN, compiled: find the strongest component, subtract, again.

Högbom's loop (1974, A&AS 15, 417) over the scales of Cornwell (2008, arXiv:0806.2228).
Only tiles that hold something near the threshold are searched and updated.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

TILE_PX = 32


@numba.njit(cache=True, fastmath={"nsz", "reassoc"})
def _tile_peak(plane: Any, mask: Any, masked: bool, tile: Any) -> Any:
    y0, x0, height, width = tile
    peak = np.float32(0)
    for y in range(y0, y0 + height):
        for x in range(x0, x0 + width):
            value = abs(plane[y, x])
            if masked:
                value *= mask[y, x]
            peak = max(peak, value)
    return peak


@numba.njit(cache=True)
def _find(plane: Any, mask: Any, masked: bool, tile: Any, peak: Any) -> Any:
    """The first pixel of a tile whose size is the tile's peak."""
    y0, x0, height, width = tile
    for y in range(y0, y0 + height):
        for x in range(x0, x0 + width):
            if abs(plane[y, x]) >= peak and not (masked and mask[y, x] == 0):
                return y, x
    return y0, x0


@numba.njit(cache=True, fastmath={"nsz", "reassoc"})
def _subtract(  # noqa: PLR0917 - compiled code takes no keywords
    plane: Any, tile: Any, response: Any, oy: int, ox: int, flux: Any
) -> Any:
    """Subtract a response from a tile; its new peak."""
    y0, x0, height, width = tile
    peak = np.float32(0)
    for y in range(height):
        row = plane[y0 + y, x0 : x0 + width]
        shape = response[oy + y, ox : ox + width]
        for x in range(width):
            value = row[x] - flux * shape[x]
            row[x] = value
            peak = max(peak, abs(value))
    return peak


@numba.njit(cache=True)
def minor_cycle(  # noqa: PLR0917 - compiled code takes no keywords
    residuals: NDArray[np.float32],
    cross: NDArray[np.float32],
    pair: NDArray[np.int64],
    gains: NDArray[np.float32],
    mask: NDArray[np.float32],
    tiles: NDArray[np.int64],
    threshold: float,
    gain: float,
    most: int,
    found: NDArray[np.float64],
) -> int:
    """Clean down to a threshold; ``residuals`` and ``found`` are changed in place.

    Parameters
    ----------
    residuals : ndarray, shape (scales, y, x), float32
        The residual convolved with each scale's kernel.
    cross : ndarray, shape (pairs, side, side), float32
        Responses; ``side`` is twice that of the residual.
    pair : ndarray, shape (scales, scales)
        Which response belongs to two scales.
    gains : ndarray, shape (scales,), float32
        Strength of a component per peak of its residual.
    mask : ndarray, shape (y, x) or (0, 0), float32
        0 where no component may be; with no pixels everything is allowed.
    tiles : ndarray, shape (tiles, 4)
        First row, first column, height and width of the tiles to clean.
    threshold : float
        Stop when no strength is larger [Jy/beam].
    gain : float
        Share of the strength that is subtracted.
    most : int
        Stop after so many components.
    found : ndarray, shape (most or more, 4), float64
        Scale, row, column and flux [Jy] of each component are written here.

    Returns
    -------
    int
        Number of components found.
    """
    middle, masked = cross.shape[1] // 2, mask.size > 0
    scales, count = residuals.shape[0], tiles.shape[0]
    peaks = np.zeros((scales, count), dtype=np.float32)
    for s in range(scales):
        for t in range(count):
            peaks[s, t] = _tile_peak(residuals[s], mask, masked, tiles[t])
    for number in range(most):
        strongest, scale, tile = np.float32(-1), 0, 0
        for s in range(scales):
            for t in range(count):
                if peaks[s, t] * gains[s] > strongest:
                    strongest, scale, tile = peaks[s, t] * gains[s], s, t
        if strongest < threshold:
            return number
        y, x = _find(residuals[scale], mask, masked, tiles[tile], peaks[scale, tile])
        flux = np.float32(gain) * residuals[scale, y, x] * gains[scale]
        found[number, 0], found[number, 1], found[number, 2] = scale, y, x
        found[number, 3] = flux
        for s in range(scales):
            response = cross[pair[s, scale]]
            for t in range(count):
                oy, ox = tiles[t, 0] - y + middle, tiles[t, 1] - x + middle
                peaks[s, t] = _subtract(residuals[s], tiles[t], response, oy, ox, flux)
                if masked:
                    peaks[s, t] = _tile_peak(residuals[s], mask, masked, tiles[t])
    return most
