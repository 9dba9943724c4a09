"""A pickle from its bytes to data: scanned, loaded as records, rebuilt, every size bounded."""

from __future__ import annotations

import gzip
import io
import math
import os
import pickle
import pickletools
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from skytypes.errors import InputError, SkyError

from ..files import check_size
from .arrays import ARRAY_BUILDERS
from .names import ADMITTED
from .plain import PLAIN_BUILDERS
from .records import Record, record_class
from .tables import TABLE_BUILDERS, missing_value

_MAX_BYTES = 4 << 30
# Numbers of a table compress by 1.1 to 3, whole columns of zeros among them a little more; what
# grows by more than this is small, or it was made to fill the memory.
_MOST_GROWTH = 40
_ALWAYS_BYTES = 256 << 20
# A table of truths is 9 times its pickle: its columns, and the table counted at 8 bytes a place.
_MOST_BUILT = 16
_CHUNK = 1 << 20
_LONGEST = 200
_SPARE_MEMO = 1024
_BUILDERS = {**ARRAY_BUILDERS, **PLAIN_BUILDERS, **TABLE_BUILDERS}


class _Records(pickle.Unpickler):
    """An unpickler to which every name is an inert record, or refused."""

    def find_class(self, module: str, name: str) -> Any:
        kind = ADMITTED.get(module, {}).get(name)
        if kind is None:
            raise InputError(
                f"the pickle asks for {_short(f'{module}.{name}')}; only numpy and pandas data are "
                "admitted: do not open this file, or have it saved as Parquet"
            )
        return record_class(kind)

    def persistent_load(self, pid: Any) -> Any:
        # The reference is not shown: a few bytes can nest it to an endless text.
        raise InputError("the pickle refers to data outside itself, which is not admitted")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _reason(error: Exception) -> str:
    """What went wrong, in a few words; data are not shown, a few bytes nest to an endless text."""
    name = type(error).__name__
    if not error.args or not all(isinstance(a, str) for a in error.args):
        return name
    return _short(f"{name}: {error}")


class _Rebuild:
    """Data from what was loaded; each record is rebuilt once, and must not hold itself."""

    def __init__(self, max_bytes: int) -> None:
        self._left = max_bytes
        self._done: dict[int, Any] = {}
        self._open: set[int] = set()

    def __call__(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float | str | bytes | bytearray):
            return value
        key = id(value)
        if key in self._done:
            return self._done[key]
        if key in self._open:
            raise InputError("the pickle holds a value inside itself; only plain data are admitted")
        self._open.add(key)
        self._done[key] = self._build(value)
        self._open.discard(key)
        return self._done[key]

    def _build(self, value: Any) -> Any:
        if isinstance(value, list | tuple | set | frozenset):
            return type(value)([self(item) for item in value])
        if isinstance(value, dict):
            return {self(k): self(v) for k, v in value.items()}
        if isinstance(value, type) and getattr(value, "kind", "") == "NA":
            return missing_value()
        kind = value.kind if isinstance(value, Record) else ""
        builder = _BUILDERS.get(kind)
        if builder is None:
            raise InputError("the pickle holds a class or a function; only data are admitted")
        built = builder(value, self)
        # Many arrays can share one piece of content in the file; each takes memory of its own.
        whole = isinstance(built, np.ndarray)
        self._left -= built.nbytes if whole else 8 * math.prod(getattr(built, "shape", ()))
        if self._left < 0:
            raise InputError("the pickle's arrays take more memory than is allowed for the file")
        return built


def _scan(data: bytes) -> None:
    """Refuse opcodes that take memory by a number, or that go round `find_class`."""
    stored = 0
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT"):
            stored += 1
            if not isinstance(argument, int) or argument > 2 * stored + _SPARE_MEMO:
                raise InputError("the pickle numbers its parts by leaps; it was made to do harm")
        elif opcode.name.startswith("EXT"):
            raise InputError("the pickle asks for registered code; only data are admitted")


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
        Bound of the file and of what it unpacks to, half that of the arrays in it [byte]. What is
        packed may grow to 256 MiB or to 40 times its size, whichever is more, and no further; the
        arrays to 512 MiB or to 16 times the pickle.

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
    >>> import tempfile
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
        _scan(data)
        # Text of Python 2 is Latin-1; numpy of that time kept its bytes so.
        allowed = min(2 * max_bytes, max(2 * _ALWAYS_BYTES, _MOST_BUILT * len(data)))
        return _Rebuild(allowed)(_Records(io.BytesIO(data), encoding="latin1").load())
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except SkyError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged pickle raises nearly anything
        raise InputError(f"{path}: damaged, or not a pickle ({_reason(error)})") from None
