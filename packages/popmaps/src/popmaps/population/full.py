"""A population with a given number of stars: every star at birth and today, and who sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from popmaps.columns import FULL
from popmaps.galaxy import dynamics
from popmaps.radio.scattering import scattering_time_s
from popmaps.radio.surveys import SurveyTable
from popmaps.rows import rows
from popmaps.spin.evolution import SpinToday, spin_at_birth

from .detections import Columns, detect
from .settings import PopulationSettings
from .stars import Block, Pulsars, beamed, draw_stars, radio_pulsars, spin_today

Kind = Literal["full", "dyn", "magrot"]


@dataclass(frozen=True)
class BlockTables:
    """The stars of a block, as the columns of the tables.

    Parameters
    ----------
    initial, final : dict of name to ndarray
        `popmaps.columns.INITIAL`; ``FULL``, ``DYNAMICS`` or ``MAGNETO_ROTATION``.
    surveys : dict of group to columns
        Empty but for a run of kind ``full``.
    """

    initial: Columns
    final: Columns
    surveys: dict[str, Columns]


def full_population(
    settings: PopulationSettings,
    surveys: SurveyTable,
    *,
    stars: int,
    seed: int,
    kind: Kind = "full",
) -> Iterator[BlockTables]:
    """Make a population block by block.

    Parameters
    ----------
    settings : PopulationSettings
    surveys : SurveyTable
    stars : int
    seed : int
    kind : {"full", "dyn", "magrot"}
        Everything; orbits only; field and spin only.

    Yields
    ------
    BlockTables

    Examples
    --------
    >>> from popmaps.radio.surveys import built_in_surveys
    >>> (block,) = full_population(
    ...     PopulationSettings(), built_in_surveys(), stars=100, seed=1, kind="magrot"
    ... )
    >>> sorted(block.final)
    ['B', 'B_initial', 'P', 'P_dot', 'age', 'chi', 'idx']
    """
    make = {"full": _full, "dyn": _dynamics, "magrot": _magneto_rotation}[kind]
    for block in draw_stars(settings, seed, stars):
        yield make(block, settings, surveys, seed)


def _index(block: Block) -> Columns:
    return {"idx": block.first + np.arange(len(block))}


def _initial(block: Block, settings: PopulationSettings) -> Columns:
    at_birth = spin_at_birth(block.spin, settings.spin)
    return _index(block) | block.galaxy.columns() | _spin_columns(at_birth)


def _spin_columns(spin: SpinToday) -> Columns:
    return {
        "B": spin.B_gauss,
        "chi": spin.chi_rad,
        "P": spin.period_s,
        "P_dot": spin.period_derivative,
    }


def _dynamics(
    block: Block, settings: PopulationSettings, surveys: SurveyTable, seed: int
) -> BlockTables:
    today = dynamics.evolved(block.galaxy, settings.galaxy.potential)
    return BlockTables(_initial(block, settings), _index(block) | today.columns(), {})


def _magneto_rotation(
    block: Block, settings: PopulationSettings, surveys: SurveyTable, seed: int
) -> BlockTables:
    spin = _spin_columns(spin_today(block, settings))
    births = {"age": block.galaxy.age_yr, "B_initial": block.spin.B_gauss}
    return BlockTables(_initial(block, settings), _index(block) | births | spin, {})


def _full(
    block: Block, settings: PopulationSettings, surveys: SurveyTable, seed: int
) -> BlockTables:
    spin = spin_today(block, settings)
    today = dynamics.evolved(block.galaxy, settings.galaxy.potential)
    index = beamed(block, spin, settings)
    pulsars = radio_pulsars(block, spin, index, rows(today, index), settings)
    final = _index(block) | today.columns() | _spin_columns(spin)
    final |= {"B_initial": block.spin.B_gauss} | _radio_columns(len(block), pulsars, settings)
    found = detect(block, pulsars, settings, surveys, seed)
    ordered = {column.name: final[column.name] for column in FULL}
    return BlockTables(_initial(block, settings), ordered, found)


def _radio_columns(size: int, pulsars: Pulsars, settings: PopulationSettings) -> Columns:
    """Radio columns of every star: 0 where no beam crosses the Sun."""

    def spread(values: NDArray[Any]) -> NDArray[Any]:
        whole = np.zeros(size, dtype=values.dtype)
        whole[pulsars.index] = values
        return whole

    scatter = settings.radio.scattering_log10_sigma * pulsars.radio.scattering
    return {
        "L_radio_bol": spread(pulsars.emission.luminosity_erg_s),
        "S_radio_bol": spread(pulsars.emission.flux),
        "w_int": spread(pulsars.emission.width_s),
        "DM": spread(pulsars.dm_pc_cm3),
        "tau_sc": spread(scattering_time_s(pulsars.dm_pc_cm3, scatter)),
        "intercepted_radio": spread(np.ones(len(pulsars.index), dtype=bool)),
        "spectral_index": spread(
            np.full(len(pulsars.index), settings.radio.spectral_index, dtype=np.float64)
        ),
    }
