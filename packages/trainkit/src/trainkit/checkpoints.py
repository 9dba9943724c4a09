"""Checkpoints: written whole, read without running anything that is in them."""

from __future__ import annotations

import io
import re
import sys
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from skyrun.files import check_size, read_text, write_bytes
from skytypes import ModelCard, find
from skytypes.cards import MAX_CARD_BYTES
from skytypes.errors import InputError
from skytypes.protocols import factory_for
from skytypes.specs import OutputSpec

MAX_BYTES = 2 << 30
BEST_KEYS = ("epoch", "model_state", "val_loss", "img_size", "n_out", "outputs")
LAST_KEYS = ("config", "data", "epoch", "networks", "descents", "random", "best", "history")


def column_names(outputs: Sequence[OutputSpec]) -> list[str]:
    """Raw columns as a checkpoint names them: what is divided by what.

    Examples
    --------
    >>> incl = OutputSpec("incl_deg", "deg", "linear", (0,), scale=90.0)
    >>> pa = OutputSpec("pa_deg", "deg", "double_angle", (1, 2))
    >>> dx = OutputSpec("dx_arcsec", "arcsec", "field_fraction", (3,), scale=0.14)
    >>> column_names([incl, pa, dx])
    ['incl/90', 'sin2PA', 'cos2PA', 'dx/0.14']
    """
    names: dict[int, str] = {}
    for output in outputs:
        stem = output.name.removesuffix(f"_{output.unit}")
        if output.decoder == "double_angle":
            made = [f"sin2{stem.upper()}", f"cos2{stem.upper()}"]
        else:
            made = [stem if output.scale == 1 else f"{stem}/{output.scale:g}"]
        names.update(zip(output.columns, made, strict=True))
    return [names[c] for c in sorted(names)]


def network_state(network: nn.Module) -> dict[str, Tensor]:
    """Weights and running statistics on the CPU, each tensor whole and by itself."""
    return {k: v.detach().cpu().contiguous().clone() for k, v in network.state_dict().items()}


def write_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write a checkpoint, whole or not at all; the same content gives the same bytes."""
    buffer = io.BytesIO()
    torch.save(_apart(content), buffer)
    write_bytes(path, buffer.getvalue())


def _apart(value: Any) -> Any:
    """A copy in which equal texts are one object and nothing else is.

    Pickle writes an object that it has met before as a reference, so that its bytes also hang on
    which objects happen to be one; what was read from a file shares other ones.
    """
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, str):
        return sys.intern(str(value))
    if isinstance(value, dict):
        return {_apart(k): _apart(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_apart(v) for v in value)
    return value


def best_content(
    card: ModelCard, state: dict[str, Tensor], *, epoch: int, val_loss: float
) -> dict[str, Any]:
    """The content of ``best.pt``, its schema being `BEST_KEYS`."""
    columns = column_names(card.outputs)
    sizes = [spec.shape[-1] for spec in card.inputs if len(spec.shape) == 3]
    return {
        "epoch": epoch,
        "model_state": state,
        "val_loss": val_loss,
        "img_size": sizes[0] if sizes else 0,
        "n_out": len(columns),
        "outputs": columns,
    }


def read_checkpoint(path: Path, keys: Sequence[str]) -> dict[str, Any]:
    """Read a checkpoint: size first, then tensors and plain values only.

    Parameters
    ----------
    path : path
    keys : sequence of str
        What must be in it.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        If it is missing, too large, cut short, compressed, holds anything else, or lacks a key.
    """
    check_size(path, MAX_BYTES)
    _check_archive(path)
    try:
        with warnings.catch_warnings():
            # Of sparse tensors, which are refused where they are used.
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - torch raises nearly anything on damaged files
        raise InputError(
            f"{path}: can't be read as tensors and plain values{_foreign(error)}; give a "
            "checkpoint written by trainkit"
        ) from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: holds a {type(content).__name__}; give trainkit's checkpoint")
    missing = [k for k in keys if k not in content]
    if missing:
        raise InputError(f"{path}: has no {', '.join(missing)}; give trainkit's checkpoint")
    return content


def _foreign(error: Exception) -> str:
    """What else the file names, where torch says so."""
    named = re.search(r"GLOBAL ([\w.]+)", str(error))
    return f": it names {named[1]}" if named else ""


def _check_archive(path: Path) -> None:
    """Refuse what would unfold to more than its size on disk."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise InputError(
            f"{path}: not a whole checkpoint (cut short, or another kind of file); "
            "give one written by trainkit"
        ) from None
    if any(e.compress_type != zipfile.ZIP_STORED for e in entries):
        raise InputError(f"{path}: is compressed; checkpoints are not")


