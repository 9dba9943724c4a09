"""What surveys detect of a block of stars, as the columns of their tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from popmaps.columns import SURVEY, Column
from popmaps.radio import detection
from popmaps.radio.surveys import SurveyGroup, SurveyTable

from .settings import PopulationSettings
from .stars import BLOCK_STARS, Block, Pulsars, beam_offsets

Columns = dict[str, NDArray[Any]]


def group_columns(group: SurveyGroup) -> tuple[Column, ...]:
    """Columns of a group's table: with several surveys, also which of them detects.

    Parameters
    ----------
    group : SurveyGroup

    Examples
    --------
    >>> from popmaps.radio.surveys import built_in_surveys
    >>> group_columns(built_in_surveys().groups["HTRU_low_mid"])[-1].name
    'HTRU_mid'
    """
    if len(group.surveys) < 2:
        return SURVEY
    return (*SURVEY, *(Column(name, "", "bool") for name in group.surveys))


def detect(
    block: Block,
    pulsars: Pulsars,
    settings: PopulationSettings,
    surveys: SurveyTable,
    seed: int,
) -> dict[str, Columns]:
    """Tables of the pulsars that each group of surveys detects.

    Parameters
    ----------
    block : Block
    pulsars : Pulsars
        Of the block.
    settings : PopulationSettings
    surveys : SurveyTable
    seed : int
        Of the population.

    Returns
    -------
    dict of group to columns
        In the order of the stars.
    """
    source = detection.Pulsars(
        l_deg=pulsars.today.sky.l,
        b_deg=pulsars.today.sky.b,
        dec_deg=pulsars.today.sky.dec,
        period_s=pulsars.spin.period_s,
        width_s=pulsars.emission.width_s,
        flux=pulsars.emission.flux,
        dm_pc_cm3=pulsars.dm_pc_cm3,
        scattering_dex=settings.radio.scattering_log10_sigma * pulsars.radio.scattering,
    )
    seen = {
        name: detection.observe(
            survey,
            source,
            beam_offsets(seed, block.first // BLOCK_STARS, name)[pulsars.index],
            spectral_index=settings.radio.spectral_index,
        )
        for name, survey in surveys.surveys.items()
    }
    common = _common(block, pulsars, settings)
    return {name: _table(group, seen, common) for name, group in surveys.groups.items()}


def _common(block: Block, pulsars: Pulsars, settings: PopulationSettings) -> Columns:
    """Columns that do not depend on the survey."""
    sky, spin = pulsars.today.sky, pulsars.spin
    return {
        "idx": block.first + pulsars.index,
        "age": pulsars.today.age_yr,
        "ra": sky.ra,
        "dec": sky.dec,
        "l": sky.l,
        "b": sky.b,
        "DM": pulsars.dm_pc_cm3,
        "dist": sky.dist,
        "pm_ra": sky.pm_ra,
        "pm_dec": sky.pm_dec,
        "v_ls": sky.v_ls,
        "B": spin.B_gauss,
        "chi": spin.chi_rad,
        "P": spin.period_s,
        "P_dot": spin.period_derivative,
        "L_radio_bol": pulsars.emission.luminosity_erg_s,
        "w_int": pulsars.emission.width_s,
        "spectral_index": np.full(len(pulsars.index), settings.radio.spectral_index),
    }


def _table(group: SurveyGroup, seen: Mapping[str, detection.Detection], common: Columns) -> Columns:
    """The detections of a group; fluxes and widths are the first survey's that detects."""
    found = np.array([seen[name].detected for name in group.surveys])
    rows = np.flatnonzero(found.any(axis=0))
    first = found[:, rows].argmax(axis=0)

    def of_first(field: str) -> NDArray[Any]:
        values = np.array([getattr(seen[name], field)[rows] for name in group.surveys])
        return np.asarray(values[first, np.arange(rows.size)])

    table = {name: values[rows] for name, values in common.items()} | {
        "S_radio_obs_mean": of_first("flux_jy"),
        "S_radio_obs_mean_1400": of_first("flux_1400_jy"),
        "w_eff": of_first("effective_width_s"),
        "tau_sc": of_first("scattering_s"),
    }
    if len(group.surveys) > 1:
        table |= {name: found[i, rows] for i, name in enumerate(group.surveys)}
    return table


def joined(tables: list[Columns]) -> Columns:
    """Tables of the same columns, one after another.

    Parameters
    ----------
    tables : list of columns
        At least one.

    Examples
    --------
    >>> joined([{"P": np.ones(1)}, {"P": np.zeros(2)}])["P"]
    array([1., 0., 0.])
    """
    return {name: np.concatenate([t[name] for t in tables]) for name in tables[0]}
