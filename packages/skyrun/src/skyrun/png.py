"""Small PNG pictures as grey levels, with nothing but the standard library and numpy.

Enough for density maps that were drawn one pixel a bin: 8 bits a sample, grey, RGB or RGBA, not
interlaced. Everything is bounded by the header before it is unpacked.

Source: W3C, "Portable Network Graphics (PNG) Specification", 2nd ed. (ISO/IEC 15948:2003).
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from skytypes.errors import InputError

from .files import check_size

MAX_SIDE = 8192
"""Largest side of a picture [pixel]."""
_MAX_BYTES = 64 << 20
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {0: 1, 2: 3, 6: 4}
"""Samples a pixel of the colour types grey, RGB and RGBA."""

Bytes = NDArray[np.uint8]


def read_grey(path: str | os.PathLike[str]) -> Bytes:
    """Grey levels of a PNG file.

    Parameters
    ----------
    path : path

    Returns
    -------
    array of uint8, shape (row, column)
        0 black to 255 white, row 0 at the top.

    Raises
    ------
    InputError
        If it is missing, no PNG, cut short, damaged, larger than 8192 pixels a side, of another
        bit depth, interlaced, coloured or transparent.
    """
    data = check_size(path, _MAX_BYTES).read_bytes()
    try:
        return _decode(data)
    except (ValueError, struct.error, zlib.error, IndexError) as error:
        raise InputError(
            f"{path}: {error}; give a PNG of 8-bit grey levels, not interlaced"
        ) from None


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not data.startswith(_SIGNATURE):
        raise ValueError("is no PNG file")
    place = len(_SIGNATURE)
    while place < len(data):
        (length,) = struct.unpack_from(">I", data, place)
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        (check,) = struct.unpack_from(">I", data, place + 8 + length)
        if zlib.crc32(kind + body) != check:
            raise ValueError("is damaged (a checksum is wrong)")
        yield kind, body
        if kind == b"IEND":
            return
        place += 12 + length
    raise ValueError("is cut short")


def _decode(data: bytes) -> Bytes:
    chunks = list(_chunks(data))
    if chunks[0][0] != b"IHDR":
        raise ValueError("has no header")
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", chunks[0][1])
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise ValueError(f"has {width} x {height} pixels; at most {MAX_SIDE} a side are read")
    if depth != 8 or colour not in _SAMPLES or interlace:
        raise ValueError(f"has bit depth {depth}, colour type {colour}, interlace {interlace}")
    samples = _SAMPLES[colour]
    size = height * (1 + width * samples)
    packed = b"".join(body for kind, body in chunks if kind == b"IDAT")
    raw = zlib.decompressobj().decompress(packed, size)
    if len(raw) != size:
        raise ValueError(f"holds {len(raw)} bytes of pixels instead of {size}")
    lines = np.frombuffer(raw, np.uint8).reshape(height, 1 + width * samples)
    return _grey(_unfilter(lines, samples).reshape(height, width, samples))


def _grey(pixels: Bytes) -> Bytes:
    if pixels.shape[2] >= 3 and (pixels[..., :1] != pixels[..., 1:3]).any():
        raise ValueError("is coloured")
    if pixels.shape[2] == 4 and (pixels[..., 3] != 255).any():
        raise ValueError("is transparent")
    return np.ascontiguousarray(pixels[..., 0])


def _unfilter(lines: Bytes, samples: int) -> Bytes:
    """Undo the prediction of each line from its neighbours (section 9.2)."""
    done = np.zeros((len(lines) + 1, samples + lines.shape[1] - 1), np.uint8)
    for row, (kind, line) in enumerate(zip(lines[:, 0], lines[:, 1:], strict=True)):
        above, here = done[row], done[row + 1]
        if kind == 0:
            here[samples:] = line
        elif kind == 1:
            steps = line.reshape(-1, samples)
            here[samples:] = np.cumsum(steps, axis=0, dtype=np.uint8).ravel()
        elif kind == 2:
            here[samples:] = line + above[samples:]
        elif kind in (3, 4):
            _unfilter_line(here, above, line.tolist(), samples, average=kind == 3)
        else:
            raise ValueError(f"has a line of filter {kind}, which there is not")
    return done[1:, samples:]


def _unfilter_line(
    here: Bytes, above: Bytes, line: list[int], samples: int, *, average: bool
) -> None:
    """Filters 3 and 4, where each byte hangs on the one before."""
    made, up = [0] * samples, above.tolist()
    for place, value in enumerate(line):
        left, over, corner = made[place], up[place + samples], up[place]
        guess = (left + over) // 2 if average else _paeth(left, over, corner)
        made.append((value + guess) & 0xFF)
    here[:] = made


def _paeth(left: int, over: int, corner: int) -> int:
    guess = left + over - corner
    apart = abs(guess - left), abs(guess - over), abs(guess - corner)
    if apart[0] <= min(apart[1:]):
        return left
    return over if apart[1] <= apart[2] else corner
