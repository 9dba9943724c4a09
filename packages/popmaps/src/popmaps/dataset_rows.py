"""A dataset's CSV cell by cell: its rows as they are, and what each sample is known by."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from skyrun.files import read_text
from skytypes.errors import InputError

from .maps.layout import INPUT_PREFIX, map_cell

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
    lines : tuple of int
        Line of the file that each row ends on, from 1.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    @property
    def label_names(self) -> list[str]:
        """Columns that are no input and no id."""
        return [h for h in self.header if INPUT_PREFIX not in h and h != ID]

    def labels(self, chosen: Sequence[int], source: str) -> dict[str, list[float]]:
        """Labels of some rows, by name.

        Parameters
        ----------
        chosen : sequence of int
            Places in ``rows``.
        source : str
            The file, named in the message.

        Raises
        ------
        InputError
            If a cell is no finite number.
        """
        columns = {name: self.header.index(name) for name in self.label_names}
        return {
            name: [_number(self.rows[i][c], self.lines[i], name, source) for i in chosen]
            for name, c in columns.items()
        }

    def identities(self) -> list[str]:
        """What tells a sample from others: its folder and number, else its first file's cell."""
        first = next(i for i, name in enumerate(self.header) if INPUT_PREFIX in name)
        place = self.header.index(ID) if ID in self.header else None
        return [_identity(row[first], None if place is None else row[place]) for row in self.rows]

    def csv_text(self, chosen: Sequence[int]) -> str:
        """Some rows as a CSV with the same header.

        Parameters
        ----------
        chosen : sequence of int
            Places in ``rows``.
        """
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.header)
        writer.writerows(self.rows[i] for i in chosen)
        return out.getvalue()


def _number(text: str, line: int, name: str, source: str) -> float:
    try:
        value = math.nan if "_" in text else float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{source}: line {line}, {name}: {text[:40]!r} is not a finite number")
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
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        found = [(tuple(row), reader.line_num) for row in reader if row]
    except csv.Error as error:
        raise InputError(f"{path}: not CSV ({error})") from None
    header = found[0][0] if found else ()
    if len(found) < 2 or not any(INPUT_PREFIX in name for name in header):
        raise InputError(f"{path}: no column {INPUT_PREFIX}NAME or no row; give a dataset's CSV")
    rows, lines = zip(*found[1:], strict=True)
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(header):
            raise InputError(f"{path}: line {line} has {len(row)} fields, not {len(header)}")
    if len(set(header)) != len(header):
        raise InputError(f"{path}: a column is named twice; rename one")
    return DatasetRows(header, rows, lines)
