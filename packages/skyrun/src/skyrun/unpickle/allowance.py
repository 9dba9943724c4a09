"""What the data of a pickle may take: memory, and the time to look its keys up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from skytypes.errors import InputError

_PLAIN: Final = frozenset((str, bytes, type(None), bool, float))
"""Keys whose hash no file can choose; of floats, at most 34 have the same one."""
_SMALLEST_ALIKE: Final = 2**61 - 1
"""Python's hash of an integer is the rest when it is divided by this."""
_MOST_ALIKE: Final = 256
_DEEPEST_KEY: Final = 64
# What it takes to meet one part of a key, in bytes of the allowance: tens of nanoseconds, so that
# half a gigabyte is two seconds. Within a key of a key it is four times as much each time: those of
# tables are two levels at most, and what grows without end is found at once.
_PART_BYTES: Final = 16
_STEEPEST: Final = 4
_MET_BYTES: Final = 128


def choosable(keys: Iterable[Any]) -> list[Any]:
    """The keys whose hash a file can choose so that it takes long or is the same for all.

    Parameters
    ----------
    keys : iterable

    Examples
    --------
    >>> choosable(["a", 5, 2**61, 0.5, (1, 2)])
    [2305843009213693952, (1, 2)]
    """
    return [
        key
        for key in keys
        if type(key) not in _PLAIN
        and not (type(key) is int and -_SMALLEST_ALIKE < key < _SMALLEST_ALIKE)
    ]


class Met:
    """Keys of one container, by their hashes."""

    def __init__(self) -> None:
        self._first: dict[int, Any] = {}
        self._further: dict[int, list[Any]] = {}

    def add(self, key: Any) -> None:
        """Add a key, if it is not there.

        Parameters
        ----------
        key : hashable

        Raises
        ------
        InputError
            If too many others have its hash.
        """
        number = hash(key)
        first = self._first.setdefault(number, key)
        if first is key or first == key:
            return
        others = self._further.setdefault(number, [])
        if key not in others:
            others.append(key)
        if len(others) > _MOST_ALIKE:
            raise InputError("the pickle's keys are too much alike; it was made to do harm")


class Allowance:
    """What is left of the memory that a pickle's data may take [byte].

    Parameters
    ----------
    nbytes : int
    """

    def __init__(self, nbytes: int) -> None:
        self._left = nbytes

    def take(self, nbytes: int) -> None:
        """Count memory that is taken, or is about to be; a negative number gives it back.

        Parameters
        ----------
        nbytes : int

        Raises
        ------
        InputError
            If nothing is left.

        Examples
        --------
        >>> Allowance(100).take(101)
        Traceback (most recent call last):
        ...
        skytypes.errors.InputError: the pickle's data take more memory than is allowed for the file
        """
        self._left -= nbytes
        if self._left < 0:
            raise InputError("the pickle's data take more memory than is allowed for the file")

    def check_keys(self, keys: Iterable[Any], met: Met | None = None) -> None:
        """Refuse keys that take long to hash or to tell apart, before any of them is hashed.

        The hash of a tuple is made anew each time, of each of its parts as often as it occurs: a
        tuple of itself twice, again and again, is never done. Equal hashes make a dictionary a
        list.

        Parameters
        ----------
        keys : iterable
            That go into one dictionary, set or index.
        met : Met, optional
            Those that are there before; it is brought up to date.

        Raises
        ------
        InputError
            If they were made to take long.

        Examples
        --------
        >>> Allowance(1 << 20).check_keys([i * (2**61 - 1) for i in range(1000)])
        Traceback (most recent call last):
        ...
        skytypes.errors.InputError: the pickle's keys are too much alike; it was made to do harm
        """
        met = Met() if met is None else met
        for key in choosable(keys):
            self._weigh(key)
            self.take(_MET_BYTES)
            met.add(key)

    def _weigh(self, key: Any) -> None:
        """Count every part of a key as often as its hash does."""
        left = [(key, 0)]
        while left:
            item, depth = left.pop()
            kind = type(item)
            if kind is tuple or kind is frozenset:
                if depth > _DEEPEST_KEY:
                    raise InputError("the pickle nests a key too deeply; it was made to do harm")
                self.take((_PART_BYTES << 2 * min(depth, _STEEPEST)) * len(item))
                left.extend((part, depth + 1) for part in choosable(item))
            elif kind is int:
                self.take(item.bit_length())
            elif isinstance(item, np.generic):
                self.take(_PART_BYTES * item.nbytes)
