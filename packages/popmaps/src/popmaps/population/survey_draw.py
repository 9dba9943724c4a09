"""A population drawn star by star until every survey has detected as many as it really did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from popmaps.galaxy import dynamics
from popmaps.radio.surveys import SurveyTable
from skytypes.errors import InputError, SkyError

from .detections import Columns, detect, joined
from .settings import PopulationSettings
from .stars import BLOCK_STARS, beamed, draw_block, radio_pulsars, spin_today

MAX_BIRTHS_PER_CENTURY = 5.0
"""More than twice the Galactic rate of core-collapse supernovae: such a population is none."""


class TargetsOutOfReachError(SkyError):
    """The surveys do not reach their counts of detections."""


@dataclass(frozen=True)
class SurveyPopulation:
    """What surveys detect of a population.

    Parameters
    ----------
    stars : int
        Drawn until the last survey had its count.
    tables : mapping of group to columns
        `popmaps.columns.SURVEY`, and which survey of a group detects.
    """

    stars: int
    tables: Mapping[str, Columns]


def birth_rate_per_century(stars: int, t_max_yr: float) -> float:
    """Births a century when stars are born evenly over a time.

    Parameters
    ----------
    stars : int
    t_max_yr : float
        [yr]

    Examples
    --------
    >>> birth_rate_per_century(600_000, 3e7)
    2.0
    """
    return stars / t_max_yr * 100


def most_stars(settings: PopulationSettings, stars: int | None) -> int:
    """Stars after which drawing is given up: the number asked for, or 5 births a century.

    Parameters
    ----------
    settings : PopulationSettings
    stars : int or None
        Asked for; None for `MAX_BIRTHS_PER_CENTURY`.
    """
    if stars is not None:
        return stars
    return max(1, int(MAX_BIRTHS_PER_CENTURY * settings.galaxy.t_max_yr / 100))


def draw_until_detected(
    settings: PopulationSettings,
    surveys: SurveyTable,
    targets: Mapping[str, int],
    *,
    seed: int,
    stars: int | None = None,
) -> SurveyPopulation:
    """Draw stars until each group of surveys has detected its count.

    Parameters
    ----------
    settings : PopulationSettings
    surveys : SurveyTable
    targets : mapping of group to int
        Detections wanted. A group without a target goes along.
    seed : int
    stars : int or None
        Most stars; None for `MAX_BIRTHS_PER_CENTURY`.

    Returns
    -------
    SurveyPopulation
        Of all stars up to the one with which the last target is met, so that the others have
        more than theirs: one population, seen by all.

    Raises
    ------
    InputError
        If there is no target, or one of a group that there is not.
    TargetsOutOfReachError
        If the most stars are drawn and a target is not met.
    """
    unknown = sorted(set(targets) - set(surveys.groups))
    if unknown or not targets:
        given = repr(unknown[0]) if unknown else "none"
        raise InputError(f"target of {given}; give it for one of {', '.join(surveys.groups)}")
    most = most_stars(settings, stars)
    found: dict[str, list[Columns]] = {name: [] for name in surveys.groups}
    counts = dict.fromkeys(surveys.groups, 0)
    for number in range(-(-most // BLOCK_STARS)):
        for name, table in _detect_block(settings, surveys, seed, number).items():
            found[name].append(table)
            counts[name] += len(table["idx"])
        if all(counts[name] >= target for name, target in targets.items()):
            break
    tables = {name: joined(parts) for name, parts in found.items()}
    return _cut(tables, targets, most, settings)


def _detect_block(
    settings: PopulationSettings, surveys: SurveyTable, seed: int, number: int
) -> dict[str, Columns]:
    """Only stars whose beam crosses the Sun are moved through the Galaxy."""
    block = draw_block(settings, seed, number)
    spin = spin_today(block, settings)
    index = beamed(block, spin, settings)
    today = dynamics.evolved(block.galaxy, settings.galaxy.potential, select=index)
    pulsars = radio_pulsars(block, spin, index, today, settings)
    return detect(block, pulsars, settings, surveys, seed)


def _cut(
    tables: Mapping[str, Columns],
    targets: Mapping[str, int],
    most: int,
    settings: PopulationSettings,
) -> SurveyPopulation:
    """The tables up to the star that meets the last target."""
    met = [
        int(tables[name]["idx"][target - 1]) + 1 if len(tables[name]["idx"]) >= target else most + 1
        for name, target in targets.items()
    ]
    stars = min(max(met), most)
    cut = {
        name: {
            column: values[: np.searchsorted(table["idx"], stars)]
            for column, values in table.items()
        }
        for name, table in tables.items()
    }
    if max(met) > most:
        rate = birth_rate_per_century(most, settings.galaxy.t_max_yr)
        short = ", ".join(
            f"{name} {len(cut[name]['idx'])} of {target}"
            for name, target in targets.items()
            if len(cut[name]["idx"]) < target
        )
        raise TargetsOutOfReachError(f"{most} stars ({rate:.3g} births a century) leave {short}")
    return SurveyPopulation(stars, cut)
