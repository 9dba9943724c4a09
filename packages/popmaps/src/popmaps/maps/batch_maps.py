"""Maps of a batch of samples, written to their files: what one worker does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from skyrun.folder import ResumableFolder
from skytypes.errors import SkyError

from .batches import PARTS, Batch, Maps, Record
from .full_maps import FullMaps
from .layout import FULL_COUNTS, SURVEY_COUNTS, map_file, map_names, survey_map_name
from .map_files import map_bytes, npy_bytes, place
from .samples import read_population, read_surveys
from .survey_maps import survey_maps


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
            place(root / file, map_bytes(maps[name], data_type))
            files.append(file)
    for sample in batch.samples:
        for file in (map_file(name, sample.number, data_type) for name in names):
            if file not in files:
                (root / file).unlink(missing_ok=True)
    return files
