"""Tables rebuilt from the records of a pickle by pandas' public makers.

pandas' own internals are never unpickled: what other versions of pandas wrote (the blocks of a
table, the kinds of an index) is read here, so that it opens under the installed one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from skytypes.errors import MissingPackageError

from .records import Builder, Rebuild, Record, expect
from .strings import arrow_texts

if TYPE_CHECKING:
    import pandas as pd

_COLUMN_BYTES = 2560
_BLOCK_BYTES = 512
_LEVEL_BYTES = 1024
_STORAGES = ("python", "pyarrow", "pyarrow_numpy")
"""Where pandas keeps text."""


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        raise MissingPackageError(
            "the pickle holds a table and pandas is not installed; install skyrun[pickle]"
        ) from error
    return pandas


def _manager(record: Any) -> tuple[list[tuple[Any, Any]], list[Any]]:
    """Blocks (values, places) and axes of a table, as pandas 0.14 to 3 wrote them."""
    expect(isinstance(record, Record) and record.kind == "manager", "a table's content")
    if record.args:
        expect(len(record.args) == 2, "a table's content")
        blocks, axes = record.args
        if isinstance(blocks, Record):
            blocks, axes = (blocks,), [axes]
        good = all(isinstance(b, Record) and b.kind == "block" for b in blocks)
        expect(good and all(len(b.args) == 3 for b in blocks), "a table's block")
        return [(b.args[0], b.args[1]) for b in blocks], list(axes)
    state = record.state
    expect(isinstance(state, tuple) and len(state) == 4, "a table's content")
    inner = state[3]["0.14.1"]
    return [(b["values"], b["mgr_locs"]) for b in inner["blocks"]], list(inner["axes"])


def _places(where: Any, count: int) -> Sequence[int]:
    """Numbers of the columns that a block holds."""
    if isinstance(where, slice):
        numbers: Sequence[int] = range(where.start, where.stop, where.step or 1)
    else:
        expect(isinstance(where, np.ndarray) and where.dtype.kind in "iu", "a block's place")
        numbers = where.tolist()
    expect(len(numbers) == count, "a block's place")
    return numbers


def _parts(values: Any, where: Any, rebuild: Rebuild) -> tuple[Any, Sequence[int]]:
    """A block's values, (columns, rows), and the numbers of its columns."""
    array = rebuild(values)
    expect(isinstance(array, np.ndarray | _pandas().api.extensions.ExtensionArray), "a block")
    if array.ndim == 1:
        array = array.reshape(1, -1) if isinstance(array, np.ndarray) else [array]
    return array, _places(rebuild(where), len(array))


def _columns(
    blocks: list[tuple[Any, Sequence[int]]], count: int, rows: int, rebuild: Rebuild
) -> list[Any]:
    """The columns of a table in order, each given by exactly one block."""
    expect(sum(len(places) for _, places in blocks) == count, "a table's columns")
    # Also a column of no rows is an object of Python's.
    rebuild.allowance.take(_COLUMN_BYTES * count)
    columns: dict[int, Any] = {}
    for array, places in blocks:
        for place, part in zip(places, array, strict=True):
            expect(place not in columns and len(part) == rows, "a table's column")
            columns[place] = part
    expect(sorted(columns) == list(range(count)), "a table's columns")
    return [columns[place] for place in range(count)]


def _is_whole(blocks: list[tuple[Any, Sequence[int]]], count: int, rows: int) -> bool:
    """Whether one block is the table, its columns in order."""
    array, places = blocks[0] if len(blocks) == 1 else (None, [])
    whole = isinstance(array, np.ndarray) and array.shape == (count, rows)
    return whole and places == range(count)


def _state(record: Record) -> Mapping[str, Any]:
    """The state of a table or a series; pandas before 1.0 gave the content alone."""
    if isinstance(record.state, Record):
        return {"_mgr": record.state}
    expect(isinstance(record.state, dict), "a table's state")
    return {"_mgr": record.state.get("_data"), **record.state}


def build_frame(record: Record, rebuild: Rebuild) -> pd.DataFrame:
    """A ``DataFrame``, its columns made one by one."""
    pandas = _pandas()
    state = _state(record)
    blocks, axes = _manager(state["_mgr"])
    expect(len(axes) == 2, "a table's axes")
    names, index = (rebuild(axis) for axis in axes)
    expect(all(isinstance(a, pandas.Index) for a in (names, index)), "a table's axes")
    rebuild.allowance.take(_BLOCK_BYTES * len(blocks))
    parts = [_parts(values, where, rebuild) for values, where in blocks]
    if _is_whole(parts, len(names), len(index)):
        values = parts[0][0]
        frame = pandas.DataFrame(values.T, index=index, dtype=values.dtype)
    else:
        columns = _columns(parts, len(names), len(index), rebuild)
        series = {i: pandas.Series(c, index=index, dtype=c.dtype) for i, c in enumerate(columns)}
        frame = pandas.DataFrame(series, index=index)
    frame.columns = names
    attributes = rebuild(state.get("attrs") or {})
    expect(isinstance(attributes, dict), "a table's attributes")
    frame.attrs = attributes
    return frame


