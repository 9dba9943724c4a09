"""Files that are whole or absent, and reading with a size bound."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from skytypes.errors import InputError

TEXT_BYTES = 256 << 20


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path that becomes ``path`` when the block ends without an error.

    Parameters
    ----------
    path : path
        The file wanted; its folder is made if it is missing.

    Yields
    ------
    Path
        A name in the same folder, with the same ending, to write to. After an error it is
        removed, and what was at ``path`` before is untouched.

    Raises
    ------
    InputError
        If the folder can't be made or written to.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_path(folder + "/a.txt") as temporary:
    ...         _ = temporary.write_text("whole")
    ...     Path(folder, "a.txt").read_text()
    'whole'
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.name[:40]}.", suffix=f".part{path.suffix}"
        )
    except OSError as error:
        raise InputError(
            f"{path}: can't be written ({error.strerror}); choose another place"
        ) from error
    os.close(handle)
    temporary = Path(name)
    try:
        if path.is_dir():
            raise InputError(f"{path}: is a folder; give the name of a file")
        yield temporary
        _flush(temporary)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _flush(path: Path) -> None:
    """Bring a file to the disk, so that a power cut leaves the old file or the whole new one."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write bytes, whole or not at all (`atomic_path`)."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write UTF-8 text, whole or not at all (`atomic_path`)."""
    write_bytes(path, text.encode())


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write a value as JSON with sorted keys, whole or not at all.

    Raises
    ------
    InputError
        If the value holds NaN or infinity, which JSON does not have.
    """
    try:
        text = json.dumps(value, indent=2, sort_keys=True, allow_nan=False)
    except ValueError as error:
        raise InputError(f"{path}: {error}; JSON holds finite numbers only") from error
    write_text(path, text + "\n")


def check_size(path: str | os.PathLike[str], max_bytes: int) -> Path:
    """The path of an ordinary file of at most ``max_bytes``.

    Raises
    ------
    InputError
        If it is missing, a folder, unreadable or too large.

    Examples
    --------
    >>> check_size("/nonesuch", 10)
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: /nonesuch: no such file
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: is a folder; give a file")
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    size = path.stat().st_size
    if size > max_bytes:
        raise InputError(f"{path}: {size} bytes; at most {max_bytes} are read")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: may not be read; change its permissions")
    return path


def read_text(path: str | os.PathLike[str], *, max_bytes: int = TEXT_BYTES) -> str:
    """UTF-8 text of a file, its size checked first; a byte-order mark is dropped.

    Raises
    ------
    InputError
        If the file is missing, too large or not UTF-8.
    """
    try:
        return check_size(path, max_bytes).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8; give a text file") from None


def read_json(path: str | os.PathLike[str], *, max_bytes: int = TEXT_BYTES) -> Any:
    """JSON of a file, its size checked first.

    Raises
    ------
    InputError
        If the file is missing, too large or not JSON.
    """
    try:
        return json.loads(read_text(path, max_bytes=max_bytes))
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{path}: not JSON ({error})") from None
