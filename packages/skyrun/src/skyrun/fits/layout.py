"""Where a FITS file holds its picture: every header on the way is checked before data are read.

The checks are ours, because astropy believes a header: it counts to any NAXIS, seeks to any
PCOUNT, and says in the words of Python's own functions what it could not do with a card.
"""

from __future__ import annotations

import math
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skytypes.errors import InputError

from .cards import card_number, card_value

_BLOCK = 2880
_START = b"SIMPLE  =                    T"
_END = b"END".ljust(80)
_MAX_HEADER_BYTES = 1 << 24
_MOST_AXES = 999  # FITS 4.0, Sect. 4.4.1.1
_FEW_AXES = 9
_HUGE = 1 << 62
_BITPIX = (8, 16, 32, 64, -32, -64)


def read_picture(path: Path, max_pixels: int) -> tuple[fits.Header, NDArray[Any]]:
    """Header and pixels of the first HDU that holds a picture; sizes are checked before reading.

    Parameters
    ----------
    path : Path
    max_pixels : int
        Largest picture read.

    Returns
    -------
    header : astropy.io.fits.Header
    pixels : array of shape (1, ..., 1, y, x)
        BSCALE, BZERO and BLANK are applied.

    Raises
    ------
    InputError
        If it is no FITS file, holds no picture, too large a one, a cube, or is cut short.
    """
    # Opened here: astropy leaves a file open where its header is damaged.
    with path.open("rb") as file:
        _require_fits(file)
        place = _find_picture(file, path.stat().st_size, max_pixels)
        file.seek(0)
        with fits.open(file, memmap=False, lazy_load_hdus=True) as hdus:
            hdu = hdus[place]
            if isinstance(hdu, fits.CompImageHDU):
                _check_tiles(hdu)
            elif not isinstance(hdu, fits.PrimaryHDU | fits.ImageHDU):
                raise InputError("can't be read as FITS (its header is damaged); write it anew")
            return hdu.header.copy(), np.array(hdu.data)


def _require_fits(file: BinaryIO) -> None:
    start = file.read(len(_START))
    if not start.startswith(_START[:9]):
        what = "is empty" if not start else "does not begin as a FITS file does"
        raise InputError(f"{what}; give an uncompressed FITS image")
    if start != _START:
        raise InputError("can't be read as FITS (its first card is not SIMPLE = T); mend the card")
    file.seek(0)


