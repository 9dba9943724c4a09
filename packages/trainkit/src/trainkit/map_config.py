"""What a run on maps is: `MapsConfig`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .recipes import (
    COMMON_LIMITS,
    Limits,
    are_texts,
    check_fields,
    is_not_negative,
    plain_fields,
)

SCALES = ("sample", "training")

_LIMITS: Limits = {
    **COMMON_LIMITS,
    "channels": (are_texts, "a tuple of texts"),
    "labels": (are_texts, "a tuple of texts"),
    "softening": (is_not_negative, "a number, 0 or more"),
    "scale": (lambda v: v in SCALES, " or ".join(SCALES)),
}


@dataclass(frozen=True)
class MapsConfig:
    """Everything that decides the weights of a network of maps.

    Parameters
    ----------
    model : str
        Name registered under ``skytypes.models``; its factory makes a network for any card.
    channels : tuple of str
        Maps in the order that the network takes them, ``*`` standing for any letters; empty for
        all that the training table has.
    labels : tuple of str
        What it says; empty for all.
    softening : float
        Maps without negative values become asinh(x / ``softening``), a logarithm from there on;
        0 leaves them as they are.
    scale : {"sample", "training"}
        Each map standardised by its own mean and deviation, or by those of its channel in the
        training set.
    epochs, patience, batch_size : int
        The run ends after ``patience`` epochs without a lower validation loss; 0 for never.
    lr, weight_decay : float
        Of AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101), dimensionless.
    warmup_epochs, final_lr : float
        The rate grows linearly over ``warmup_epochs``, then falls as a cosine to ``final_lr`` x
        ``lr``.
    clip_norm : float
        Bound of the gradient's norm.
    seed : int
        Of every draw.

    Raises
    ------
    InputError
        If a field is out of range; the message names it.

    Examples
    --------
    >>> MapsConfig(epochs=3).batch_size
    16
    >>> MapsConfig(scale="sky")
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: scale is 'sky'; give sample or training
    """

    model: str = "mapnet"
    channels: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    softening: float = 0.1
    scale: str = "sample"
    epochs: int = 60
    patience: int = 20
    batch_size: int = 16
    lr: float = 5e-4
    weight_decay: float = 1e-2
    warmup_epochs: float = 2.0
    final_lr: float = 0.02
    clip_norm: float = 2.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_fields(self, _LIMITS)

    def as_dict(self) -> dict[str, Any]:
        """The fields as JSON has them."""
        return plain_fields(self)

    @classmethod
    def changed(cls, changes: Mapping[str, Any]) -> MapsConfig:
        """The defaults with some fields changed; those that are None keep the default.

        Examples
        --------
        >>> MapsConfig.changed({"epochs": None, "seed": 3}).seed
        3
        """
        return cls(**{name: value for name, value in changes.items() if value is not None})
