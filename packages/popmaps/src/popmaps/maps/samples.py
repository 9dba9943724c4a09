"""Simulated samples in their folders: which there are, their tables, labels and units."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from skyrun.files import read_json
from skytypes.errors import InputError

from ..sample_files import ABORTED, CONFIGURATION, OVERRIDE
from ..tables import find_table, iter_table, read_table
from .full_maps import FULL_COLUMNS
from .layout import INPUT_PREFIX, SURVEY_TABLES, Kind
from .survey_maps import SURVEY_COLUMNS
from .units import in_map_units

FULL_TABLE: Final = "final_population"

SINGLE_LABELS: Final = (
    *("B_initial_log10_mean", "B_initial_log10_sigma"),
    *("P_initial_log10_mean", "P_initial_log10_sigma"),
    *("a_late", "L_radio_log10_mean", "epsilon_L", "h_c", "sigma_k"),
)
"""Labels of a single sample without ``override.json``, from ``configuration.json``."""

_NUMBERED = re.compile(r"[0-9]{6,18}")
_LABELS_BYTES: Final = 1 << 22


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
        """Names, sizes and times of the files that a sample's maps are made of."""
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


def read_labels(folder: SampleFolder, kind: Kind) -> dict[str, float]:
    """The parameters that a sample was drawn with, by name.

    Parameters
    ----------
    folder : SampleFolder
    kind : {"full", "surveys", "single"}
        A single sample without ``override.json`` has its labels in ``configuration.json``.

    Raises
    ------
    InputError
        If the file is missing, is no JSON of names and finite numbers, or lacks a label.
    """
    path = Path(folder.path) / OVERRIDE
    if kind == "single" and not path.exists():
        path = Path(folder.path) / CONFIGURATION
        known = _flattened(read_json(path, max_bytes=_LABELS_BYTES))
        missing = [name for name in SINGLE_LABELS if name not in known]
        if missing:
            raise InputError(f"{path}: no {missing[0]}; give it, or an {OVERRIDE}")
        labels = {name: known[name] for name in SINGLE_LABELS}
    else:
        labels = read_json(path, max_bytes=_LABELS_BYTES)
    if not isinstance(labels, dict):
        raise InputError(f"{path}: holds no names and numbers; give {{NAME: NUMBER, ...}}")
    return {name: _number(name, labels[name], path) for name in sorted(labels)}


def usual_labels(samples: Sequence[SampleFolder], kind: Kind) -> list[str]:
    """Names of the labels that most samples have; of two as frequent sets the first.

    Parameters
    ----------
    samples : sequence of SampleFolder
        Those without readable labels have no say.
    kind : {"full", "surveys", "single"}
    """
    votes: Counter[tuple[str, ...]] = Counter()
    for sample in samples:
        with suppress(InputError):
            votes[tuple(read_labels(sample, kind))] += 1
    return [*votes.most_common(1)[0][0]] if votes else []


def require_labels(labels: Mapping[str, float], wanted: Sequence[str]) -> None:
    """Refuse a sample with other labels than the dataset has.

    Parameters
    ----------
    labels : mapping of name to float
    wanted : sequence of str

    Raises
    ------
    InputError
        If a label is missing, or there is one more.
    """
    missing, more = sorted({*wanted} - {*labels}), sorted({*labels} - {*wanted})
    if missing or more:
        differ = [*(f"no {n}" for n in missing[:3]), *(f"{n} too" for n in more[:3])]
        raise InputError(
            f"its labels are not those that most samples have ({', '.join(differ)}); "
            "give it the same ones, or put it into a dataset of its own"
        )


def _flattened(configuration: Any) -> dict[str, Any]:
    """Settings by name, those in groups too; of one name the outermost."""
    if not isinstance(configuration, dict):
        return {}
    inside: dict[str, Any] = {}
    for value in configuration.values():
        inside = {**_flattened(value), **inside}
    return {**inside, **configuration}


def _number(name: str, value: Any, path: Path) -> float:
    odd = name.startswith(INPUT_PREFIX) or name in ("", "id") or not name.isprintable()
    if odd:
        raise InputError(f"{path}: {name!r} can't be the name of a label; rename it")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or abs(value) > 1e300 or not math.isfinite(value):
        raise InputError(f"{path}: {name} is {str(value)[:40]!r}; give a finite number")
    return float(value)
