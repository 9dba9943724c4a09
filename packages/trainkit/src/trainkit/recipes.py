"""What every kind of run is told: the `Recipe` Protocol, and what its fields may be."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

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


def is_positive(value: float) -> bool:
    """Whether a number is finite and above 0."""
    return math.isfinite(value) and value > 0


def is_not_negative(value: float) -> bool:
    """Whether a number is finite and 0 or more."""
    return math.isfinite(value) and value >= 0


def is_share(value: float) -> bool:
    """Whether a number is from 0 to 1."""
    return 0 <= value <= 1


COMMON_LIMITS: Limits = {
    "model": (bool, "the name of a registered model"),
    "epochs": (lambda v: 1 <= v <= MAX_EPOCHS, f"a whole number from 1 to {MAX_EPOCHS}"),
    "batch_size": (lambda v: v >= 2, "a whole number, 2 or more"),
    "lr": (is_positive, "a positive number"),
    "weight_decay": (is_not_negative, "a number, 0 or more"),
    "warmup_epochs": (is_not_negative, "a number, 0 or more"),
    "final_lr": (is_share, "a share of lr from 0 to 1"),
    "clip_norm": (is_positive, "a positive number"),
    "patience": (lambda v: 0 <= v <= MAX_EPOCHS, f"a whole number from 0 to {MAX_EPOCHS}"),
    "seed": (lambda v: 0 <= v < 1 << 63, "a whole number from 0 to 2**63 - 1"),
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
