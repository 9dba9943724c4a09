"""The data of a run on maps: training, validation and test, found in one folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from skyrun.commands import note
from skytypes import ArrayDataset, find
from skytypes.errors import InputError

from .map_config import MapsConfig
from .runtime import is_first_process

_FORMAT = "2"
"""Goes into the digest; counted up when the same data give another card."""
DIGESTED = 512
"""Maps of at most so many samples of a set, evenly spread, tell whether it is the same."""
DATASET = "popmaps"
"""Name registered under ``skytypes.datasets``; its maker takes a table, channels and labels."""


class MapDataset(ArrayDataset, Protocol):
    """Any dataset of maps by name, each channel of one shape, with labels known beforehand."""

    channels: tuple[str, ...]
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    units: Mapping[str, str]
    shapes: Mapping[str, tuple[int, int]]
    groups: tuple[str, ...]
    skipped: Mapping[str, str]

    def label_values(self) -> dict[str, NDArray[np.float64]]:
        """Labels of all items, by name, shape (item,)."""
        ...


@dataclass(frozen=True)
class MapSets:
    """What a network is trained on, stopped by and judged on.

    Parameters
    ----------
    train, valid : MapDataset
    test : MapDataset or None
    """

    train: MapDataset
    valid: MapDataset
    test: MapDataset | None

    def named(self) -> dict[str, MapDataset]:
        """The sets that there are, by name."""
        known = {"train": self.train, "valid": self.valid}
        return known | ({"test": self.test} if self.test is not None else {})

    def describe(self) -> dict[str, str]:
        """Each set as its length and a digest of its samples, labels and maps."""
        return dict(self._described)

    @cached_property
    def _described(self) -> dict[str, str]:
        # Once: maps are read for it.
        return {name: f"{len(part)} items {_digest(part)}" for name, part in self.named().items()}


def _digest(part: MapDataset) -> str:
    digest = hashlib.sha256("\n".join([_FORMAT, *part.channels, "", *part.groups]).encode())
    for name, values in part.label_values().items():
        digest.update(name.encode())
        digest.update(values.astype("<f8").tobytes())
    for index in evenly_spread(len(part), DIGESTED):
        inputs = part[index].inputs
        for name in part.channels:
            digest.update(np.asarray(inputs[name]).astype("<f4").tobytes())
    return digest.hexdigest()[:12]


def evenly_spread(count: int, most: int) -> list[int]:
    """Numbers of at most ``most`` of ``count`` items, the first and the last among them.

    Examples
    --------
    >>> evenly_spread(7, 4), evenly_spread(3, 4)
    ([0, 2, 4, 6], [0, 1, 2])
    """
    return [int(i) for i in np.unique(np.linspace(0, count - 1, min(most, count)).round())]


def open_sets(folder: str | Path, config: MapsConfig) -> MapSets:
    """The sets of a folder: ``dataset_train.csv``, ``dataset_valid.csv``, ``dataset_test.csv``.

    Parameters
    ----------
    folder : path
        As ``popmaps split`` leaves it; the test set may be absent.
    config : MapsConfig
        Its channels and labels.

    Raises
    ------
    InputError
        If a table is missing or bad, two of them have another resolution or share a sample, there
        is no label, or one that never varies in training.
    MissingPackageError
        If popmaps is not installed.
    """
    folder = Path(folder)
    maker = find("datasets", DATASET)
    paths = {name: folder / f"dataset_{name}.csv" for name in ("train", "valid", "test")}
    for name in ("train", "valid"):
        if not paths[name].is_file():
            raise InputError(f"{paths[name]}: no such file; make it with popmaps split")
    train: MapDataset = maker(
        paths["train"], channels=config.channels or None, labels=config.labels or None
    )

    def open_like(name: str) -> MapDataset:
        part: MapDataset = maker(paths[name], channels=train.channels, labels=train.labels)
        return part

    sets = MapSets(
        train, open_like("valid"), open_like("test") if paths["test"].is_file() else None
    )
    _check_labels(paths["train"], train)
    for name, part in sets.named().items():
        _say_skipped(paths[name], part)
        _check_shapes(paths[name], part.shapes, train.shapes)
    _check_apart(sets)
    return sets


def _check_labels(path: Path, train: MapDataset) -> None:
    if not train.labels:
        raise InputError(f"{path}: no label has a value in every row; there is nothing to learn")
    for name, values in train.label_values().items():
        if not np.ptp(values) > 0:
            raise InputError(
                f"{path}: label {name!r} is {values[0]:g} in every row; leave it out with --labels"
            )


def _check_shapes(
    path: Path, given: Mapping[str, tuple[int, int]], wanted: Mapping[str, tuple[int, int]]
) -> None:
    for name, shape in wanted.items():
        if given[name] != shape:
            raise InputError(
                f"{path}: {name!r} has {given[name][0]} x {given[name][1]} bins, in training "
                f"{shape[0]} x {shape[1]}; make all sets with one resolution"
            )


def _check_apart(sets: MapSets) -> None:
    """Refuse a sample that is in two sets: what is held out must be held out."""
    seen: dict[str, str] = {}
    for name, part in sets.named().items():
        for group in part.groups:
            other = seen.setdefault(group, name)
            if other != name:
                raise InputError(
                    f"{group} is in dataset_{other}.csv and in dataset_{name}.csv; split anew"
                )


def _say_skipped(path: Path, part: MapDataset) -> None:
    if part.skipped and is_first_process():
        reason = next(iter(part.skipped.values()))
        note(f"{path}: {len(part.skipped)} rows are left out; the first: {reason}")


def flat_maps(part: ArrayDataset, indices: Sequence[int]) -> NDArray[np.float32]:
    """All bins of all channels of some items, shape (item, bin), raw."""
    rows = []
    for index in indices:
        maps = part[int(index)].inputs
        rows.append(np.concatenate([np.asarray(maps[name]).ravel() for name in maps]))
    return np.stack(rows)
