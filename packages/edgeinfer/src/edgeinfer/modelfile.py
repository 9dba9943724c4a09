"""`ModelFile`: an ONNX file read and checked, its card with it, before a runtime sees it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skyrun.files import check_size
from skytypes import ModelCard
from skytypes.errors import InputError

from .errors import ModelFileError
from .wire import read_contents

MAX_MODEL_BYTES = 2 << 30
"""Most bytes of an ONNX file that are read; protocol buffers end there too."""

CARD_KEY = "skyloom.card"
"""Metadata key of the `ModelCard`, JSON."""
PARITY_KEY = "skyloom.parity"
"""Metadata key of the difference to torch measured at export, JSON."""
GOLDEN_KEY = "skyloom.golden"
"""Metadata key of an input with torch's answer to it, JSON."""
EXPORT_KEY = "skyloom.export"
"""Metadata key of the provenance of the export, JSON."""

RESERVED = frozenset({"file", "usable", "reasons", "seconds", "error"})
"""Names that a line of answers uses itself; no output may be called so."""


@dataclass(frozen=True)
class ModelFile:
    """An ONNX file that is whole, keeps all its data inside, and carries a card.

    Parameters
    ----------
    path : str
        Where it came from, for messages.
    data : bytes
    card : ModelCard
    metadata : mapping of str to str
        All of ``metadata_props``.
    opset : int
        Version of the standard operator set.
    """

    path: str
    data: bytes
    card: ModelCard
    metadata: Mapping[str, str]
    opset: int

    def record(self, key: str) -> dict[str, Any] | None:
        """A JSON object of the metadata, or None where there is none.

        Raises
        ------
        ModelFileError
            If the text under ``key`` is not a JSON object.
        """
        text = self.metadata.get(key)
        if text is None:
            return None
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise ModelFileError(f"{self.path}: metadata {key!r} is no JSON object; export again")
        return value


def parse_model(data: bytes, path: str | os.PathLike[str] = "model") -> ModelFile:
    """An ONNX model from its bytes.

    Parameters
    ----------
    data : bytes
    path : path
        Named in messages.

    Raises
    ------
    ModelFileError
        If the bytes are no whole ONNX model, keep tensors outside, or carry no card.
    InputError
        If the card is not a model card; the first field at fault is named.
    """
    try:
        contents = read_contents(data)
    except ModelFileError as error:
        raise ModelFileError(f"{path}: not an ONNX model: {error}") from None
    if contents.external:
        raise ModelFileError(
            f"{path}: {len(contents.external)} tensors ({contents.external[0]!r}, ...) lie outside "
            "the file; only models of one file are admitted: write it without external data"
        )
    text = contents.metadata.get(CARD_KEY)
    if text is None:
        raise ModelFileError(
            f"{path}: no model card in the metadata (key {CARD_KEY!r}); "
            "give a model written by edgeinfer export"
        )
    card = ModelCard.from_json(text, source=f"{path}: metadata {CARD_KEY!r}")
    _check_card(card, path)
    return ModelFile(str(path), data, card, contents.metadata, contents.opsets.get("", 0))


def _check_card(card: ModelCard, path: str | os.PathLike[str]) -> None:
    if not card.inputs or not card.outputs:
        raise ModelFileError(f"{path}: the card names no inputs or no outputs; export again")
    bad = [o.name for o in card.outputs if o.name in RESERVED]
    if bad:
        raise ModelFileError(f"{path}: the card has an output {bad[0]!r}; give it another name")


def read_model(path: str | os.PathLike[str], *, max_bytes: int = MAX_MODEL_BYTES) -> ModelFile:
    """Read and check an ONNX model; onnxruntime is not needed and nothing in it is run.

    Parameters
    ----------
    path : path
    max_bytes : int
        Larger files are refused before they are read.

    Raises
    ------
    InputError, ModelFileError
        If the file is missing, too large, no whole ONNX model, keeps tensors outside itself, or
        carries no card.

    Examples
    --------
    >>> read_model("/nonesuch.onnx")
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: /nonesuch.onnx: no such file
    """
    checked = check_size(path, max_bytes)
    try:
        data = Path(checked).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror})") from None
    return parse_model(data, path)
