"""Where a run stands, and how ``last.pt`` keeps it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from skytypes.errors import InputError

from .checkpoints import LAST_KEYS, check_tensor, read_checkpoint, shown
from .loop import Loop
from .recipes import Recipe, is_whole


@dataclass
class Progress:
    """Where a run stands, besides its weights and optimisers.

    Parameters
    ----------
    epoch : int
        Epochs that are done.
    best_epoch : int
        The one with the lowest validation loss, counted from 1.
    best_loss : float
        That loss, dimensionless.
    history : list of dict
        One row an epoch.
    """

    epoch: int = 0
    best_epoch: int = 0
    best_loss: float = math.inf
    history: list[dict[str, float]] = field(default_factory=list)


def last_content(
    progress: Progress, recipe: Recipe, data: Mapping[str, str], loop: Loop
) -> dict[str, Any]:
    """The content of ``last.pt``.

    Parameters
    ----------
    progress : Progress
    recipe : Recipe
    data : mapping of str to str
        The data by name, each as a line that changes when they do.
    loop : Loop
    """
    return {
        "config": recipe.as_dict(),
        "data": dict(data),
        "epoch": progress.epoch,
        **loop.state(),
        # Every generator, dropout's too, is a function of these two and the item's number.
        "random": {"seed": recipe.seed, "epoch": progress.epoch},
        "best": {"epoch": progress.best_epoch, "val_loss": progress.best_loss},
        "history": progress.history,
    }


def restore_last(path: Path, recipe: Recipe, data: Mapping[str, str], loop: Loop) -> Progress:
    """Put the state of ``last.pt`` into a loop.

    Raises
    ------
    InputError
        If it is bad, or recipe or data differ from what they were; the first difference is named.
    """
    last = read_checkpoint(path, LAST_KEYS)
    try:
        _check_same(path, "", last["config"], recipe.as_dict())
        _check_same(path, "data ", last["data"], data)
        progress = _progress(last, recipe.epochs)
        _check_numbers("precision", last.get("precision", {}))
        last["descents"] = {
            name: _descent(loop, name, last["networks"][name], last["descents"][name], str(path))
            for name in loop.descents
        }
        loop.restore(last, source=str(path))
    except InputError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise InputError(f"{path}: not a state of this run ({shown(error)}); start anew") from None
    return progress


def _progress(last: Mapping[str, Any], epochs: int) -> Progress:
    """How far the run had come; a ValueError says what can't be."""
    epoch, best, rows = last["epoch"], last["best"], last["history"]
    if not is_whole(epoch, 0, epochs):
        raise ValueError(f"epoch is {shown(epoch)} of {epochs}")
    if not isinstance(rows, list) or len(rows) != epoch:
        raise ValueError(f"history is not one row for each of {epoch} epochs")
    for number, row in enumerate(rows, 1):
        _check_numbers("history", row)
        if list(row) != list(rows[0]) or row["epoch"] != number:
            raise ValueError(f"history has other columns or another epoch in row {number}")
        if not math.isfinite(row["train_loss"]) or not math.isfinite(row["val_loss"]):
            raise ValueError(f"history has a loss that is not finite in row {number}")
    losses = [row["val_loss"] for row in rows]
    lowest = min(losses, default=math.inf)
    first = losses.index(lowest) + 1 if losses else 0
    if best["epoch"] != first or best["val_loss"] != lowest:
        raise ValueError("best is not the lowest loss of history")
    return Progress(epoch, first, lowest, rows)


def _check_numbers(what: str, row: Any) -> None:
    if not isinstance(row, dict) or not all(
        isinstance(name, str) and isinstance(value, int | float) for name, value in row.items()
    ):
        raise TypeError(f"{what} is not numbers by name")


def _descent(loop: Loop, name: str, weights: Any, stored: Any, source: str) -> dict[str, Any]:
    """The stored moments of an optimiser, checked; its options are those of the recipe.

    A parameter that never had a gradient has no moments, and its weight is the one drawn at the
    start.
    """
    own = loop.descents[name].state()
    moments = dict(stored["optimiser"]["state"])
    if not is_whole(stored["step"], 0):
        raise ValueError(f"step is {shown(stored['step'])}")
    for number, (key, parameter) in enumerate(loop.plain[name].named_parameters()):
        what = f"{source}: optimiser state of {key!r}"
        if number in moments:
            _check_moments(moments.pop(number), parameter, what)
        elif not torch.equal(weights[key], parameter.detach().cpu()):
            raise InputError(f"{what} is missing; start anew")
    if moments:
        raise ValueError(f"optimiser state of {shown(list(moments))}, which are no parameters")
    return {
        "optimiser": {**own["optimiser"], "state": stored["optimiser"]["state"]},
        "step": stored["step"],
    }


def _check_moments(moments: Any, parameter: Tensor, what: str) -> None:
    """Those of AdamW: how many steps, mean and mean square of the gradient."""
    if not isinstance(moments, dict) or set(moments) != {"step", "exp_avg", "exp_avg_sq"}:
        raise InputError(f"{what} is not step, exp_avg and exp_avg_sq; start anew")
    likes = {"step": torch.zeros(()), "exp_avg": parameter, "exp_avg_sq": parameter}
    for name, like in likes.items():
        check_tensor(moments[name], like, what=f"{what}: {name}")
    if bool((moments["exp_avg_sq"] < 0).any()) or not bool(moments["step"] >= 1):
        raise InputError(f"{what} is below what it can be; start anew")


def _check_same(path: Path, what: str, old: Any, new: Mapping[str, Any]) -> None:
    old = old if isinstance(old, dict) else {}
    for name in [*new, *(set(old) - set(new))]:
        if old.get(name) != new.get(name):
            raise InputError(
                f"{path}: {what}{name} was {shown(old.get(name))} and is "
                f"{shown(new.get(name))} now; "
                "give what it was, or start anew with another --out"
            )
