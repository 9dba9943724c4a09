"""Which disks are held out: a property of the disk's name and the seed, nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from skytypes import ArrayDataset

_SCALE = 1 << 64


def groups_of(dataset: ArrayDataset) -> list[str]:
    """What must not be split, one name an item: ``dataset.groups``, else the item's number.

    Examples
    --------
    >>> class Two:
    ...     def __len__(self): return 2
    ...     def __getitem__(self, i): raise IndexError
    >>> groups_of(Two())
    ['0', '1']
    """
    return named_groups(dataset) or [str(i) for i in range(len(dataset))]


def named_groups(dataset: ArrayDataset) -> list[str] | None:
    """``dataset.groups``; None where it has none."""
    groups = getattr(dataset, "groups", None)
    return None if groups is None else [str(g) for g in groups]


def split_names(source: str, dataset: ArrayDataset) -> list[str]:
    """What decides the side of each item, one name an item.

    A group's own name, so that a disk is on one side whatever sources it is in and whatever they
    are called. Items without groups are numbered within their source, and its name stands before.

    Parameters
    ----------
    source : str
    dataset : ArrayDataset

    Examples
    --------
    >>> class Two:
    ...     def __len__(self): return 2
    ...     def __getitem__(self, i): raise IndexError
    >>> two = Two()
    >>> split_names("synthetic", two)
    ['synthetic/0', 'synthetic/1']
    >>> two.groups = ("Disk_001", "Disk_002")
    >>> split_names("sims", two)
    ['Disk_001', 'Disk_002']
    """
    return named_groups(dataset) or [f"{source}/{i}" for i in range(len(dataset))]


def held_out(groups: Sequence[str], *, share: float, seed: int) -> NDArray[np.bool_]:
    """Whether each item belongs to validation.

    A group is held out when a hash of its name and the seed falls below ``share``. More data never
    move a disk from one side to the other, and all items of a group are on one side.

    Parameters
    ----------
    groups : sequence of str
        One name an item.
    share : float
        Share of the groups to hold out, dimensionless; the actual one scatters about it.
    seed : int

    Returns
    -------
    array of bool, shape (item,)

    Examples
    --------
    >>> names = ["a", "b", "a", "c", "d"]
    >>> out = held_out(names, share=0.5, seed=3)
    >>> bool(out[0] == out[2])
    True
    >>> bool((held_out([*names, "e"], share=0.5, seed=3)[:5] == out).all())
    True
    """
    below = {g: _fraction(g, seed) < share for g in set(groups)}
    return np.array([below[g] for g in groups], dtype=bool)


def _fraction(group: str, seed: int) -> float:
    digest = hashlib.blake2b(f"trainkit.split {seed} {group}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") / _SCALE
