"""What a network sees and what it says, as data: `TensorSpec` and `OutputSpec`."""

from .inputs import MAX_NUMBERS, Channel, TensorSpec
from .operations import MAX_SIDE, OPERATIONS, STRICT, Operation, Value
from .outputs import DECODERS, Decoder, OutputSpec

__all__ = [  # noqa: RUF022 - grouped as a table of contents
    # what it sees
    "TensorSpec",
    "Channel",
    "Operation",
    "OPERATIONS",
    "Value",
    # what it says
    "OutputSpec",
    "DECODERS",
    "Decoder",
    # limits
    "MAX_SIDE",
    "MAX_NUMBERS",
    "STRICT",
]
