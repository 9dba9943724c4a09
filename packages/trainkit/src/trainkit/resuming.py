"""Where a run stands, and how ``last.pt`` keeps it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from skytypes.errors import InputError

from .checkpoints import LAST_KEYS, read_checkpoint
from .loop import Loop
from .recipes import Recipe


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
    _check_same(path, "", last["config"], recipe.as_dict())
    _check_same(path, "data ", last["data"], data)
    try:
        loop.restore(last, source=str(path))
        best = last["best"]
        return Progress(
            int(last["epoch"]), int(best["epoch"]), float(best["val_loss"]), last["history"]
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not a state of this run ({error}); start anew") from None


def _check_same(path: Path, what: str, old: Any, new: Mapping[str, Any]) -> None:
    old = old if isinstance(old, dict) else {}
    for name in [*new, *(set(old) - set(new))]:
        if old.get(name) != new.get(name):
            raise InputError(
                f"{path}: {what}{name} was {old.get(name)!r} and is {new.get(name)!r} now; "
                "give what it was, or start anew with another --out"
            )
