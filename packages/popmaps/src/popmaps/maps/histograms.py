"""Counts, sums and means of stars in the bins of a grid, equal to numpy's to the last bit.

A sum adds the stars in their order, so that the same stars in chunks give the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from .axes import Axis, Grid
from .binning import NEAR_EDGE, cells_of, linear_bins, log_bins, polar_bins
from .smoothing import smooth

Floats = NDArray[np.float64]
Cells = NDArray[np.int32]

EMPTY_FLUX: Final = -7.0
"""Of a bin without a star, in maps of log10 of the flux in Jy."""

MOST_WEIGHTS: Final = 3
_LANES: Final = 1 + MOST_WEIGHTS


@numba.njit(cache=True)
def _weigh(column: Any, lane: int, rows: Any) -> int:
    """Put weights beside the ones of the count; 0 for what is not finite. How many are not."""
    bad = 0
    for i in range(column.size):
        finite = abs(column[i]) < np.inf
        rows[i, lane] = column[i] if finite else 0.0
        bad += 0 if finite else 1
    return bad


@numba.njit(cache=True)
def _weigh_size(column: Any, lane: int, rows: Any) -> int:
    """`_weigh` with the absolute value."""
    bad = 0
    for i in range(column.size):
        size = abs(column[i])
        finite = size < np.inf
        rows[i, lane] = size if finite else 0.0
        bad += 0 if finite else 1
    return bad


@numba.njit(cache=True)
def _add_rows(cells: Any, rows: Any, sums: Any) -> None:
    for i in range(cells.size):
        cell = cells[i]
        # One memory line a star: the count and three sums at once.
        for lane in range(4):
            sums[cell, lane] += rows[i, lane]


@numba.njit(cache=True)
def _add_ones(cells: Any, counts: Any) -> None:
    for i in range(cells.size):
        counts[cells[i]] += 1.0


@numba.njit(cache=True)
def _add_missing(cells: Any, column: Any, lane: int, missing: Any) -> None:
    for i in range(cells.size):
        if not abs(column[i]) < np.inf:
            missing[cells[i], lane] += 1.0


def axis_bins(axis: Axis, bins: int, values: Floats) -> Cells:
    """Bins of values on an axis.

    Parameters
    ----------
    axis : Axis
    bins : int
    values : ndarray, shape (n,), float64
        In the axis' unit.

    Returns
    -------
    ndarray, shape (n,), int32
        -1 outside.

    Examples
    --------
    >>> from popmaps.maps.axes import DEC_DEG
    >>> axis_bins(DEC_DEG, 2, np.array([-90.0, 0.0, 90.0, 90.1, np.nan])).tolist()
    [0, 1, 1, -1, -1]
    """
    values = np.ascontiguousarray(values, dtype=np.float64)
    out = np.empty(values.shape, np.int32)
    if axis.log:
        scratch = np.empty(values.shape, np.int64)
        bits = values.view(np.int64)
        log_bins(values, bits, scratch, scratch.view(np.float64), axis.edges(bins), out)
    else:
        linear_bins(values, axis.edges(bins), out)
    return out


def grid_cells(grid: Grid, bins_x: Cells, bins_y: Cells) -> Cells:
    """Flat cells of a grid, row by row; one past the last for what is outside.

    Parameters
    ----------
    grid : Grid
    bins_x, bins_y : ndarray, shape (n,), int32
        As `axis_bins` gives them.
    """
    out = np.empty(bins_x.shape, np.int32)
    cells_of(bins_x, bins_y, grid.bins_y, grid.cells, out)
    return out


def star_cells(grid: Grid, x: Floats, y: Floats) -> Cells:
    """Cells of stars by their coordinates on the grid's axes.

    Parameters
    ----------
    grid : Grid
    x, y : ndarray, shape (n,), float64
        In the axes' units.
    """
    return grid_cells(grid, axis_bins(grid.x, grid.bins_x, x), axis_bins(grid.y, grid.bins_y, y))


def plane_bins(grid: Grid, r: Floats, phi: Floats) -> tuple[Cells, Cells]:
    """Bins of x = r cos(phi) and y = r sin(phi), equal to those of numpy's sine and cosine.

    Parameters
    ----------
    grid : Grid
        Linear axes.
    r, phi : ndarray, shape (n,), float64
        phi in rad.
    """
    r, phi = np.ascontiguousarray(r), np.ascontiguousarray(phi)
    bins_x, bins_y = np.empty(r.shape, np.int32), np.empty(r.shape, np.int32)
    edges = grid.x.edges(grid.bins_x), grid.y.edges(grid.bins_y)
    if polar_bins(r, phi, *edges, bins_x, bins_y):
        near = np.flatnonzero(bins_x == NEAR_EDGE)
        with np.errstate(all="ignore"):
            x, y = r[near] * np.cos(phi[near]), r[near] * np.sin(phi[near])
        bins_x[near] = axis_bins(grid.x, grid.bins_x, x)
        bins_y[near] = axis_bins(grid.y, grid.bins_y, y)
    return bins_x, bins_y


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
    >>> ra, dec = np.array([10.0, 20.0, 10.0]), np.array([5.0, 5.0, 5.0])
    >>> sums.add(star_cells(grid, ra, dec), [np.array([1.0, 3.0, np.inf])])
    >>> sums.counts()[0, 0, 1], sums.means(0)[0, 0, 1], sums.dropped(0)
    (np.float64(3.0), np.float64(2.0), array([1]))
    """

    def __init__(self, grid: Grid, weights: int = 0, samples: int = 1) -> None:
        self.grid = grid
        self.samples = samples
        self.stride = grid.cells + 1
        lanes = _LANES if weights else 1
        self._sums = np.zeros((samples * self.stride, lanes))
        self._missing = np.zeros((samples * self.stride, weights)) if weights else None
        self._any_missing = [False] * weights

    def add(self, cells: Cells, weights: Sequence[Floats] = (), *, absolute: bool = False) -> None:
        """Add stars, in their order.

        Parameters
        ----------
        cells : ndarray, shape (n,), int32
            As `star_cells` gives them, plus the sample's offset.
        weights : sequence of ndarray, shape (n,)
            One a sum; a star whose weight is not finite is left out of that sum and its mean.
        absolute : bool
            Whether the size of the weight is summed.
        """
        if self._missing is None:
            _add_ones(cells, self._sums[:, 0])
            return
        rows = np.empty((cells.size, _LANES))
        rows[:, 0] = 1.0
        rows[:, 1 + len(weights) :] = 0.0
        weigh = _weigh_size if absolute else _weigh
        for lane, column in enumerate(weights):
            if weigh(column, lane + 1, rows):
                self._any_missing[lane] = True
                _add_missing(cells, column, lane, self._missing)
        _add_rows(cells, rows, self._sums)

    def _maps(self, column: Floats) -> Floats:
        cells = column.reshape(self.samples, self.stride)[:, : self.grid.cells]
        return cells.reshape(self.samples, *self.grid.shape)

    def counts(self) -> Floats:
        """Stars in each cell.

        Returns
        -------
        ndarray, shape (samples, n_x, n_y)
        """
        return self._maps(self._sums[:, 0]).copy()

    def means(self, weight: int, *, empty: float = 0.0) -> Floats:
        """Mean of a weight in each cell, and ``empty`` in those without a star.

        Returns
        -------
        ndarray, shape (samples, n_x, n_y)
        """
        number = self.counts()
        if self._missing is not None and self._any_missing[weight]:
            number -= self._maps(self._missing[:, weight])
        means = np.full(number.shape, empty)
        np.divide(self._maps(self._sums[:, 1 + weight]), number, out=means, where=number > 0)
        return means

    def dropped(self, weight: int) -> NDArray[np.int64]:
        """Stars inside the grid that were left out of a mean, their weight not being finite.

        Returns
        -------
        ndarray, shape (samples,)
        """
        if self._missing is None or not self._any_missing[weight]:
            return np.zeros(self.samples, np.int64)
        missing = self._maps(self._missing[:, weight]).sum(axis=(1, 2))
        return np.asarray(missing, dtype=np.int64)


