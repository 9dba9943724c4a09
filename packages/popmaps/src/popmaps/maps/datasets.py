"""Finished datasets of maps: CSV, statistics, stacks and provenance, and what is said of them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from skyrun.files import write_json, write_text
from skyrun.folder import ResumableFolder

from .batches import PARTS, Batch, Settings
from .layout import DATASET_FILE, STATISTICS_FILE
from .listing import Rows, label_columns, write_csv
from .save_folder import MARKS, PROVENANCE_FILE, drop_gone
from .stacks import join_stacks
from .statistics import statistics_text

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


def finish_dataset(
    batches: Sequence[Batch], rows: Rows, settings: Settings, save: Path, aborted: int
) -> Dataset:
    """Write what makes a dataset of the maps, the CSV and then the provenance after all of them.

    Parameters
    ----------
    batches : sequence of Batch
        All of the dataset, with their maps written.
    rows : Rows
    settings : Settings
    save : Path
    aborted : int
        Samples that the simulator recorded as impossible.

    Returns
    -------
    Dataset
    """
    files = [DATASET_FILE, PROVENANCE_FILE]
    if settings.data_type == "stack":
        (save / DATASET_FILE).unlink(missing_ok=True)
        files += join_stacks(save, settings, rows.kept)
    write_csv(save / DATASET_FILE, settings, rows.labels)
    if settings.kind != "single":
        text = statistics_text(label_columns(rows.labels.values()))
        write_text(save / STATISTICS_FILE, text)
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


def whole_stacks(save: Path, batches: Sequence[Batch]) -> Dataset | None:
    """The dataset, if its stacks were joined from these very files.

    Parameters
    ----------
    save : Path
    batches : sequence of Batch
        All that it would be made of.

    Returns
    -------
    Dataset or None
    """
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
