"""What a pickle says, as inert records: names, arguments and states, none of them acted on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol

from skytypes.errors import InputError

from .allowance import Allowance


class Record:
    """Something that the pickle asks for: its name, its arguments, its state. It does nothing.

    Parameters
    ----------
    args : tuple
        Of a call; they are kept and none is looked at.
    """

    __slots__ = ("args", "pairs", "state")
    kind: ClassVar[str] = ""

    def __init__(self, args: tuple[Any, ...] = ()) -> None:
        self.args = args
        self.state: Any = None
        self.pairs: Sequence[tuple[Any, Any]] = ()

    def add(self, pairs: list[tuple[Any, Any]]) -> None:
        """Keep items that are set."""
        if isinstance(self.pairs, list):
            self.pairs.extend(pairs)
        else:
            self.pairs = pairs


def record_class(kind: str) -> type[Record]:
    """A class of records of its own, so that no pickle can alter what another one meets.

    Examples
    --------
    >>> record_class("dtype")(("f8",)).args
    ('f8',)
    """
    return type(kind, (Record,), {"kind": kind, "__slots__": ()})


class Rebuild(Protocol):
    """Data from what was loaded, and the allowance that it is taken from."""

    def __call__(self, value: Any, /) -> Any:
        """Data of a record, a container, or a plain value."""

    @property
    def allowance(self) -> Allowance:
        """What is left of the memory that the data may take."""


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
