"""The folder of a run, found fit to write to before anything is done."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from skytypes.errors import InputError


def check_folder(folder: Path, *, resume: bool) -> Path:
    """The folder of a run, found fit to write to before anything is done.

    Raises
    ------
    InputError
        If it holds a run and ``resume`` is not given, or the other way round; if it is a file or
        can't be written to.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"out {folder}: is a file; give a folder")
    if any(place.is_symlink() and not place.exists() for place in (folder, *folder.parents)):
        raise InputError(f"out {folder}: a link in it leads nowhere; give a folder")
    last = folder / "last.pt"
    if resume and not last.is_file():
        raise InputError(f"{last}: no such file, nothing to resume; leave --resume out")
    if not resume and last.exists():
        raise InputError(f"out {folder}: holds a run; give --resume to go on, or another --out")
    _try_to_write(folder)
    return folder


def _try_to_write(folder: Path) -> None:
    """Find out now, not after an epoch, that nothing can be written there."""
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not os.access(existing, os.W_OK) or not _on_a_disk(existing):
        raise InputError(f"out {folder}: can't be written to; choose another place")


def _on_a_disk(folder: Path) -> bool:
    """Whether files can be made there; /proc and /sys look writable and are not."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
