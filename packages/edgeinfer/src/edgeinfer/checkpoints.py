"""Checkpoints of trainkit, read as data, and the cards beside them.

Needs the ``export`` extra (torch).
"""

from __future__ import annotations

import math
import os
import re
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skyrun.files import check_size, read_text
from skytypes import ModelCard
from skytypes.cards import MAX_CARD_BYTES
from skytypes.errors import InputError, MissingPackageError

from .errors import CheckpointError, shorten

if TYPE_CHECKING:
    import torch

MAX_CHECKPOINT_BYTES = 2 << 30
_KEYS = ("epoch", "model_state", "val_loss", "img_size", "n_out", "outputs")
_EXTRA = ("torch", "onnx", "onnxscript")


@dataclass(frozen=True)
class Checkpoint:
    """A trained state, as ``best.pt`` holds it.

    Parameters
    ----------
    path : str
    epoch : int
    val_loss : float
    img_size : int
        Side of the network's picture [pixel].
    outputs : tuple of str
        Raw columns as the training named them.
    state : mapping of str to tensor
    """

    path: str
    epoch: int
    val_loss: float
    img_size: int
    outputs: tuple[str, ...]
    state: Mapping[str, torch.Tensor]


def need_export() -> None:
    """Check that the ``export`` extra is installed; nothing is imported.

    Raises
    ------
    MissingPackageError
        One line that says what is missing and how to get it.
    """
    missing = [name for name in _EXTRA if find_spec(name) is None]
    if missing:
        raise MissingPackageError(
            f"this step needs {', '.join(_EXTRA)} (missing: {', '.join(missing)}); "
            "run `uv sync --extra export`, or install edgeinfer[export]"
        )


def _check_archive(path: Path, max_bytes: int) -> None:
    """Sizes, before memory is taken: a small zip can unpack to terabytes."""
    check_size(path, max_bytes)
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise CheckpointError(
            f"{path}: not a checkpoint, or cut short; give a best.pt written by trainkit"
        ) from None
    if unpacked > max_bytes:
        raise CheckpointError(f"{path}: unpacks to {unpacked} bytes; at most {max_bytes} are read")


def _load(path: Path) -> Any:
    import pickle

    import torch

    try:
        with warnings.catch_warnings():
            # Of sparse tensors, which are refused by name later.
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        named = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = f"it names {named[1]}" if named else shorten(error, 120)
        raise CheckpointError(
            f"{path}: refused: {what}; a checkpoint holds tensors and plain values only"
        ) from None
    except Exception as error:  # noqa: BLE001 - torch raises nearly anything on damaged files
        raise CheckpointError(
            f"{path}: can't be read as a checkpoint ({shorten(error, 120)}); "
            "give a best.pt written by trainkit"
        ) from None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_names(value: object) -> bool:
    return isinstance(value, Sequence) and all(isinstance(v, str) for v in value)


def _check_fields(path: Path, loaded: Any) -> None:
    if not isinstance(loaded, dict):
        raise CheckpointError(
            f"{path}: holds a {type(loaded).__name__}; a checkpoint is a dict of {', '.join(_KEYS)}"
        )
    missing = [key for key in _KEYS if key not in loaded]
    if missing:
        raise CheckpointError(
            f"{path}: lacks {', '.join(missing)}; a checkpoint has {', '.join(_KEYS)}"
        )
    bad = [k for k in ("epoch", "val_loss", "img_size", "n_out") if not _is_number(loaded[k])]
    if not _is_names(loaded["outputs"]) or len(loaded["outputs"]) != loaded["n_out"]:
        bad.append("outputs")
    if bad:
        raise CheckpointError(
            f"{path}: {bad[0]} is {shorten(repr(loaded[bad[0]]), 60)}; epoch, val_loss, img_size "
            "and n_out are finite numbers, outputs names n_out columns"
        )


def _is_dense(value: torch.Tensor) -> bool:
    import torch

    floats = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
    whole = (torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
    plain = value.layout == torch.strided and value.device.type == "cpu"
    return plain and value.dtype in (*floats, *whole)


def _check_state(path: Path, state: Any) -> None:
    import torch

    if not isinstance(state, Mapping) or not state:
        raise CheckpointError(f"{path}: model_state is no state dict of tensors")
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, torch.Tensor):
            raise CheckpointError(f"{path}: model_state[{name!r}] is no tensor")
        if not _is_dense(value):
            raise CheckpointError(f"{path}: weight {name!r} is no dense tensor of real numbers")
        if value.numel() * value.element_size() > value.untyped_storage().nbytes():
            # A few bytes can claim to be terabytes, by strides of 0.
            raise CheckpointError(
                f"{path}: weight {name!r} has shape {tuple(value.shape)}, more than the file holds"
            )
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise CheckpointError(f"{path}: weight {name!r} is not finite; give another epoch")


def read_checkpoint(
    path: str | os.PathLike[str], *, max_bytes: int = MAX_CHECKPOINT_BYTES
) -> Checkpoint:
    """Read a checkpoint; nothing in it is run.

    Parameters
    ----------
    path : path
        Keys epoch, model_state, val_loss, img_size, n_out, outputs; others are left alone.
    max_bytes : int
        Bound on the file and on what it unpacks to.

    Returns
    -------
    Checkpoint

    Raises
    ------
    InputError, CheckpointError
        If it is missing, too large, cut short, of another kind, names anything but tensors and
        plain values, lacks a key, or holds weights that are not finite.
    MissingPackageError
        Without the ``export`` extra.
    """
    need_export()
    path = check_size(path, max_bytes)
    _check_archive(path, max_bytes)
    loaded = _load(path)
    _check_fields(path, loaded)
    _check_state(path, loaded["model_state"])
    return Checkpoint(
        str(path),
        int(loaded["epoch"]),
        float(loaded["val_loss"]),
        int(loaded["img_size"]),
        tuple(loaded["outputs"]),
        loaded["model_state"],
    )


def read_card(path: str | os.PathLike[str]) -> ModelCard:
    """The card beside a checkpoint.

    Raises
    ------
    InputError
        If the file is missing, too large or not a card.
    """
    if not Path(path).exists():
        raise InputError(f"{path}: no such card; name the checkpoint's card with --card")
    return ModelCard.from_json(read_text(path, max_bytes=MAX_CARD_BYTES), source=str(path))


def card_beside(path: str | os.PathLike[str]) -> Path:
    """Where trainkit puts the card of a checkpoint.

    Examples
    --------
    >>> card_beside("runs/best.pt").as_posix()
    'runs/best.card.json'
    """
    return Path(path).with_suffix(".card.json")
