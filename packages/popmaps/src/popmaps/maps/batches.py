"""Maps of a few samples at a time, written to their files: what one worker does."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from skyrun.folder import ResumableFolder
from skytypes import Provenance
from skytypes.errors import InputError, SkyError

from .full_maps import FullMaps
from .layout import DataType, Kind, map_file, map_names
from .samples import SampleFolder, read_labels, read_population, read_surveys
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
    """

    name: str
    samples: tuple[SampleFolder, ...]
    settings: Settings
    save_dir: str

    def inputs(self) -> dict[str, Any]:
        """Fingerprints of the samples' files, by number."""
        kind = self.settings.kind
        return {str(s.number): s.fingerprint(kind) for s in self.samples}


@dataclass
class Record:
    """What became of a batch; kept as JSON in its mark.

    Parameters
    ----------
    inputs : mapping of number to fingerprint
    labels : mapping of number to labels
        Of the samples that have maps.
    errors : mapping of number to str
        Of those that have not, one line each.
    dropped : mapping of number to map name to int
        Stars left out of a map.
    """

    inputs: Mapping[str, Any]
    labels: dict[str, dict[str, float]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, dict[str, int]] = field(default_factory=dict)


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
    settings = batch.settings
    for sample in batch.samples:
        number = str(sample.number)
        try:
            labels = read_labels(sample, settings.kind)
            population = FullMaps(settings.resolution_dyn, settings.resolution_ppdot)
            for stars in read_population(sample):
                population.add(stars)
        except SkyError as error:
            record.errors[number] = str(error)
            continue
        record.labels[number] = labels
        record.dropped[number] = population.dropped()
        yield sample.number, population.maps()


def _surveys(batch: Batch, record: Record) -> Iterator[tuple[int, Maps]]:
    settings = batch.settings
    numbers, tables = [], []
    for sample in batch.samples:
        try:
            labels = read_labels(sample, settings.kind)
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
        yield number, {name: values[row] for name, values in maps.items()}


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
        temporary.unlink(missing_ok=True)
        reason = error.strerror or error
        raise InputError(f"{path}: can't be written ({reason}); make room") from error
