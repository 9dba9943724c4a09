"""What every kind of run is told: the `Recipe` Protocol, and what its fields may be."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Protocol, TypeGuard

import numpy as np

from skytypes.errors import InputError

MAX_EPOCHS = 100_000
"""More are surely a slip; the bound also keeps item counters far below 2**64."""

Limits = Mapping[str, tuple[Callable[[Any], bool], str]]
"""By field: whether a value is good, and what is allowed, in words."""


def check_fields(config: object, limits: Limits) -> None:
    """Refuse the first field that is out of range.

    Raises
    ------
    InputError
        The message names it.
    """
    for name, (good, allowed) in limits.items():
        value = getattr(config, name)
        if not good(value):
            shown = repr(value) if isinstance(value, str) else value
            raise InputError(f"{name} is {shown}; give {allowed}")


def is_whole(value: object, low: int, high: int | None = None) -> bool:
    """Whether a value is a whole number from ``low`` to ``high``; True and False are none."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        return False
    return low <= int(value) and (high is None or int(value) <= high)


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a finite number; True and False are none."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return False
    return math.isfinite(value)


def is_positive(value: object) -> bool:
    """Whether a value is a finite number above 0."""
    return is_number(value) and value > 0


def is_not_negative(value: object) -> bool:
    """Whether a value is a finite number, 0 or more."""
    return is_number(value) and value >= 0


def is_share(value: object) -> bool:
    """Whether a value is a number from 0 to 1."""
    return is_number(value) and 0 <= value <= 1


def is_switch(value: object) -> bool:
    """Whether a value is True or False."""
    return isinstance(value, bool)


def is_text(value: object) -> bool:
    """Whether a value is text, not empty."""
    return isinstance(value, str) and value != ""


def are_texts(value: object) -> bool:
    """Whether a value is a list of texts; one text is none: it would be walked by letters."""
    return isinstance(value, tuple | list) and all(is_text(v) for v in value)


def plain_fields(config: Any) -> dict[str, Any]:
    """The fields of a configuration as JSON has them, numbers of numpy as Python's own."""
    return {name: _plain(value) for name, value in asdict(config).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value.item() if isinstance(value, np.generic) else value


COMMON_LIMITS: Limits = {
    "model": (is_text, "the name of a registered model"),
    "epochs": (lambda v: is_whole(v, 1, MAX_EPOCHS), f"a whole number from 1 to {MAX_EPOCHS}"),
    "batch_size": (lambda v: is_whole(v, 2), "a whole number, 2 or more"),
    "lr": (is_positive, "a positive number"),
    "weight_decay": (is_not_negative, "a number, 0 or more"),
    "warmup_epochs": (is_not_negative, "a number, 0 or more"),
    "final_lr": (is_share, "a share of lr from 0 to 1"),
    "clip_norm": (is_positive, "a positive number"),
    "patience": (lambda v: is_whole(v, 0, MAX_EPOCHS), f"a whole number from 0 to {MAX_EPOCHS}"),
    "seed": (lambda v: is_whole(v, 0, (1 << 63) - 1), "a whole number from 0 to 2**63 - 1"),
}
"""Fields of every `Recipe`."""


class Recipe(Protocol):
    """What every kind of run is told; each kind's configuration has more fields of its own."""

    @property
    def epochs(self) -> int:
        """Most times through the data."""
        ...

    @property
    def patience(self) -> int:
        """Epochs without a lower validation loss after which the run ends; 0 for none."""
        ...

    @property
    def batch_size(self) -> int:
        """Items a step, over all processes."""
        ...

    @property
    def lr(self) -> float:
        """Highest rate of AdamW."""
        ...

    @property
    def weight_decay(self) -> float:
        """Of AdamW, dimensionless."""
        ...

    @property
    def warmup_epochs(self) -> float:
        """The rate grows linearly over so many, then falls as a cosine."""
        ...

    @property
    def final_lr(self) -> float:
        """Share of ``lr`` at the end."""
        ...

    @property
    def clip_norm(self) -> float:
        """Bound of the gradient's norm."""
        ...

    @property
    def seed(self) -> int:
        """Of every draw."""
        ...

    def as_dict(self) -> dict[str, Any]:
        """The fields as JSON has them."""
        ...
