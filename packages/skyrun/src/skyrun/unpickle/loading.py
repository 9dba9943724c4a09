"""A pickle from its bytes to data: scanned, loaded as records, rebuilt, every size bounded."""

from __future__ import annotations

import gzip
import os
import zlib
from pathlib import Path
from typing import Any

from skytypes.errors import InputError, SkyError

from ..files import check_size
from .allowance import Allowance
from .machine import Machine, short
from .rebuilding import Rebuilding

_MAX_BYTES = 4 << 30
# Numbers of a table compress by 1.1 to 3, whole columns of zeros among them a little more; what
# grows by more than this is small, or it was made to fill the memory.
_MOST_GROWTH = 40
_ALWAYS_BYTES = 256 << 20
# A table of truths is 12 times its pickle: its columns, and the table counted at 8 bytes a place.
# Numbers one by one are 21 times theirs, each an object of Python's; small sets 64 times.
_MOST_BUILT = 64
_MOST_FOR_FILE = 512
_CHUNK = 1 << 20


def _reason(error: Exception) -> str:
    """What went wrong, in a few words; data are not shown, a few bytes nest to an endless text."""
    name = type(error).__name__
    if not error.args or not all(isinstance(a, str) for a in error.args):
        return name
    return short(f"{name}: {error}")


def _inflate(path: Path, max_bytes: int) -> bytes:
    """Content of a gzip file, stopped as soon as it grows over the bound."""
    max_bytes = min(max_bytes, max(_ALWAYS_BYTES, _MOST_GROWTH * path.stat().st_size))
    parts, total = [], 0
    try:
        with gzip.open(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                total += len(chunk)
                if total > max_bytes:
                    raise InputError(f"grows over {max_bytes} bytes when unpacked")
                parts.append(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"the gzip file is damaged ({error}); fetch it again") from None
    return b"".join(parts)


def safe_load(path: str | os.PathLike[str], *, max_bytes: int = _MAX_BYTES) -> Any:
    """Numpy and pandas data of a pickle (``.pkl`` or ``.pkl.gz``), without running its code.

    Admitted: numpy arrays, numbers and types; pandas' DataFrame and Series of numbers, objects and
    text, with plain, range and multi-level indices; Python's containers, numbers, text and dates.

    Parameters
    ----------
    path : path
    max_bytes : int
        Bound of the file and of what it unpacks to, half that of the data in it [byte]. What is
        packed may grow to 256 MiB or to 40 times its size, whichever is more, and no further; the
        data in memory to 512 MiB, or to 64 times the pickle but not over 512 times the file.

    Raises
    ------
    InputError
        If the pickle asks for anything else (it is named), is damaged, or is too large.
    MissingPackageError
        If it holds a table and pandas is not installed.

    Notes
    -----
    A file can still be slow to read or hold wrong numbers; it can't run code.

    Examples
    --------
    >>> import pickle, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "a.pkl")
    ...     _ = file.write_bytes(pickle.dumps({"period_s": [0.1, 0.2]}))
    ...     safe_load(file)
    {'period_s': [0.1, 0.2]}
    """
    checked = check_size(path, max_bytes)
    try:
        with checked.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        data = _inflate(checked, max_bytes) if packed else checked.read_bytes()
        built = min(_MOST_BUILT * len(data), _MOST_FOR_FILE * checked.stat().st_size)
        allowance = Allowance(min(2 * max_bytes, max(2 * _ALWAYS_BYTES, built)))
        return Rebuilding(allowance)(Machine(allowance).load(data))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except SkyError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged pickle raises nearly anything
        raise InputError(f"{path}: damaged, or not a pickle ({_reason(error)})") from None
