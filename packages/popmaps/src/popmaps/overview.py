"""What is in a dataset of maps: means over samples, one sample, labels and sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skyrun.maps import MapFolder, read_map_table
from skytypes import DatasetTable
from skytypes.errors import InputError

Floats: TypeAlias = NDArray[np.float64]

TABLES: Final = (
    "dataset_full.csv",
    "dataset_atnf.csv",
    "dataset_train.csv",
    "dataset_valid.csv",
    "dataset_test.csv",
)
SETS: Final = ("train", "valid", "test")


@dataclass(frozen=True)
class ChannelView:
    """One channel of a dataset.

    Parameters
    ----------
    name : str
    mean : array, shape (n_x, n_y)
        Over the samples looked at.
    samples : int
        How many those are.
    sample : array, shape (n_x, n_y), or None
        The map of the chosen sample; None where it has none.
    is_picture : bool
        Whether values are places in each map's own range, from pictures, and not the map's.
    """

    name: str
    mean: Floats
    samples: int
    sample: Floats | None
    is_picture: bool


@dataclass(frozen=True)
class Overview:
    """What a page about a dataset shows.

    Parameters
    ----------
    table : str
        Name of the table.
    rows : int
    sample : str
        Name of the chosen sample: its row, and its ``id`` if the table has one.
    channels : tuple of ChannelView
        Those that some row looked at has a map for.
    labels : mapping of str to array, shape (n,)
        Values that are known.
    sets : mapping of str to (int, mapping of str to array)
        Rows and labels of train, valid and test, if their tables are beside this one.
    shared : int
        Samples that are in more than one set; 0 in a sound split.
    outdated : bool
        Whether the sets together are other rows than the table's: it was made again since.
    skipped : tuple of str
        A line for each map that can't be read.
    """

    table: str
    rows: int
    sample: str
    channels: tuple[ChannelView, ...]
    labels: Mapping[str, Floats]
    sets: Mapping[str, tuple[int, Mapping[str, Floats]]]
    shared: int
    outdated: bool
    skipped: tuple[str, ...]


def find_table(place: Path) -> Path:
    """The table of a dataset.

    Parameters
    ----------
    place : path
        A table, or a folder with one of `TABLES`; the first that is there is taken.

    Raises
    ------
    InputError
        If there is none.
    """
    if not place.is_dir():
        return place
    for name in TABLES:
        if (place / name).is_file():
            return place / name
    raise InputError(
        f"{place}: holds none of {', '.join(TABLES)}; give a dataset's folder or table"
    )


def read_overview(place: Path, *, sample: int = 0, mean_of: int = 500) -> Overview:
    """Look at a dataset.

    Parameters
    ----------
    place : path
        Folder or table.
    sample : int
        Row of the table, from 0, whose maps are shown by themselves.
    mean_of : int
        Most samples that the mean maps are taken over, evenly from the table.

    Raises
    ------
    InputError
        If the table can't be read, there is no such row, or no map at all can be read.
    """
    path = find_table(place)
    table = read_map_table(path)
    rows = len(table.ids)
    if not 0 <= sample < rows:
        raise InputError(f"sample {sample}: {path} has rows 0 to {rows - 1}")
    if mean_of < 1:
        raise InputError(f"mean of {mean_of} samples; give 1 or more")
    folder = MapFolder(path.parent)
    chosen = sorted({round(r) for r in np.linspace(0, rows - 1, min(rows, mean_of))})
    channels: list[ChannelView] = []
    skipped: list[str] = []
    for column, name in enumerate(table.inputs):
        cells = [row[column] for row in table.files]
        if any(cells):
            channel, lines = _channel(folder, name, cells, sample, chosen)
            channels += [] if channel is None else [channel]
            skipped += lines
    if skipped and not channels:
        raise InputError(f"{path}: no map can be read; {skipped[0]}")
    sets = {name: part for name in SETS if (part := _read_set(path.parent, name)) is not None}
    members = Counter(files for part in sets.values() for files in set(part.files))
    return Overview(
        path.name,
        rows,
        f"row {sample} ({table.ids[sample]})",
        tuple(channels),
        _labels(table),
        {name: (len(part.ids), _labels(part)) for name, part in sets.items()},
        sum(count > 1 for count in members.values()),
        path.name == TABLES[0] and _outdated(table, sets.values()),
        tuple(skipped),
    )


def _read_set(folder: Path, name: str) -> DatasetTable | None:
    path = folder / f"dataset_{name}.csv"
    return read_map_table(path) if path.is_file() else None


def _outdated(table: DatasetTable, sets: Iterable[DatasetTable]) -> bool:
    parts = [_rows(part) for part in sets]
    return bool(parts) and set[object]().union(*parts) != _rows(table)


def _rows(table: DatasetTable) -> set[tuple[tuple[str, ...], str]]:
    """Files and labels of each row; as text, so that an unknown label is equal to itself."""
    return set(zip(table.files, map(repr, table.values), strict=True))


def _labels(table: DatasetTable) -> dict[str, Floats]:
    """Known values of each label, shape (n,) with n of at most the table's rows."""
    values = np.array(table.values, np.float64).reshape(len(table.ids), len(table.labels))
    return {
        name: column[np.isfinite(column)]
        for name, column in zip(table.labels, values.T, strict=True)
    }


def _channel(
    folder: MapFolder, name: str, cells: Sequence[str], sample: int, chosen: Sequence[int]
) -> tuple[ChannelView | None, list[str]]:
    """A channel's view, None if nothing of its mean can be read, and a line a map left out."""
    one: Floats | None = None
    total: Floats | None = None
    number = 0
    skipped: dict[int, str] = {}
    # The chosen sample comes first: its bins are what the others must have.
    for row in [sample, *(row for row in chosen if row != sample)]:
        if not cells[row]:
            continue
        try:
            values = folder.read(cells[row]).astype(np.float64)
            _require_shape(values, total if one is None else one, cells[row])
        except InputError as error:
            skipped[row] = f"row {row}: {error}"
            continue
        one = values if row == sample else one
        if row != sample or sample in chosen:
            total = values if total is None else total + values
            number += 1
    lines = [skipped[row] for row in sorted(skipped)]
    if total is None:
        return None, lines
    is_picture = any(cell.partition("#")[0].lower().endswith(".png") for cell in cells)
    return ChannelView(name, total / number, number, one, is_picture), lines


def _require_shape(values: Floats, other: Floats | None, cell: str) -> None:
    if other is not None and values.shape != other.shape:
        raise InputError(f"{cell} has {values.shape} bins, others have {other.shape}; left out")
