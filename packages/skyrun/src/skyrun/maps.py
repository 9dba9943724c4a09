"""Maps that a dataset table names: arrays, rows of stacks of arrays, and pictures of them.

A cell of the table is one of ``NAME.npy``, an array of shape (n_x, n_y); ``NAME.npy#ROW``, a row
of a stack of shape (row, n_x, n_y), which is mapped into memory and not read whole; and
``NAME.png``, a picture of n_x by n_y pixels, x to the right and y up, in the grey levels of
matplotlib's colour map "Greys". A picture holds no values, only their place between the map's own
smallest (0, light) and largest (1, dark), to within 0.01.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from skytypes import DatasetTable
from skytypes.errors import InputError

from .files import check_size, read_text
from .png import read_grey

MAX_SIDE = 8192
"""Most bins along an axis of a map."""
_TABLE_BYTES = 1 << 30
_FILE_BYTES = 1 << 40
_GREYS = (255.0, 240.0, 217.0, 189.0, 150.0, 115.0, 82.0, 37.0, 0.0)
"""Grey levels of the colour map "Greys" at 0, 1/8 ... 1 (ColorBrewer, 9 classes)."""

Map = NDArray[np.float32]


def read_map_table(path: str | os.PathLike[str]) -> DatasetTable:
    """A dataset table of maps; cells may be empty.

    Parameters
    ----------
    path : path
        CSV with columns ``input:NAME`` of files relative to it, the others being labels.

    Raises
    ------
    InputError
        If it is missing, too large or no such table; the line at fault is named.
    """
    text = read_text(path, max_bytes=_TABLE_BYTES)
    return DatasetTable.from_csv(text, source=str(path), blanks=True)


class MapFolder:
    """Reads the maps that a table's cells name; nothing in a file is ever run.

    Parameters
    ----------
    folder : path
        What the cells are relative to.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     np.save(name + "/a.npy", np.ones((5, 4, 2)))
    ...     maps = MapFolder(name)
    ...     maps.shape("a.npy#3"), float(maps.read("a.npy#3").sum())
    ((4, 2), 8.0)
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._stacks: dict[str, NDArray[Any]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Without the open stacks: another process opens its own."""
        return {"folder": self.folder, "_stacks": {}}

    def shape(self, cell: str) -> tuple[int, int]:
        """Bins along x and y of a map, its file checked but for its values.

        Raises
        ------
        InputError
            As for `read`.
        """
        file, given, row = cell.partition("#")
        if self._is_picture(file):
            ny, nx = read_grey(self.folder / file).shape
            return nx, ny
        if given:
            self._row(file, row)
        stack = self._stack(file) if given else _open(self.folder / file, ndim=2)
        nx, ny = stack.shape[-2:]
        return nx, ny

    def read(self, cell: str) -> Map:
        """A map as float32, shape (n_x, n_y), C order.

        Parameters
        ----------
        cell : str
            As it stands in the table.

        Raises
        ------
        InputError
            If the file is missing, cut short, no array of numbers of that many axes, larger than
            8192 bins an axis, or holds a number that is not finite in single precision; if the
            row is none of the stack's.
        """
        file, given, row = cell.partition("#")
        path = self.folder / file
        if self._is_picture(file):
            return _values(read_grey(path))
        data = self._stack(file)[self._row(file, row)] if given else _open(path, ndim=2)
        with np.errstate(over="ignore", invalid="ignore"):
            values = np.array(data, dtype=np.float32, order="C")
        if not np.isfinite(values).all():
            count = int((~np.isfinite(values)).sum())
            raise InputError(f"{self.folder / cell}: {count} bins are not finite; make it again")
        return values

    def _is_picture(self, file: str) -> bool:
        ending = file[-4:].lower()
        if ending not in (".npy", ".png"):
            given = Path(file).suffix
            raise InputError(f"{self.folder / file}: ends in {given!r}; give .npy or .png")
        return ending == ".png"

    def _stack(self, file: str) -> NDArray[Any]:
        if file not in self._stacks:
            self._stacks[file] = _open(self.folder / file, ndim=3)
        return self._stacks[file]

    def _row(self, file: str, text: str) -> int:
        count = len(self._stack(file))
        # int() would take signs, blanks and digits of other scripts.
        good = text.isascii() and text.isdigit() and len(text) <= 12 and int(text) < count
        if not good:
            raise InputError(f"{self.folder / file}: no row {text!r}; it has rows 0 to {count - 1}")
        return int(text)


def _open(path: Path, *, ndim: int) -> NDArray[Any]:
    """An array file mapped into memory, its header and length checked first."""
    size = check_size(path, _FILE_BYTES).stat().st_size
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            version = npy.read_magic(file)
            shape, _, dtype = _header(version)(file)
            start = file.tell()
    except Exception as error:  # noqa: BLE001 - a damaged header raises nearly anything
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: not a numpy array file ({reason}); make it again") from None
    if dtype.kind not in "fiu" or dtype.hasobject:
        raise InputError(f"{path}: holds {dtype}, not real numbers; objects are never read")
    if len(shape) != ndim or min(shape) < 1 or max(shape[-2:]) > MAX_SIDE:
        wanted = "(n_x, n_y)" if ndim == 2 else "(row, n_x, n_y)"
        raise InputError(
            f"{path}: has shape {shape}; give {wanted} with 1 to {MAX_SIDE} bins an axis"
        )
    if size != start + math.prod(shape) * dtype.itemsize:
        raise InputError(f"{path}: {size} bytes do not hold shape {shape}; it is cut short")
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def _header(version: tuple[int, int]) -> Callable[[Any], tuple[Any, bool, Any]]:
    if version == (1, 0):
        return npy.read_array_header_1_0
    if version == (2, 0):
        return npy.read_array_header_2_0
    raise ValueError(f"format version {version}")


def _values(grey: NDArray[np.uint8]) -> Map:
    """Place of each bin in its map's range, shape (n_x, n_y), from a picture drawn y up."""
    levels = np.array(_GREYS[::-1])
    places = np.linspace(1.0, 0.0, len(levels))
    values = np.interp(grey[::-1].T.astype(np.float64), levels, places)
    return np.ascontiguousarray(values, dtype=np.float32)
