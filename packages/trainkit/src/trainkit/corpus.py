"""All data of a run: its sources, what is held out, and what each epoch goes through."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skytypes import ArrayDataset, item_rng
from skytypes.errors import InputError

from .split import groups_of, held_out, split_names


@dataclass(frozen=True)
class Source:
    """A dataset and how a run goes through it.

    Parameters
    ----------
    name : str
        Used in messages and, where the dataset names no groups, in the split.
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
    files : tuple of Path
        What it was read from; a run is resumed only with the same bytes in them.
    """

    name: str
    dataset: ArrayDataset
    repeats: int = 1
    any_angle: bool = False
    blocks: int = 1
    original: ArrayDataset | None = None
    files: tuple[Path, ...] = ()

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
        Share of the disks held out, dimensionless. A disk that several sources have is on the same
        side in all of them.
    seed : int

    Raises
    ------
    InputError
        If nothing is left to train or to validate on.
    """

    def __init__(self, sources: Sequence[Source], *, validation: float, seed: int) -> None:
        self.sources = tuple(sources)
        self.seed = seed
        names = [split_names(s.name, s.dataset) for s in self.sources]
        self._out = [held_out(n, share=validation, seed=seed) for n in names]
        disks = len({name for part in names for name in part})
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
        """Each source as its length and a digest of its groups and files, to know it again."""
        return dict(self._described)

    @cached_property
    def _described(self) -> dict[str, str]:
        # Once: files are read for it.
        return {s.name: f"{len(s.dataset)} items {_digest(s)}" for s in self.sources}


_FORMAT = "2"
"""Goes into the digest; counted up when the same data are split in another way."""


def _digest(source: Source) -> str:
    digest = hashlib.sha256("\n".join([_FORMAT, *groups_of(source.dataset)]).encode())
    for path in source.files:
        digest.update(_file_digest(path))
    return digest.hexdigest()[:12]


def _file_digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror}") from None
