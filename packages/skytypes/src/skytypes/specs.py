"""What a network sees and what it says, as data: `TensorSpec` and `OutputSpec`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

from .errors import ContractError

Value: TypeAlias = float | int | str | bool

STRICT: Mapping[str, str] = {"extra": "forbid"}
"""How pydantic reads these classes from JSON: a field that it does not know is a fault."""

OPERATIONS: Mapping[str, frozenset[str]] = {
    "crop": frozenset({"mode", "margin", "min_arcsec", "max_arcsec", "width_arcsec"}),
    "resample": frozenset({"size"}),
    "percentile_clip": frozenset({"low", "high"}),
    "asinh": frozenset({"softening"}),
    "standardise": frozenset({"mean", "std"}),
    "stretch": frozenset({"power"}),
    "beam_map": frozenset(),
    "beam_over_field": frozenset(),
    "beam_covariance": frozenset(),
}
"""The closed set of operations, and the arguments each one knows."""

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "resample": ("size",),
    "percentile_clip": ("low", "high"),
    "asinh": ("softening",),
}
_POSITIVE = frozenset({"size", "softening", "std", "power", "margin", "max_arcsec", "width_arcsec"})
_BEAM = frozenset({"beam_map", "beam_over_field", "beam_covariance"})

MAX_SIDE = 8192
"""Largest side [pixel] that a specification may ask for."""
MAX_NUMBERS = 1 << 26
"""Most numbers in a tensor of one item."""

DECODERS = ("linear", "field_fraction", "double_angle", "logit", "softmax", "mask", "image")
_SIGMA_DECODERS = ("linear", "image", "field_fraction")
Decoder: TypeAlias = Literal[
    "linear", "field_fraction", "double_angle", "logit", "softmax", "mask", "image"
]


@dataclass(frozen=True)
class Operation:
    """One named step of a channel's chain; `skytypes.encoding` says what each does.

    Parameters
    ----------
    name : str
        A key of `OPERATIONS`.
    args : mapping of str to number, str or bool
        Only arguments that the operation knows.

    Raises
    ------
    ContractError
        If the name or an argument is unknown, one is missing, or its value makes no sense.

    Examples
    --------
    >>> Operation("resample", {"size": 64}).args["size"]
    64
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = STRICT

    name: str
    args: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name not in OPERATIONS:
            raise ContractError(
                f"operation {self.name!r} is not known; allowed: {', '.join(sorted(OPERATIONS))}"
            )
        extra = set(self.args) - OPERATIONS[self.name]
        if extra:
            raise ContractError(
                f"operation {self.name!r} does not know {sorted(extra)}; "
                f"allowed: {sorted(OPERATIONS[self.name]) or 'no arguments'}"
            )

        missing = [n for n in _NEEDED.get(self.name, ()) if n not in self.args]
        if missing:
            raise ContractError(f"operation {self.name!r} needs {', '.join(missing)}; give them")
        for name, value in self.args.items():
            if name != "mode":
                self._check_number(name, value)
        low, high = self.args.get("low", 0.0), self.args.get("high", 100.0)
        if not 0 <= float(low) < float(high) <= 100:
            raise ContractError(
                f"operation {self.name!r} has low {low}, high {high}; give 0 <= low < high <= 100"
            )

    def _check_number(self, name: str, value: Value) -> None:
        """Refuse what would only fail, or take all memory, once pictures are there."""
        if isinstance(value, bool | str) or not math.isfinite(value):
            raise ContractError(f"operation {self.name!r}: {name} is {value!r}; give a number")
        if name in _POSITIVE and value <= 0:
            raise ContractError(f"operation {self.name!r}: {name} is {value}; give a positive one")
        if name == "size" and (value != int(value) or value > MAX_SIDE):
            raise ContractError(
                f"operation {self.name!r}: size is {value}; give a whole number up to {MAX_SIDE}"
            )

    def key(self) -> tuple[object, ...]:
        """The operation as a hashable value.

        Examples
        --------
        >>> Operation("asinh", {"softening": 0.1}).key()
        ('asinh', ('softening', 0.1))
        """
        return (self.name, *sorted(self.args.items()))


