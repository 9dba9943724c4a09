"""Tables separated by ``;``: the catalogue's web export and the one-header CSV.

The export ("short csv without errors") has a line of names and a line of units, an unnamed empty
column at the end and ``NAN`` or ``*`` where there is no value; the other has the names alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from skytypes.errors import InputError

from ..coordinates import wrapped_longitude_deg
from .positions import galactic
from .pulsars import Pulsars, check_name, in_range, number, tabulate

_NEEDED: Final = ("PSRJ", "RAJD", "DECJD", "P0", "P1", "ASSOC", "SURVEY")
_NUMBERS: Final = {
    "RAJD": "ra_deg",
    "DECJD": "dec_deg",
    "Gl": "l_deg",
    "Gb": "b_deg",
    "P0": "p_s",
    "P1": "p_dot",
    "PMRA": "pm_ra_mas_yr",
    "PMDEC": "pm_dec_mas_yr",
    "DM": "dm_pc_cm3",
    "DIST": "dist_kpc",
    "S400": "s400_mjy",
    "S1400": "s1400_mjy",
    "S1284_MED": "s1284_mjy",
}
# Of the columns that the maps are made of; how the others' units are spelt is no matter.
_UNITS: Final = dict.fromkeys(("RAJD", "DECJD", "Gl", "Gb"), "(deg)") | {
    "P0": "(s)",
    "S1400": "(mJy)",
    "S1284_MED": "(mJy)",
}
_TEXTS: Final = {
    "PSRJ": "name",
    "ASSOC": "association",
    "SURVEY": "surveys",
    "TYPE": "type",
    "BINARY": "binary",
}
_RANGES: Final = {
    "RAJD": (0.0, 360.0),
    "DECJD": (-90.0, 90.0),
    "Gl": (-180.0, 360.0),
    "Gb": (-90.0, 90.0),
    "P0": (1e-6, 1e6),
}
_ABSENT: Final = frozenset({"", "*", "NAN"})


def parse_atnf(text: str) -> Pulsars:
    r"""Pulsars of a table separated by ``;``, with or without a line of units.

    Parameters
    ----------
    text : str
        Columns PSRJ, RAJD, DECJD [deg], P0 [s], P1 [s/s], ASSOC and SURVEY; read if present:
        Gl, Gb [deg], PMRA, PMDEC [mas/yr], DM [pc/cm^3], DIST [kpc], S400, S1400, S1284_MED
        [mJy], TYPE, BINARY. Others are passed over, and of a name that occurs twice the first.

    Returns
    -------
    Pulsars
        Galactic positions are computed where Gl and Gb are not given.

    Raises
    ------
    InputError
        If a column is missing, has another unit, or no pulsar can be read.

    Examples
    --------
    >>> text = "PSRJ;RAJD;DECJD;P0;P1;ASSOC;SURVEY\nJ1;180;-30;0.5;1e-15;NAN;pksmb\n"
    >>> parse_atnf(text).table[["name", "p_s", "surveys"]].values.tolist()
    [['J1', 0.5, 'pksmb']]
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or ";" not in lines[0]:
        raise InputError("its first line is no list of column names separated by ';'")
    names = [cell.strip() for cell in lines[0].split(";")]
    place = {name: names.index(name) for name in (*_NUMBERS, *_TEXTS) if name in names}
    missing = [name for name in _NEEDED if name not in place]
    if missing:
        raise InputError(f"no column {', '.join(missing)}; its columns are {_listed(names)}")
    body = lines[1:]
    units = bool(body) and _is_units(body[0].split(";"), place)
    if units:
        _check_units(body[0].split(";"), place)
        body = body[1:]
    rows, skipped = _rows(body, names, place)
    if not rows:
        reason = f" ({skipped[0]})" if skipped else "; it has no rows"
        raise InputError(f"no pulsar can be read from it{reason}")
    _complete_positions(rows)
    layout = "ATNF export" if units else "one-header CSV"
    return Pulsars(tabulate(rows), layout, "", tuple(skipped), "BINARY" in place)


def _listed(names: Sequence[str]) -> str:
    text = ", ".join(name for name in names if name)
    return text if len(text) <= 300 else text[:300] + "..."


def _is_units(cells: Sequence[str], place: Mapping[str, int]) -> bool:
    """A line of units names no pulsar, and holds something in brackets."""
    named = place["PSRJ"] < len(cells) and cells[place["PSRJ"]].strip()
    return not named and any(cell.strip().startswith("(") for cell in cells)


def _check_units(cells: Sequence[str], place: Mapping[str, int]) -> None:
    for name, unit in _UNITS.items():
        if name in place:
            given = cells[place[name]].strip() if place[name] < len(cells) else ""
            if given and given != unit:
                raise InputError(f"column {name} is in {given}; give it in {unit}")


def _rows(
    body: Sequence[str], names: Sequence[str], place: Mapping[str, int]
) -> tuple[list[dict[str, Any]], list[str]]:
    rows: list[dict[str, Any]] = []
    skipped: list[str] = []
    seen: set[str] = set()
    for count, line in enumerate(body, start=1):
        cells = [cell.strip() for cell in line.split(";")]
        name = cells[place["PSRJ"]] if place["PSRJ"] < len(cells) else ""
        try:
            check_name(name, seen)
            rows.append(_row(_filled(cells, len(names)), place))
            seen.add(name)
        except ValueError as error:
            skipped.append(f"row {count}: {error}; left out")
    return rows, skipped


def _filled(cells: list[str], count: int) -> list[str]:
    """One cell a column: the last, unnamed one may be absent, and empty ones may follow."""
    if len(cells) < count - 1 or any(cells[count:]):
        raise ValueError(f"{len(cells)} cells under {count} names")
    return [*cells, ""]


def _row(cells: Sequence[str], place: Mapping[str, int]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, column in _NUMBERS.items():
        cell = cells[place[name]] if name in place else ""
        if cell.upper() not in _ABSENT:
            low, high = _RANGES.get(name, (-math.inf, math.inf))
            row[column] = in_range(number(cell, name), name, low, high)
    for name, column in _TEXTS.items():
        cell = cells[place[name]] if name in place else ""
        row[column] = "" if cell.upper() in _ABSENT else cell
    if "ra_deg" not in row or "dec_deg" not in row:
        raise ValueError("no position (RAJD and DECJD)")
    return row


def _complete_positions(rows: list[dict[str, Any]]) -> None:
    wanted = [row for row in rows if "l_deg" not in row or "b_deg" not in row]
    if wanted:
        ra = np.array([row["ra_deg"] for row in wanted])
        l_deg, b_deg = galactic(ra, np.array([row["dec_deg"] for row in wanted]))
        for row, longitude, latitude in zip(wanted, l_deg, b_deg, strict=True):
            row |= {"l_deg": float(longitude), "b_deg": float(latitude)}
    longitudes = wrapped_longitude_deg(np.array([row["l_deg"] for row in rows]))
    for row, longitude in zip(rows, longitudes, strict=True):
        row["l_deg"] = float(longitude)
