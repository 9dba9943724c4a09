"""What a network sees: `TensorSpec`, made of `Channel`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..errors import ContractError
from .operations import STRICT, Operation

_BEAM = frozenset({"beam_map", "beam_over_field", "beam_covariance"})

MAX_NUMBERS = 1 << 26
"""Most numbers in a tensor of one item."""


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
