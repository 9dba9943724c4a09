"""A Gaussian filter of one bin over many maps at once, compiled.

The same as `scipy.ndimage.gaussian_filter` with sigma 1, mode ``reflect`` and truncate 4: nine
weights along each axis, and the map mirrored at its edges (the edge bin twice). It keeps the sum.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

SIGMA_BINS: Final = 1.0
RADIUS_BINS: Final = 4

_OFFSETS = np.arange(RADIUS_BINS + 1)
_BELL = np.exp(-0.5 * (_OFFSETS / SIGMA_BINS) ** 2)
_WEIGHTS: Final[NDArray[np.float64]] = _BELL / (_BELL[0] + 2 * _BELL[1:].sum())


@lru_cache(maxsize=64)
def _mirrored(size: int) -> NDArray[np.int64]:
    """The bins that stand at -4 ... size + 3 when a row is mirrored at its ends again and again."""
    place = np.arange(-RADIUS_BINS, size + RADIUS_BINS) % (2 * size)
    return np.where(place < size, place, 2 * size - 1 - place)


@numba.njit(cache=True)
def _filter(maps: Any, rows: Any, columns: Any, weights: Any, out: Any) -> None:
    """Filter along x into a plane that stays in the cache, then along y; out may be the maps."""
    number, size_x, size_y = maps.shape
    radius = weights.size - 1
    plane = np.empty((size_x, size_y + 2 * radius))
    w0, w1, w2, w3, w4 = weights[0], weights[1], weights[2], weights[3], weights[4]
    for m in range(number):
        for x in range(size_x):
            at = x + radius
            a0 = maps[m, x]
            a1, b1 = maps[m, rows[at - 1]], maps[m, rows[at + 1]]
            a2, b2 = maps[m, rows[at - 2]], maps[m, rows[at + 2]]
            a3, b3 = maps[m, rows[at - 3]], maps[m, rows[at + 3]]
            a4, b4 = maps[m, rows[at - 4]], maps[m, rows[at + 4]]
            line = plane[x]
            for y in range(size_y):
                line[radius + y] = (
                    w0 * a0[y]
                    + w1 * (a1[y] + b1[y])
                    + w2 * (a2[y] + b2[y])
                    + w3 * (a3[y] + b3[y])
                    + w4 * (a4[y] + b4[y])
                )
            for k in range(radius):
                line[k] = line[radius + columns[k]]
                line[radius + size_y + k] = line[radius + columns[radius + size_y + k]]
        for x in range(size_x):
            line, target = plane[x], out[m, x]
            for y in range(size_y):
                target[y] = (
                    w0 * line[y + 4]
                    + w1 * (line[y + 3] + line[y + 5])
                    + w2 * (line[y + 2] + line[y + 6])
                    + w3 * (line[y + 1] + line[y + 7])
                    + w4 * (line[y] + line[y + 8])
                )


def smooth(
    maps: NDArray[np.float64], *, out: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """The maps, each filtered by a Gaussian of one bin.

    Parameters
    ----------
    maps : ndarray, shape (..., n_x, n_y)
        Finite numbers.
    out : ndarray or None
        Of the same shape and contiguous; written to. It may be the maps themselves.

    Returns
    -------
    ndarray, the same shape

    Examples
    --------
    >>> point = np.zeros((9, 9))
    >>> point[4, 4] = 1
    >>> round(float(smooth(point)[4, 4]), 5)
    0.15916
    """
    stack = np.ascontiguousarray(maps, dtype=np.float64)
    size_x, size_y = stack.shape[-2:]
    stack = stack.reshape(-1, size_x, size_y)
    if out is None:
        out = np.empty(maps.shape)
    filtered = out.reshape(stack.shape)
    _filter(stack, _mirrored(size_x), _mirrored(size_y), _WEIGHTS, filtered)
    return out
