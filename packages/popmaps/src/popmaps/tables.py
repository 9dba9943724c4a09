"""Tables of stars in files: Parquet with units in its schema, and the ``.pkl.gz`` of exchange.

A ``.pkl.gz`` is a gzipped pickle of a pandas table whose columns have two levels, name and unit.
It is read without running its code (`skyrun.unpickle`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from skyrun.files import check_size
from skytypes.errors import InputError

from .table_writer import PARQUET, PICKLE, write_table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["PARQUET", "PICKLE", "Table", "find_table", "iter_table", "read_table", "write_table"]

MAX_BYTES: Final = 64 << 30
"""Largest table file that is opened [byte]."""
MAX_PICKLE_BYTES: Final = 4 << 30
"""Bound of what a pickle unpacks to [byte]."""
MAX_ROWS: Final = 2_000_000_000
MAX_ARRAY_BYTES: Final = 16 << 30
"""Bound of the columns that `read_table` brings to memory [byte]."""
_BUFFER_BYTES: Final = 1 << 20
CHUNK_ROWS: Final = 1 << 18


@dataclass(frozen=True)
class Table:
    """Some columns of a table.

    Parameters
    ----------
    columns : mapping of name to ndarray, shape (rows,)
        float64, or bool where the file has it so.
    units : mapping of name to str
        As the file says; empty where it says nothing.
    """

    columns: Mapping[str, NDArray[Any]]
    units: Mapping[str, str]

    def __len__(self) -> int:
        return next((int(c.size) for c in self.columns.values()), 0)

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.columns[name]


def find_table(folder: str | os.PathLike[str], stem: str) -> Path:
    """The file of a table in a folder: ``STEM.parquet``, or else ``STEM.pkl.gz``.

    Parameters
    ----------
    folder : path
    stem : str

    Raises
    ------
    InputError
        If there is neither.
    """
    for ending in (PARQUET, PICKLE):
        path = Path(folder) / f"{stem}{ending}"
        if path.is_file():
            return path
    raise InputError(f"{folder}: no {stem}{PARQUET} or {stem}{PICKLE}")


def read_table(
    path: str | os.PathLike[str], names: Sequence[str], *, allow_empty: bool = False
) -> Table:
    """Columns of a table.

    Parameters
    ----------
    path : path
        ``.parquet``, or a pickle of a pandas table (``.pkl.gz``, ``.pkl``).
    names : sequence of str
        Columns wanted; of Parquet only these are read.
    allow_empty : bool
        Whether a table without a row is one, as of a survey that detects nothing.

    Returns
    -------
    Table

    Raises
    ------
    InputError
        If the file is missing, damaged, too large, wants to run code, has no row, lacks a column
        or has text in one.
    """
    parts = iter_table(path, names, whole=True, allow_empty=allow_empty)
    return _joined(list(parts), names)


def iter_table(
    path: str | os.PathLike[str],
    names: Sequence[str],
    *,
    whole: bool = False,
    allow_empty: bool = False,
) -> Iterator[Table]:
    """A table in chunks of rows, in their order, so that memory stays small.

    Parameters
    ----------
    path : path
        As `read_table`; a pickle is one chunk.
    names : sequence of str
    whole : bool
        Whether all chunks will be kept: their size together is bounded then.
    allow_empty : bool
        As `read_table`; a table without a row is one chunk.

    Raises
    ------
    InputError
        As `read_table`.
    """
    path = Path(path)
    if not path.name.endswith(PARQUET):
        yield _unpickled(path, names, allow_empty)
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    check_size(path, MAX_BYTES)
    try:
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER_BYTES) as file:
            schema = file.schema_arrow
            rows = file.metadata.num_rows
            _check_rows(path, rows, len(names) if whole else 0, allow_empty)
            units = {name: _unit(schema, name, path) for name in names}
            if not rows:
                yield Table({name: np.empty(0) for name in names}, units)
                return
            # One group of rows after the other: asked for all, Arrow keeps what it has read.
            for group in range(file.num_row_groups):
                for batch in file.iter_batches(
                    CHUNK_ROWS, row_groups=[group], columns=list(names), use_threads=False
                ):
                    columns = {n: batch.column(n).to_numpy(zero_copy_only=False) for n in names}
                    yield Table({n: _plain(c) for n, c in columns.items()}, units)
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: damaged, or not Parquet ({reason})") from None


def _check_rows(path: Path, rows: int, kept: int, allow_empty: bool) -> None:
    if rows < 1 and not allow_empty:
        raise InputError(f"{path}: no rows; a table needs at least one")
    if rows > MAX_ROWS or 8 * rows * kept > MAX_ARRAY_BYTES:
        raise InputError(f"{path}: {rows} rows, more than is read; cut the table into samples")


def _unit(schema: pa.Schema, name: str, path: Path) -> str:
    """Unit of a column, which must be there once and hold numbers."""
    import pyarrow as pa

    places = schema.get_all_field_indices(name)
    _require_one(path, name, len(places))
    field = schema.field(places[0])
    kind = field.type
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        raise InputError(f"{path}: column {name!r} holds {kind}; numbers are needed")
    return str((field.metadata or {}).get(b"unit", b""), "utf-8", "replace")


def _require_one(path: Path, name: str, columns: int) -> None:
    if columns != 1:
        raise InputError(f"{path}: {columns or 'no'} column {name!r}; exactly one is needed")


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    return array if array.dtype == bool else np.ascontiguousarray(array, dtype=np.float64)


def _joined(parts: Sequence[Table], names: Sequence[str]) -> Table:
    if len(parts) == 1:
        return parts[0]
    return Table({n: np.concatenate([p[n] for p in parts]) for n in names}, parts[0].units)


def _unpickled(path: Path, names: Sequence[str], allow_empty: bool) -> Table:
    from skyrun.unpickle import safe_load

    frame = safe_load(path, max_bytes=MAX_PICKLE_BYTES)
    if not hasattr(frame, "columns"):
        raise InputError(f"{path}: holds no table but {type(frame).__name__}; give a table")
    _check_rows(path, len(frame), 0, allow_empty)
    heads = [h if isinstance(h, tuple) else (h, "") for h in frame.columns]
    arrays, units = {}, {}
    for name in names:
        places = [i for i, head in enumerate(heads) if head and head[0] == name]
        _require_one(path, name, len(places))
        arrays[name] = _numbers(frame.iloc[:, places[0]], name, path)
        head = heads[places[0]]
        units[name] = str(head[1]) if len(head) > 1 else ""
    return Table(arrays, units)


def _numbers(column: pd.Series, name: str, path: Path) -> NDArray[Any]:
    """A column's numbers; of a column of objects each must be a number."""
    values = column.to_numpy()
    if values.dtype.kind in "biuf":
        return _plain(values)
    for row, value in enumerate(values):
        if not isinstance(value, int | float | np.number | np.bool_):
            # Of anything but text the kind alone: a nested one written out may have no end.
            shown = repr(value[:40]) if isinstance(value, str) else f"a {type(value).__name__}"
            raise InputError(f"{path}: column {name!r}, row {row}: {shown} is not a number")
    return np.asarray(values, dtype=np.float64)
