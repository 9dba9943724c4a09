"""What a run on disks is: `FitConfig`, with its presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

from skytypes.errors import InputError

from .recipes import (
    COMMON_LIMITS,
    Limits,
    are_texts,
    check_fields,
    is_positive,
    is_share,
    is_switch,
    is_whole,
    plain_fields,
)

MAX_DISKS = 100_000_000

_LIMITS: Limits = {
    **COMMON_LIMITS,
    "synthetic": (lambda v: is_whole(v, 0, MAX_DISKS), f"a whole number from 0 to {MAX_DISKS}"),
    "fresh": (is_switch, "True or False"),
    "data": (are_texts, "a tuple of texts"),
    "picture_px": (lambda v: is_whole(v, 8), "a whole number, 8 or more"),
    "repeats": (lambda v: is_whole(v, 1), "a whole number, 1 or more"),
    "validation": (lambda v: is_share(v) and 0 < v < 1, "a share above 0 and below 1"),
    "mixup_probability": (is_share, "a probability from 0 to 1"),
    "mixup_alpha": (is_positive, "a positive number"),
    "incl_weight": (is_positive, "a positive number"),
    "pa_weight": (is_positive, "a positive number"),
    "centre_weight": (is_positive, "a positive number"),
    "ellipticity": (is_switch, "True or False"),
}


@dataclass(frozen=True)
class FitConfig:
    """Everything that decides the weights of a disk network.

    The defaults are the preset ``full``, the published recipe.

    Parameters
    ----------
    model : str
        Name registered under ``skytypes.models``.
    synthetic : int
        Synthetic disks an epoch, before the validation share is taken off; 0 for none.
    fresh : bool
        New synthetic disks in every epoch; otherwise the same ones, seen from other sides.
    picture_px : int
        Side of a synthetic picture [pixel].
    data : tuple of str
        More data: folders of simulated disks, or ``NAME`` or ``NAME=FOLDER`` with a name that is
        registered under ``skytypes.datasets``.
    repeats : int
        How often a disk of ``data`` is seen an epoch, each time turned, zoomed and shifted anew.
    validation : float
        Share of the disks that are held out, dimensionless.
    epochs, batch_size : int
        A batch is that of all processes together.
    lr, weight_decay : float
        Of AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101), dimensionless.
    warmup_epochs, final_lr : float
        The rate grows linearly over ``warmup_epochs``, then falls as a cosine to ``final_lr`` x
        ``lr``.
    clip_norm : float
        Bound of the gradient's norm.
    mixup_probability, mixup_alpha : float
        Share of pictures that another is blended into, and the parameter of the Beta
        distribution of the blend.
    incl_weight, pa_weight, centre_weight : float
        Weights of the parts of the loss.
    ellipticity : bool
        Weight the position angle's loss by sin^2 of the inclination: a face-on disk has none.
    seed : int
        Of every draw.

    Raises
    ------
    InputError
        If a field is out of range; the message names it.

    Examples
    --------
    >>> FitConfig(epochs=2).batch_size
    32
    >>> FitConfig(lr=0.0)
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: lr is 0.0; give a positive number
    """

    patience: ClassVar[int] = 0

    model: str = "disconet"
    synthetic: int = 20_000
    fresh: bool = False
    picture_px: int = 128
    data: tuple[str, ...] = ()
    repeats: int = 40
    validation: float = 0.1
    epochs: int = 80
    batch_size: int = 32
    lr: float = 3e-4
    weight_decay: float = 1e-3
    warmup_epochs: float = 5.0
    final_lr: float = 0.1
    clip_norm: float = 2.0
    mixup_probability: float = 0.5
    mixup_alpha: float = 0.25
    incl_weight: float = 3.0
    pa_weight: float = 2.0
    centre_weight: float = 0.5
    ellipticity: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_fields(self, _LIMITS)

    def as_dict(self) -> dict[str, Any]:
        """The fields as JSON has them."""
        return plain_fields(self)


PRESETS: Mapping[str, FitConfig] = {
    "quick": FitConfig(
        model="disconet-compact",
        synthetic=10_000,
        epochs=4,
        lr=5e-3,
        warmup_epochs=0.3,
        final_lr=0.02,
        mixup_probability=0.0,
        ellipticity=True,
    ),
    "full": FitConfig(),
}
"""``quick``: a small network in minutes on a laptop. ``full``: the published recipe."""


def preset(name: str, **changes: Any) -> FitConfig:
    """A preset with some fields changed.

    Parameters
    ----------
    name : str
        ``quick`` or ``full``.
    **changes
        Fields of `FitConfig`; those that are None keep the preset's value.

    Raises
    ------
    InputError
        If there is no such preset or field, or a value is out of range.

    Examples
    --------
    >>> preset("full", epochs=2, lr=None).epochs
    2
    >>> preset("slow")
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: preset is 'slow'; give one of quick, full
    """
    if name not in PRESETS:
        raise InputError(f"preset is {name!r}; give one of {', '.join(PRESETS)}")
    known = {f.name for f in fields(FitConfig)}
    unknown = sorted(set(changes) - known)
    if unknown:
        raise InputError(f"field {unknown[0]!r} is not known; allowed: {', '.join(sorted(known))}")
    return replace(PRESETS[name], **{k: v for k, v in changes.items() if v is not None})
