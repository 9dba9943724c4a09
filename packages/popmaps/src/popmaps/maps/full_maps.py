"""The ten maps of a whole population, in one pass over its stars.

Chunks of stars can be added one after the other: counts and sums go on in the stars' order, and
the maps do not depend on how the stars were cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..spectrum import MEERKAT_MHZ, flux_density_jy
from .axes import plane_grid, ppdot_grid, radec_grid, side_grid
from .histograms import EMPTY_FLUX, axis_bins, grid_cells, log_flux, plane_bins, star_cells
from .layout import FULL_MAPS
from .smoothing import smooth
from .sums import CellSums, Floats

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
    ``ppdot_map_fluxes`` is the mean of log10 of the flux density at 1.429 GHz over the stars
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
        columns = {
            name: np.ascontiguousarray(stars[name], dtype=np.float64) for name in FULL_COLUMNS[:-1]
        }
        for start in range(0, columns["r"].size, _BLOCK_STARS):
            block = {n: column[start : start + _BLOCK_STARS] for n, column in columns.items()}
            self._add_places(block)
            grid = self._ppdot.grid
            self._ppdot.add(star_cells(grid, block["P"], block["P_dot"]))
        self._add_fluxes(columns, np.asarray(stars["intercepted_radio"]))

    def _add_places(self, stars: Mapping[str, Floats]) -> None:
        plane, side = self._plane.grid, self._side.grid
        x, y = plane_bins(plane, stars["r"], stars["phi"])
        z = axis_bins(side.y, side.bins_y, stars["z"])
        speeds = [stars["v_r"], stars["v_phi"], stars["v_z"]]
        self._plane.add(grid_cells(plane, x, y), speeds, absolute=True)
        self._side.add(grid_cells(side, x, z))
        sky = star_cells(self._sky.grid, stars["ra"], stars["dec"])
        self._sky.add(sky, [stars["pm_ra"], stars["pm_dec"]], absolute=True)

    def _add_fluxes(self, stars: Mapping[str, Floats], seen: NDArray[np.generic]) -> None:
        places = np.flatnonzero(seen if seen.dtype == bool else np.asarray(seen, float) > 0)
        if not places.size:
            return
        wanted = ("P", "P_dot", "S_radio_bol", "spectral_index")
        period, derivative, flux, index = (stars[name][places] for name in wanted)
        cells = star_cells(self._flux.grid, period, derivative)
        flux_jy = flux_density_jy(flux, index, frequency_mhz=MEERKAT_MHZ)
        self._flux.add(cells, [log_flux(flux_jy)])

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
        sums = self._plane, self._side, self._sky, self._ppdot
        raw = [*(s.maps()[0] for s in sums), self._flux.maps(empty=EMPTY_FLUX)[0]]
        if filtered:
            for maps in raw:
                smooth(maps, out=maps)
        plane, side, sky, ppdot, flux = raw
        ordered = (plane[0], side[0], sky[0], *plane[1:], *sky[1:], ppdot[0], flux[1])
        return dict(zip(FULL_MAPS, ordered, strict=True))

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