def density_map(grid: Grid, x: Floats, y: Floats) -> Floats:
    """Smoothed number of stars in each bin.

    Parameters
    ----------
    grid : Grid
    x, y : ndarray, shape (n,)
        In the axes' units; what is outside, or no number, is not counted.

    Returns
    -------
    ndarray, shape (n_x, n_y)

    Examples
    --------
    >>> from popmaps.maps.axes import ppdot_grid
    >>> round(float(density_map(ppdot_grid(32), [0.5, 0.7], [1e-15, 2e-15]).sum()), 12)
    2.0
    """
    sums = CellSums(grid)
    sums.add(star_cells(grid, np.asarray(x, float), np.asarray(y, float)))
    return smooth(sums.counts()[0])


def log_flux(flux_jy: Floats) -> Floats:
    """log10 of the flux density in Jy; NaN where it is not positive and finite.

    Parameters
    ----------
    flux_jy : ndarray
        [Jy]
    """
    flux = np.asarray(flux_jy, dtype=np.float64)
    good = (flux > 0) & (flux < np.inf)
    return np.log10(flux, out=np.full(flux.shape, np.nan), where=good)


def flux_map(grid: Grid, x: Floats, y: Floats, flux_jy: Floats) -> tuple[Floats, int]:
    """Smoothed mean of log10 flux in each bin, -7 in empty bins.

    Parameters
    ----------
    grid : Grid
    x, y : ndarray, shape (n,)
        In the axes' units.
    flux_jy : ndarray, shape (n,)
        [Jy]

    Returns
    -------
    map : ndarray, shape (n_x, n_y)
    dropped : int
        Stars inside the grid whose flux is not positive and finite.
    """
    sums = CellSums(grid, weights=1)
    cells = star_cells(grid, np.asarray(x, float), np.asarray(y, float))
    sums.add(cells, [log_flux(flux_jy)])
    return smooth(sums.means(0, empty=EMPTY_FLUX)[0]), int(sums.dropped(0)[0])