@dataclass(frozen=True)
class Channel:
    """One channel of an input tensor: a source array of the sample and a chain of operations.

    Parameters
    ----------
    name : str
    chain : tuple of Operation
        Applied from left to right.
    source : str
        Key of ``Sample.inputs`` that the chain starts from.

    Raises
    ------
    ContractError
        If the chain resamples twice, or works on the pixels of a window before it cut them out.

    Examples
    --------
    >>> Channel("sky", (Operation("resample", {"size": 8}), Operation("stretch"))).source
    'image'
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = STRICT

    name: str
    chain: tuple[Operation, ...] = ()
    source: str = "image"

    def __post_init__(self) -> None:
        names = [operation.name for operation in self.chain]
        if names.count("resample") > 1:
            raise ContractError(f"channel {self.name!r} resamples twice; once cuts the window out")
        if "crop" not in names:
            return
        after = [n for n in names[names.index("crop") + 1 :] if n not in _BEAM]
        # A crop only chooses the window; until resample the pixels are those of all the picture.
        if after and after[0] not in ("resample", "crop"):
            raise ContractError(
                f"channel {self.name!r}: {after[0]!r} follows crop; put resample between them"
            )
        if "resample" in names and "crop" in names[names.index("resample") :]:
            raise ContractError(f"channel {self.name!r}: crop follows resample; put it before")


@dataclass(frozen=True)
class TensorSpec:
    """An input tensor of a network: its name, its shape without the batch, its channels.

    Parameters
    ----------
    name : str
        The ONNX input's name.
    shape : tuple of int
        ``(channel, y, x)``, or ``(feature,)`` for a vector.
    channels : tuple of Channel
        Pictures are stacked along the first axis; vectors are joined.

    Raises
    ------
    ContractError
        If there is no channel, a size is not sensible, or a picture's channel count is not that of
        the shape.

    Examples
    --------
    >>> sky = Channel("sky", (Operation("resample", {"size": 8}),))
    >>> spec = TensorSpec("image", (1, 8, 8), (sky,))
    >>> spec.channels[0].source
    'image'
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = STRICT

    name: str
    shape: tuple[int, ...]
    channels: tuple[Channel, ...]

    def __post_init__(self) -> None:
        if not self.channels:
            raise ContractError(f"tensor {self.name!r} has no channels; give at least one")
        if not self.shape or min(self.shape) < 1 or math.prod(self.shape) > MAX_NUMBERS:
            raise ContractError(
                f"tensor {self.name!r} has shape {self.shape}; give positive sizes, at most "
                f"{MAX_NUMBERS} numbers in all"
            )
        if len(self.shape) == 3 and self.shape[0] != len(self.channels):
            raise ContractError(
                f"tensor {self.name!r} has shape {self.shape} and {len(self.channels)} channels; "
                "the first size must be the number of channels"
            )


@dataclass(frozen=True)
class OutputSpec:
    """One answer of a network: which raw columns hold it and how to read them.

    Parameters
    ----------
    name : str
        Field name with its unit, e.g. ``incl_deg``; also the label's name in a Sample.
    unit : str
    decoder : str
        ``linear``: raw x scale + offset. ``double_angle``: two columns, sine and cosine of twice
        the angle, answer in [0, 180) deg. ``field_fraction``: raw x scale is a fraction of the
        window's half width along ``axis``, answer in arcsec east or north of the reference
        position. ``logit``: probability. ``softmax``: probabilities of ``classes``. ``mask``:
        probability a pixel. ``image``: raw x scale + offset a pixel.
    columns : tuple of int
        Columns (or channels) of the raw tensor.
    tensor : str
        Name of the ONNX output.
    scale, offset : float
    axis : "x" or "y"
        For ``field_fraction``: columns grow to the west, rows to the north.
    bounds : (low, high) or None
        The answer is clipped to them [``unit``].
    classes : tuple of str
        For ``softmax``.
    sigma_of : str or None
        Name of another output whose standard deviation this one is; ``linear``, ``image`` or
        ``field_fraction`` (then a length: neither sign nor the window's place enters).

    Raises
    ------
    ContractError
        If decoder, columns or scale do not fit together.

    Examples
    --------
    >>> OutputSpec("incl_deg", "deg", "linear", (0,), scale=90.0).scale
    90.0
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = STRICT

    name: str
    unit: str
    decoder: Decoder
    columns: tuple[int, ...]
    tensor: str = "output"
    scale: float = 1.0
    offset: float = 0.0
    axis: Literal["x", "y"] = "x"
    bounds: tuple[float, float] | None = None
    classes: tuple[str, ...] = ()
    sigma_of: str | None = None

    def __post_init__(self) -> None:
        if self.decoder not in DECODERS:
            raise ContractError(f"decoder {self.decoder!r}; allowed: {', '.join(DECODERS)}")
        need = {"double_angle": 2, "softmax": len(self.classes)}.get(self.decoder, 1)
        if len(self.columns) != need or need == 0:
            raise ContractError(
                f"output {self.name!r}: {self.decoder} reads {need or 'at least one'} column(s), "
                f"given {self.columns}"
            )
        if min(self.columns) < 0 or len(set(self.columns)) != len(self.columns):
            raise ContractError(
                f"output {self.name!r} reads columns {self.columns}; they count from 0, each once"
            )
        if self.scale == 0 or not (math.isfinite(self.scale) and math.isfinite(self.offset)):
            raise ContractError(
                f"output {self.name!r}: scale is {self.scale} and offset {self.offset}; give "
                "finite numbers, the scale not 0"
            )
        if self.axis not in ("x", "y"):
            raise ContractError(f"output {self.name!r}: axis {self.axis!r}; allowed: x, y")
        if self.bounds is not None and not self.bounds[0] < self.bounds[1]:
            raise ContractError(
                f"output {self.name!r}: bounds are {self.bounds}; give (low, high), low < high"
            )
        if self.sigma_of is not None and self.decoder not in _SIGMA_DECODERS:
            raise ContractError(
                f"output {self.name!r}: {self.decoder} can't be a standard deviation; allowed: "
                f"{', '.join(_SIGMA_DECODERS)}"
            )