def build_series(record: Record, rebuild: Rebuild) -> pd.Series[Any]:
    """A ``Series``."""
    pandas = _pandas()
    state = _state(record)
    blocks, axes = _manager(state["_mgr"])
    expect(len(axes) == 1 and len(blocks) == 1, "a series' axis")
    index, values = rebuild(axes[0]), rebuild(blocks[0][0])
    expect(isinstance(index, pandas.Index), "a series' axis")
    expect(isinstance(values, np.ndarray | pandas.api.extensions.ExtensionArray), "a series")
    name = rebuild(state.get("_name", state.get("name")))
    rebuild.allowance.check_keys([name])
    return pandas.Series(values, index=index, dtype=values.dtype, name=name)


def build_index(record: Record, rebuild: Rebuild) -> pd.Index[Any]:
    """An index of ``_new_Index(class, {...})``: plain, of a range, or of several levels."""
    pandas = _pandas()
    expect(len(record.args) == 2 and isinstance(record.args[0], type), "an index")
    kind, data = getattr(record.args[0], "kind", ""), rebuild(record.args[1])
    expect(isinstance(data, dict), "an index")
    rebuild.allowance.check_keys([data.get("name")])
    if kind == "RangeIndex":
        numbers = [data[k] for k in ("start", "stop", "step")]
        short = all(type(n) is int and n.bit_length() < 64 for n in numbers)
        expect(short, "an index of a range")
        return pandas.RangeIndex(*numbers, name=data.get("name"))
    if kind == "MultiIndex":
        return _several_levels(data, rebuild)
    labels = data["data"]
    array = isinstance(labels, np.ndarray | pandas.api.extensions.ExtensionArray)
    expect(kind == "Index" and array, "an index")
    # pandas looks a label up in a table of their hashes.
    if isinstance(labels, np.ndarray) and labels.dtype.kind == "O":
        rebuild.allowance.check_keys(labels.ravel())
    return pandas.Index(labels, dtype=labels.dtype, name=data.get("name"))


def _several_levels(data: Mapping[str, Any], rebuild: Rebuild) -> pd.MultiIndex:
    """An index of several levels; each label is a number, its place in its level."""
    pandas = _pandas()
    levels, codes, names = data["levels"], data.get("codes", data.get("labels")), data.get("names")
    expect(isinstance(levels, list | tuple) and isinstance(codes, list | tuple), "an index")
    expect(all(isinstance(level, pandas.Index) for level in levels), "an index's level")
    expect(all(isinstance(c, np.ndarray) and c.dtype.kind in "iu" for c in codes), "an index")
    expect(names is None or isinstance(names, list | tuple), "an index's names")
    # Many levels can share one array in the file; pandas keeps a copy for each.
    rebuild.allowance.take(sum(_LEVEL_BYTES + c.nbytes for c in codes))
    rebuild.allowance.check_keys(names or ())
    return pandas.MultiIndex(levels, codes, names=names)


def build_string_type(record: Record, rebuild: Rebuild) -> Any:
    """``StringDtype(storage, what stands for a missing value)``."""
    values = [rebuild(a) for a in record.args]
    expect(len(values) in (1, 2) and values[0] in _STORAGES, "a type of text")
    pandas = _pandas()
    missing = pandas.NA if len(values) == 1 or values[1] is pandas.NA else np.nan
    # Where pyarrow is not installed, text is kept as Python's; it is the same text.
    storage = "python" if values[0] == "python" or not find_spec("pyarrow") else "pyarrow"
    return pandas.StringDtype(storage, na_value=missing)


def build_strings(record: Record, rebuild: Rebuild) -> Any:
    """An array of text, (class, checksum, …) with the state (type, objects, …)."""
    expect(bool(record.args) and getattr(record.args[0], "kind", "") == "strings", "an array")
    state = record.state if isinstance(record.state, tuple) else record.args[-1]
    expect(isinstance(state, tuple) and len(state) >= 2, "an array of text")
    parts = [rebuild(part) for part in state[:2]]
    arrays = [p for p in parts if isinstance(p, np.ndarray) and p.dtype.kind == "O"]
    pandas = _pandas()
    types = [p for p in parts if isinstance(p, pandas.StringDtype)]
    expect(len(arrays) == 1 and len(types) == 1, "an array of text")
    return pandas.array(arrays[0], dtype=types[0])


def build_arrow_strings(record: Record, rebuild: Rebuild) -> Any:
    """An array of text in Arrow's memory, with its type beside it."""
    texts = arrow_texts(record, rebuild)
    pandas = _pandas()
    dtype = rebuild(record.state.get("_dtype"))
    expect(isinstance(dtype, pandas.StringDtype), "an array of text")
    return pandas.array(np.array(texts, dtype=object), dtype=dtype)


def missing_value() -> Any:
    """What pandas writes where text is missing."""
    return _pandas().NA


TABLE_BUILDERS: Mapping[str, Builder] = {
    "DataFrame": build_frame,
    "Series": build_series,
    "new_index": build_index,
    "string_type": build_string_type,
    "new_backed": build_strings,
    "arrow_strings": build_arrow_strings,
}
"""What each kind of pandas' records becomes."""
