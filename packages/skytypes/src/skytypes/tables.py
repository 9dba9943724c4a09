"""`DatasetTable`: the CSV that lists a dataset's files and labels."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

from .errors import ContractError, InputError

PREFIX = "input:"


@dataclass(frozen=True)
class DatasetTable:
    """Rows of files and labels.

    In the CSV, columns named ``input:NAME`` hold file paths relative to the CSV, ``id`` (optional)
    names the item, and every other column is a label, its name with the unit.

    Parameters
    ----------
    inputs : tuple of str
        Input names, without the prefix.
    labels : tuple of str
    files : tuple of rows of str
        Shape (row, input): paths relative to the CSV.
    values : tuple of rows of float
        Shape (row, label): truth in the unit of the label's name.
    ids : tuple of str
        One a row.

    Examples
    --------
    >>> t = DatasetTable(("image",), ("incl_deg",), (("a.fits",),), ((30.0,),), ("a",))
    >>> print(t.to_csv().strip())
    id,input:image,incl_deg
    a,a.fits,30.0
    >>> DatasetTable.from_csv(t.to_csv()) == t
    True
    """

    inputs: tuple[str, ...]
    labels: tuple[str, ...]
    files: tuple[tuple[str, ...], ...]
    values: tuple[tuple[float, ...], ...]
    ids: tuple[str, ...]

    def __post_init__(self) -> None:
        if not len(self.files) == len(self.values) == len(self.ids):
            raise ContractError(
                f"table has {len(self.ids)} ids, {len(self.files)} rows of files and "
                f"{len(self.values)} of labels; all three must be equal"
            )
        if len(set(self.ids)) != len(self.ids):
            twice = sorted({i for i in self.ids if self.ids.count(i) > 1})[:3]
            raise ContractError(f"ids are given twice: {twice}; each row needs its own")
        for row in self.files:
            for file in row:
                if Path(file).is_absolute() or ".." in Path(file).parts:
                    raise ContractError(
                        f"path {file!r}: give one relative to the table and inside its folder"
                    )

    def to_csv(self) -> str:
        """The table as CSV text."""
        out = io.StringIO()
        write = csv.writer(out, lineterminator="\n")
        write.writerow(["id", *(PREFIX + n for n in self.inputs), *self.labels])
        for item, files, values in zip(self.ids, self.files, self.values, strict=True):
            write.writerow([item, *files, *(repr(float(v)) for v in values)])
        return out.getvalue()

    @classmethod
    def from_csv(cls, text: str, *, source: str = "table") -> DatasetTable:
        """A table read from CSV text and checked.

        Raises
        ------
        InputError
            If there is no input column, no row, a short row, or text where a number belongs; the
            line is named.
        """
        rows = list(csv.reader(io.StringIO(text)))
        header = rows[0] if rows else []
        inputs = [i for i, n in enumerate(header) if n.startswith(PREFIX)]
        labels = [i for i, n in enumerate(header) if not n.startswith(PREFIX) and n != "id"]
        if not inputs or len(rows) < 2:
            raise InputError(f"{source}: no '{PREFIX}' column or no row; give both")
        files, values, ids = [], [], []
        for line, row in enumerate(rows[1:], start=2):
            if len(row) != len(header):
                raise InputError(f"{source}: line {line} has {len(row)} fields, not {len(header)}")
            files.append(tuple(row[i] for i in inputs))
            values.append(tuple(_number(row[i], header[i], line, source) for i in labels))
            ids.append(row[header.index("id")] if "id" in header else f"{line - 2:06d}")
        names = tuple(header[i].removeprefix(PREFIX) for i in inputs)
        return cls(names, tuple(header[i] for i in labels), tuple(files), tuple(values), tuple(ids))


def _number(text: str, column: str, line: int, source: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{source}: line {line}, {column}: {text!r} is not a finite number")
    return value
