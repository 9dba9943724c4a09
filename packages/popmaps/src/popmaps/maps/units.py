"""Columns of strangers' tables in the units that the maps are made in."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from skytypes.errors import InputError

from ..columns import FULL, SURVEY
from ..constants import KM_S_PER_KPC_YEAR, YEAR_S

if TYPE_CHECKING:
    from ..tables import Table

UNITS: Final[Mapping[str, str]] = {c.name: c.unit for c in (*SURVEY, *FULL)}
"""Unit of each column, as the maps want it."""

_SAID_NOWHERE: Final = frozenset({"", "-", "none", "nan"})
_LONGEST: Final = 60

# A year of the simulator has 365 days, one of astropy 365.25.
_OF_THE_SIMULATOR: Final[Mapping[tuple[str, str], float]] = {
    ("s s^-1", "s yr^-1"): YEAR_S,
    ("km s^-1", "kpc yr^-1"): 1 / KM_S_PER_KPC_YEAR,
}


def in_map_units(table: Table, path: object) -> dict[str, NDArray[Any]]:
    """Columns of a table, each in the unit of `UNITS`.

    Parameters
    ----------
    table : Table
        A column that says no unit is taken to be in the one wanted.
    path : path
        Of the table, named in the message.

    Raises
    ------
    InputError
        If a unit is unknown, or of another kind.
    """
    columns = dict(table.columns)
    for name, column in columns.items():
        divisor = unit_divisor(name, table.units[name], str(path))
        if divisor != 1.0:
            with np.errstate(over="ignore"):
                columns[name] = column / divisor
    return columns


def unit_divisor(name: str, unit: str, path: str) -> float:
    """What a column is divided by to be in the unit of `UNITS`.

    Parameters
    ----------
    name : str
        Of the column.
    unit : str
        That the table says; any that `astropy.units` knows.
    path : str
        Named in the message.

    Raises
    ------
    InputError
        If the unit is unknown, or of another kind.

    Examples
    --------
    >>> unit_divisor("P", "ms", "a"), unit_divisor("P_dot", "s yr^-1", "a")
    (1000.0, 31536000.0)
    """
    wanted = UNITS[name]
    divisor = _divisor(wanted, unit) if len(unit) <= _LONGEST else math.nan
    if not 0 < divisor < math.inf:
        raise InputError(
            f"{path}: {name} is in {unit[:_LONGEST]!r}; it must be "
            + (f"in {wanted!r}, or in a unit that can be converted to it" if wanted else "a number")
        )
    return divisor


@lru_cache(maxsize=256)
def _divisor(wanted: str, unit: str) -> float:
    """How many of the unit are one of that wanted; no number if it can't be told."""
    plain = _plain(unit)
    if unit.strip().lower() in _SAID_NOWHERE or plain == _plain(wanted):
        return 1.0
    for (ours, theirs), divisor in _OF_THE_SIMULATOR.items():
        if wanted == ours and plain == _plain(theirs):
            return divisor
    return _by_astropy(wanted, "" if plain == "dimensionless" else unit)


def _plain(unit: str) -> str:
    """A unit in one of its spellings: ``s/year``, ``s yr**-1`` and ``s.yr^-1`` are ``s/yr``."""
    text = re.sub(r"[\s(){}\[\].*]+", " ", unit.strip().replace("**", "^")).strip()
    text = re.sub(r"\b(?:year|a)\b", "yr", text)
    text = re.sub(r"(?:^| |(?<=[a-z]))([a-z]+) ?\^ ?-1\b", r"/\1", text)
    return text.replace(" ", "")


def _by_astropy(wanted: str, unit: str) -> float:
    """As `_divisor`, of any two units."""
    from astropy import units

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            given = units.Unit(unit)
        # Magnitudes and the like have no factor.
        linear = isinstance(given, units.UnitBase)
        return float(units.Unit(wanted).to(given)) if linear else math.nan
    except (ValueError, TypeError, ArithmeticError, units.UnitsError):
        return math.nan
