"""Reading of strangers' text files, their size checked first."""

from __future__ import annotations

import json
import math
import os
import stat
import tomllib
from pathlib import Path
from typing import Any

from skytypes.errors import InputError

TEXT_BYTES = 256 << 20


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
        If the file is missing, too large or not JSON (which knows no NaN), or a number is too
        large for one.
    """
    text = read_text(path, max_bytes=max_bytes)
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        # ValueError beside JSONDecodeError: a whole number of more than 4300 digits.
        raise InputError(f"{path}: not JSON ({error})") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"it holds {name}, which JSON does not have")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"it holds {text[:20]}, which is too large for a number")
    return number


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
    ...     _ = Path(folder, "a.toml").write_text("[disk]\nincl_deg = 30.0")
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
