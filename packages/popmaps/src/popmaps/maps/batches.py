"""Maps of a few samples at a time, written to their files: what one worker does."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from skyrun.files import cannot_write
from skyrun.folder import ResumableFolder
from skytypes import Provenance
from skytypes.errors import SkyError

from .full_maps import FullMaps
from .layout import (
    FULL_COUNTS,
    SURVEY_COUNTS,
    DataType,
    Kind,
    map_file,
    map_names,
    survey_map_name,
)
from .samples import SampleFolder, read_labels, read_population, read_surveys, require_labels
from .survey_maps import survey_maps

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


def make_batch(batch: Batch) -> Record:
    """Make and write the maps of a batch, and mark it as done.

    Parameters
    ----------
    batch : Batch

    Returns
    -------
    Record
        A sample that can't be read is in ``errors`` and stops no other.
    """
    record = Record(batch.inputs())
    made = _full(batch, record) if batch.settings.kind == "full" else _surveys(batch, record)
    files = _write(batch, made)
    folder = ResumableFolder(batch.save_dir, batch.settings.provenance())
    folder.finish(batch.name, files, vars(record))
    return record


def _full(batch: Batch, record: Record) -> Iterator[tuple[int, Maps]]:
    resolutions = batch.settings.resolution_dyn, batch.settings.resolution_ppdot
    for sample in batch.samples:
        number = str(sample.number)
        try:
            labels = batch.read_labels(sample)
            population, number_of_stars = FullMaps(*resolutions), 0
            for stars in read_population(sample):
                population.add(stars)
                number_of_stars += stars["r"].size
        except SkyError as error:
            record.errors[number] = str(error)
            continue
        record.labels[number] = labels
        record.dropped[number] = population.dropped()
        maps = population.maps()
        record.note_empty(sample.number, maps, dict.fromkeys(FULL_COUNTS, number_of_stars))
        yield sample.number, maps


def _surveys(batch: Batch, record: Record) -> Iterator[tuple[int, Maps]]:
    settings = batch.settings
    numbers, tables = [], []
    for sample in batch.samples:
        try:
            labels = batch.read_labels(sample)
            tables.append(read_surveys(sample))
        except SkyError as error:
            record.errors[str(sample.number)] = str(error)
            continue
        record.labels[str(sample.number)] = labels
        numbers.append(sample.number)
    if not numbers:
        return
    maps, dropped = survey_maps(
        tables,
        numbers=numbers,
        resolution_dyn=settings.resolution_dyn,
        resolution_ppdot=settings.resolution_ppdot,
        seed=settings.seed,
    )
    for row, number in enumerate(numbers):
        record.dropped[str(number)] = dropped[row]
        own = {name: values[row] for name, values in maps.items()}
        stars = {
            survey_map_name(survey, kind): int(table["ra"].size)
            for survey, table in tables[row].items()
            for kind in SURVEY_COUNTS
        }
        record.note_empty(number, own, stars)
        yield number, own


def _write(batch: Batch, made: Iterator[tuple[int, Maps]]) -> list[str]:
    """Files of the maps, by name; what an earlier run left of samples now unusable is removed."""
    data_type = batch.settings.data_type
    root = Path(batch.save_dir)
    if data_type == "stack":
        rows = [np.concatenate([m.ravel() for m in maps.values()]) for _, maps in made]
        file = f"{PARTS}/{batch.name}.npy"
        (root / PARTS).mkdir(exist_ok=True)
        place(root / file, npy_bytes(np.array(rows, dtype=np.float32)))
        return [file]
    names = map_names(batch.settings.kind)
    files = []
    for number, maps in made:
        for name in names:
            file = map_file(name, number, data_type)
            place(root / file, _content(maps[name], data_type))
            files.append(file)
    for sample in batch.samples:
        for file in (map_file(name, sample.number, data_type) for name in names):
            if file not in files:
                (root / file).unlink(missing_ok=True)
    return files


def _content(values: NDArray[np.float64], data_type: DataType) -> bytes:
    if data_type == "array":
        return npy_bytes(values)
    from .pictures import png_bytes

    return png_bytes(values)


def npy_bytes(values: NDArray[Any]) -> bytes:
    """An array as the content of a ``.npy`` file."""
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def place(path: Path, data: bytes) -> None:
    """Write a file that is whole or absent, without waiting for the disk.

    Whether all of it came to the disk is known later by the hash in the batch's mark.

    Raises
    ------
    InputError
        If the place can't be written to, or is full.
    """
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise cannot_write(path, error) from error
