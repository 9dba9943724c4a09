"""Counts, sums and means of stars in the cells of a grid, compiled.

A sum adds the stars in their order, so that the same stars in chunks give the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from .axes import Grid

Floats = NDArray[np.float64]
Cells = NDArray[np.int32]

MOST_WEIGHTS: Final = 3
LARGEST_WEIGHT: Final = 1e30
"""A weight of this size or more is taken as not finite: a sum of them could overflow."""


@numba.njit(cache=True)
def _finite(weight: Any) -> Any:
    return weight if abs(weight) < LARGEST_WEIGHT else 0.0


@numba.njit(cache=True)
def _add_none(cells: Any, sums: Any) -> None:
    for i in range(cells.size):
        sums[cells[i], 0] += 1.0


@numba.njit(cache=True)
def _add_one(cells: Any, a: Any, sums: Any, absolute: bool) -> int:
    odd = 0
    for i in range(cells.size):
        cell, weight = cells[i], a[i]
        if not abs(weight) < LARGEST_WEIGHT:
            odd += 1
            weight = 0.0
        sums[cell, 0] += 1.0
        sums[cell, 1] += abs(weight) if absolute else weight
    return odd


@numba.njit(cache=True)
def _add_two(cells: Any, a: Any, b: Any, sums: Any, absolute: bool) -> int:
    odd = 0
    for i in range(cells.size):
        cell, first, second = cells[i], a[i], b[i]
        if not abs(first) + abs(second) < LARGEST_WEIGHT:
            odd += 1
            first, second = _finite(first), _finite(second)
        sums[cell, 0] += 1.0
        sums[cell, 1] += abs(first) if absolute else first
        sums[cell, 2] += abs(second) if absolute else second
    return odd


@numba.njit(cache=True)
def _add_three(  # noqa: PLR0917 - compiled code takes no keywords
    cells: Any, a: Any, b: Any, c: Any, sums: Any, absolute: bool
) -> int:
    odd = 0
    for i in range(cells.size):
        cell, first, second, third = cells[i], a[i], b[i], c[i]
        if not abs(first) + abs(second) + abs(third) < LARGEST_WEIGHT:
            odd += 1
            first, second, third = _finite(first), _finite(second), _finite(third)
        sums[cell, 0] += 1.0
        sums[cell, 1] += abs(first) if absolute else first
        sums[cell, 2] += abs(second) if absolute else second
        sums[cell, 3] += abs(third) if absolute else third
    return odd


_ADD: Final[tuple[Any, ...]] = (_add_none, _add_one, _add_two, _add_three)


@numba.njit(cache=True)
def _add_missing(cells: Any, column: Any, missing: Any) -> None:
    for i in range(cells.size):
        if not abs(column[i]) < LARGEST_WEIGHT:
            missing[cells[i]] += 1.0


@numba.njit(cache=True, error_model="numpy")
def _divide(sums: Any, missing: Any, cells: int, empty: float, out: Any) -> None:
    """Counts and means of all cells, without the one that gathers what is outside.

    The quotient is taken in empty cells too: to choose afterwards is faster than to guess.
    """
    samples, channels = out.shape[:2]
    gaps = missing.shape[0] > 0
    for s in range(samples):
        rows = sums[s * (cells + 1) : (s + 1) * (cells + 1)]
        counts = out[s, 0]
        for c in range(cells):
            counts[c] = rows[c, 0]
        for k in range(1, channels):
            means = out[s, k]
            if gaps:
                without = missing[k - 1, s * (cells + 1) : (s + 1) * (cells + 1)]
                for c in range(cells):
                    number = counts[c] - without[c]
                    mean = rows[c, k] / number
                    means[c] = mean if number > 0 else empty
            else:
                for c in range(cells):
                    mean = rows[c, k] / counts[c]
                    means[c] = mean if counts[c] > 0 else empty


class CellSums:
    """Counts and sums of weights in the cells of a grid, of one sample or many.

    Parameters
    ----------
    grid : Grid
    weights : int
        Sums beside the count, 0 to 3.
    samples : int
        Maps of each; the cells of sample s come ``s * stride`` after those of the first.

    Examples
    --------
    >>> from popmaps.maps.axes import radec_grid
    >>> grid = radec_grid(4)
    >>> sums = CellSums(grid, weights=1)
    >>> cells = np.array([1, 1, 1], dtype=np.int32)
    >>> sums.add(cells, [np.array([1.0, 3.0, np.inf])])
    >>> sums.maps()[0, :, 0, 1].tolist(), sums.dropped(0).tolist()
    ([3.0, 2.0], [1])
    """

    def __init__(self, grid: Grid, weights: int = 0, samples: int = 1) -> None:
        self.grid = grid
        self.samples = samples
        self.stride = grid.cells + 1
        self._weights = weights
        # The count of a cell and its sums lie side by side, so that a star touches one place.
        self._sums = np.zeros((samples * self.stride, 1 + weights))
        # Counts of stars without a weight; made when there is one.
        self._missing = np.zeros((0, 0))

    def add(self, cells: Cells, weights: Sequence[Floats] = (), *, absolute: bool = False) -> None:
        """Add stars, in their order.

        Parameters
        ----------
        cells : ndarray, shape (n,), int32
            As `popmaps.maps.histograms.star_cells` gives them, plus the sample's offset.
        weights : sequence of ndarray, shape (n,)
            One a sum; a star whose weight is not finite, or 1e30 and more, is left out of that
            sum and its mean.
        absolute : bool
            Whether the size of the weight is summed.
        """
        if not weights:
            _add_none(cells, self._sums)
        elif _ADD[len(weights)](cells, *weights, self._sums, absolute):
            if not self._missing.size:
                self._missing = np.zeros((self._weights, self._sums.shape[0]))
            for column, missing in zip(weights, self._missing, strict=True):
                _add_missing(cells, column, missing)

    def clear(self) -> None:
        """Forget all stars, and keep the memory."""
        self._sums.fill(0.0)
        self._missing = np.zeros((0, 0))

    def maps(self, *, empty: float = 0.0, out: Floats | None = None) -> Floats:
        """The count of each cell and the mean of each weight, ``empty`` where there is no star.

        Parameters
        ----------
        empty : float
        out : ndarray or None
            Of the shape returned; written to.

        Returns
        -------
        ndarray, shape (samples, 1 + weights, n_x, n_y)
        """
        if out is None:
            out = np.empty((self.samples, 1 + self._weights, *self.grid.shape))
        flat = out.reshape(self.samples, 1 + self._weights, self.grid.cells)
        _divide(self._sums, self._missing, self.grid.cells, empty, flat)
        return out

    def dropped(self, weight: int) -> NDArray[np.int64]:
        """Stars inside the grid that were left out of a mean for their weight (`add`).

        Parameters
        ----------
        weight : int
            Which of the weights, from 0.

        Returns
        -------
        ndarray, shape (samples,)
        """
        if not self._missing.size:
            return np.zeros(self.samples, np.int64)
        missing = self._missing[weight].reshape(self.samples, self.stride)
        return np.asarray(missing[:, : self.grid.cells].sum(axis=1), dtype=np.int64)
