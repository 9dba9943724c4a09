"""What a network says: `OutputSpec`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from ..errors import ContractError
from .operations import STRICT

DECODERS = ("linear", "field_fraction", "double_angle", "logit", "softmax", "mask", "image")
_SIGMA_DECODERS = ("linear", "image", "field_fraction")
Decoder: TypeAlias = Literal[
    "linear", "field_fraction", "double_angle", "logit", "softmax", "mask", "image"
]


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
