"""What a run is (`FitConfig`, with its presets) and where it runs (`Runtime`)."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, ClassVar, Protocol

from skytypes.errors import InputError

MAX_EPOCHS = 100_000
"""More are surely a slip; the bound also keeps item counters far below 2**64."""

MAX_DISKS = 100_000_000
MAX_THREADS = 1024


def _require(good: bool, name: str, value: object, allowed: str) -> None:
    if not good:
        raise InputError(f"{name} is {value}; give {allowed}")


def _positive(value: float) -> bool:
    return math.isfinite(value) and value > 0


def _share(value: float) -> bool:
    return 0 <= value <= 1


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
        _require(good(getattr(config, name)), name, getattr(config, name), allowed)


COMMON_LIMITS: Limits = {
    "model": (bool, "the name of a registered model"),
    "epochs": (lambda v: 1 <= v <= MAX_EPOCHS, f"a whole number from 1 to {MAX_EPOCHS}"),
    "batch_size": (lambda v: v >= 2, "a whole number, 2 or more"),
    "lr": (_positive, "a positive number"),
    "weight_decay": (lambda v: math.isfinite(v) and v >= 0, "a number, 0 or more"),
    "warmup_epochs": (lambda v: math.isfinite(v) and v >= 0, "a number, 0 or more"),
    "final_lr": (_share, "a share of lr from 0 to 1"),
    "clip_norm": (_positive, "a positive number"),
    "patience": (lambda v: 0 <= v <= MAX_EPOCHS, f"a whole number from 0 to {MAX_EPOCHS}"),
    "seed": (lambda v: 0 <= v < 1 << 63, "a whole number from 0 to 2**63 - 1"),
}
"""Fields of every `Recipe`."""

_LIMITS: Limits = {
    **COMMON_LIMITS,
    "synthetic": (lambda v: 0 <= v <= MAX_DISKS, f"a whole number from 0 to {MAX_DISKS}"),
    "picture_px": (lambda v: v >= 8, "a whole number, 8 or more"),
    "repeats": (lambda v: v >= 1, "a whole number, 1 or more"),
    "validation": (lambda v: 0 < v < 1, "a share above 0 and below 1"),
    "mixup_probability": (_share, "a probability from 0 to 1"),
    "mixup_alpha": (_positive, "a positive number"),
    "incl_weight": (_positive, "a positive number"),
    "pa_weight": (_positive, "a positive number"),
    "centre_weight": (_positive, "a positive number"),
}


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
        Of AdamW, dimensionless.
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
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


PRESETS: Mapping[str, FitConfig] = {
    "quick": FitConfig(
        model="disconet-compact",
        synthetic=2_500,
        epochs=6,
        lr=3e-3,
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


@dataclass(frozen=True)
class Runtime:
    """Where a run happens; nothing here is part of the recipe.

    Parameters
    ----------
    device : str
        ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.
    threads : int
        Of torch on the CPU; 0 leaves its setting alone. Sums are added in another order with
        another number of threads, so bits repeat only under the same number.
    memory_gib : float
        Pictures kept in memory between epochs [GiB]; the others are made anew.
    quiet : bool
        No progress on standard error.

    Raises
    ------
    InputError
        If a field is out of range.
    """

    device: str = "auto"
    threads: int = 0
    memory_gib: float = 4.0
    quiet: bool = False

    def __post_init__(self) -> None:
        devices = ("auto", "cpu", "cuda")
        _require(self.device in devices, "device", repr(self.device), ", ".join(devices))
        good = 0 <= self.threads <= MAX_THREADS
        _require(good, "threads", self.threads, f"a whole number from 0 to {MAX_THREADS}")
        good = math.isfinite(self.memory_gib) and self.memory_gib >= 0
        _require(good, "memory_gib", self.memory_gib, "a number, 0 or more")


def is_first_process() -> bool:
    """Whether this process is the one that speaks and writes, of those that torchrun started."""
    return os.environ.get("RANK", "0") == "0"
