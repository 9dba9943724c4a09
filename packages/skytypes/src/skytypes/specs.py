"""What a network sees and what it says, as data: `TensorSpec` and `OutputSpec`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .errors import ContractError

Value: TypeAlias = float | int | str | bool

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

DECODERS = ("linear", "field_fraction", "double_angle", "logit", "softmax", "mask", "image")
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
        If the name or an argument is unknown.

    Examples
    --------
    >>> Operation("resample", {"size": 64}).args["size"]
    64
    """

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

    def key(self) -> tuple[object, ...]:
        """The operation as a hashable value."""
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
    """

    name: str
    chain: tuple[Operation, ...] = ()
    source: str = "image"


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
        If there is no channel, or a picture's channel count is not that of the shape.

    Examples
    --------
    >>> sky = Channel("sky", (Operation("resample", {"size": 8}),))
    >>> spec = TensorSpec("image", (1, 8, 8), (sky,))
    >>> spec.channels[0].source
    'image'
    """

    name: str
    shape: tuple[int, ...]
    channels: tuple[Channel, ...]

    def __post_init__(self) -> None:
        if not self.channels:
            raise ContractError(f"tensor {self.name!r} has no channels; give at least one")
        if not self.shape or min(self.shape) < 1:
            raise ContractError(f"tensor {self.name!r} has shape {self.shape}; sizes are positive")
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
        Name of another output whose standard deviation this one is.

    Raises
    ------
    ContractError
        If decoder, columns or scale do not fit together.

    Examples
    --------
    >>> OutputSpec("incl_deg", "deg", "linear", (0,), scale=90.0).scale
    90.0
    """

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
        if self.scale == 0:
            raise ContractError(f"output {self.name!r}: scale is 0; give another number")
