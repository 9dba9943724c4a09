"""Five maps of the stars that each survey detects, for many samples at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from skytypes import item_rng

from .axes import Grid, ppdot_grid, radec_grid
from .histograms import EMPTY_FLUX, log_flux, star_cells
from .layout import FLUX_SAMPLE, SURVEY_KINDS, SURVEY_MAPS, SURVEYS, survey_map_name
from .smoothing import smooth
from .sums import CellSums, Floats

SURVEY_COLUMNS: Final = ("ra", "dec", "pm_ra", "pm_dec", "P", "P_dot", "S_radio_obs_mean_1400")
"""Columns of ``survey_NAME_results`` that the maps need."""

_CACHE_BYTES: Final = 1 << 19
"""Memory of the sums of samples that are filled together: what stays in the processor's cache."""

Stars = Mapping[str, Floats]


def flux_sample(stars: int, survey: str, *, seed: int, sample: int) -> NDArray[np.bool_]:
    """Which of a survey's stars are in its flux map: as many as MeerKAT has measured.

    Parameters
    ----------
    stars : int
        How many the survey detects.
    survey : {"PMPS", "SMPS", "HTRU"}
    seed : int
    sample : int
        Number of the sample.

    Returns
    -------
    ndarray of bool, shape (stars,)
        640, 170 or 668 of them at most, drawn without replacement.

    Examples
    --------
    >>> int(flux_sample(218, "SMPS", seed=0, sample=17).sum())
    170
    """
    wanted = FLUX_SAMPLE[survey]
    if stars <= wanted:
        return np.ones(stars, dtype=bool)
    rng = item_rng(seed, sample, f"popmaps.flux_subsample.{survey}")
    # Raw words of the counter-based generator are the same on every machine and version.
    words = rng.bit_generator.random_raw(stars)
    return np.asarray(_smallest(words, wanted))


@numba.njit(cache=True)
def _smallest(words: Any, wanted: int) -> Any:
    """Which words are the smallest so many: counted by their top byte, sorted within one."""
    counts = np.zeros(257, np.int64)
    for word in words:
        counts[np.int64(word >> np.uint64(56)) + 1] += 1
    before = np.cumsum(counts)
    top = np.searchsorted(before, wanted) - 1
    inside = np.sort(words[(words >> np.uint64(56)) == np.uint64(top)])
    return words <= inside[wanted - before[top] - 1]


