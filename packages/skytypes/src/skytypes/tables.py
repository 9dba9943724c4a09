"""`DatasetTable`: the CSV that lists a dataset's files and labels."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from .errors import ContractError, InputError

PREFIX = "input:"
_PLAIN = re.compile(r"\w[\w.#-]*", re.ASCII)
"""A file of the table's own folder: most are, and taking paths apart is slow."""


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
        Shape (row, input): paths relative to the CSV; empty where the item lacks this input.
    values : tuple of rows of float
        Shape (row, label): truth in the unit of the label's name; NaN where it is not known.
    ids : tuple of str
        One a row.

    Raises
    ------
    ContractError
        If sizes do not fit, a name or an id is given twice, or a path leaves the table's folder.

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
        _require_once("columns", ["id", *(PREFIX + n for n in self.inputs), *self.labels])
        _require_once("ids", self.ids)
        for row, numbers in zip(self.files, self.values, strict=True):
            if len(row) != len(self.inputs) or len(numbers) != len(self.labels):
                raise ContractError(
                    f"a row has {len(row)} files and {len(numbers)} labels; the table has "
                    f"{len(self.inputs)} and {len(self.labels)} columns of them"
                )
            for file in filter(None, row):
                _require_inside(file)

    def to_csv(self) -> str:
        r"""The table as CSV text.

        Examples
        --------
        >>> DatasetTable(("x",), (), (("a.npy",),), ((),), ("1",)).to_csv()
        'id,input:x\n1,a.npy\n'
        """
        out = io.StringIO()
        # Text is quoted throughout: csv leaves a lone carriage return bare otherwise.
        write = csv.writer(out, lineterminator="\n")
        quoted = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        lines = [["id", *(PREFIX + n for n in self.inputs), *self.labels]]
        for item, files, values in zip(self.ids, self.files, self.values, strict=True):
            numbers = ("" if math.isnan(v) else repr(float(v)) for v in values)
            lines.append([item, *files, *numbers])
        for cells in lines:
            (quoted if any("\r" in c for c in cells) else write).writerow(cells)
        return out.getvalue()

    @classmethod
    def from_csv(cls, text: str, *, source: str = "table", blanks: bool = False) -> DatasetTable:
        r"""A table read from CSV text and checked.

        Parameters
        ----------
        text : str
            Blank lines and a byte-order mark are passed over.
        source : str
            Named in the message when the text is bad.
        blanks : bool
            Admit empty cells: an input that the item lacks, a label that is not known.

        Raises
        ------
        InputError
            If there is no input column, no row, a short row, or text where a number belongs (the
            line is named), or the rows make no `DatasetTable`.

        Examples
        --------
        >>> DatasetTable.from_csv("input:image,incl_deg\na.fits,30\n").ids
        ('000000',)
        >>> DatasetTable.from_csv("input:image,incl_deg\na.fits,\n", blanks=True).values
        ((nan,),)
        """
        rows = list(_rows(text.removeprefix("\ufeff"), source))
        header = rows[0][1] if rows else []
        inputs = [i for i, n in enumerate(header) if n.startswith(PREFIX)]
        labels = [i for i, n in enumerate(header) if not n.startswith(PREFIX) and n != "id"]
        if not inputs or len(rows) < 2:
            raise InputError(f"{source}: no '{PREFIX}' column or no row; give both")
        files, values, ids = [], [], []
        for place, (line, row) in enumerate(rows[1:]):
            if len(row) != len(header):
                raise InputError(f"{source}: line {line} has {len(row)} fields, not {len(header)}")
            files.append(tuple(row[i] for i in inputs))
            values.append(tuple(_number(row[i], header[i], line, source, blanks) for i in labels))
            ids.append(row[header.index("id")] if "id" in header else f"{place:06d}")
        names = tuple(header[i].removeprefix(PREFIX) for i in inputs)
        try:
            _require_once("columns", header)
            if not blanks and any("" in row for row in files):
                _require_inside("")
            columns = tuple(header[i] for i in labels)
            return cls(names, columns, tuple(files), tuple(values), tuple(ids))
        except ContractError as error:
            raise InputError(f"{source}: {error}") from None


def _rows(text: str, source: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, each with the number of its last line."""
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise InputError(f"{source}: line {reader.line_num} is not CSV ({error})") from None


def _require_once(what: str, names: list[str] | tuple[str, ...]) -> None:
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice or "" in names or PREFIX in names:
        raise ContractError(f"{what} are empty or given twice: {twice[:3]}; each needs its own")


def _require_inside(file: str) -> None:
    """Refuse a path that leaves the table's folder on any system."""
    if _PLAIN.fullmatch(file):
        return
    absolute = PurePosixPath(file).is_absolute() or PureWindowsPath(file).anchor
    if not file or absolute or ".." in PureWindowsPath(file).parts or "\0" in file:
        raise ContractError(f"path {file!r}: give one relative to the table and inside its folder")


def _number(text: str, column: str, line: int, source: str, blanks: bool) -> float:
    if blanks and not text.strip():
        return math.nan
    try:
        # float() would take 1_000, which no other reader of CSV does.
        value = math.nan if "_" in text else float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{source}: line {line}, {column}: {text!r} is not a finite number")
    return value
