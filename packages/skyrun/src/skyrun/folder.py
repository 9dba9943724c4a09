"""A folder of products that continues where it was stopped."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from skytypes import Provenance
from skytypes.errors import InputError

from .files import read_json, write_json

_MARKS = ".done"
_LOCK = ".lock"


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _inside(file: str) -> bool:
    """Whether a path relative to a folder stays in it."""
    return not Path(file).is_absolute() and ".." not in Path(file).parts


@contextmanager
def locked_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Keep other runs out of a folder until the block ends, or this process does.

    Parameters
    ----------
    path : path
        Made if missing, and removed again if nothing was put into it. Otherwise an empty file
        ``.lock`` stays in it.

    Yields
    ------
    Path

    Raises
    ------
    InputError
        If another run holds it, or it is no folder that can be written to.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, locked_folder(folder):
    ...     with locked_folder(folder):
    ...         pass
    Traceback (most recent call last):
        ...
    skytypes.errors.InputError: ...: another run is using it; wait for it, or give another folder
    """
    from filelock import FileLock, Timeout

    folder = Path(path)
    new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK)
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            f"{folder}: another run is using it; wait for it, or give another folder"
        ) from None
    except OSError as error:
        raise InputError(f"{folder}: can't be a folder ({error.strerror})") from error
    try:
        yield folder
    finally:
        # Before the release: nobody else can have put anything into it.
        if new and [inside.name for inside in folder.glob("*")] == [_LOCK]:
            with suppress(OSError):
                (folder / _LOCK).unlink()
                folder.rmdir()
        lock.release()


class ResumableFolder:
    """A folder whose finished items are marked, so that a second run makes only the rest.

    An item is done when its mark was written, by the same provenance (versions, configuration,
    seed), and its files still have the size and content they had then.

    Parameters
    ----------
    path : path
        Made if missing.
    provenance : Provenance
        Of this run. Items of another provenance are not done.

    Raises
    ------
    InputError
        If the path is a file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as path:
    ...     folder = ResumableFolder(path, Provenance("docs"))
    ...     _ = Path(path, "a.txt").write_text("x")
    ...     folder.finish("a", ["a.txt"], {"flux_jy": 1.0})
    ...     folder.is_done("a"), folder.is_done("b"), folder.records()
    (True, False, {'a': {'flux_jy': 1.0}})
    """

    def __init__(self, path: str | os.PathLike[str], provenance: Provenance) -> None:
        self.path = Path(path)
        self.provenance = provenance
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{self.path}: can't be a folder ({error.strerror})") from error

    def _mark(self, name: str) -> Path:
        plain = name == Path(name).name and "\\" not in name and name.isprintable()
        if not name or not plain or name.startswith("."):
            raise InputError(f"item name {name!r}: give a plain file name without folders")
        return self.path / _MARKS / f"{name}.json"

    def _read(self, path: Path) -> dict[str, Any] | None:
        """A mark of this provenance; None where there is none, or a damaged or older one."""
        try:
            mark = read_json(path)
        except InputError:
            return None
        if not isinstance(mark, dict) or mark.get("provenance") != self.provenance.digest():
            return None
        whole = isinstance(mark.get("files"), dict) and isinstance(mark.get("record"), dict)
        return mark if whole else None

    def is_done(self, name: str) -> bool:
        """Whether the item was finished by this provenance and its files are as they were.

        Parameters
        ----------
        name : str
            A plain file name.

        Raises
        ------
        InputError
            If the name is none.
        """
        mark = self._read(self._mark(name))
        if mark is None:
            return False
        return all(self._is_as_it_was(*one) for one in mark["files"].items())

    def _is_as_it_was(self, file: str, expected: object) -> bool:
        path = self.path / file
        try:
            return (
                _inside(file) and path.is_file() and expected == [path.stat().st_size, _hash(path)]
            )
        except (OSError, ValueError):
            # A name that no file can have: the mark is damaged.
            return False

    def finish(
        self, name: str, files: Sequence[str], record: Mapping[str, Any] | None = None
    ) -> None:
        """Mark an item as done; call it last, when its files are whole.

        Parameters
        ----------
        name : str
            A plain file name.
        files : sequence of str
            Paths of its files, relative to the folder.
        record : mapping or None
            What is worth keeping of the item, as JSON holds it.

        Raises
        ------
        InputError
            If the name is no plain file name, a file is missing or outside the folder, or the
            record is not JSON.
        """
        place = self._mark(name)
        paths = {file: self.path / file for file in files}
        for file, path in paths.items():
            if not _inside(file) or not path.is_file():
                raise InputError(f"{name}: {file!r} is no file inside {self.path}; it is not done")
        mark = {
            "provenance": self.provenance.digest(),
            "files": {f: [p.stat().st_size, _hash(p)] for f, p in paths.items()},
            "record": dict(record or {}),
        }
        write_json(place, mark)

    def records(self) -> dict[str, dict[str, Any]]:
        """Records of the items marked by this provenance, in the order of their names.

        Returns
        -------
        dict of name to record
            A damaged mark, like a missing one, means that the item is not done.
        """
        marks = {p.stem: self._read(p) for p in (self.path / _MARKS).glob("[!.]*.json")}
        return {name: dict(mark["record"]) for name, mark in sorted(marks.items()) if mark}
