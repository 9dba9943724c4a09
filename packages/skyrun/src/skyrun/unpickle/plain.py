"""Python's own containers, numbers, text and dates, rebuilt from records."""

from __future__ import annotations

import datetime
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from .records import Builder, Rebuild, Record, content_bytes, expect, plain_arguments

_BITS: Final = 64
_ITEM: Final = 8


def _text_bytes(record: Record, rebuild: Rebuild) -> bytes:
    text, encoding = plain_arguments(record, rebuild, 2)
    expect(isinstance(text, str) and encoding in ("latin1", "latin-1"), "encoded text")
    return content_bytes(text)


def _gathered(kind: type[Any]) -> Builder:
    def build(record: Record, rebuild: Rebuild) -> Any:
        values = plain_arguments(record, rebuild, 1)[0] if record.args else []
        expect(isinstance(values, list | tuple | dict | str | bytes), f"a {kind.__name__}")
        # Many calls can share one list in the file.
        rebuild.allowance.take(_ITEM * len(values))
        if kind is dict and not isinstance(values, dict):
            expect(all(isinstance(v, list | tuple) and len(v) == 2 for v in values), "a dict")
            rebuild.allowance.check_keys((key for key, _ in values))
        elif kind in (set, frozenset):
            rebuild.allowance.check_keys(values)
        return kind(values) if not isinstance(values, str) else kind(content_bytes(values))

    return build


def _numbers(kind: type[Any], *, allow_text: bool = False) -> Builder:
    admitted = (int, float, bytes, str) if allow_text else (int, float, type(None))

    def build(record: Record, rebuild: Rebuild) -> Any:
        values = [rebuild(a) for a in record.args]
        expect(all(isinstance(v, admitted) for v in values), f"a {kind.__name__}")
        # Numbers of millions of digits take hours to divide.
        short = all(v.bit_length() <= _BITS for v in values if isinstance(v, int))
        expect(short, f"a number of a {kind.__name__}")
        return kind(*values)

    return build


def _ordered(record: Record, rebuild: Rebuild) -> OrderedDict[Any, Any]:
    expect(not record.args, "an OrderedDict")
    pairs = [(rebuild(key), rebuild(value)) for key, value in record.pairs]
    rebuild.allowance.check_keys((key for key, _ in pairs))
    return OrderedDict(pairs)


PLAIN_BUILDERS: Mapping[str, Builder] = {
    "encode": _text_bytes,
    "set": _gathered(set),
    "frozenset": _gathered(frozenset),
    "list": _gathered(list),
    "dict": _gathered(dict),
    "bytes": _gathered(bytes),
    "bytearray": _gathered(bytearray),
    "complex": _numbers(complex),
    "slice": _numbers(slice),
    "range": _numbers(range),
    "OrderedDict": _ordered,
    "datetime": _numbers(datetime.datetime, allow_text=True),
    "date": _numbers(datetime.date, allow_text=True),
    "time": _numbers(datetime.time, allow_text=True),
    "timedelta": _numbers(datetime.timedelta),
}
"""What each kind of Python's own records becomes."""
