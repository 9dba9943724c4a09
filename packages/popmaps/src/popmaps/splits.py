"""Splits of a dataset into training, validation and test, the same on every machine.

The test set is taken first, from all samples; the validation set from the rest. A set drawn by
``seed`` has ``int(fraction * samples)`` samples in the order of the draw, and what remains keeps
the order of the file. By hash, each sample belongs where its number says, whatever else is in
the file: it stays in its set when the dataset grows, and sizes are only near the fractions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import numpy as np

from skyrun.files import atomic_path, cannot_write
from skytypes import item_rng
from skytypes.errors import InputError

from .dataset_rows import DatasetRows, read_rows
from .maps.layout import DATASET_FILE
from .maps.statistics import statistics_text

SET_FILES: Final = {name: f"dataset_{name}.csv" for name in ("train", "valid", "test")}
STATISTICS_TRAIN_FILE: Final = "statistics_train.json"


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
        Or its ``dataset_full.csv``. ``dataset_train.csv`` and, as asked for,
        ``dataset_valid.csv`` and ``dataset_test.csv`` are written into it, and
        ``statistics_train.json`` of the training labels only.
    test_split, valid_split, seed, by_hash
        As `draw_split`.

    Returns
    -------
    dict of set name to number of samples

    Raises
    ------
    InputError
        As `draw_split` and `read_rows`, if a training label is no finite number, or if a set
        can't be written; the sets of an earlier split then stay as they are.
    """
    path = _dataset_file(Path(folder))
    table = read_rows(path)
    sets = draw_split(
        table.identities(),
        test_split=test_split,
        valid_split=valid_split,
        seed=seed,
        by_hash=by_hash,
    )
    labels = table.labels(sets["train"], str(path))
    _replace_sets(path.parent, table, sets, labels)
    return {name: len(rows) for name, rows in sets.items()}


def _dataset_file(place: Path) -> Path:
    """``dataset_full.csv`` of a folder, or itself."""
    if place.name == DATASET_FILE and not place.is_dir():
        return place
    if place.is_file():
        raise InputError(f"{place}: is a file; give the folder of a {DATASET_FILE}")
    return place / DATASET_FILE


def _replace_sets(
    folder: Path,
    table: DatasetRows,
    sets: Mapping[str, Sequence[int]],
    labels: Mapping[str, Sequence[float]],
) -> None:
    """Put new sets in the place of old ones, never an old one beside a new one.

    The new files are whole before the old ones go, and are renamed in the reverse of their order
    here: where the training's is, the others are too.
    """
    files = {**SET_FILES, "statistics": STATISTICS_TRAIN_FILE}
    order = ["train", "statistics", *(name for name in ("valid", "test") if name in sets)]
    for file in files.values():
        if (folder / file).is_dir():
            raise InputError(
                f"{folder / file}: is a folder; move it, a file of the split goes there"
            )
    with ExitStack() as renames:
        new = {name: renames.enter_context(atomic_path(folder / files[name])) for name in order}
        for name, rows in sets.items():
            _fill(new[name], table.csv_text(rows), folder / files[name])
        _fill(new["statistics"], statistics_text(labels), folder / STATISTICS_TRAIN_FILE)
        for name, file in files.items():
            old = folder / file
            # Of a link that is written through, the file behind it.
            (old.resolve() if name in new else old).unlink(missing_ok=True)


def _fill(temporary: Path, text: str, file: Path) -> None:
    """Write the text into the temporary file of a file."""
    try:
        temporary.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise cannot_write(file, error) from error
