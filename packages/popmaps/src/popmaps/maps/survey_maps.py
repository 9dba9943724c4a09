"""Five maps of the stars that each survey detects, for many samples at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

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

_BATCH_BYTES: Final = 1 << 28
"""Memory of the sums of samples that are filled together."""

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
    return np.asarray(words <= np.partition(words, wanted - 1)[wanted - 1])


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
    together = max(1, _BATCH_BYTES // (32 * (grids[0].cells + 2 * grids[1].cells)))
    maps: dict[str, list[Floats]] = {name: [] for name in SURVEY_MAPS}
    dropped: list[dict[str, int]] = []
    for start in range(0, len(samples), together):
        part = slice(start, start + together)
        lost: list[dict[str, int]] = [{} for _ in samples[part]]
        for survey in SURVEYS:
            tables = [sample[survey] for sample in samples[part]]
            made, lost_here = _one_survey(survey, tables, numbers[part], grids, seed)
            for kind, raw in made.items():
                name = survey_map_name(survey, kind)
                maps[name].append(smooth(raw) if filtered else raw)
                for row, number in zip(lost, lost_here.get(kind, ()), strict=False):
                    if number:
                        row[name] = int(number)
        dropped.extend(lost)
    return {name: np.concatenate(parts) for name, parts in maps.items() if parts}, dropped


def _one_survey(
    survey: str,
    tables: Sequence[Stars],
    numbers: Sequence[int],
    grids: tuple[Grid, Grid],
    seed: int,
) -> tuple[dict[str, Floats], dict[str, NDArray[np.int64]]]:
    """Maps of one survey before the filter, and the stars left out of each sample."""
    stars = {c: np.concatenate([t[c] for t in tables]) for c in SURVEY_COLUMNS}
    sizes = [t["ra"].size for t in tables]
    places, periods, fluxes = (
        CellSums(grid, weights, len(tables))
        for grid, weights in ((grids[0], 2), (grids[1], 0), (grids[1], 1))
    )
    sample = np.repeat(np.arange(len(tables), dtype=np.int32), sizes)
    cells = star_cells(grids[0], stars["ra"], stars["dec"])
    cells += sample * np.int32(places.stride)
    places.add(cells, [stars["pm_ra"], stars["pm_dec"]], absolute=True)
    cells = star_cells(grids[1], stars["P"], stars["P_dot"])
    cells += sample * np.int32(periods.stride)
    periods.add(cells)
    drawn = zip(sizes, numbers, strict=True)
    measured = np.concatenate([flux_sample(n, survey, seed=seed, sample=s) for n, s in drawn])
    flux = log_flux(stars["S_radio_obs_mean_1400"][measured])
    fluxes.add(cells[measured], [flux])
    sky, counts = places.maps(), periods.maps()
    flux_means = fluxes.maps(empty=EMPTY_FLUX)
    maps = (*(sky[:, k] for k in range(3)), counts[:, 0], flux_means[:, 1])
    lost = dict(zip(SURVEY_KINDS[1:3], (places.dropped(0), places.dropped(1)), strict=True))
    lost["ppdot_map_fluxes"] = fluxes.dropped(0)
    return dict(zip(SURVEY_KINDS, maps, strict=True)), lost
