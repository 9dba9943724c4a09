"""Splits of a dataset into training, validation and test, the same on every machine.

The test set is taken first, from all samples; the validation set from the rest. A set drawn by
``seed`` has ``int(fraction * samples)`` samples in the order of the draw, and what remains keeps
the order of the file. By hash, each sample belongs where its number says, whatever else is in
the file: it stays in its set when the dataset grows, and sizes are only near the fractions.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np

from skyrun.files import read_text, write_text
from skytypes import item_rng
from skytypes.errors import InputError

from .maps.layout import DATASET_FILE, INPUT_PREFIX, map_cell
from .maps.statistics import write_statistics

STATISTICS_TRAIN_FILE: Final = "statistics_train.json"
ID: Final = "id"
MAX_CSV_BYTES: Final = 8 << 30

_NUMBER = re.compile(r"_([0-9]{1,18})\.[A-Za-z0-9]+\Z")


@dataclass(frozen=True)
class DatasetRows:
    """A dataset's CSV, cell by cell.

    Parameters
    ----------
    header : tuple of str
    rows : tuple of tuple of str
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def label_names(self) -> list[str]:
        """Columns that are no input and no id."""
        return [h for h in self.header if INPUT_PREFIX not in h and h != ID]

    def labels(self, chosen: Sequence[int], source: str) -> dict[str, list[float]]:
        """Labels of some rows, by name.

        Raises
        ------
        InputError
            If a cell is no finite number.
        """
        return {
            name: [_number(self.rows[i][self.header.index(name)], i, name, source) for i in chosen]
            for name in self.label_names
        }

    def identities(self) -> list[str]:
        """What tells a sample from others: its folder and number, else its first file's cell."""
        first = next(i for i, name in enumerate(self.header) if INPUT_PREFIX in name)
        place = self.header.index(ID) if ID in self.header else None
        return [_identity(row[first], None if place is None else row[place]) for row in self.rows]

    def write(self, path: Path, chosen: Sequence[int]) -> None:
        """Write some rows as a CSV with the same header."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.header)
        writer.writerows(self.rows[i] for i in chosen)
        write_text(path, out.getvalue())


def _number(text: str, row: int, name: str, source: str) -> float:
    try:
        value = math.nan if "_" in text else float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{source}: row {row}, {name}: {text[:40]!r} is not a finite number")
    return value


def _identity(cell: str, known: str | None) -> str:
    """``FOLDER/NUMBER``, the same for arrays, pictures and stacks of one sample."""
    if not cell:
        return known or ""
    file, row = map_cell(cell)
    folder = PurePosixPath(file).parent
    found = _NUMBER.search(file)
    number = known or (found[1] if found and row is None else None)
    return cell if number is None else f"{folder}/{int(number) if number.isdecimal() else number}"


def read_rows(path: Path) -> DatasetRows:
    """Read a dataset's CSV.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        If it is missing, no CSV, without an input column or a row, or a row is short.
    """
    text = read_text(path, max_bytes=MAX_CSV_BYTES)
    try:
        lines = [tuple(r) for r in csv.reader(io.StringIO(text, newline=""), strict=True) if r]
    except csv.Error as error:
        raise InputError(f"{path}: not CSV ({error})") from None
    header = lines[0] if lines else ()
    if len(lines) < 2 or not any(INPUT_PREFIX in name for name in header):
        raise InputError(f"{path}: no column {INPUT_PREFIX}NAME or no row; give a dataset's CSV")
    for i, row in enumerate(lines[1:]):
        if len(row) != len(header):
            raise InputError(f"{path}: row {i} has {len(row)} fields, not {len(header)}")
    if len(set(header)) != len(header):
        raise InputError(f"{path}: a column is named twice; rename one")
    return DatasetRows(header, tuple(lines[1:]))


def draw_split(
    identities: Sequence[str],
    *,
    test_split: float | None = None,
    valid_split: float | None = None,
    seed: int = 0,
    by_hash: bool = False,
) -> dict[str, list[int]]:
    """Rows of each set.

    Parameters
    ----------
    identities : sequence of str
        One a row; rows of one identity are never parted.
    test_split, valid_split : float or None
        Fraction of all rows for the test, and of the rest for the validation; above 0, below 1.
    seed : int
    by_hash : bool
        Decide by a hash of each identity.

    Returns
    -------
    dict of set name to rows
        ``train``, and those asked for of ``test`` and ``valid``.

    Raises
    ------
    InputError
        If no fraction is given, one is outside its limits, or a set would be empty.

    Notes
    -----
    The draw sorts the words of a counter-based generator (Philox), which numpy keeps the same in
    all its versions; no rounding of fractions comes into it.

    Examples
    --------
    >>> sets = draw_split([str(i) for i in range(5000)], test_split=0.1, valid_split=0.2)
    >>> {name: len(rows) for name, rows in sets.items()}
    {'test': 500, 'valid': 900, 'train': 3600}
    """
    wanted = {"test": test_split, "valid": valid_split}
    fractions = {name: value for name, value in wanted.items() if value is not None}
    if not fractions:
        raise InputError("no split fraction; give --test-split, --valid-split or both")
    for name, value in fractions.items():
        if not 0 < value < 1:
            raise InputError(f"{name} split is {value}; give a fraction above 0 and below 1")
    sets: dict[str, list[int]] = {}
    rest = list(range(len(identities)))
    for name, fraction in fractions.items():
        if by_hash:
            sets[name] = [i for i in rest if _share(identities[i], name, seed) < fraction]
        else:
            sets[name] = _drawn(rest, identities, fraction, seed, name)
        taken = set(sets[name])
        rest = [i for i in rest if i not in taken]
    sets["train"] = rest
    for name, rows in sets.items():
        if not rows:
            raise InputError(
                f"the {name} set of {len(identities)} samples would be empty; "
                "give other fractions, or more samples"
            )
    return sets


def _share(identity: str, name: str, seed: int) -> float:
    """A number of 0 to 1 that belongs to a sample, a set and a seed."""
    text = f"popmaps.split.{name}\0{seed}\0{identity}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") / 2.0**64


def _drawn(
    rest: Sequence[int], identities: Sequence[str], fraction: float, seed: int, name: str
) -> list[int]:
    """At most ``int(fraction * rows)`` rows in the order of a draw, samples whole."""
    groups: dict[str, list[int]] = {}
    for i in rest:
        groups.setdefault(identities[i], []).append(i)
    words = item_rng(seed, 0, f"popmaps.split.{name}").bit_generator.random_raw(len(groups))
    listed = list(groups.values())
    wanted = int(fraction * len(rest))
    chosen: list[int] = []
    for place in np.argsort(words, kind="stable"):
        if len(chosen) + len(listed[place]) <= wanted:
            chosen += listed[place]
    return chosen


def split_dataset(
    folder: str | Path,
    *,
    test_split: float | None = None,
    valid_split: float | None = None,
    seed: int = 0,
    by_hash: bool = False,
) -> dict[str, int]:
    """Split a folder's ``dataset_full.csv`` into a CSV a set, and write the training's statistics.

    Parameters
    ----------
    folder : path
        ``dataset_train.csv`` and, as asked for, ``dataset_valid.csv`` and ``dataset_test.csv``
        are written into it, and ``statistics_train.json`` of the training labels only.
    test_split, valid_split, seed, by_hash
        As `draw_split`.

    Returns
    -------
    dict of set name to number of samples

    Raises
    ------
    InputError
        As `draw_split` and `read_rows`, or if a training label is no finite number.
    """
    path = Path(folder) / DATASET_FILE
    table = read_rows(path)
    sets = draw_split(
        table.identities(),
        test_split=test_split,
        valid_split=valid_split,
        seed=seed,
        by_hash=by_hash,
    )
    labels = table.labels(sets["train"], str(path))
    for name in ("train", "valid", "test"):
        if name in sets:
            table.write(Path(folder) / f"dataset_{name}.csv", sets[name])
        else:
            # Of an earlier split: it would share samples with the new ones.
            (Path(folder) / f"dataset_{name}.csv").unlink(missing_ok=True)
    write_statistics(Path(folder) / STATISTICS_TRAIN_FILE, labels)
    return {name: len(rows) for name, rows in sets.items()}
