"""Arrays, numbers and types of numpy, rebuilt from records by numpy's own makers.

`numpy`'s own way to unpickle believes the file: a type's state can turn bytes into pointers, a
list shorter than its array is read past its end. Here the state is only read; every size is
checked, and arrays are made by `numpy.frombuffer` and types by `numpy.dtype`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytypes.errors import InputError

from .records import Builder, Rebuild, Record, content_bytes, expect, plain_arguments

_TYPE = re.compile(r"[|<>=]?([?biufcSUVOMm])(\d{0,9})")
_TIME_UNIT = re.compile(r"[YMWDhmsunpfa]|[munpfa]s")
_MAX_AXES = 32
_TYPE_BYTES = 128


def build_dtype(record: Record, rebuild: Rebuild) -> np.dtype[Any]:
    """The type that a ``numpy.dtype`` record describes, made by `numpy.dtype`."""
    text = record.args[0] if record.args else None
    found = _TYPE.fullmatch(text) if isinstance(text, str) else None
    state = record.state
    if found is None or not isinstance(state, tuple) or len(state) < 8:
        raise InputError("an array's type is not as numpy or pandas write it")
    letter, order = found[1], rebuild(state[1])
    expect(order in ("<", ">", "|", "="), "a byte order")
    if letter in "Mm":
        return np.dtype(f"{order.replace('|', '=')}{letter}8{_time_unit(rebuild(state[-1]))}")
    if state[3] is not None:
        return _structure(state, rebuild)
    if state[2] is not None:
        base, shape = rebuild(state[2])
        expect(isinstance(base, np.dtype) and not base.hasobject, "an inner array")
        _count(base, rebuild)
        return np.dtype((base, _shape(shape)))
    if letter == "O":
        return np.dtype(object)
    return np.dtype(letter + found[2]).newbyteorder(order)


def _time_unit(metadata: Any) -> str:
    unit, count = metadata[1][:2]
    unit = content_bytes(unit).decode("ascii")
    expect(bool(_TIME_UNIT.fullmatch(unit)) and type(count) is int, "a unit of time")
    return f"[{count}{unit}]"


def _structure(state: tuple[Any, ...], rebuild: Rebuild) -> np.dtype[Any]:
    names, fields, size = (rebuild(state[i]) for i in (3, 4, 5))
    expect(isinstance(names, tuple) and isinstance(fields, Mapping), "a type with fields")
    expect(all(isinstance(n, str) for n in names) and type(size) is int, "a type with fields")
    formats, offsets = [fields[n][0] for n in names], [fields[n][1] for n in names]
    titles = [fields[n][2] if len(fields[n]) == 3 else None for n in names]
    expect(all(isinstance(f, np.dtype) and not f.hasobject for f in formats), "a field's type")
    expect(all(t is None or isinstance(t, str) for t in titles), "a field's title")
    # Types within types can grow without end, and are walked through when they are compared.
    for each in formats:
        _count(each, rebuild)
    return np.dtype(
        {
            "names": names,
            "formats": formats,
            "offsets": offsets,
            "titles": titles,
            "itemsize": size,
        }
    )


def _count(dtype: np.dtype[Any], rebuild: Rebuild) -> None:
    """Take allowance for each place of a type, and of the types within it."""
    rebuild.allowance.take(_TYPE_BYTES)
    for each in (dtype.fields or {}).values():
        _count(each[0], rebuild)
    if dtype.subdtype is not None:
        _count(dtype.base, rebuild)


def _shape(shape: Any) -> tuple[int, ...]:
    whole = isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape)
    expect(whole and len(shape) <= _MAX_AXES, "an array's shape")
    return tuple(shape)


def _array(dtype: Any, shape: Any, raw: Any, order: Any, rebuild: Rebuild) -> NDArray[Any]:
    """An array, its content as long as its shape says."""
    expect(isinstance(dtype, np.dtype) and order in ("C", "F"), "an array's type")
    shape = _shape(shape)
    count = math.prod(shape)
    if dtype.kind == "O":
        expect(isinstance(raw, list) and len(raw) == count, "an array of objects")
        objects = np.empty(count, dtype=object)
        for place, item in enumerate(raw):
            objects[place] = rebuild(item)
        return objects.reshape(shape, order=order)
    content = content_bytes(rebuild(raw))
    expect(dtype.itemsize > 0 and len(content) == count * dtype.itemsize, "an array's length")
    if count == 0:
        return np.empty(shape, dtype)
    return np.frombuffer(content, dtype).reshape(shape, order=order).copy(order=order)


def build_array(record: Record, rebuild: Rebuild) -> NDArray[Any]:
    """An array of ``_reconstruct`` and a state (version, shape, type, Fortran order, content)."""
    first = record.args[0] if record.args else None
    expect(isinstance(first, type) and getattr(first, "kind", "") == "ndarray", "an array's class")
    expect(isinstance(record.state, tuple) and len(record.state) in (4, 5), "an array's state")
    shape, dtype, fortran, raw = record.state[-4:]
    return _array(rebuild(dtype), rebuild(shape), raw, "F" if fortran else "C", rebuild)


def build_from_buffer(record: Record, rebuild: Rebuild) -> NDArray[Any]:
    """An array of ``_frombuffer(content, type, shape, order)`` (pickle protocol 5)."""
    raw, dtype, shape, order = plain_arguments(record, rebuild, 4)
    expect(isinstance(dtype, np.dtype) and dtype.kind != "O", "an array's type")
    return _array(dtype, shape, raw, order, rebuild)


def build_scalar(record: Record, rebuild: Rebuild) -> Any:
    """A number of ``scalar(type, content)``."""
    dtype, raw = plain_arguments(record, rebuild, 2)
    expect(isinstance(dtype, np.dtype) and dtype.kind != "O", "a number's type")
    return _array(dtype, (1,), raw, "C", rebuild)[0]


ARRAY_BUILDERS: Mapping[str, Builder] = {
    "dtype": build_dtype,
    "array": build_array,
    "frombuffer": build_from_buffer,
    "scalar": build_scalar,
}
"""What each kind of numpy's records becomes."""
