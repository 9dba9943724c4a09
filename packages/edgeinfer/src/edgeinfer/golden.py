"""`Golden`: an input kept in the model file with torch's answer to it.

A machine without torch can so tell whether it gives the answers that the training framework gave,
from the picture to the answer in physical units: another version of the runtime, or of `encode`
and `decode`, that changed anything is noticed.
"""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytypes import ModelCard, Sample, decode, encode

from .errors import ModelFileError
from .probes import noise_tensors, probe_pictures, reads_pictures

SEED = 20_240_131
MAX_BYTES = 64 << 20

FloatMap = Mapping[str, NDArray[np.floating[Any]]]


def _pack(arrays: FloatMap) -> dict[str, Any]:
    packed = {}
    for name, array in arrays.items():
        data = np.asarray(array, dtype="<f4")
        text = base64.b85encode(zlib.compress(data.tobytes(), 9)).decode()
        packed[name] = {"shape": list(data.shape), "f4": text}
    return packed


def _unpack_one(entry: Mapping[str, Any]) -> NDArray[np.float32]:
    shape = tuple(int(n) for n in entry["shape"])
    size = 4 * math.prod(shape)
    if min(shape, default=1) < 1 or size > MAX_BYTES:
        raise ValueError(f"an array of shape {shape}; at most {MAX_BYTES} bytes")
    # The size is bounded before anything is unpacked: a few bytes can claim to be terabytes.
    data = zlib.decompressobj().decompress(base64.b85decode(entry["f4"]), size)
    return np.frombuffer(data, dtype="<f4").reshape(shape).astype(np.float32)


def _unpack(record: Mapping[str, Any]) -> dict[str, NDArray[np.float32]]:
    return {str(name): _unpack_one(entry) for name, entry in record.items()}


def _check_picture(sample: FloatMap) -> None:
    """A batch of one picture, as `encode` and `decode` take it."""
    for name, array in sample.items():
        dimensions, allowed = (3, "(1, y, x)") if name == "image" else (1, "(1,)")
        if array.ndim != dimensions or array.shape[0] != 1:
            raise ValueError(f"{name} has shape {array.shape}; one picture has {allowed}")


@dataclass(frozen=True)
class Golden:
    """One item with its raw answer.

    Parameters
    ----------
    sample : mapping of str to array, or None
        Inputs of a batch of one picture, where the card reads pictures.
    tensors : mapping of str to array, or None
        Else the encoded tensors, shape (1, ...).
    raw : mapping of str to array, shape (1, column, ...)
        What torch answered, dimensionless.
    answers : mapping of str to array
        Decoded from ``raw``, in physical units ([deg], [arcsec]); empty without a picture.
    """

    sample: FloatMap | None
    tensors: FloatMap | None
    raw: FloatMap
    answers: FloatMap

    def encoded(self, card: ModelCard) -> FloatMap:
        """The item as the network's input tensors, encoded by this installation."""
        if self.sample is None:
            return self.tensors or {}
        return encode(card.inputs, Sample(dict(self.sample), size=1))

    def decoded(self, card: ModelCard) -> FloatMap:
        """The stored raw answer decoded by this installation; empty without a picture."""
        if self.sample is None:
            return {}
        return decode(card, dict(self.raw), Sample(dict(self.sample), size=1))

    def to_record(self) -> dict[str, Any]:
        """The item as a JSON object: float32 arrays, compressed, base 85."""
        parts = {
            "sample": self.sample,
            "tensors": self.tensors,
            "raw": self.raw,
            "answers": self.answers,
        }
        return {k: None if v is None else _pack(v) for k, v in parts.items()}

    @classmethod
    def from_record(cls, record: Mapping[str, Any], path: str) -> Golden:
        """The item from its JSON object.

        Raises
        ------
        ModelFileError
            If it is not what `to_record` writes.
        """
        try:
            sample, tensors = (
                None if record[k] is None else _unpack(record[k]) for k in ("sample", "tensors")
            )
            if sample is not None:
                _check_picture(sample)
            return cls(sample, tensors, _unpack(record["raw"]), _unpack(record["answers"]))
        except (
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
            zlib.error,
            binascii.Error,
        ) as error:
            raise ModelFileError(
                f"{path}: its golden item can't be read ({error}); export again"
            ) from None


def golden_inputs(card: ModelCard) -> Golden:
    """The item to ask torch about: a picture where the card reads pictures, else noise.

    Returns
    -------
    Golden
        With no answer yet.
    """
    if reads_pictures(card):
        return Golden(probe_pictures(card, 1, seed=SEED).inputs, None, {}, {})
    return Golden(None, noise_tensors(card, 1, seed=SEED), {}, {})
