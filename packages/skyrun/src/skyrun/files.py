"""Files that are whole or absent, and reading with a size bound."""

from __future__ import annotations

import errno
import json
import os
import secrets
import stat
import tomllib
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
        removed, and what was at ``path`` before is untouched. The permissions are those of the
        file it replaces, else the usual ones of a new file.

    Raises
    ------
    InputError
        If the folder can't be made or written to, or the path is there and is no ordinary file.

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
        part = f".{target.name[:40]}.{secrets.token_hex(8)}.part{target.suffix}"
        temporary = target.parent / part
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except InputError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: can't be written ({reason}); choose another place") from error
    try:
        yield temporary
        _flush(temporary)
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


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


def _flush(path: Path) -> None:
    """Bring a file to the disk, so that a power cut leaves the old file or the whole new one."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write bytes, whole or not at all (`atomic_path`).

    Parameters
    ----------
    path : path
    data : bytes

    Raises
    ------
    InputError
        If the place can't be written to, or is full.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_bytes(folder + "/a.bin", b"whole")
    ...     Path(folder, "a.bin").read_bytes()
    b'whole'
    """
    with atomic_path(path) as temporary:
        try:
            temporary.write_bytes(data)
        except OSError as error:
            raise cannot_write(path, error) from error


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_IN_THE_WAY = (errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY)


def cannot_write(path: str | os.PathLike[str], error: OSError) -> InputError:
    """What to tell whoever wanted a file that the system did not write.

    Parameters
    ----------
    path : path
    error : OSError

    Returns
    -------
    InputError
        One line with the system's reason and what helps against it.

    Examples
    --------
    >>> print(cannot_write("a.npy", OSError(errno.ENOSPC, "No space left on device")))
    a.npy: can't be written (No space left on device); make room
    """
    if error.errno in _NO_ROOM:
        advice = "make room"
    elif error.errno in _IN_THE_WAY:
        advice = "remove what is in its way, or choose another place"
    elif error.errno == errno.ENOENT:
        advice = "its folder is gone; run again, or choose another place"
    else:
        advice = "choose another place"
    reason = " ".join(str(error.strerror or error).split())
    return InputError(f"{path}: can't be written ({reason}); {advice}")


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write UTF-8 text, whole or not at all (`atomic_path`).

    Parameters
    ----------
    path : path
    text : str

    Raises
    ------
    InputError
        If the place can't be written to, or is full.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_text(folder + "/a.txt", "30 °")
    ...     read_text(folder + "/a.txt")
    '30 °'
    """
    write_bytes(path, text.encode())


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write a value as JSON with sorted keys, whole or not at all.

    Parameters
    ----------
    path : path
    value : what JSON holds
        Numbers, text, lists and mappings with text for keys.

    Raises
    ------
    InputError
        If the value holds NaN or infinity, which JSON does not have.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_json(folder + "/a.json", {"incl_deg": 30.0})
    ...     read_json(folder + "/a.json")
    {'incl_deg': 30.0}
    """
    try:
        text = json.dumps(value, indent=2, sort_keys=True, allow_nan=False)
    except ValueError as error:
        raise InputError(f"{path}: {error}; JSON holds finite numbers only") from error
    write_text(path, text + "\n")


def check_size(path: str | os.PathLike[str], max_bytes: int) -> Path:
    """The path of an ordinary file of at most ``max_bytes``.

    Parameters
    ----------
    path : path
    max_bytes : int
        [byte]

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
    try:
        status = path.stat()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: can't be read ({reason})") from None
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"{path}: is a folder; give a file")
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{path}: is not an ordinary file; give one")
    size = status.st_size
    if size > max_bytes:
        raise InputError(f"{path}: {size} bytes; at most {max_bytes} are read")
    if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
        raise InputError(f"{path}: may not be read; change its permissions")
    return path


def read_text(path: str | os.PathLike[str], *, max_bytes: int = TEXT_BYTES) -> str:
    """UTF-8 text of a file, its size checked first; a byte-order mark is dropped.

    Parameters
    ----------
    path : path
    max_bytes : int
        Largest file read [byte].

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

    Parameters
    ----------
    path : path
    max_bytes : int
        Largest file read [byte].

    Raises
    ------
    InputError
        If the file is missing, too large or not JSON (which knows no NaN).
    """
    text = read_text(path, max_bytes=max_bytes)
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        # ValueError beside JSONDecodeError: a whole number of more than 4300 digits.
        raise InputError(f"{path}: not JSON ({error})") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"it holds {name}, which JSON does not have")


def read_toml(path: str | os.PathLike[str], *, max_bytes: int) -> dict[str, Any]:
    r"""TOML of a file, its size checked first.

    Parameters
    ----------
    path : path
    max_bytes : int
        Largest file read [byte]; a megabyte is ample for what people write.

    Raises
    ------
    InputError
        If the file is missing, too large, not UTF-8 or not TOML.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_text(folder + "/a.toml", "[disk]\nincl_deg = 30.0")
    ...     read_toml(folder + "/a.toml", max_bytes=1000)
    {'disk': {'incl_deg': 30.0}}
    """
    text = read_text(path, max_bytes=max_bytes)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # ValueError beside TOMLDecodeError: a whole number of more than 4300 digits.
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not TOML ({reason})") from None
