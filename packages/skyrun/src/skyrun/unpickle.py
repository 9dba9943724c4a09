"""Reading pickles of strangers: only numpy and pandas data, never code."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import zlib
from pathlib import Path
from typing import Any

from skytypes.errors import InputError

from .files import check_size

_MAX_BYTES = 4 << 30
_CHUNK = 1 << 20

# Module -> names that rebuild arrays, tables and plain containers and do nothing else.
_NUMPY = {"ndarray", "dtype"}
_REBUILD = {"_reconstruct", "scalar", "_frombuffer"}
_ADMITTED: dict[str, set[str]] = {
    "numpy": _NUMPY,
    "numpy.core.multiarray": _REBUILD,
    "numpy._core.multiarray": _REBUILD,
    "numpy.core.numeric": {"_frombuffer"},
    "numpy._core.numeric": {"_frombuffer"},
    "numpy.rec": {"recarray"},
    "builtins": {"slice", "set", "frozenset", "complex", "bytearray", "range", "list", "dict"},
    "collections": {"OrderedDict"},
    "datetime": {"datetime", "date", "time", "timedelta", "timezone"},
    "_codecs": {"encode"},
    "pandas": {"DataFrame", "Series", "Index", "MultiIndex"},
    "pandas.core.frame": {"DataFrame"},
    "pandas.core.series": {"Series"},
    "pandas.core.indexes.base": {"Index", "_new_Index"},
    "pandas.core.indexes.multi": {"MultiIndex"},
    "pandas.core.indexes.range": {"RangeIndex"},
    "pandas.core.indexes.numeric": {"Int64Index", "Float64Index", "UInt64Index"},
    "pandas.core.internals.managers": {"BlockManager", "SingleBlockManager"},
    "pandas.core.internals.blocks": {"new_block"},
    "pandas._libs.internals": {"_unpickle_block"},
    "pandas.core.arrays.string_": {"StringArray", "StringDtype"},
    "pandas.core.arrays.string_arrow": {"ArrowStringArray"},
    "pandas.core.arrays.categorical": {"Categorical"},
    "pandas.core.dtypes.dtypes": {"CategoricalDtype"},
    "pandas._libs.arrays": {"__pyx_unpickle_NDArrayBacked"},
}


class _DataOnly(pickle.Unpickler):
    """An unpickler that looks up nothing but what rebuilds data."""

    def __init__(self, file: io.BytesIO, source: str) -> None:
        super().__init__(file)
        self._source = source

    def find_class(self, module: str, name: str) -> Any:
        if name in _ADMITTED.get(module, set()):
            return super().find_class(module, name)
        raise InputError(
            f"{self._source}: the pickle asks for {module}.{name}; only numpy and pandas data are "
            "admitted: do not open this file, or have it saved as Parquet"
        )

    def persistent_load(self, pid: Any) -> Any:
        raise InputError(f"{self._source}: the pickle refers to outside data {pid!r}; not admitted")


def _inflate(path: Path, max_bytes: int) -> bytes:
    """Content of a gzip file, stopped as soon as it grows over the bound."""
    parts, total = [], 0
    try:
        with gzip.open(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                total += len(chunk)
                if total > max_bytes:
                    raise InputError(f"{path}: grows over {max_bytes} bytes when unpacked")
                parts.append(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: the gzip file is damaged ({error}); fetch it again") from None
    return b"".join(parts)


def safe_load(path: str | os.PathLike[str], *, max_bytes: int = _MAX_BYTES) -> Any:
    """Numpy and pandas data of a pickle (``.pkl`` or ``.pkl.gz``), without running its code.

    Parameters
    ----------
    path : path
    max_bytes : int
        Bound of the file and of what it unpacks to.

    Raises
    ------
    InputError
        If the pickle asks for anything else (it is named), is damaged, or is too large.

    Notes
    -----
    Names are admitted one by one; a name of a module is never enough.

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
    with checked.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    data = _inflate(checked, max_bytes) if packed else checked.read_bytes()
    try:
        return _DataOnly(io.BytesIO(data), str(path)).load()
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged pickle raises nearly anything
        raise InputError(
            f"{path}: damaged, or not a pickle ({type(error).__name__}: {error})"
        ) from None