def card_path(checkpoint: Path) -> Path:
    """Where the card of a checkpoint lies: ``best.pt`` has ``best.card.json`` beside it.

    Examples
    --------
    >>> card_path(Path("run/best.pt")).name
    'best.card.json'
    """
    return checkpoint.with_suffix(".card.json")


def load_network(path: str | Path) -> tuple[nn.Module, ModelCard]:
    """The network of a best checkpoint, ready to use, and its card.

    Parameters
    ----------
    path : path
        ``best.pt``, its card beside it.

    Returns
    -------
    (torch.nn.Module in evaluation mode, ModelCard)

    Raises
    ------
    InputError
        If either file is bad, the card is that of another checkpoint, or the weights do not fit
        the network that the card names.
    MissingPackageError
        If the package that has the architecture is not installed.
    """
    path = Path(path)
    content = read_checkpoint(path, BEST_KEYS)
    text = read_text(card_path(path), max_bytes=MAX_CARD_BYTES)
    card = ModelCard.from_json(text, source=str(card_path(path)))
    _check_card(path, content, card)
    with torch.random.fork_rng(devices=[]):
        network: nn.Module = factory_for(find("models", card.architecture), card).build()
    load_state(network, content["model_state"], source=str(path))
    return network.eval(), card


def _check_card(path: Path, content: dict[str, Any], card: ModelCard) -> None:
    """Refuse the card of another checkpoint: its answers would be wrong without a word."""
    wanted = column_names(card.outputs)
    if content["outputs"] != wanted:
        raise InputError(
            f"{path}: outputs are {shown(content['outputs'])}, its card has {shown(wanted)}; "
            "give the card of this checkpoint"
        )
    epoch = card.training.get("best_epoch", content["epoch"])
    if content["epoch"] != epoch:
        raise InputError(
            f"{path}: is of epoch {shown(content['epoch'])}, its card of epoch {epoch}; give the "
            "card of this checkpoint, or resume the run that wrote them"
        )


def shown(value: object) -> str:
    """A value of a file in one short line."""
    text = str(value) if isinstance(value, Exception) else repr(value)
    return " ".join(text.split())[:120]


def load_state(network: nn.Module, state: Any, *, source: str) -> None:
    """Put weights into a network, every name, shape, kind of number and value checked.

    Raises
    ------
    InputError
        If they do not fit, or one is not finite.
    """
    if isinstance(state, Mapping):
        for name, own in network.state_dict().items():
            what = f"{source}: weights do not fit the network: {name}"
            check_tensor(state.get(name, own), own, what=what)
    try:
        network.load_state_dict(state, strict=True)
    except (RuntimeError, TypeError, AttributeError) as error:
        lines = [line.strip() for line in str(error).splitlines()]
        raise InputError(
            f"{source}: weights do not fit the network: {' '.join(lines[1:2] or lines)[:200]}"
        ) from None


def check_tensor(value: object, like: Tensor, *, what: str) -> None:
    """Refuse what can't stand for a tensor of a network.

    Parameters
    ----------
    value : object
        As a file has it.
    like : tensor
        With the shape and kind of number that it must have.
    what : str
        Begins the message.

    Raises
    ------
    InputError
        If it is no dense tensor of real numbers, has another shape or kind of number, or is not
        finite (where ``like`` is).
    """
    if not isinstance(value, Tensor) or value.layout != torch.strided or value.is_complex():
        raise InputError(f"{what}: no dense tensor of real numbers")
    # Before any number is looked at: a tensor may claim a shape that no memory holds.
    if value.shape != like.shape or value.is_floating_point() != like.is_floating_point():
        raise InputError(f"{what}: {_kind(value)} instead of {_kind(like)}")
    if not bool(torch.isfinite(value).all()) and bool(torch.isfinite(like).all()):
        raise InputError(f"{what}: numbers that are not finite")


def _kind(value: Tensor) -> str:
    return f"{str(value.dtype).removeprefix('torch.')} of shape {tuple(value.shape)}"
