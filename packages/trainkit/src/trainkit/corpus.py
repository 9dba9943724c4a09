"""All data of a run: its sources, what is held out, and what each epoch goes through."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skytypes import ArrayDataset, item_rng
from skytypes.errors import InputError

from .split import groups_of, held_out


@dataclass(frozen=True)
class Source:
    """A dataset and how a run goes through it.

    Parameters
    ----------
    name : str
        Used in messages and, with the seed, in the split.
    dataset : ArrayDataset
        Pictures of one size.
    repeats : int
        How often an item is seen an epoch.
    any_angle : bool
        Turned by any angle, zoomed and shifted; otherwise one of the eight exact views.
    blocks : int
        The items are so many blocks of equal length, of which epoch ``e`` goes through block
        ``e % blocks``: new items every epoch.
    original : ArrayDataset or None
        What ``dataset`` was cut out of, item by item.
    """

    name: str
    dataset: ArrayDataset
    repeats: int = 1
    any_angle: bool = False
    blocks: int = 1
    original: ArrayDataset | None = None

    def scored(self) -> ArrayDataset:
        """The pictures that methods are compared on: whole ones, as a user has them."""
        return self.dataset if self.original is None else self.original


@dataclass(frozen=True)
class Entries:
    """A list of items to go through: source and item numbers, arrays of shape (entry,)."""

    source: NDArray[np.int64]
    item: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of entries."""
        return len(self.item)

    def __getitem__(self, places: slice | NDArray[np.int64]) -> Entries:
        """Some of the entries."""
        return Entries(self.source[places], self.item[places])


class Corpus:
    """The sources of a run, split by disk before anything is augmented.

    Parameters
    ----------
    sources : sequence of Source
    validation : float
        Share of the disks held out of each source, dimensionless.
    seed : int

    Raises
    ------
    InputError
        If nothing is left to train or to validate on.
    """

    def __init__(self, sources: Sequence[Source], *, validation: float, seed: int) -> None:
        self.sources = tuple(sources)
        self.seed = seed
        self.groups = [groups_of(s.dataset) for s in self.sources]
        self._out = [
            held_out([f"{s.name}/{g}" for g in groups], share=validation, seed=seed)
            for s, groups in zip(self.sources, self.groups, strict=True)
        ]
        disks = sum(len(set(g)) for g in self.groups)
        for name, entries in (("train", self._trained(0)), ("validate", self.validation())):
            if len(entries) == 0:
                raise InputError(
                    f"no disk to {name} on: {disks} disks, validation share {validation}; "
                    "give more disks or another --validation"
                )

    def _trained(self, epoch: int) -> Entries:
        """What an epoch goes through, in the order of the data."""
        parts = []
        for number, (source, out) in enumerate(zip(self.sources, self._out, strict=True)):
            length = len(out) // source.blocks
            start = (epoch % source.blocks) * length
            items = start + np.flatnonzero(~out[start : start + length])
            items = np.repeat(items, source.repeats)
            parts.append((np.full(len(items), number, dtype=np.int64), items))
        return Entries(*(np.concatenate(p) for p in zip(*parts, strict=True)))

    def training(self, epoch: int) -> Entries:
        """The entries of an epoch (counted from 0), shuffled; the same whoever asks."""
        entries = self._trained(epoch)
        order = item_rng(self.seed, epoch, "trainkit.order").permutation(len(entries))
        return entries[order]

    def validation(self) -> Entries:
        """The entries held out; of a source in blocks, those of its first block."""
        parts = []
        for number, (source, out) in enumerate(zip(self.sources, self._out, strict=True)):
            items = np.flatnonzero(out[: len(out) // source.blocks])
            parts.append((np.full(len(items), number, dtype=np.int64), items))
        return Entries(*(np.concatenate(p) for p in zip(*parts, strict=True)))

    def describe(self) -> dict[str, str]:
        """Each source as its length and a digest of its groups, to know the data again."""
        return {
            source.name: f"{len(groups)} items {_digest(groups)}"
            for source, groups in zip(self.sources, self.groups, strict=True)
        }


def _digest(groups: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(groups).encode()).hexdigest()[:12]
