"""Where the antennas stand: those of the shipped ALMA configurations, or of a user's own list."""

from __future__ import annotations

import csv
import io
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from skytypes.errors import InputError

from .antenna_lists import read_antenna_list


def antenna_positions(name: str) -> NDArray[np.float64]:
    """Antennas of a shipped array, in the order CASA numbers them.

    Parameters
    ----------
    name : str
        One of `casa_sim.arrays.ARRAYS`, or the path of an antenna list
        (`casa_sim.antenna_lists.read_antenna_list`).

    Returns
    -------
    ndarray, shape (n_antennas, 3), read-only
        ITRF x, y, z [m].

    Raises
    ------
    InputError
        If there is no such array, the message lists them; or the list is bad.

    Examples
    --------
    >>> antenna_positions("alma.cycle9.7.cfg").shape
    (43, 3)
    """
    table = _table()
    if name in table:
        return table[name]
    if is_antenna_list(name):
        state = Path(name).stat()
        return _own_list(name, state.st_mtime_ns, state.st_size)
    raise InputError(
        f"array is {name!r}; allowed: {', '.join(table)}, or the file of an antenna list (.cfg)"
    )


def is_antenna_list(name: str) -> bool:
    """Whether a name is the path of a file that could be an antenna list.

    Examples
    --------
    >>> is_antenna_list("alma.cycle9.7.cfg")
    False
    """
    return name not in _table() and name.endswith(".cfg") and Path(name).is_file()


@lru_cache(maxsize=16)
def _own_list(path: str, mtime_ns: int, size: int) -> NDArray[np.float64]:
    """The antennas of a list, read again only when the file changes."""
    positions = read_antenna_list(path)
    positions.setflags(write=False)
    return positions


@cache
def _table() -> dict[str, NDArray[np.float64]]:
    """The shipped table, written by tools/tables/alma_tables.py."""
    text = files("casa_sim").joinpath("data/antennas.csv").read_text(encoding="utf-8")
    rows: dict[str, list[list[float]]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        rows.setdefault(row["array"], []).append([float(row[c]) for c in ("x_m", "y_m", "z_m")])
    table = {name: np.array(positions) for name, positions in rows.items()}
    for positions in table.values():
        positions.setflags(write=False)
    return table


def longest_baseline_m(positions: NDArray[np.float64]) -> float:
    """Largest distance between two antennas [m].

    Parameters
    ----------
    positions : ndarray, shape (n_antennas, 3)
        [m]

    Examples
    --------
    >>> round(longest_baseline_m(antenna_positions("alma.cycle9.1.cfg")))
    161
    """
    return float(pdist(positions).max())
