"""Datasets of maps from folders of simulated samples.

A dataset is a folder with the maps, ``dataset_full.csv`` (`popmaps.maps.layout` says what its
cells are), ``statistics_full.json`` and ``provenance.json``. It continues where it was stopped,
and has the same bytes as one that was not; maps of samples that the data have no more go.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from skyrun.files import write_json
from skyrun.folder import ResumableFolder, locked_folder
from skyrun.workers import ordered_map
from skytypes import item_rng
from skytypes.errors import InputError, SkyError

from .axes import require_resolution
from .batches import BATCH_SAMPLES, PARTS, Batch, Record, Settings, make_batch
from .layout import (
    DATASET_FILE,
    STATISTICS_FILE,
    DataType,
    Kind,
)
from .listing import Rows, collect, label_columns, write_csv
from .samples import SampleFolder, find_samples, usual_labels
from .save_folder import (
    MARKS,
    PROVENANCE_FILE,
    drop_gone,
    forget,
    remove_empty,
    require_apart,
    require_same,
    sweep,
)
from .stacks import join_stacks
from .statistics import write_statistics

_STACKS: Final = "stacks"


@dataclass(frozen=True)
class Dataset:
    """What became of a folder of samples.

    Parameters
    ----------
    path : Path
        The dataset's CSV.
    samples : int
        Rows of the CSV.
    skipped : mapping of sample number to str
        Why it is not among them, one line each.
    aborted : int
        Samples that the simulator recorded as impossible.
    dropped : mapping of map name to int
        Stars left out of a map for a weight that is not finite, or no flux, over all samples.
    empty : mapping of sample number to map name to int
        Maps of counts without a star, and how many stars there are: 0 where a survey detects
        none, else all of them have coordinates outside the map's axes or that are no numbers.
    """

    path: Path
    samples: int
    skipped: Mapping[int, str] = field(default_factory=dict)
    aborted: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    empty: Mapping[int, Mapping[str, int]] = field(default_factory=dict)


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
            if data_type == "stack" and (whole := _whole_stacks(save, batches)) is not None:
                _require_none_skipped(whole.skipped, strict=strict)
                return whole
            records = _run(batches, save, workers=workers, dask=dask, strict=strict, quiet=quiet)
            rows = collect(batches, records)
            if not rows.labels:
                forget(save, batches)
                number, reason = next(iter(rows.skipped.items()))
                raise InputError(
                    f"{data}: none of {len(rows.skipped)} samples can be used; sample {number}: "
                    f"{reason}"
                )
        except SkyError:
            remove_empty(save, new=new)
            raise
        return _finish(batches, rows, settings, save, aborted)


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


def _finish(
    batches: Sequence[Batch], rows: Rows, settings: Settings, save: Path, aborted: int
) -> Dataset:
    files = [DATASET_FILE, PROVENANCE_FILE]
    if settings.data_type == "stack":
        (save / DATASET_FILE).unlink(missing_ok=True)
        files += join_stacks(save, settings, rows.kept)
    write_csv(save / DATASET_FILE, settings, rows.labels)
    if settings.kind != "single":
        write_statistics(save / STATISTICS_FILE, label_columns(rows.labels.values()))
        files.append(STATISTICS_FILE)
    summary = {
        "samples": len(rows.labels),
        "aborted": aborted,
        "skipped": {str(number): reason for number, reason in rows.skipped.items()},
        "dropped": dict(rows.dropped),
        "empty": {str(number): maps for number, maps in rows.empty.items()},
    }
    write_json(save / PROVENANCE_FILE, {**asdict(settings.provenance()), **summary})
    if settings.data_type == "stack":
        record = {"inputs": _digest(batches), "summary": summary}
        ResumableFolder(save, settings.provenance()).finish(_STACKS, files, record)
        _drop_parts(save, batches)
    drop_gone(save, batches, rows, settings)
    return _dataset(save, summary)


def _dataset(save: Path, summary: Mapping[str, Any]) -> Dataset:
    skipped = {int(number): reason for number, reason in summary["skipped"].items()}
    empty = {int(number): maps for number, maps in summary["empty"].items()}
    made, aborted, dropped = (summary[name] for name in ("samples", "aborted", "dropped"))
    return Dataset(save / DATASET_FILE, made, skipped, aborted, dropped, empty)


def _digest(batches: Sequence[Batch]) -> str:
    """Of the fingerprints of all samples' files."""
    digest = hashlib.sha256()
    for batch in batches:
        digest.update(json.dumps(batch.inputs(), sort_keys=True).encode())
    return digest.hexdigest()


def _whole_stacks(save: Path, batches: Sequence[Batch]) -> Dataset | None:
    """The dataset, if its stacks were joined from these very files."""
    if not (save / MARKS).is_dir():
        return None
    folder = ResumableFolder(save, batches[0].settings.provenance())
    mark = folder.records().get(_STACKS)
    if mark is None or mark.get("inputs") != _digest(batches) or not folder.is_done(_STACKS):
        return None
    _drop_parts(save, batches)
    return _dataset(save, mark["summary"])


def _drop_parts(save: Path, batches: Sequence[Batch]) -> None:
    """The parts of joined stacks, and the marks that say they are there."""
    for batch in batches:
        (save / MARKS / f"{batch.name}.json").unlink(missing_ok=True)
    shutil.rmtree(save / PARTS, ignore_errors=True)
