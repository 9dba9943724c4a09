"""The folder of a dataset of maps: what may be written into it, and what does not belong there."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from skytypes.errors import InputError

from ..configurations import read_made_with, refuse_other
from .batches import PARTS, Batch, Settings
from .layout import Kind, map_file, map_names
from .listing import Rows
from .samples import SampleFolder

PROVENANCE_FILE: Final = "provenance.json"
MARKS: Final = ".done"
"""Where `ResumableFolder` keeps its marks."""
LOCK_FILE: Final = ".lock"
"""What `locked_folder` leaves in the folder."""


def require_apart(save: Path, data: Path, found: Sequence[SampleFolder], kind: Kind) -> None:
    """Refuse to put maps among the tables that they are made of.

    Parameters
    ----------
    save, data : Path
    found : sequence of SampleFolder
        The data's samples.
    kind : {"full", "surveys", "single"}

    Raises
    ------
    InputError
        If the folder for the maps is that of the data, or lies in a sample's.
    """
    place, root = save.resolve(), data.resolve()
    inside = place.relative_to(root).parts[0] if root in place.parents else ""
    own = kind != "single" and inside in {Path(sample.path).name for sample in found}
    if place == root or own:
        where = "the data" if place == root else f"sample {inside}"
        raise InputError(f"{save}: is the folder of {where}; choose another one for the maps")


def require_same(save: Path, settings: Settings) -> None:
    """Refuse to mix maps of other settings into a dataset.

    Parameters
    ----------
    save : Path
    settings : Settings

    Raises
    ------
    InputError
        If the folder says that its maps were made with others, or can't say it.
    """
    theirs = read_made_with(save / PROVENANCE_FILE)
    if theirs is not None:
        ours = settings.provenance()
        refuse_other(save, theirs, {**ours.configuration, "seed": ours.seed})


def sweep(save: Path) -> None:
    """Remove what a killed run was writing.

    Parameters
    ----------
    save : Path
    """
    for folder in (save, save / PARTS, save / MARKS):
        for pattern in (".*.part", ".*.part.*"):
            for path in folder.glob(pattern):
                path.unlink(missing_ok=True)


def forget(save: Path, batches: Sequence[Batch]) -> None:
    """Remove the marks of batches of which not one sample could be used.

    Parameters
    ----------
    save : Path
    batches : sequence of Batch
    """
    for batch in batches:
        (save / MARKS / f"{batch.name}.json").unlink(missing_ok=True)
        (save / PARTS / f"{batch.name}.npy").unlink(missing_ok=True)


def remove_empty(save: Path, *, new: bool) -> None:
    """Leave the folder as it was found, if nothing was made.

    Parameters
    ----------
    save : Path
    new : bool
        Whether it was not there before.
    """
    for folder in (save / MARKS, save / PARTS):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    if new and {path.name for path in save.iterdir()} <= {LOCK_FILE}:
        shutil.rmtree(save)


def drop_gone(save: Path, batches: Sequence[Batch], rows: Rows, settings: Settings) -> None:
    """Remove maps and marks of samples that the data have no more, or that are left out now.

    Parameters
    ----------
    save : Path
    batches : sequence of Batch
        All of the dataset.
    rows : Rows
    settings : Settings
    """
    names = {batch.name for batch in batches}
    for mark in (save / MARKS).glob("batch_*.json"):
        if mark.stem not in names:
            mark.unlink(missing_ok=True)
    if settings.data_type == "stack":
        return
    ending = Path(map_file("", 0, settings.data_type)).suffix
    ours = re.compile(rf"(?:{'|'.join(map_names(settings.kind))})_([0-9]+){re.escape(ending)}")
    for path in save.iterdir():
        found = ours.fullmatch(path.name)
        if found is not None and int(found[1]) not in rows.labels:
            path.unlink(missing_ok=True)
