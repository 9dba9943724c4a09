"""Tables of stars written to files, whole or not at all, a part of their rows at a time."""

from __future__ import annotations

import gzip
import json
import os
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from skyrun.files import atomic_path, cannot_write, write_bytes
from skytypes import Provenance
from skytypes.errors import ContractError, InputError

from .columns import Column

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

PARQUET: Final = ".parquet"
PICKLE: Final = ".pkl.gz"

ROW_GROUP: Final = 1 << 18
"""Rows that are kept in memory until they are written."""
_PROTOCOL: Final = 4

Rows = Mapping[str, NDArray[Any]]


def write_table(
    path: str | os.PathLike[str],
    table: Mapping[str, NDArray[Any]] | pd.DataFrame,
    columns: Sequence[Column],
    provenance: Provenance | None = None,
) -> None:
    """Write a table, whole or not at all.

    Parameters
    ----------
    path : path
        Ending in ``.parquet`` or ``.pkl.gz``.
    table : mapping of name to array, or DataFrame
        At least the columns named.
    columns : sequence of Column
        What is written, in this order, with units and kinds.
    provenance : Provenance or None
        Kept in the schema of Parquet; a pickle has no place for it.

    Raises
    ------
    ContractError
        If a column is missing or has another length.
    InputError
        If the ending is another, or the place can't be written to.

    Examples
    --------
    >>> import tempfile
    >>> from popmaps.tables import read_table
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_table(folder + "/a.parquet", {"P": np.array([0.5])}, [Column("P", "s")])
    ...     table = read_table(folder + "/a.parquet", ["P"])
    >>> table["P"].tolist(), dict(table.units)
    ([0.5], {'P': 's'})
    """
    with table_writer(path, columns, provenance) as write:
        write(table)


@contextmanager
def table_writer(
    path: str | os.PathLike[str],
    columns: Sequence[Column],
    provenance: Provenance | None = None,
) -> Iterator[Callable[[Rows | pd.DataFrame], None]]:
    """Write a table part by part; the file does not depend on how the rows were parted.

    Parameters
    ----------
    path : path
        Ending in ``.parquet``, or in ``.pkl.gz``, which needs all rows in memory at the end.
    columns : sequence of Column
    provenance : Provenance or None

    Yields
    ------
    callable
        Takes the next rows, as `write_table` takes all.

    Raises
    ------
    ContractError, InputError
        As `write_table`.

    Examples
    --------
    >>> import tempfile
    >>> from popmaps.tables import read_table
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with table_writer(folder + "/a.parquet", [Column("P", "s")]) as write:
    ...         write({"P": np.array([0.5])})
    ...         write({"P": np.array([0.7, 0.9])})
    ...     read_table(folder + "/a.parquet", ["P"])["P"].tolist()
    [0.5, 0.7, 0.9]
    """
    name = Path(path).name
    if name.endswith(PARQUET):
        parts = _parquet(Path(path), columns, provenance)
    elif name.endswith(PICKLE):
        parts = _pickle(Path(path), columns)
    else:
        raise InputError(f"{path}: ends in neither {PARQUET} nor {PICKLE}; give one of them")
    with parts as write:
        yield lambda rows: write(_arrays(rows, columns))


@contextmanager
def _parquet(
    path: Path, columns: Sequence[Column], provenance: Provenance | None
) -> Iterator[Callable[[Rows], None]]:
    import pyarrow.parquet as pq

    waiting: list[Rows] = []
    try:
        with (
            atomic_path(path) as temporary,
            pq.ParquetWriter(
                temporary, _schema(columns, provenance), compression="zstd", use_dictionary=False
            ) as file,
        ):

            def write(rows: Rows) -> None:
                waiting.append(rows)
                if sum(_length(part) for part in waiting) >= ROW_GROUP:
                    _flush(file, waiting, whole_groups=True)

            yield write
            _flush(file, waiting, whole_groups=False)
    except OSError as error:
        raise cannot_write(path, error) from error


def _schema(columns: Sequence[Column], provenance: Provenance | None) -> pa.Schema:
    import pyarrow as pa

    about = {} if provenance is None else {"provenance": _json(provenance)}
    fields = [
        pa.field(c.name, pa.from_numpy_dtype(c.kind), nullable=False, metadata={"unit": c.unit})
        for c in columns
    ]
    return pa.schema(fields, metadata=about)


def _length(rows: Rows) -> int:
    return int(next(iter(rows.values())).size)


def _flush(file: Any, waiting: list[Rows], *, whole_groups: bool) -> None:
    """Write what waits in groups of one size; what is left of them waits on, but at the end."""
    import pyarrow as pa

    if not waiting:
        return
    joined = {name: np.concatenate([part[name] for part in waiting]) for name in waiting[0]}
    rows = _length(joined)
    end = rows - rows % ROW_GROUP if whole_groups else rows
    waiting[:] = [{name: values[end:] for name, values in joined.items()}]
    arrays = [pa.array(joined[field.name][:end]) for field in file.schema]
    file.write_table(pa.table(arrays, schema=file.schema), row_group_size=ROW_GROUP)


@contextmanager
def _pickle(path: Path, columns: Sequence[Column]) -> Iterator[Callable[[Rows], None]]:
    waiting: list[Rows] = []
    yield waiting.append
    if not waiting:
        raise ContractError(f"{path}: no rows were written")
    joined = {c.name: np.concatenate([part[c.name] for part in waiting]) for c in columns}
    write_bytes(path, _pickled(joined, columns))


def _arrays(
    table: Mapping[str, NDArray[Any]] | pd.DataFrame, columns: Sequence[Column]
) -> dict[str, NDArray[Any]]:
    missing = [c.name for c in columns if c.name not in table]
    if missing:
        raise ContractError(f"table has no column {missing[0]!r}; it needs all that are written")
    arrays = {c.name: np.ascontiguousarray(table[c.name], dtype=c.kind) for c in columns}
    shapes = {a.shape for a in arrays.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1:
        raise ContractError(f"columns have shapes {sorted(shapes)}; give one length to all")
    return arrays


def _json(provenance: Provenance) -> str:
    return json.dumps(asdict(provenance), sort_keys=True, default=str)


def _pickled(arrays: Mapping[str, NDArray[Any]], columns: Sequence[Column]) -> bytes:
    """Bytes that depend on the data alone: gzip would write the time of day."""
    import pandas as pd

    # As plain objects: strings of Arrow would tie the file to the installed pandas.
    names = pd.Index([c.name for c in columns], dtype=object)
    units = pd.Index([c.unit for c in columns], dtype=object)
    levels = pd.MultiIndex.from_arrays([names, units])
    frame = pd.DataFrame(dict(enumerate(arrays.values())))
    frame.columns = levels
    return gzip.compress(pickle.dumps(frame, protocol=_PROTOCOL), compresslevel=6, mtime=0)
