"""The stack machine of a pickle: its opcodes put inert records and plain data together.

Python's own machine hashes whatever the file gives as a key, and takes whatever memory the opcodes
take. Here each opcode's memory is counted as it is met, and keys are looked at before they are
used. The opcodes themselves are parsed by `pickletools`.
"""

from __future__ import annotations

import pickletools
import sys
from collections.abc import Callable, Iterable, Mapping
from pickle import HIGHEST_PROTOCOL, UnpicklingError
from typing import Any, Final

from skytypes.errors import InputError

from .allowance import Allowance, Met, choosable
from .names import ADMITTED
from .records import Record, record_class

_SLOT: Final = 8
_COLLECTED: Final = 16
"""What Python's garbage collector keeps beside each container [byte]."""
_MARK: Final = 80
_RECORD: Final = sys.getsizeof(Record()) + _COLLECTED
_PAIR: Final = sys.getsizeof((0, 0)) + _COLLECTED + _SLOT
_CLASS: Final = 2048
# An opcode that leaves nothing behind still takes time.
_NOTHING: Final = 64
_SPARE_MEMO: Final = 1024
_LONGEST: Final = 200
_ABSENT: Final = object()


def short(text: str) -> str:
    """The beginning of a text.

    Examples
    --------
    >>> len(short("a" * 1000))
    201
    """
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _loose(keys: Iterable[Any]) -> list[Any]:
    """The keys whose hash the file can choose; that of a record is its place in memory."""
    return [key for key in choosable(keys) if not isinstance(key, Record | type)]


