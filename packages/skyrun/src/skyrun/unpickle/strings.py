"""Text that pandas keeps in Arrow's memory, rebuilt without Arrow.

Where pyarrow is installed, pandas 3 keeps names of columns and other text in arrays of Arrow. Their
pickle is a validity bitmap, the places where each text starts, and the letters, one after the
other; all three are read here as numpy arrays, and every place is checked.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from .records import Rebuild, Record, expect

_OFFSETS: Final[dict[str, np.dtype[Any]]] = {
    "large_string": np.dtype("<i8"),
    "string": np.dtype("<i4"),
}
_TEXT: Final = "an array of text"
_PLACE_BYTES: Final = 64
_MOST_WIDE: Final = 4
"""Memory of a letter of UTF-8, at most [byte]."""


def arrow_texts(record: Record, rebuild: Rebuild) -> list[str | None]:
    """Texts of an ``ArrowStringArray``; None where one is missing.

    Parameters
    ----------
    record : Record
        With the state ``{"_pa_array": ...}``.
    rebuild : callable

    Raises
    ------
    InputError
        If it is not as pandas and Arrow write it.
    """
    expect(not record.args and isinstance(record.state, dict), _TEXT)
    array = record.state.get("_pa_array", record.state.get("_data"))
    expect(isinstance(array, Record), _TEXT)
    if array.kind == "arrow_chunks":
        expect(len(array.args) == 2 and isinstance(array.args[0], list), _TEXT)
        return [text for chunk in array.args[0] for text in _chunk(chunk, rebuild)]
    return _chunk(array, rebuild)


def _chunk(record: Any, rebuild: Rebuild) -> list[str | None]:
    """Texts of ``_restore_array((type, length, missing, offset, buffers, children, ...))``."""
    expect(isinstance(record, Record) and record.kind == "arrow_array", _TEXT)
    expect(len(record.args) == 1 and isinstance(record.args[0], tuple), _TEXT)
    state = record.args[0]
    expect(len(state) >= 5 and isinstance(state[4], list) and len(state[4]) == 3, _TEXT)
    kind, (length, first) = state[0], (state[1], state[3])
    expect(isinstance(kind, Record) and kind.kind == "arrow_type" and len(kind.args) == 1, _TEXT)
    expect(isinstance(kind.args[0], str) and kind.args[0] in _OFFSETS, _TEXT)
    expect(all(type(n) is int and n >= 0 for n in (length, first)), _TEXT)
    # Many chunks can share one buffer in the file; the text of each takes memory of its own.
    rebuild.allowance.take(_PLACE_BYTES * (1 + length))
    valid, starts, letters = (_buffer(b, rebuild) for b in state[4])
    if length == 0:
        return []
    places = _places(starts, _OFFSETS[kind.args[0]], first, length, len(letters or b""))
    rebuild.allowance.take(_MOST_WIDE * (places[-1] - places[0]))
    there = _valid(valid, first, length)
    pairs = zip(places[:-1], places[1:], there, strict=True)
    return [(letters or b"")[a:b].decode() if good else None for a, b, good in pairs]


def _buffer(record: Any, rebuild: Rebuild) -> bytes | None:
    if record is None:
        return None
    expect(isinstance(record, Record) and record.kind == "arrow_buffer", _TEXT)
    expect(len(record.args) == 1, _TEXT)
    content = rebuild(record.args[0])
    expect(isinstance(content, bytes | bytearray), _TEXT)
    if isinstance(content, bytearray):
        rebuild.allowance.take(len(content))
    return bytes(content)


def _places(
    starts: bytes | None, dtype: np.dtype[Any], first: int, length: int, letters: int
) -> list[int]:
    """Where the texts begin, and the last ends; upwards and inside the letters."""
    need = (first + length + 1) * dtype.itemsize
    expect(starts is not None and len(starts) >= need, _TEXT)
    places = np.frombuffer(starts or b"", dtype, length + 1, first * dtype.itemsize)
    inside = places[0] >= 0 and places[-1] <= letters and bool((np.diff(places) >= 0).all())
    expect(bool(inside), _TEXT)
    return [int(place) for place in places]


def _valid(bitmap: bytes | None, first: int, length: int) -> list[bool]:
    if bitmap is None:
        return [True] * length
    expect(8 * len(bitmap) >= first + length, _TEXT)
    whole, rest = divmod(first, 8)
    part = np.frombuffer(bitmap, np.uint8)[whole : (first + length + 7) // 8]
    bits = np.unpackbits(part, bitorder="little")
    return [bool(bit) for bit in bits[rest : rest + length]]
