"""Weights of `DiscoNet` from files of others: read as data, checked, never run."""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from skytypes.errors import InputError

from .disconet import DISCONET_IMAGE, DiscoNet
from .disks import COLUMNS

MAX_CHECKPOINT_BYTES = 512 << 20
"""Largest file that is read: six times the weights, room for an optimiser's state."""

_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_WHOLE = (torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
_STATE_KEYS = ("model_state", "model_state_dict")
# What torch raises on a file that is damaged, or that names anything but tensors and containers.
_UNREADABLE = (
    pickle.UnpicklingError,
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
)


def _check_file(path: Path, max_bytes: int) -> None:
    """Size on disk and unpacked size, before any of it is taken into memory."""
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise InputError(f"{path}: {size} bytes; a checkpoint has at most {max_bytes}")
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (OSError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or "truncated, or not written by torch.save"
        raise InputError(f"{path}: can't be read as a checkpoint: {reason}") from None
    if unpacked > max_bytes:
        raise InputError(f"{path}: {unpacked} bytes unpacked; a checkpoint has at most {max_bytes}")


def _read(path: Path, max_bytes: int) -> Any:
    _check_file(path, max_bytes)
    try:
        with warnings.catch_warnings():
            # Of sparse tensors, which are refused by name later.
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        named = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = f"names {named[1]}" if named else "is damaged"
        raise InputError(
            f"{path}: refused: the pickle {what}; only tensors are read, save the state dict alone"
        ) from None
    except _UNREADABLE as error:
        line = str(error).partition("\n")[0]
        raise InputError(f"{path}: can't be read as a checkpoint: {line}") from None


def _check_schema(path: Path, checkpoint: Mapping[str, Any]) -> None:
    """The fields beside the weights agree with this network, where they are given."""
    allowed = {
        "n_out": len(COLUMNS),
        "img_size": DISCONET_IMAGE.shape[-1],
        "outputs": list(COLUMNS),
    }
    for name, value in allowed.items():
        given = checkpoint.get(name, value)
        if isinstance(given, tuple):
            given = list(given)
        if given != value:
            raise InputError(f"{path}: {name} is {given!r}; DiscoNet has {value!r}")


def _find_state(path: Path, loaded: Any) -> Mapping[str, Tensor]:
    """The state dict of a checkpoint, or a bare one."""
    if not isinstance(loaded, Mapping):
        raise InputError(f"{path}: holds a {type(loaded).__name__}; give a state dict")
    state: Any = loaded
    for name in _STATE_KEYS:
        if name in loaded:
            _check_schema(path, loaded)
            state = loaded[name]
            break
    if not isinstance(state, Mapping) or not all(
        isinstance(k, str) and isinstance(v, Tensor) for k, v in state.items()
    ):
        raise InputError(
            f"{path}: no state dict of tensors; give a bare one, or a checkpoint with "
            f"{' or '.join(_STATE_KEYS)}"
        )
    return state


def _current(key: str) -> str:
    """A key in the current spelling: ``encoderN.0.network.*`` becomes ``encN.0.net.*``."""
    return re.sub(r"^encoder(\d+)\.", r"enc\1.", key).replace(".network.", ".net.")


def _named(keys: list[str]) -> str:
    shown = ", ".join(keys[:3])
    return shown if len(keys) <= 3 else f"{shown} and {len(keys) - 3} more"


def _is_dense(value: Tensor) -> bool:
    """Whether it is plain real numbers, as many as the file holds.

    A few bytes can claim to be terabytes, by strides of 0.
    """
    plain = value.layout == torch.strided and value.device.type == "cpu"
    return (
        plain
        and value.dtype in (*_FLOATS, *_WHOLE)
        and value.numel() * value.element_size() <= value.untyped_storage().nbytes()
    )


def _check_state(path: Path, state: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    odd = [k for k, v in state.items() if not _is_dense(v)]
    if odd:
        raise InputError(
            f"{path}: weights that are no dense tensors of real numbers: {_named(odd)}; "
            "save the state dict of a network"
        )
    faults = []
    if missing := [k for k in wanted if k not in state]:
        faults.append(f"missing {_named(missing)}")
    if unexpected := [k for k in state if k not in wanted]:
        faults.append(f"unexpected {_named(unexpected)}")
    wrong = [
        f"{k} of shape {tuple(v.shape)} instead of {tuple(wanted[k].shape)}"
        for k, v in state.items()
        if k in wanted and v.shape != wanted[k].shape
    ]
    if wrong:
        faults.append(_named(wrong))
    if faults:
        raise InputError(f"{path}: not weights of DiscoNet: {'; '.join(faults)}")
    bad = [k for k, v in state.items() if not bool(torch.isfinite(v).all())]
    if bad:
        raise InputError(f"{path}: weights that are not finite: {_named(bad)}; give another epoch")


def load_disconet(path: str | Path, *, max_bytes: int = MAX_CHECKPOINT_BYTES) -> DiscoNet:
    """`DiscoNet` with weights from a file, in either published spelling.

    Parameters
    ----------
    path : str or Path
        A state dict, or a checkpoint with one under ``model_state`` or ``model_state_dict``; its
        ``n_out``, ``img_size`` and ``outputs`` are checked where given. Keys ``encN.0.net.*`` or
        ``encoderN.0.network.*``.
    max_bytes : int
        Bound on the file, and on what it unpacks to [byte].

    Returns
    -------
    DiscoNet
        In evaluation mode, on the CPU, float32.

    Raises
    ------
    InputError
        If the file is absent, too large, truncated, or holds anything but tensors in plain
        containers; if a key is missing, unexpected or of another shape; if a weight is sparse,
        complex, larger than what the file holds of it, or not finite.

    Examples
    --------
    >>> load_disconet("nonesuch.pt")
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: nonesuch.pt: can't be read as a checkpoint: No such file ...
    """
    path = Path(path)
    found = _find_state(path, _read(path, max_bytes))
    state = {_current(key): value for key, value in found.items()}
    if len(state) < len(found):
        raise InputError(f"{path}: holds both spellings of a key; give one")
    with torch.device("meta"):
        network = DiscoNet()
    wanted = network.state_dict()
    _check_state(path, state, wanted)
    network.load_state_dict(
        {k: state[k].to(v.dtype, copy=True) for k, v in wanted.items()}, assign=True
    )
    return network.eval()
