"""Text of a catalogue's file, plain or packed, never more of it than a bound."""

from __future__ import annotations

import lzma
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from skyrun.files import check_size
from skytypes.errors import InputError

MOST_BYTES: Final = 32 << 20
"""Largest text read [byte]; the whole catalogue of 2025 has 10 million."""

_BLOCK_BYTES: Final = 1 << 20
# xz may ask for a dictionary of 4 GiB; its own highest preset needs 65 MiB to unpack.
_XZ_MEMORY_BYTES: Final = 128 << 20
_XZ_START: Final = b"\xfd7zXZ\x00"
_GZIP_START: Final = b"\x1f\x8b"


class _Stream(Protocol):
    """What unpacks one packed stream a bounded piece at a time."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def unpack(self, packed: bytes) -> bytes: ...


class _XzStream:
    def __init__(self) -> None:
        self._unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_BYTES)

    @property
    def eof(self) -> bool:
        return self._unpacker.eof

    @property
    def unused_data(self) -> bytes:
        return self._unpacker.unused_data

    def unpack(self, packed: bytes) -> bytes:
        # What the bound holds back stays inside; an empty call asks for it.
        return self._unpacker.decompress(packed, _BLOCK_BYTES)


class _GzipStream:
    def __init__(self) -> None:
        self._unpacker = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._unpacker.eof

    @property
    def unused_data(self) -> bytes:
        return self._unpacker.unused_data

    def unpack(self, packed: bytes) -> bytes:
        return self._unpacker.decompress(self._unpacker.unconsumed_tail + packed, _BLOCK_BYTES)


def read_catalogue_text(path: str | os.PathLike[str], *, max_bytes: int = MOST_BYTES) -> str:
    """UTF-8 text of a file that may be packed by xz or gzip, whatever its name says.

    Parameters
    ----------
    path : path
    max_bytes : int
        Largest text [byte], checked while it unpacks.

    Returns
    -------
    str
        A byte-order mark is dropped; letters that are not UTF-8 are read as Latin-1 when the
        whole text can only be that (author names in references).

    Raises
    ------
    InputError
        If the file is missing, a folder, damaged, cut short, larger than ``max_bytes`` unpacked,
        or no text.

    Examples
    --------
    >>> import gzip, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder, "a.gz")
    ...     _ = place.write_bytes(gzip.compress(b"PSRJ  J0002+6216"))
    ...     read_catalogue_text(place)
    'PSRJ  J0002+6216'
    """
    data = check_size(path, max_bytes).read_bytes()
    if data.startswith(_XZ_START):
        data = _unpack(Path(path), data, _XzStream, "xz", max_bytes)
    elif data.startswith(_GZIP_START):
        data = _unpack(Path(path), data, _GzipStream, "gzip", max_bytes)
    if b"\0" in data:
        raise InputError(f"{path}: holds zero bytes, so is no text; give a catalogue's text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _unpack(
    path: Path, packed: bytes, make: type[_XzStream] | type[_GzipStream], kind: str, most: int
) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        for part in _pieces(packed, make):
            size += len(part)
            if size > most:
                raise InputError(f"{path}: unpacks to more than {most} bytes, the most read")
            parts.append(part)
    except EOFError:
        raise InputError(f"{path}: the {kind} file is cut short; fetch it again") from None
    except (lzma.LZMAError, zlib.error) as error:
        raise InputError(f"{path}: the {kind} file is damaged ({error}); fetch it again") from None
    return b"".join(parts)


def _pieces(packed: bytes, make: type[_XzStream] | type[_GzipStream]) -> Iterator[bytes]:
    """Unpacked pieces of at most a block, of one stream after another."""
    while packed.strip(b"\0"):
        stream: _Stream = make()
        for start in range(0, len(packed), _BLOCK_BYTES):
            piece = stream.unpack(packed[start : start + _BLOCK_BYTES])
            while piece:
                yield piece
                piece = b"" if stream.eof else stream.unpack(b"")
            if stream.eof:
                rest = stream.unused_data + packed[start + _BLOCK_BYTES :]
                break
        else:
            raise EOFError
        packed = rest
