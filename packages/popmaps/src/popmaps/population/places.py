"""Places of samples in a folder, where nothing that is there already is replaced."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from pathlib import Path
from typing import Any

from skyrun.files import read_json
from skytypes import Provenance
from skytypes.errors import InputError

from ..configurations import first_difference
from ..sample_files import CONFIGURATION
from .tasks import SampleTask


def check_folder(out: Path) -> None:
    """Refuse a place that no folder can be made at, before anything is.

    Parameters
    ----------
    out : Path
        Folder of all samples.

    Raises
    ------
    InputError
        If it is a file, can't be written, or has a name that JSON can't hold.
    """
    existing = next(p for p in (out, *out.absolute().parents) if p.exists())
    if not existing.is_dir():
        raise InputError(f"{out}: {existing} is a file; give a folder")
    if not os.access(existing, os.W_OK):
        raise InputError(f"{out}: can't be written; choose another place")
    try:
        str(out).encode()
    except UnicodeEncodeError:
        raise InputError(f"{str(out)!r}: its name is no UTF-8; give another folder") from None


def check_place(task: SampleTask) -> None:
    """Refuse a sample's folder that is not a part of this run: what is there is never replaced.

    Parameters
    ----------
    task : SampleTask

    Raises
    ------
    InputError
        If it was made with another configuration, seed or version, or holds something else.
    """
    place = task.out / task.name
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        raise InputError(f"{place}: is a file or a link, not a sample's folder; remove it")
    if not place.is_dir():
        return
    foreign = sorted(p.name for p in place.iterdir() if not _OWN_FILE.fullmatch(p.name))
    if foreign:
        raise InputError(f"{place}: holds {foreign[0]!r}, which no sample has; give another folder")
    earlier = _configuration(place)
    ours = json.loads(json.dumps(record(task.provenance())))
    other = first_difference(earlier, ours) if earlier else None
    if other is not None:
        name, theirs, value = other
        raise InputError(
            f"{place}: was made with another {name}: {str(theirs)[:60]}, not {str(value)[:60]}; "
            "give another folder, or remove this one"
        )


def _configuration(place: Path) -> dict[str, Any]:
    """What a sample was made with; empty where a killed run did not say, or it is damaged."""
    try:
        earlier = read_json(place / CONFIGURATION)
    except InputError:
        return {}
    return earlier if isinstance(earlier, dict) else {}


_OWN_FILE = re.compile(
    r"\..*|(aborted|configuration|override)\.json"
    r"|((initial|final)_population|survey_[A-Za-z0-9_+-]+_results)\.(parquet|pkl\.gz)"
)


def record(provenance: Provenance) -> dict[str, Any]:
    """Provenance as ``configuration.json`` holds it.

    Parameters
    ----------
    provenance : Provenance
    """
    return dataclasses.asdict(provenance)
