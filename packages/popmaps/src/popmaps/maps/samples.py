"""Simulated samples in their folders: which there are, and their tables in the maps' units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from skytypes.errors import InputError

from ..sample_files import ABORTED, CONFIGURATION, OVERRIDE
from ..tables import find_table, iter_table, read_table
from .full_maps import FULL_COLUMNS
from .layout import SURVEY_TABLES, Kind
from .survey_maps import SURVEY_COLUMNS
from .units import in_map_units

FULL_TABLE: Final = "final_population"


_NUMBERED = re.compile(r"[0-9]{6,18}")


@dataclass(frozen=True)
class SampleFolder:
    """The folder of one sample.

    Parameters
    ----------
    number : int
        Of the folder's name; gaps between samples are fine.
    path : str
    """

    number: int
    path: str

    def is_aborted(self) -> bool:
        """Whether the simulator recorded that this sample can't be made."""
        return (Path(self.path) / ABORTED).is_file()

    def fingerprint(self, kind: Kind) -> list[list[Any]]:
        """Names, sizes and times of the files that a sample's maps are made of.

        Parameters
        ----------
        kind : {"full", "surveys", "single"}
        """
        found: list[list[Any]] = []
        for stem in _stems(kind):
            try:
                found.append(_stamp(find_table(self.path, stem)))
            except InputError:
                found.append([stem])
        for name in (OVERRIDE, CONFIGURATION) if kind == "single" else (OVERRIDE,):
            path = Path(self.path) / name
            found.append(_stamp(path) if path.is_file() else [name])
        return found


def _stems(kind: Kind) -> tuple[str, ...]:
    return (FULL_TABLE,) if kind == "full" else tuple(SURVEY_TABLES.values())


def _stamp(path: Path) -> list[Any]:
    status = path.stat()
    return [path.name, status.st_size, status.st_mtime_ns]


def find_samples(data: str | Path, kind: Kind) -> list[SampleFolder]:
    """The samples in a folder, by number; of kind ``single`` the folder itself.

    Parameters
    ----------
    data : path
    kind : {"full", "surveys", "single"}

    Raises
    ------
    InputError
        If there is no such folder, or no sample in it.
    """
    root = Path(data)
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give the one that popmaps simulate wrote")
    if kind == "single":
        return [SampleFolder(0, str(root))]
    names = (p.name for p in root.iterdir() if _NUMBERED.fullmatch(p.name) and p.is_dir())
    found = sorted((int(name), name) for name in names)
    if not found:
        raise InputError(f"{root}: no folder of a sample (000000, 000001 ...) in it")
    twice = [b for a, b in pairwise(found) if a[0] == b[0]]
    if twice:
        raise InputError(f"{root}: sample {twice[0][0]} has two folders; remove one")
    return [SampleFolder(number, str(root / name)) for number, name in found]


def read_population(folder: SampleFolder) -> Iterator[dict[str, NDArray[Any]]]:
    """Chunks of a whole population's stars, in their order and in the units of the maps.

    Parameters
    ----------
    folder : SampleFolder

    Raises
    ------
    InputError
        If the table is missing, damaged, lacks a column, or has one in an unknown unit.
    """
    path = find_table(folder.path, FULL_TABLE)
    for part in iter_table(path, FULL_COLUMNS):
        yield in_map_units(part, path)


def read_surveys(folder: SampleFolder) -> dict[str, dict[str, NDArray[np.float64]]]:
    """What each survey detects in a sample, in the units of the maps.

    Parameters
    ----------
    folder : SampleFolder

    Returns
    -------
    dict of survey to columns
        A survey can detect no star, but not all of them.

    Raises
    ------
    InputError
        If a table is missing, damaged, lacks a column, or has one in an unknown unit, or if no
        survey detects a star.
    """
    tables = {}
    for survey, stem in SURVEY_TABLES.items():
        path = find_table(folder.path, stem)
        tables[survey] = in_map_units(read_table(path, SURVEY_COLUMNS, allow_empty=True), path)
    if not any(table["ra"].size for table in tables.values()):
        raise InputError(f"{folder.path}: no rows in any survey's table; maps need a detection")
    return tables
