"""What a pickle says, as inert records: names, arguments and states, none of them acted on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from skytypes.errors import InputError


class Record:
    """Something that the pickle asks for: its name, its arguments, its state. It does nothing."""

    kind: ClassVar[str] = ""
    args: tuple[Any, ...]
    state: Any
    pairs: list[tuple[Any, Any]]

    def __new__(cls, *args: Any) -> Record:
        """A record of a call; any arguments are kept and none is looked at."""
        record = super().__new__(cls)
        record.args, record.state, record.pairs = args, None, []
        return record

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __setitem__(self, key: Any, value: Any) -> None:
        self.pairs.append((key, value))


def record_class(kind: str) -> type[Record]:
    """A class of records of its own, so that no pickle can alter what another one meets.

    Examples
    --------
    >>> record_class("dtype")("f8").args
    ('f8',)
    """
    return type(kind, (Record,), {"kind": kind})


Rebuild = Callable[[Any], Any]
Builder = Callable[[Record, Rebuild], Any]


def expect(good: bool, what: str) -> None:
    """Refuse a record that is not as numpy and pandas write it.

    Examples
    --------
    >>> expect(False, "an array's shape")
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: an array's shape is not as numpy or pandas write it
    """
    if not good:
        raise InputError(f"{what} is not as numpy or pandas write it")


def plain_arguments(record: Record, rebuild: Rebuild, count: int) -> list[Any]:
    """The arguments of a call, rebuilt; there must be ``count`` of them."""
    expect(len(record.args) == count, f"a call of {record.kind}")
    return [rebuild(a) for a in record.args]


def content_bytes(value: Any) -> bytes:
    """Bytes; a Python 2 pickle has them as text of Latin-1 letters."""
    if isinstance(value, str):
        value = value.encode("latin1")
    expect(isinstance(value, bytes | bytearray), "an array's content")
    return bytes(value)
