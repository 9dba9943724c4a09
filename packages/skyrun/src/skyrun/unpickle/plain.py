"""Python's own containers, numbers, text and dates, rebuilt from records."""

from __future__ import annotations

import datetime
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from .records import Builder, Rebuild, Record, content_bytes, expect, plain_arguments


def _text_bytes(record: Record, rebuild: Rebuild) -> bytes:
    text, encoding = plain_arguments(record, rebuild, 2)
    expect(isinstance(text, str) and encoding in ("latin1", "latin-1"), "encoded text")
    return content_bytes(text)


def _gathered(kind: type[Any]) -> Builder:
    def build(record: Record, rebuild: Rebuild) -> Any:
        values = plain_arguments(record, rebuild, 1)[0] if record.args else []
        expect(isinstance(values, list | tuple | dict | str | bytes), f"a {kind.__name__}")
        return kind(values) if not isinstance(values, str) else kind(content_bytes(values))

    return build


def _numbers(kind: type[Any], *, allow_text: bool = False) -> Builder:
    admitted = (int, float, bytes, str) if allow_text else (int, float, type(None))

    def build(record: Record, rebuild: Rebuild) -> Any:
        values = [rebuild(a) for a in record.args]
        expect(all(isinstance(v, admitted) for v in values), f"a {kind.__name__}")
        return kind(*values)

    return build


def _ordered(record: Record, rebuild: Rebuild) -> OrderedDict[Any, Any]:
    expect(not record.args, "an OrderedDict")
    return OrderedDict((rebuild(k), rebuild(v)) for k, v in record.pairs)


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
