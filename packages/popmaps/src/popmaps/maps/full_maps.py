"""The ten maps of a whole population, in one pass over its stars.

Chunks of stars can be added one after the other: counts and sums go on in the stars' order, and
the maps do not depend on how the stars were cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .axes import PERIOD_DERIVATIVE, PERIOD_S, plane_grid, ppdot_grid, radec_grid, side_grid
from .flux import flux_density_jy
from .histograms import (
    EMPTY_FLUX,
    CellSums,
    Floats,
    axis_bins,
    grid_cells,
    log_flux,
    plane_bins,
    star_cells,
)
from .layout import FULL_MAPS
from .smoothing import smooth

FULL_COLUMNS: Final = (
    *("r", "phi", "z", "ra", "dec", "v_r", "v_phi", "v_z", "pm_ra", "pm_dec"),
    *("P", "P_dot", "S_radio_bol", "spectral_index", "intercepted_radio"),
)
"""Columns of ``final_population`` that the maps need."""

_BLOCK_STARS: Final = 1 << 14
"""So many stars at once stay in the processor's cache from their bins to the sums."""


class FullMaps:
    """Counts and sums of a population, and the maps made of them.

    Parameters
    ----------
    resolution_dyn, resolution_ppdot : int
        Bins along the axes of positions, and of P and its derivative; declination has half.

    Notes
    -----
    ``ppdot_map_fluxes`` is the mean of log10 of `flux_density_jy` at 1.429 GHz over the stars
    whose beam crosses the Sun (``intercepted_radio``), and -7 in bins without one.

    Examples
    --------
    >>> one = {name: np.array([1.0]) for name in FULL_COLUMNS}
    >>> maps = FullMaps(32, 32)
    >>> maps.add(one)
    >>> list(maps.maps())[:2], round(float(maps.maps()["position_map_xy"].max()), 5)
    (['position_map_xy', 'position_map_xz'], 0.15916)
    """

    def __init__(self, resolution_dyn: int, resolution_ppdot: int) -> None:
        self._plane = CellSums(plane_grid(resolution_dyn), weights=3)
        self._side = CellSums(side_grid(resolution_dyn))
        self._sky = CellSums(radec_grid(resolution_dyn), weights=2)
        self._ppdot = CellSums(ppdot_grid(resolution_ppdot))
        self._flux = CellSums(ppdot_grid(resolution_ppdot), weights=1)

    def add(self, stars: Mapping[str, NDArray[np.generic]]) -> None:
        """Add stars, in their order.

        Parameters
        ----------
        stars : mapping of column to ndarray, shape (n,)
            `FULL_COLUMNS`, in the units of `popmaps.columns.FULL`.
        """
        for block in _blocks(stars):
            self._add_places(block)
            self._add_periods(block)

    def _add_places(self, stars: Mapping[str, Floats]) -> None:
        plane, side = self._plane.grid, self._side.grid
        x, y = plane_bins(plane, stars["r"], stars["phi"])
        z = axis_bins(side.y, side.bins_y, stars["z"])
        speeds = [stars["v_r"], stars["v_phi"], stars["v_z"]]
        self._plane.add(grid_cells(plane, x, y), speeds, absolute=True)
        self._side.add(grid_cells(side, x, z))
        sky = star_cells(self._sky.grid, stars["ra"], stars["dec"])
        self._sky.add(sky, [stars["pm_ra"], stars["pm_dec"]], absolute=True)

    def _add_periods(self, stars: Mapping[str, Floats]) -> None:
        grid = self._ppdot.grid
        periods = axis_bins(PERIOD_S, grid.bins_x, stars["P"])
        cells = grid_cells(grid, periods, axis_bins(PERIOD_DERIVATIVE, grid.bins_y, stars["P_dot"]))
        self._ppdot.add(cells)
        seen = np.flatnonzero(stars["intercepted_radio"] > 0)
        if seen.size:
            flux = flux_density_jy(stars["S_radio_bol"][seen], stars["spectral_index"][seen])
            self._flux.add(cells[seen], [log_flux(flux)])

    def _raw(self) -> Iterator[Floats]:
        """Maps before the filter, in the order of `FULL_MAPS`."""
        yield self._plane.counts()
        yield self._side.counts()
        yield self._sky.counts()
        yield from (self._plane.means(k) for k in range(3))
        yield from (self._sky.means(k) for k in range(2))
        yield self._ppdot.counts()
        yield self._flux.means(0, empty=EMPTY_FLUX)

    def maps(self, *, filtered: bool = True) -> dict[str, Floats]:
        """The maps, in the order of `FULL_MAPS`.

        Parameters
        ----------
        filtered : bool
            Whether the Gaussian filter of one bin runs over them.

        Returns
        -------
        dict of name to ndarray, shape (n_x, n_y)
        """
        raw = zip(FULL_MAPS, self._raw(), strict=True)
        return {name: (smooth(one) if filtered else one)[0] for name, one in raw}

    def dropped(self) -> dict[str, int]:
        """Stars that a map had to leave out because their weight is not finite, or no flux.

        Returns
        -------
        dict of map name to number
            Maps that left out none are not named.
        """
        sums = [*((self._plane, k) for k in range(3)), *((self._sky, k) for k in range(2))]
        names = (*FULL_MAPS[3:8], FULL_MAPS[9])
        numbers = [int(s.dropped(k)[0]) for s, k in (*sums, (self._flux, 0))]
        return {name: number for name, number in zip(names, numbers, strict=True) if number}


def _blocks(stars: Mapping[str, NDArray[np.generic]]) -> Iterator[dict[str, Floats]]:
    columns = {
        name: np.ascontiguousarray(stars[name], dtype=np.float64)
        for name in FULL_COLUMNS
        if name != "intercepted_radio"
    }
    columns["intercepted_radio"] = np.asarray(stars["intercepted_radio"])
    for start in range(0, columns["r"].size, _BLOCK_STARS):
        yield {name: column[start : start + _BLOCK_STARS] for name, column in columns.items()}
