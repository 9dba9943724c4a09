"""Batches of samples whose maps are made together, with what, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from skytypes import Provenance

from .labels import read_labels, require_labels
from .layout import DataType, Kind
from .samples import SampleFolder

BATCH_SAMPLES: Final[dict[Kind, int]] = {"full": 1, "surveys": 32, "single": 1}
PARTS: Final = ".parts"
"""Folder of the pieces that stacks are joined from; gone when they are."""

Maps = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Settings:
    """What a dataset of maps is made with.

    Parameters
    ----------
    kind : {"full", "surveys", "single"}
    data_type : {"array", "image", "stack"}
    resolution_dyn, resolution_ppdot : int
    seed : int
    """

    kind: Kind
    data_type: DataType
    resolution_dyn: int
    resolution_ppdot: int
    seed: int

    def provenance(self) -> Provenance:
        """Versions, settings and seed."""
        configuration = {
            "kind": self.kind,
            "data_type": self.data_type,
            "resolution_dyn": self.resolution_dyn,
            "resolution_ppdot": self.resolution_ppdot,
        }
        return Provenance.collect(
            "popmaps.generate",
            packages=("popmaps", "numpy", "numba"),
            configuration=configuration,
            seed=self.seed,
        )


@dataclass(frozen=True)
class Batch:
    """Some samples, and where their maps go.

    Parameters
    ----------
    name : str
        Of the mark that says it is done.
    samples : tuple of SampleFolder
    settings : Settings
    save_dir : str
    labels : tuple of str
        Names of the labels that each sample must have.
    """

    name: str
    samples: tuple[SampleFolder, ...]
    settings: Settings
    save_dir: str
    labels: tuple[str, ...]

    def inputs(self) -> dict[str, Any]:
        """Fingerprints of the samples' files by number, and the labels they must have."""
        kind = self.settings.kind
        prints: dict[str, Any] = {str(s.number): s.fingerprint(kind) for s in self.samples}
        return {**prints, "labels": [*self.labels]}

    def read_labels(self, sample: SampleFolder) -> dict[str, float]:
        """Labels of one of the samples.

        Parameters
        ----------
        sample : SampleFolder

        Raises
        ------
        InputError
            If they can't be read, or are not the dataset's.
        """
        labels = read_labels(sample, self.settings.kind)
        require_labels(labels, self.labels)
        return labels


@dataclass
class Record:
    """What became of a batch; kept as JSON in its mark.

    Parameters
    ----------
    inputs : mapping
        `Batch.inputs`.
    labels : mapping of number to labels
        Of the samples that have maps.
    errors : mapping of number to str
        Of those that have not, one line each.
    dropped : mapping of number to map name to int
        Stars left out of a map.
    empty : mapping of number to map name to int
        Maps of counts without a star, and how many stars the table has: all outside the axes.
    """

    inputs: Mapping[str, Any]
    labels: dict[str, dict[str, float]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, dict[str, int]] = field(default_factory=dict)
    empty: dict[str, dict[str, int]] = field(default_factory=dict)

    def note_empty(self, sample: int, maps: Maps, stars: Mapping[str, int]) -> None:
        """Keep which maps of counts have no star.

        Parameters
        ----------
        sample : int
        maps : mapping of name to ndarray
        stars : mapping of map name to int
            Rows of the table that a map of counts was made of.
        """
        empty = {name: number for name, number in stars.items() if not maps[name].any()}
        if empty:
            self.empty[str(sample)] = empty
