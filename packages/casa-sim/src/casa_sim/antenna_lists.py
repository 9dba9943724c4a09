"""Antenna lists of one's own, in the layout of CASA's, read and checked."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform

from skyrun.files import read_text
from skytypes.errors import InputError

from .site import CENTRE_M, local_to_itrf

DISH_M = 12.0
ANTENNAS = (2, 500)

_MAX_BYTES = 1 << 20
_MAX_DISTANCE_M = 100e3
_SETTING = re.compile(r"^\s*#\s*(observatory|coordsys|cofa)\s*=\s*(\S*)", re.I | re.M)


def read_antenna_list(path: str | os.PathLike[str]) -> NDArray[np.float64]:
    """Antennas of a list of one's own, in the layout of CASA's.

    Parameters
    ----------
    path : path
        A line for each antenna: x, y, z [m], the diameter [m], and if wanted a name. Above them
        ``# coordsys=LOC`` (x east, y north, z up of the ALMA centre) or ``# coordsys=XYZ``
        (ITRF), and if wanted ``# observatory=ALMA``; other lines that begin with ``#`` are
        passed over.

    Returns
    -------
    ndarray, shape (n_antennas, 3)
        ITRF x, y, z [m], in the order of the file.

    Raises
    ------
    InputError
        If the file can't be read, a line is not an antenna of 12 m, there are too few or too
        many, one is not at ALMA, or two stand in each other's way. The line is named.
    """
    text = read_text(path, max_bytes=_MAX_BYTES)
    is_local = _is_local(text, path)
    lines: list[int] = []
    places: list[list[float]] = []
    for number, fields in _antenna_lines(text):
        if len(places) == ANTENNAS[1]:
            raise InputError(
                f"{path}: line {number}: more than {ANTENNAS[1]} antennas; leave some out"
            )
        places.append(_place(fields, f"{path}: line {number}"))
        lines.append(number)
    if len(places) < ANTENNAS[0]:
        raise InputError(f"{path}: {len(places)} antennas; give at least {ANTENNAS[0]}")
    given = np.array(places)
    positions = local_to_itrf(given) if is_local else given
    _check_places(positions, lines, path)
    return positions


def _is_local(text: str, path: str | os.PathLike[str]) -> bool:
    """Whether the list is of east, north, up; its observatory is checked on the way."""
    said: dict[str, str] = {key.lower(): value for key, value in _SETTING.findall(text)}
    if "cofa" in said:
        raise InputError(f"{path}: a centre (COFA) of its own; allowed: ALMA's, so leave it out")
    observatory = said.get("observatory", "ALMA")
    if observatory.upper() != "ALMA":
        raise InputError(f"{path}: observatory={observatory[:40]}; allowed: ALMA")
    system = said.get("coordsys")
    if system is None or system.upper() not in ("LOC", "XYZ"):
        told = "no coordsys" if system is None else f"coordsys={system[:40]}"
        raise InputError(f"{path}: {told}; give a line '# coordsys=LOC' or '# coordsys=XYZ'")
    return system.upper() == "LOC"


def _antenna_lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Number and fields of the lines that hold an antenna."""
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.partition("#")[0].split()
        if fields:
            yield number, fields


def _place(fields: list[str], where: str) -> list[float]:
    """The three coordinates of an antenna [m]."""
    if len(fields) < 4:
        raise InputError(f"{where}: {len(fields)} fields; give x, y, z and the diameter")
    try:
        *place, diameter = (float(field) for field in fields[:4])
    except ValueError as error:
        raise InputError(f"{where}: {str(error)[:80]}; give x, y, z and the diameter") from None
    if not all(math.isfinite(value) for value in place):
        raise InputError(f"{where}: {' '.join(fields[:3])[:80]}; give finite positions [m]")
    if diameter != DISH_M:
        raise InputError(f"{where}: diameter is {diameter:g} m; allowed: {DISH_M:g} m")
    return place


def _check_places(
    positions: NDArray[np.float64], lines: list[int], path: str | os.PathLike[str]
) -> None:
    """Refuse antennas far from ALMA, and two closer than a dish."""
    away = np.linalg.norm(positions - CENTRE_M, axis=1)
    if away.max() > _MAX_DISTANCE_M:
        worst = int(away.argmax())
        raise InputError(
            f"{path}: line {lines[worst]}: {away[worst] / 1e3:.4g} km from the ALMA centre; "
            f"allowed: {_MAX_DISTANCE_M / 1e3:g} km (is coordsys right?)"
        )
    apart = squareform(pdist(positions))
    np.fill_diagonal(apart, np.inf)
    first, second = np.unravel_index(int(apart.argmin()), apart.shape)
    if apart[first, second] < DISH_M:
        raise InputError(
            f"{path}: lines {lines[first]} and {lines[second]}: antennas {apart.min():.3g} m "
            f"apart; dishes of {DISH_M:g} m need at least that"
        )
