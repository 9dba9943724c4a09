"""Bytes, text and JSON as files that are whole or absent."""

from __future__ import annotations

import errno
import json
import os
from typing import Any

from skytypes.errors import InputError

from .whole import atomic_path


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
    >>> from pathlib import Path
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
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_text(folder + "/a.txt", "30 °")
    ...     Path(folder, "a.txt").read_text(encoding="utf-8")
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
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_json(folder + "/a.json", {"incl_deg": 30.0})
    ...     json.loads(Path(folder, "a.json").read_text())
    {'incl_deg': 30.0}
    """
    try:
        text = json.dumps(value, indent=2, sort_keys=True, allow_nan=False)
    except ValueError as error:
        raise InputError(f"{path}: {error}; JSON holds finite numbers only") from error
    write_text(path, text + "\n")
