"""Datasets of maps from folders of simulated samples.

A dataset is a folder with the maps, ``dataset_full.csv`` (`popmaps.maps.layout` says what its
cells are), ``statistics_full.json`` and ``provenance.json``. It continues where it was stopped,
and has the same bytes as one that was not; maps of samples that the data have no more go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from skyrun.folder import ResumableFolder, locked_folder
from skyrun.workers import ordered_map
from skytypes import item_rng
from skytypes.errors import InputError, SkyError

from .axes import require_resolution
from .batch_maps import make_batch
from .batches import BATCH_SAMPLES, Batch, Record, Settings
from .datasets import Dataset, finish_dataset, whole_stacks
from .labels import usual_labels
from .layout import DATASET_FILE, DataType, Kind
from .listing import Rows, collect
from .samples import SampleFolder, find_samples
from .save_folder import MARKS, forget, remove_empty, require_apart, require_same, sweep


def generate_maps(
    kind: Kind,
    data: str | Path,
    save_dir: str | Path,
    *,
    data_type: DataType = "array",
    resolution_dyn: int = 64,
    resolution_ppdot: int = 64,
    seed: int = 0,
    workers: int = 1,
    dask: str | None = None,
    strict: bool = False,
    quiet: bool = True,
) -> Dataset:
    """Make a dataset of maps, what of it is not made yet.

    Parameters
    ----------
    kind : {"full", "surveys", "single"}
        Whole populations, what surveys detect of them, or that of one sample.
    data : path
        Folder of the samples ``000000`` ...; of kind ``single`` that of the one.
    save_dir : path
    data_type : {"array", "image", "stack"}
        A ``.npy`` a map, a PNG a map, or a ``.npy`` a channel.
    resolution_dyn : int
        Bins along x, y, z and right ascension; declination has half.
    resolution_ppdot : int
        Bins along P and its derivative.
    seed : int
        Of the stars drawn for the flux maps.
    workers : int
        Processes; the bytes do not depend on them.
    dask : str or None
        Address of a dask scheduler, whose workers see the same folders.
    strict : bool
        Stop at the first sample that can't be read or has other labels than most.
    quiet : bool
        Show no progress.

    Returns
    -------
    Dataset

    Raises
    ------
    InputError
        If a setting is outside its limits, the folder holds maps made with other settings, is a
        sample's own or in use by another run, or no sample can be read.
    """
    require_resolution(resolution_dyn, "resolution_dyn")
    require_resolution(resolution_ppdot, "resolution_ppdot")
    item_rng(seed, 0, "popmaps.generate")  # refuses a seed that is none
    settings = Settings(kind, data_type, resolution_dyn, resolution_ppdot, seed)
    if dask is not None:
        # Its workers stand in other folders.
        data, save_dir = Path(data).resolve(), Path(save_dir).resolve()
    found = find_samples(data, kind)
    samples = [sample for sample in found if not sample.is_aborted()]
    aborted = len(found) - len(samples)
    if not samples:
        raise InputError(f"{data}: all {aborted} samples were aborted; there is nothing to map")
    save = Path(save_dir)
    require_apart(save, Path(data), found, kind)
    batches = _batches(samples, settings, save)
    new = not save.exists()
    with locked_folder(save):
        try:
            require_same(save, settings)
            if data_type == "stack" and (whole := whole_stacks(save, batches)) is not None:
                _require_none_skipped(whole.skipped, strict=strict)
                return whole
            records = _run(batches, save, workers=workers, dask=dask, strict=strict, quiet=quiet)
            rows = _usable_rows(batches, records, save, data)
        except SkyError:
            remove_empty(save, new=new)
            raise
        return finish_dataset(batches, rows, settings, save, aborted)


def _batches(samples: Sequence[SampleFolder], settings: Settings, save: Path) -> list[Batch]:
    """Batches by the samples' numbers, so that a dataset that grows keeps those it has."""
    size = BATCH_SAMPLES[settings.kind]
    labels = tuple(usual_labels(samples, settings.kind))
    return [
        Batch(f"batch_{index:06d}", tuple(group), settings, str(save), labels)
        for index, group in groupby(samples, key=lambda sample: sample.number // size)
    ]


def _run(
    batches: Sequence[Batch],
    save: Path,
    *,
    workers: int,
    dask: str | None,
    strict: bool,
    quiet: bool,
) -> list[Record]:
    """Records of all batches; those that are done are not made again."""
    folder = ResumableFolder(save, batches[0].settings.provenance())
    sweep(save)
    marks = folder.records()
    records = {b.name: _made(folder, b, marks.get(b.name)) for b in batches}
    todo = [b for b in batches if records[b.name] is None]
    if any((save / MARKS / f"{b.name}.json").exists() for b in todo):
        # Its maps change from here on: a table of some old and some new ones would be no dataset.
        (save / DATASET_FILE).unlink(missing_ok=True)
    outcomes = ordered_map(
        make_batch, todo, workers=workers, dask=dask, label="popmaps generate", quiet=quiet
    )
    for batch, outcome in zip(todo, outcomes, strict=True):
        if outcome.value is None:
            raise InputError(outcome.error or "a batch came to nothing")
        records[batch.name] = outcome.value
        _require_none_skipped(outcome.value.errors, strict=strict)
    whole = [record for record in records.values() if record is not None]
    for record in whole:
        _require_none_skipped(record.errors, strict=strict)
    return whole


def _made(folder: ResumableFolder, batch: Batch, mark: Mapping[str, Any] | None) -> Record | None:
    if mark is None or mark.get("inputs") != batch.inputs() or not folder.is_done(batch.name):
        return None
    return Record(**mark)


def _require_none_skipped(skipped: Mapping[Any, str], *, strict: bool) -> None:
    for number, reason in skipped.items():
        if strict:
            raise InputError(f"sample {number}: {reason}")


def _usable_rows(
    batches: Sequence[Batch], records: Sequence[Record], save: Path, data: str | Path
) -> Rows:
    """Samples with maps; where there are none, marks of the batches go and it is refused."""
    rows = collect(batches, records)
    if not rows.labels:
        forget(save, batches)
        number, reason = next(iter(rows.skipped.items()))
        raise InputError(
            f"{data}: none of {len(rows.skipped)} samples can be used; sample {number}: {reason}"
        )
    return rows