class Machine:
    """What a pickle says, as plain data and inert records.

    Parameters
    ----------
    allowance : Allowance
        Of which everything is taken.
    """

    def __init__(self, allowance: Allowance) -> None:
        self._take = allowance.take
        self._check_keys = allowance.check_keys
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: list[Any] = []
        self._stored = 0
        self._classes: dict[str, type[Record]] = {}
        self._met: dict[int, Met] = {}

    def load(self, data: bytes) -> Any:
        r"""The value of a pickle.

        Parameters
        ----------
        data : bytes

        Raises
        ------
        InputError
            If it asks for what is not admitted, or for too much.
        ValueError, LookupError, TypeError, pickle.UnpicklingError
            If it is damaged.

        Examples
        --------
        >>> Machine(Allowance(1 << 20)).load(b"(I1\nI2\nl.")
        [1, 2]
        """
        for opcode, argument, _ in pickletools.genops(data):
            _ACTIONS[opcode.name](self, argument)
        return self._stack.pop()

    # Values

    def _value(self, argument: Any) -> None:
        self._take(_SLOT + sys.getsizeof(argument))
        self._stack.append(argument)

    def _kept(self, argument: Any) -> None:
        """A value that is there already."""
        self._take(_SLOT)
        self._stack.append(argument)

    def _container(self, value: Any) -> None:
        self._take(_SLOT + _COLLECTED + sys.getsizeof(value))
        self._stack.append(value)

    def _none(self, _: Any) -> None:
        self._kept(None)

    def _true(self, _: Any) -> None:
        self._kept(True)

    def _false(self, _: Any) -> None:
        self._kept(False)

    # The stack

    def _mark(self, _: Any) -> None:
        self._take(_MARK)
        self._marks.append(self._stack)
        self._stack = []

    def _since_mark(self) -> list[Any]:
        """The values above the last mark, no longer on the stack."""
        if not self._marks:
            raise UnpicklingError("a mark is missing")
        values, self._stack = self._stack, self._marks.pop()
        self._take(-_SLOT * len(values))
        return values

    def _last(self, count: int) -> list[Any]:
        if len(self._stack) < count:
            raise UnpicklingError("a value is missing")
        values = self._stack[-count:]
        del self._stack[-count:]
        self._take(-_SLOT * count)
        return values

    def _pop(self, _: Any) -> None:
        self._take(_NOTHING)
        if self._stack:
            self._stack.pop()
        else:
            self._since_mark()

    def _pop_mark(self, _: Any) -> None:
        self._take(_NOTHING)
        self._since_mark()

    def _duplicate(self, _: Any) -> None:
        self._kept(self._stack[-1])

    def _protocol(self, number: int) -> None:
        self._take(_NOTHING)
        if number > HIGHEST_PROTOCOL:
            raise UnpicklingError("written for a later Python")

    def _nothing(self, _: Any) -> None:
        self._take(_NOTHING)

    # The memo

    def _memoize(self, _: Any) -> None:
        self._stored += 1
        self._take(_SLOT)
        self._memo.append(self._stack[-1])

    def _put(self, number: int) -> None:
        self._stored += 1
        if not 0 <= number <= 2 * self._stored + _SPARE_MEMO:
            raise InputError("the pickle numbers its parts by leaps; it was made to do harm")
        further = max(number + 1 - len(self._memo), 0)
        self._take(_SLOT * (1 + further))
        self._memo.extend([_ABSENT] * further)
        self._memo[number] = self._stack[-1]

    def _get(self, number: int) -> None:
        value = self._memo[number] if 0 <= number < len(self._memo) else _ABSENT
        if value is _ABSENT:
            raise UnpicklingError("a part is missing")
        self._kept(value)

    # Containers

    def _empty_tuple(self, _: Any) -> None:
        self._kept(())

    def _tuple(self, _: Any) -> None:
        self._container(tuple(self._since_mark()))

    def _tuple1(self, _: Any) -> None:
        self._container(tuple(self._last(1)))

    def _tuple2(self, _: Any) -> None:
        self._container(tuple(self._last(2)))

    def _tuple3(self, _: Any) -> None:
        self._container(tuple(self._last(3)))

    def _empty_list(self, _: Any) -> None:
        self._container([])

    def _empty_dict(self, _: Any) -> None:
        self._container({})

    def _empty_set(self, _: Any) -> None:
        self._container(set())

    def _list(self, _: Any) -> None:
        self._container(self._since_mark())

    def _frozenset(self, _: Any) -> None:
        values = self._since_mark()
        self._check_keys(_loose(values))
        self._container(frozenset(values))

    def _dict(self, _: Any) -> None:
        values = self._since_mark()
        self._container({})
        self._set_items(self._stack[-1], values)

    def _append(self, _: Any) -> None:
        self._extend(self._last(1))

    def _appends(self, _: Any) -> None:
        self._extend(self._since_mark())

    def _extend(self, values: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not list:
            raise UnpicklingError("something is appended to what is no list")
        size = sys.getsizeof(target)
        target.extend(values)
        self._take(sys.getsizeof(target) - size)

    def _set_item(self, _: Any) -> None:
        values = self._last(2)
        self._set_items(self._stack[-1], values)

    def _several_items(self, _: Any) -> None:
        values = self._since_mark()
        self._set_items(self._stack[-1], values)

    def _set_items(self, target: Any, values: list[Any]) -> None:
        keys = values[::2]
        items = zip(keys, values[1::2], strict=True)
        if isinstance(target, Record):
            pairs = list(items)
            self._take(_PAIR * len(pairs))
            target.add(pairs)
        elif type(target) is dict:
            self._check_further(target, keys)
            size = sys.getsizeof(target)
            target.update(items)
            self._take(sys.getsizeof(target) - size)
        else:
            raise UnpicklingError("an item is set in what is no dictionary")

    def _add_items(self, _: Any) -> None:
        values, target = self._since_mark(), self._stack[-1]
        if type(target) is not set:
            raise UnpicklingError("something is added to what is no set")
        self._check_further(target, values)
        size = sys.getsizeof(target)
        target.update(values)
        self._take(sys.getsizeof(target) - size)

    def _check_further(self, target: Any, keys: list[Any]) -> None:
        """Check keys that are added to a container, with those it has."""
        if loose := _loose(keys):
            self._check_keys(loose, self._met.setdefault(id(target), Met()))

    # Records

    def _global(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self._name(module, name)

    def _stack_global(self, _: Any) -> None:
        module, name = self._last(2)
        if type(module) is not str or type(name) is not str:
            raise UnpicklingError("a name is no text")
        self._name(module, name)

    def _name(self, module: str, name: str) -> None:
        kind = ADMITTED.get(module, {}).get(name)
        if kind is None:
            raise InputError(
                f"the pickle asks for {short(f'{module}.{name}')}; only numpy and pandas data are "
                "admitted: do not open this file, or have it saved as Parquet"
            )
        if kind not in self._classes:
            self._take(_CLASS)
            self._classes[kind] = record_class(kind)
        self._kept(self._classes[kind])

    def _call(self, called: Any, arguments: Any) -> None:
        if not (isinstance(called, type) and isinstance(arguments, tuple)):
            raise UnpicklingError("something is called that is no name")
        self._take(_SLOT + _RECORD)
        self._stack.append(called(arguments))

    def _reduce(self, _: Any) -> None:
        called, arguments = self._last(2)
        self._call(called, arguments)

    def _new(self, _: Any) -> None:
        called, arguments, named = self._last(3)
        if named != {}:
            raise UnpicklingError("something is called with named values")
        self._call(called, arguments)

    def _instance(self, argument: str) -> None:
        arguments = tuple(self._since_mark())
        self._global(argument)
        called = self._last(1)[0]
        self._call(called, arguments)

    def _object(self, _: Any) -> None:
        called, *arguments = self._since_mark()
        self._call(called, tuple(arguments))

    def _build(self, _: Any) -> None:
        state = self._last(1)[0]
        if not isinstance(self._stack[-1], Record):
            raise UnpicklingError("a state is given to what has none")
        self._stack[-1].state = state

    # Refusals

    def _outside(self, _: Any) -> None:
        # The reference is not shown: a few bytes can nest it to an endless text.
        raise InputError("the pickle refers to data outside itself, which is not admitted")

    def _registered(self, _: Any) -> None:
        raise InputError("the pickle asks for registered code; only data are admitted")


_ACTIONS: Final[Mapping[str, Callable[[Machine, Any], None]]] = {
    **dict.fromkeys(
        ("INT", "BININT", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
        Machine._value,
    ),
    **dict.fromkeys(
        ("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE"),
        Machine._value,
    ),
    **dict.fromkeys(
        ("BINUNICODE8", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"), Machine._value
    ),
    "BININT1": Machine._kept,
    "NONE": Machine._none,
    "NEWTRUE": Machine._true,
    "NEWFALSE": Machine._false,
    "MARK": Machine._mark,
    "POP": Machine._pop,
    "POP_MARK": Machine._pop_mark,
    "DUP": Machine._duplicate,
    "PROTO": Machine._protocol,
    **dict.fromkeys(("FRAME", "STOP"), Machine._nothing),
    "MEMOIZE": Machine._memoize,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), Machine._put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), Machine._get),
    "EMPTY_TUPLE": Machine._empty_tuple,
    "TUPLE": Machine._tuple,
    "TUPLE1": Machine._tuple1,
    "TUPLE2": Machine._tuple2,
    "TUPLE3": Machine._tuple3,
    "EMPTY_LIST": Machine._empty_list,
    "LIST": Machine._list,
    "APPEND": Machine._append,
    "APPENDS": Machine._appends,
    "EMPTY_DICT": Machine._empty_dict,
    "DICT": Machine._dict,
    "SETITEM": Machine._set_item,
    "SETITEMS": Machine._several_items,
    "EMPTY_SET": Machine._empty_set,
    "ADDITEMS": Machine._add_items,
    "FROZENSET": Machine._frozenset,
    "GLOBAL": Machine._global,
    "STACK_GLOBAL": Machine._stack_global,
    "REDUCE": Machine._reduce,
    "NEWOBJ": Machine._reduce,
    "NEWOBJ_EX": Machine._new,
    "INST": Machine._instance,
    "OBJ": Machine._object,
    "BUILD": Machine._build,
    **dict.fromkeys(("PERSID", "BINPERSID", "NEXT_BUFFER", "READONLY_BUFFER"), Machine._outside),
    **dict.fromkeys(("EXT1", "EXT2", "EXT4"), Machine._registered),
}
"""What each opcode does; `pickletools` knows no other."""