def survey_maps(
    samples: Sequence[Mapping[str, Stars]],
    *,
    numbers: Sequence[int],
    resolution_dyn: int = 64,
    resolution_ppdot: int = 64,
    seed: int = 0,
    filtered: bool = True,
) -> tuple[dict[str, Floats], list[dict[str, int]]]:
    """The fifteen maps of every sample.

    Parameters
    ----------
    samples : sequence of mapping of survey to table
        A table maps `SURVEY_COLUMNS` to float64 arrays, in the units of `popmaps.columns.SURVEY`.
    numbers : sequence of int
        Number of each sample: with the seed it decides the draw of `flux_sample`.
    resolution_dyn, resolution_ppdot : int
        Bins along right ascension (declination has half), and along P and its derivative.
    seed : int
    filtered : bool
        Whether the Gaussian filter of one bin runs over the maps.

    Returns
    -------
    maps : dict of name to ndarray, shape (samples, n_x, n_y)
        In the order of `popmaps.maps.layout.SURVEY_MAPS`.
    dropped : list of dict of map name to number
        A sample's stars that a map had to leave out for a weight that is not finite, or no flux.

    Examples
    --------
    >>> stars = {name: np.full(3, 0.5) for name in SURVEY_COLUMNS}
    >>> maps, _ = survey_maps([dict.fromkeys(SURVEYS, stars)], numbers=[0], resolution_dyn=32)
    >>> len(maps), maps["survey_PMPS_position_map_radec"].shape
    (15, (1, 32, 16))
    """
    grids = radec_grid(resolution_dyn), ppdot_grid(resolution_ppdot)
    shapes = (3, *grids[0].shape), (2, *grids[1].shape)
    maps: dict[str, Floats] = {}
    dropped: list[dict[str, int]] = [{} for _ in samples]
    memory = _memory([len(samples) * math.prod(s) for _ in SURVEYS for s in shapes])
    together = max(1, _CACHE_BYTES // (32 * (grids[0].cells + grids[1].cells)))
    for survey in SURVEYS:
        made = tuple(next(memory).reshape(len(samples), *shape) for shape in shapes)
        filler = _Filler(survey, grids, seed)
        for start in range(0, len(samples), together):
            part = slice(start, start + together)
            filler.add([sample[survey] for sample in samples[part]], numbers[part])
            filler.write((made[0][part], made[1][part]), filtered=filtered)
            for row, lost in zip(dropped[part], filler.dropped(), strict=True):
                row.update(lost)
        channels = (*(made[0][:, k] for k in range(3)), *(made[1][:, k] for k in range(2)))
        names = (survey_map_name(survey, kind) for kind in SURVEY_KINDS)
        maps.update(zip(names, channels, strict=True))
    return {name: maps[name] for name in SURVEY_MAPS}, dropped


def _memory(sizes: Sequence[int]) -> Iterator[Floats]:
    """Arrays of these sizes in one piece of memory, which the system gives in large pages."""
    piece = np.empty(sum(sizes))
    return iter(np.split(piece, np.cumsum(sizes)[:-1]))


class _Filler:
    """Maps of one survey, of a few samples at a time: as many as the processor's cache holds."""

    def __init__(self, survey: str, grids: tuple[Grid, Grid], seed: int) -> None:
        self._survey, self._grids, self._seed = survey, grids, seed
        self._lost: list[dict[str, int]] = []
        # Memory that is used again: touching new pages would cost more than the maps do.
        self._columns = np.empty((len(SURVEY_COLUMNS), 0))
        self._new(0)

    def _new(self, samples: int) -> None:
        sky, periods = self._grids
        self._sky, self._periods = CellSums(sky, 2, samples), CellSums(periods, 1, samples)

    def add(self, tables: Sequence[Stars], numbers: Sequence[int]) -> None:
        """Take the place of the samples before."""
        if len(tables) == self._sky.samples:
            self._sky.clear()
            self._periods.clear()
        else:
            self._new(len(tables))
        sizes = [t["ra"].size for t in tables]
        stars = self._joined(tables, sum(sizes))
        sample = np.repeat(np.arange(len(tables), dtype=np.int32), sizes)
        cells = star_cells(self._grids[0], stars["ra"], stars["dec"])
        cells += sample * np.int32(self._sky.stride)
        self._sky.add(cells, [stars["pm_ra"], stars["pm_dec"]], absolute=True)
        chosen = zip(sizes, numbers, strict=True)
        measured = np.concatenate(
            [flux_sample(n, self._survey, seed=self._seed, sample=s) for n, s in chosen]
        )
        # A star that MeerKAT has not measured counts in the density and has no weight.
        flux = log_flux(stars["S_radio_obs_mean_1400"])
        cells = star_cells(self._grids[1], stars["P"], stars["P_dot"])
        odd = np.flatnonzero(measured & ~np.isfinite(flux) & (cells < self._grids[1].cells))
        odd_in = np.bincount(sample[odd], minlength=len(tables))
        cells += sample * np.int32(self._periods.stride)
        self._periods.add(cells, [np.where(measured, flux, np.nan)])
        lost = zip(self._sky.dropped(0), self._sky.dropped(1), odd_in, strict=True)
        self._lost = [self._named(row) for row in lost]

    def _joined(self, tables: Sequence[Stars], stars: int) -> Stars:
        """The samples' stars, one sample after the other."""
        if len(tables) == 1:
            return tables[0]
        if self._columns.shape[1] < stars:
            self._columns = np.empty((len(SURVEY_COLUMNS), stars + stars // 8))
        columns = dict(zip(SURVEY_COLUMNS, self._columns[:, :stars], strict=True))
        for name, column in columns.items():
            np.concatenate([t[name] for t in tables], out=column)
        return columns

    def _named(self, numbers: Sequence[int]) -> dict[str, int]:
        kinds = (*SURVEY_KINDS[1:3], SURVEY_KINDS[4])
        pairs = zip(kinds, numbers, strict=True)
        return {survey_map_name(self._survey, k): int(n) for k, n in pairs if n}

    def write(self, out: tuple[Floats, Floats], *, filtered: bool) -> None:
        """Write the maps, shape (samples, channels, n_x, n_y) each."""
        sums = zip((self._sky, self._periods), (0.0, EMPTY_FLUX), out, strict=True)
        for one, empty, target in sums:
            one.maps(empty=empty, out=target)
            if filtered:
                smooth(target, out=target)

    def dropped(self) -> list[dict[str, int]]:
        """Stars left out of each sample, by map."""
        return self._lost
