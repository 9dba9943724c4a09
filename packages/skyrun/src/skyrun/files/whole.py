"""A file that is whole or absent: a temporary one beside it takes its name when it is whole.

The temporary file has a name that follows from the file's own, and is locked while its writer
lives. What a killed process left is so known by its lock being free, and goes when the same file is
written again; a second process that writes the same file meanwhile takes the next number.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from skytypes.errors import ContractError, InputError


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
        An empty file in the same folder, with the same ending, to write into. After an error it
        is removed, and what was at ``path`` before is untouched. The permissions are those of the
        file it replaces, else the usual ones of a new file. Where the process is killed it stays,
        hidden, until ``path`` is written again.

    Raises
    ------
    InputError
        If the folder can't be made or written to, or the path is there and is no ordinary file.
    ContractError
        If the block put another file in the temporary one's place: its lock would be lost.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_path(folder + "/a.txt") as temporary:
    ...         _ = temporary.write_text("whole")
    ...     Path(folder, "a.txt").read_text()
    'whole'
    """
    try:
        # The file that a link names is replaced, not the link.
        target = Path(path).resolve()
        mode = _mode_wanted(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary, descriptor = _open_temporary(target)
    except InputError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: can't be written ({reason}); choose another place") from error
    try:
        yield temporary
        _require_place(temporary, descriptor)
        os.fsync(descriptor)  # a power cut leaves the old file or the whole new one
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:
        # Not after the renaming: the name may be another writer's by then.
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def _mode_wanted(path: Path) -> int | None:
    """Permissions of the file that will be replaced; None where there is none yet."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise InputError(f"{path}: is a folder; give the name of a file")
    if not stat.S_ISREG(mode):
        # A device, say: replacing it would take it away from every other program.
        raise InputError(f"{path}: is not an ordinary file; give the name of one")
    return stat.S_IMODE(mode)


def _open_temporary(target: Path) -> tuple[Path, int]:
    """A new file beside the target, locked, and the descriptor that holds the lock."""
    for number in count():
        between = f".{number}" if number else ""
        path = target.with_name(f".{target.name[:40]}{between}.part{target.suffix}")
        _remove_stale(path)
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        except FileExistsError:
            continue  # its writer lives
        if _keep(path, descriptor):
            return path, descriptor
        os.close(descriptor)
    raise AssertionError  # pragma: no cover - count() does not end


def _keep(path: Path, descriptor: int) -> bool:
    """Lock a new file; False if another process took it for stale before that."""
    try:
        return _lock(descriptor) and _leads_to(path, descriptor)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # a disk without locks: there nothing is ever taken for stale


def _remove_stale(path: Path) -> None:
    """Remove a temporary file whose writer lives no more; keep any other."""
    with suppress(OSError):  # there is none, it is another user's, or the disk has no locks
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            # Who holds the lock is alone: no writer renames the file under this name now.
            if _lock(descriptor) and _leads_to(path, descriptor):
                path.unlink()
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Lock an open file until it is closed or its process ends; False if another one has."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _require_place(path: Path, descriptor: int) -> None:
    if not _leads_to(path, descriptor):
        raise ContractError(f"{path}: another file took its place; write into the one given")


def _leads_to(path: Path, descriptor: int) -> bool:
    """Whether the path leads to the file that is open."""
    return os.path.samestat(path.lstat(), os.fstat(descriptor))
