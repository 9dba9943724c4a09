"""``psrcat.db``, the text database of the ATNF pulsar catalogue.

A record is one pulsar: lines ``KEY value [error] reference``, ended by ``@---``; ``#`` starts a
comment. The first occurrence of a key is the preferred value. Source: Manchester, Hobbs, Teoh &
Hobbs 2005, AJ 129, 1993 (doi:10.1086/428488) and the catalogue's own documentation.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from skytypes.errors import InputError

from .positions import equatorial, galactic, sexagesimal
from .pulsars import Pulsars, check_name, in_range, number, tabulate

_VERSION = re.compile(r"#CATALOGUE\s+(\S+)")
_COPIED: Final = {
    "PMRA": "pm_ra_mas_yr",
    "PMDEC": "pm_dec_mas_yr",
    "DM": "dm_pc_cm3",
    "S400": "s400_mjy",
    "S1400": "s1400_mjy",
}
_TEXT: Final = {"ASSOC": "association", "SURVEY": "surveys", "TYPE": "type", "BINARY": "binary"}
_EPOCHS: Final = "S1284"

Record = dict[str, list[str]]


def parse_psrcat(text: str) -> Pulsars:
    r"""Pulsars of the text of ``psrcat.db``.

    Parameters
    ----------
    text : str

    Returns
    -------
    Pulsars
        Period and its derivative are P0, P1, or from the spin frequency: ``P = 1 / F0`` and
        ``P_dot = -F1 / F0**2``. Positions are RAJ and DECJ, or ELONG and ELAT on the mean
        ecliptic of J2000; Galactic ones are computed. The distance is DIST_A, else DIST_DM.
        ``s1284_mjy`` is the median over the epochs of MeerKAT at 1284 MHz.

    Raises
    ------
    InputError
        If the text is cut short inside a record or no pulsar can be read.

    Examples
    --------
    >>> text = "PSRJ J1 x\nRAJ 12:00 x\nDECJ -30:00 x\nF0 2.0 1 x\nF1 -4E-15 1 x\n@---\n"
    >>> parse_psrcat(text).table[["ra_deg", "p_s", "p_dot"]].values.tolist()
    [[180.0, 0.5, 1e-15]]
    """
    rows: list[dict[str, Any]] = []
    skipped: list[str] = []
    seen: set[str] = set()
    for count, record in enumerate(_records(text), start=1):
        name = record.get("PSRJ", [""])[0]
        try:
            check_name(name, seen)
            rows.append({"name": name, **_row(record)})
            seen.add(name)
        except ValueError as error:
            skipped.append(f"record {count}: {error}; left out")
    if not rows:
        reason = f" ({skipped[0]})" if skipped else "; records end with a line @---"
        raise InputError(f"no pulsar can be read from it{reason}")
    _add_ecliptic_positions(rows)
    _add_galactic_positions(rows)
    found = _VERSION.match(text)
    return Pulsars(tabulate(rows), "psrcat.db", found[1] if found else "", tuple(skipped))


def _records(text: str) -> Iterator[Record]:
    """Values of each record by key, the preferred one first."""
    record: Record = {}
    # Line by line: a list of all lines would take many times the text's memory.
    for line in io.StringIO(text):
        if line.startswith("@"):
            if record:
                yield record
            record = {}
        elif not line.startswith("#") and line.strip():
            key, *words = line.split()
            record.setdefault(key, []).append(words[0] if words else "")
    if record:
        name = repr(record.get("PSRJ", ["a pulsar"])[0][:30])
        raise InputError(f"it ends inside the record of {name}; the file is cut short")


def _row(record: Mapping[str, list[str]]) -> dict[str, Any]:
    first = {key: values[0] for key, values in record.items()}
    row: dict[str, Any] = {
        column: number(first[k], k) for k, column in _COPIED.items() if k in first
    }
    row |= {column: first[key] for key, column in _TEXT.items() if key in first}
    row |= _spin(first) | _position(first)
    for key in ("DIST_A", "DIST_DM"):
        if key in first and "dist_kpc" not in row:
            row["dist_kpc"] = number(first[key], key)
    if _EPOCHS in record:
        row["s1284_mjy"] = float(np.median([number(t, _EPOCHS) for t in record[_EPOCHS]]))
    return row


def _spin(first: Mapping[str, str]) -> dict[str, float]:
    """Period [s] and its derivative [s/s]."""
    period = slowing = math.nan
    if "P0" in first:
        period = number(first["P0"], "P0")
    elif "F0" in first:
        period = 1.0 / in_range(number(first["F0"], "F0"), "F0", 1e-6, 1e6)
    in_range(period, "P0", 1e-6, 1e6)
    if "P1" in first:
        slowing = number(first["P1"], "P1")
    elif "F1" in first:
        slowing = -number(first["F1"], "F1") * period**2
    return {"p_s": period, "p_dot": slowing}


def _position(first: Mapping[str, str]) -> dict[str, float]:
    """Right ascension and declination, or ecliptic longitude and latitude [deg]."""
    if "RAJ" in first and "DECJ" in first:
        hours = in_range(sexagesimal(first["RAJ"], "RAJ"), "RAJ", 0.0, 24.0)
        degrees = in_range(sexagesimal(first["DECJ"], "DECJ"), "DECJ", -90.0, 90.0)
        return {"ra_deg": 15.0 * hours % 360.0, "dec_deg": degrees}
    if "ELONG" in first and "ELAT" in first:
        longitude = in_range(number(first["ELONG"], "ELONG"), "ELONG", -360.0, 360.0)
        latitude = in_range(number(first["ELAT"], "ELAT"), "ELAT", -90.0, 90.0)
        return {"elong": longitude, "elat": latitude}
    raise ValueError("no position (RAJ and DECJ, or ELONG and ELAT)")


def _add_ecliptic_positions(rows: list[dict[str, Any]]) -> None:
    wanted = [row for row in rows if "elong" in row]
    if wanted:
        longitude = np.array([row["elong"] for row in wanted])
        ra, dec = equatorial(longitude, np.array([row["elat"] for row in wanted]))
        for row, ra_deg, dec_deg in zip(wanted, ra, dec, strict=True):
            row |= {"ra_deg": float(ra_deg), "dec_deg": float(dec_deg)}


def _add_galactic_positions(rows: list[dict[str, Any]]) -> None:
    ra = np.array([row["ra_deg"] for row in rows])
    l_deg, b_deg = galactic(ra, np.array([row["dec_deg"] for row in rows]))
    for row, longitude, latitude in zip(rows, l_deg, b_deg, strict=True):
        row |= {"l_deg": longitude, "b_deg": latitude}
