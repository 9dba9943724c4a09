"""Random numbers that belong to an item, not to the order in which items are made."""

from __future__ import annotations

import hashlib
import operator

import numpy as np

from .errors import InputError

_WORD = 1 << 64


def item_rng(seed: int, index: int, stream: str) -> np.random.Generator:
    """Generator for item ``index`` of whatever ``stream`` names, under ``seed``.

    The draws of one item never depend on other items, on the batch, or on the worker that makes
    it. Philox is counter based: seed and stream form its key and the index the top word of its
    counter, so that the sequences of two items cannot overlap.

    Parameters
    ----------
    seed : int
        0 to 2**64 - 1.
    index : int
        Number of the item, 0 to 2**64 - 1.
    stream : str
        What the draws are for, e.g. ``"skymodels.disks"``: two purposes get independent draws.

    Returns
    -------
    numpy.random.Generator

    Raises
    ------
    InputError
        If seed or index is not a whole number, is negative or does not fit in 64 bits.

    Notes
    -----
    Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3",
    doi:10.1145/2063384.2063405 (Philox 4x64-10).

    Examples
    --------
    >>> a = item_rng(42, 7, "noise").normal(size=3)
    >>> b = item_rng(42, 7, "noise").normal(size=3)
    >>> bool((a == b).all())
    True
    """
    digest = hashlib.blake2b(stream.encode(), digest_size=8).digest()
    key = np.array([_word("seed", seed), int.from_bytes(digest, "little")], dtype=np.uint64)
    counter = np.array([0, 0, 0, _word("index", index)], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def seed_of_name(name: str) -> int:
    """A seed for what has a name and no seed of its own: 48 bits of the name's hash.

    Parameters
    ----------
    name : str
        A disk's ID, say.

    Returns
    -------
    int
        0 to 2**48 - 1: of a million names two agree once in 560 times, and a seed keeps its
        digits in a spreadsheet, which has 15.

    Notes
    -----
    BLAKE2b (https://www.rfc-editor.org/rfc/rfc7693); a digest of six bytes, the lowest first.

    Examples
    --------
    >>> seed_of_name("Disk_001") == seed_of_name("Disk_001") != seed_of_name("Disk_002")
    True
    """
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=6).digest(), "little")


def _word(name: str, value: int) -> int:
    """The value as a Python int of 64 bits; a float would be cut to a whole number silently."""
    try:
        whole = operator.index(value)
    except TypeError:
        whole = -1
    if not 0 <= whole < _WORD:
        raise InputError(f"{name} is {value!r}; give a whole number from 0 to 2**64 - 1")
    return whole
