"""Data from inert records, each rebuilt once by the maker of its kind."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from skytypes.errors import InputError

from .allowance import Allowance
from .arrays import ARRAY_BUILDERS
from .plain import PLAIN_BUILDERS
from .records import Record
from .tables import TABLE_BUILDERS, missing_value

_BUILDERS: Final = {**ARRAY_BUILDERS, **PLAIN_BUILDERS, **TABLE_BUILDERS}
_ATOMS: Final = frozenset((type(None), bool, int, float, str, bytes, bytearray))
_SMALL: Final = 8
"""A container of so few plain values is looked at again rather than remembered."""
_REMEMBERED: Final = 112
_COLLECTED: Final = 16
_PLACE: Final = 8
_ARRAY: Final = 128
_TABLE: Final = 2048
"""A table, a series or an index of nothing."""


class Rebuilding:
    """Data from what was loaded; each record is rebuilt once, and must not hold itself.

    What holds no record stays as it is.

    Parameters
    ----------
    allowance : Allowance
        Of which the data are taken.
    """

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self._done: dict[int, Any] = {}
        self._open: set[int] = set()

    def __call__(self, value: Any) -> Any:
        """Data of a record, a container, or a plain value."""
        kind = type(value)
        if kind in _ATOMS:
            return value
        # Not of dictionaries: an empty one is not looked into, and they are rarely so plain.
        if (kind is tuple or kind is list) and len(value) <= _SMALL and _is_plain(value):
            return value
        if kind is dict and len(value) <= _SMALL and _is_plain(value) and _is_plain(value.values()):
            return value
        key = id(value)
        if key in self._done:
            return self._done[key]
        if key in self._open:
            raise InputError("the pickle holds a value inside itself; only plain data are admitted")
        self.allowance.take(_REMEMBERED)
        self._open.add(key)
        self._done[key] = self._build(value)
        self._open.discard(key)
        return self._done[key]

    def _build(self, value: Any) -> Any:
        if isinstance(value, list | tuple | set | frozenset):
            return self._sequence(value)
        if isinstance(value, dict):
            return self._mapping(value)
        if isinstance(value, type) and getattr(value, "kind", "") == "NA":
            return missing_value()
        kind = value.kind if isinstance(value, Record) else ""
        builder = _BUILDERS.get(kind)
        if builder is None:
            raise InputError("the pickle holds a class or a function; only data are admitted")
        built = builder(value, self)
        # Many arrays can share one piece of content in the file; each takes memory of its own.
        self.allowance.take(_size(built))
        return built

    def _sequence(self, value: Any) -> Any:
        items = [self(item) for item in value]
        if _are_same(items, value):
            return value
        if isinstance(value, set | frozenset):
            self.allowance.check_keys(items)
        built = type(value)(items)
        self.allowance.take(_size(built))
        return built

    def _mapping(self, value: dict[Any, Any]) -> dict[Any, Any]:
        keys, items = [self(key) for key in value], [self(item) for item in value.values()]
        if _are_same(keys, value) and _are_same(items, value.values()):
            return value
        self.allowance.check_keys(keys)
        built = dict(zip(keys, items, strict=True))
        self.allowance.take(_size(built))
        return built


def _is_plain(values: Iterable[Any]) -> bool:
    return all(type(value) in _ATOMS for value in values)


def _are_same(items: Iterable[Any], others: Iterable[Any]) -> bool:
    return all(a is b for a, b in zip(items, others, strict=True))


def _size(built: Any) -> int:
    """Memory of what was built [byte]; of a table as if each place took 8."""
    if isinstance(built, np.ndarray):
        # numpy takes one item's memory for an array of none.
        return _ARRAY + int(max(built.nbytes, built.itemsize))
    if hasattr(built, "shape") and not isinstance(built, np.generic | np.dtype):
        return _TABLE + _PLACE * int(math.prod(built.shape))
    return sys.getsizeof(built) + _COLLECTED
