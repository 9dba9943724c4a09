"""Maps as the content of files, and files that are whole or absent."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skyrun.files import cannot_write

from .layout import DataType


def map_bytes(values: NDArray[np.float64], data_type: DataType) -> bytes:
    """A map as the content of a file of its own.

    Parameters
    ----------
    values : ndarray, shape (n_x, n_y)
    data_type : {"array", "image"}
        ``.npy``, or a PNG of one pixel a bin.

    Returns
    -------
    bytes
    """
    if data_type == "array":
        return npy_bytes(values)
    from .pictures import png_bytes

    return png_bytes(values)


def npy_bytes(values: NDArray[Any]) -> bytes:
    """An array as the content of a ``.npy`` file.

    Parameters
    ----------
    values : ndarray

    Returns
    -------
    bytes
    """
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def place(path: Path, data: bytes) -> None:
    """Write a file that is whole or absent, without waiting for the disk.

    Whether all of it came to the disk is known later by the hash in the batch's mark.

    Parameters
    ----------
    path : Path
    data : bytes

    Raises
    ------
    InputError
        If the place can't be written to, or is full.
    """
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise cannot_write(path, error) from error
