"""Datasets of maps from folders of simulated samples.

A dataset is a folder with the maps, ``dataset_full.csv`` (`popmaps.maps.layout` says what its
cells are), ``statistics_full.json`` and ``provenance.json``. It continues where it was stopped,
and has the same bytes as one that was not.
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

from skyrun.files import read_json, write_json
from skyrun.folder import ResumableFolder
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
from .samples import SampleFolder, find_samples
from .stacks import join_stacks
from .statistics import write_statistics

PROVENANCE_FILE: Final = "provenance.json"
MARKS: Final = ".done"
"""Where `ResumableFolder` keeps its marks."""
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
    """

    path: Path
    samples: int
    skipped: Mapping[int, str] = field(default_factory=dict)
    aborted: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)


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
        Stop at the first sample that can't be read.
    quiet : bool
        Show no progress.

    Returns
    -------
    Dataset

    Raises
    ------
    InputError
        If a setting is outside its limits, the folder holds maps made with other settings, or no
        sample can be read.
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
    _require_same(save, settings)
    batches = _batches(samples, settings, save)
    if data_type == "stack" and (whole := _whole_stacks(save, batches)) is not None:
        return whole
    new = not save.exists()
    try:
        records = _run(batches, save, workers=workers, dask=dask, strict=strict, quiet=quiet)
    except SkyError:
        _remove_empty(save, new=new)
        raise
    rows = collect(batches, records)
    if not rows.labels:
        _forget(batches, save, new=new)
        number, reason = next(iter(rows.skipped.items()))
        raise InputError(
            f"{data}: none of {len(rows.skipped)} samples can be used; sample {number}: {reason}"
        )
    return _finish(batches, rows, settings, save, aborted)


def _require_same(save: Path, settings: Settings) -> None:
    """Refuse to mix maps of other settings into a dataset."""
    path = save / PROVENANCE_FILE
    if not path.exists():
        return
    earlier = read_json(path)
    ours = settings.provenance()
    theirs = earlier if isinstance(earlier, dict) else {}
    for name, value in {**ours.configuration, "seed": ours.seed}.items():
        other = {**(theirs.get("configuration") or {}), "seed": theirs.get("seed")}.get(name)
        if other != value:
            raise InputError(
                f"{save}: holds maps made with {name} {other!r}, not {value!r}; "
                "choose another folder, or empty this one"
            )


def _batches(samples: Sequence[SampleFolder], settings: Settings, save: Path) -> list[Batch]:
    """Batches by the samples' numbers, so that a dataset that grows keeps those it has."""
    size = BATCH_SAMPLES[settings.kind]
    return [
        Batch(f"batch_{index:06d}", tuple(group), settings, str(save))
        for index, group in groupby(samples, key=lambda sample: sample.number // size)
    ]


def _sweep(save: Path) -> None:
    """Remove what a killed run was writing."""
    for folder in (save, save / PARTS, save / MARKS):
        for pattern in (".*.part", ".*.part.*"):
            for path in folder.glob(pattern):
                path.unlink(missing_ok=True)


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
    _sweep(save)
    marks = folder.records()
    records = {b.name: _made(folder, b, marks.get(b.name)) for b in batches}
    todo = [b for b in batches if records[b.name] is None]
    outcomes = ordered_map(
        make_batch, todo, workers=workers, dask=dask, label="popmaps generate", quiet=quiet
    )
    for batch, outcome in zip(todo, outcomes, strict=True):
        if outcome.value is None:
            raise InputError(outcome.error or "a batch came to nothing")
        records[batch.name] = outcome.value
        if strict:
            _require_whole(outcome.value)
    whole = [record for record in records.values() if record is not None]
    if strict:
        for record in whole:
            _require_whole(record)
    return whole


def _made(folder: ResumableFolder, batch: Batch, mark: Mapping[str, Any] | None) -> Record | None:
    if mark is None or mark.get("inputs") != batch.inputs() or not folder.is_done(batch.name):
        return None
    return Record(**mark)


def _require_whole(record: Record) -> None:
    for number, error in record.errors.items():
        raise InputError(f"sample {number}: {error}")


def _forget(batches: Sequence[Batch], save: Path, *, new: bool) -> None:
    """Leave the folder as it was found: not one sample could be used."""
    for batch in batches:
        (save / MARKS / f"{batch.name}.json").unlink(missing_ok=True)
        (save / PARTS / f"{batch.name}.npy").unlink(missing_ok=True)
    _remove_empty(save, new=new)


def _remove_empty(save: Path, *, new: bool) -> None:
    for folder in (save / MARKS, save / PARTS, *([save] if new else [])):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _finish(
    batches: Sequence[Batch], rows: Rows, settings: Settings, save: Path, aborted: int
) -> Dataset:
    files = [DATASET_FILE, PROVENANCE_FILE]
    if settings.data_type == "stack":
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
    }
    write_json(save / PROVENANCE_FILE, {**asdict(settings.provenance()), **summary})
    if settings.data_type == "stack":
        record = {"inputs": _digest(batches), "summary": summary}
        ResumableFolder(save, settings.provenance()).finish(_STACKS, files, record)
        _drop_parts(save, batches)
    return _dataset(save, summary)


def _dataset(save: Path, summary: Mapping[str, Any]) -> Dataset:
    skipped = {int(number): reason for number, reason in summary["skipped"].items()}
    path = save / DATASET_FILE
    return Dataset(path, summary["samples"], skipped, summary["aborted"], summary["dropped"])


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