def _find_picture(file: BinaryIO, file_bytes: int, max_pixels: int) -> int:
    """Number of the first HDU that holds a picture, which is checked."""
    for place in count():
        header = _next_header(file)
        if header is None:
            raise InputError("holds no picture; give a FITS image")
        if _holds_picture(header):
            _check_picture(header, max_pixels)
            need = file.tell() + _data_bytes(header)
            if file_bytes < need:
                raise InputError(f"is cut short ({file_bytes} of {need} bytes); fetch it again")
            return place
        file.seek(-(-_data_bytes(header) // _BLOCK) * _BLOCK, 1)
    raise AssertionError  # pragma: no cover - count() does not end


def _next_header(file: BinaryIO) -> fits.Header | None:
    """The header that begins here; None at the end of the file or where no HDU follows."""
    blocks = [file.read(_BLOCK)]
    if not blocks[0].startswith((_START[:9], b"XTENSION")):
        return None
    while not any(blocks[-1].startswith(_END, i) for i in range(0, _BLOCK, 80)):
        blocks.append(file.read(_BLOCK))
        if len(blocks[-1]) < _BLOCK or len(blocks) * _BLOCK > _MAX_HEADER_BYTES:
            raise InputError("can't be read as FITS (a header has no END card); fetch it again")
    return fits.Header.fromstring(b"".join(blocks))


def _holds_picture(header: fits.Header) -> bool:
    if _is_compressed(header):
        return True
    kind = str(card_value(header, "XTENSION", "IMAGE")).strip()
    return kind == "IMAGE" and _whole(header, "NAXIS", 0, _MOST_AXES) > 0


def _is_compressed(header: fits.Header) -> bool:
    kind = str(card_value(header, "XTENSION", "")).strip()
    return kind == "BINTABLE" and card_value(header, "ZIMAGE") is True


def _check_picture(header: fits.Header, max_pixels: int) -> None:
    """Refuse what is no single picture, or too large a one, and pixels scaled by nonsense."""
    prefix = "Z" if _is_compressed(header) else ""
    axes = _whole(header, f"{prefix}NAXIS", 0, _MOST_AXES)
    if axes > _FEW_AXES:
        raise InputError(f"has {axes} axes; give one picture (x, y), cut out of the cube")
    shape = [_whole(header, f"{prefix}NAXIS{i + 1}", -_HUGE, _HUGE) for i in range(axes)]
    said = " x ".join(str(n) for n in shape)
    if min(shape, default=0) >= 1 and math.prod(shape) > max_pixels:
        raise InputError(f"declares {said} pixels; at most {max_pixels} are read")
    if axes < 2 or min(shape) < 1 or any(n != 1 for n in shape[2:]) or 1 in shape[:2]:
        raise InputError(f"axes are {said or 'none'}; give one picture (x, y), cut out of the cube")
    whole_numbers = _bytes_per_pixel(header, f"{prefix}BITPIX") > 0
    if card_number(header, "BSCALE", 1.0) == 0:
        raise InputError("header card BSCALE is 0; give a number that keeps the pixels apart")
    card_number(header, "BZERO", 0.0)
    if whole_numbers and f"{prefix}BLANK" in header:
        _whole(header, f"{prefix}BLANK", -_HUGE, _HUGE)


def _bytes_per_pixel(header: fits.Header, key: str) -> int:
    """Bytes of a number; negative for floats, as BITPIX is."""
    bits = card_value(header, key)
    if type(bits) is not int or bits not in _BITPIX:
        raise InputError(
            f"can't be read as FITS ({key} is {_said(bits)}, not one of "
            f"{', '.join(str(n) for n in _BITPIX)}); mend the card"
        )
    return bits // 8


def _data_bytes(header: fits.Header) -> int:
    """Length of an HDU's data without the filling of its last block (FITS 4.0, eqs. 1, 2, 4)."""
    axes = [
        _whole(header, f"NAXIS{i + 1}", 0, _HUGE)
        for i in range(_whole(header, "NAXIS", 0, _MOST_AXES))
    ]
    groups = bool(axes) and axes[0] == 0 and card_value(header, "GROUPS") is True
    numbers = math.prod(axes[1:] if groups else axes) if axes else 0
    spare, copies = (_whole(header, k, 0, _HUGE, d) for k, d in (("PCOUNT", 0), ("GCOUNT", 1)))
    return abs(_bytes_per_pixel(header, "BITPIX")) * copies * (spare + numbers)


def _whole(header: fits.Header, key: str, low: int, high: int, default: int | None = None) -> int:
    """The whole number in a card that says how the file is laid out."""
    value = card_value(header, key, default)
    if type(value) is not int or not low <= value <= high:
        allowed = f" from {low} to {high}" if high < _HUGE else ""
        raise InputError(f"header card {key} is {_said(value)}; give a whole number{allowed}")
    return value


def _said(value: Any) -> str:
    return "missing" if value is None else repr(value)


def _check_tiles(hdu: fits.CompImageHDU) -> None:
    """Tiles of a compressed picture, each unpacked whole, are no larger than the picture."""
    shape, tiles = list(hdu.shape), list(hdu.tile_shape)
    if len(tiles) != len(shape) or any(t > n for t, n in zip(tiles, shape, strict=True)):
        raise InputError(
            f"compressed tiles are {tiles[::-1]}, the picture {shape[::-1]}; mend the header"
        )
