"""Bins of stars, and maps of them, equal to numpy's to the last bit before the filter."""

from __future__ import annotations

from typing import Final

import numpy as np

from .axes import Axis, Grid
from .binning import NEAR_EDGE, cells_of, linear_bins, log_bins, polar_bins
from .smoothing import smooth
from .sums import Cells, CellSums, Floats

EMPTY_FLUX: Final = -7.0
"""Of a bin without a star, in maps of log10 of the flux in Jy."""


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
    return smooth(sums.maps()[0, 0])


def log_flux(flux_jy: Floats) -> Floats:
    """log10 of the flux density in Jy; not finite where the flux is not positive and finite.

    Parameters
    ----------
    flux_jy : ndarray
        [Jy]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log10(np.asarray(flux_jy, dtype=np.float64))


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
    return smooth(sums.maps(empty=EMPTY_FLUX)[0, 1]), int(sums.dropped(0)[0])
