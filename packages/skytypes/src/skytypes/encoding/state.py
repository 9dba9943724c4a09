"""A channel on its way through its operations."""

from __future__ import annotations

from dataclasses import dataclass

from ..arrays import Array, namespace
from ..errors import ContractError
from ..samples import Sample
from ..windows import Window


@dataclass(frozen=True)
class State:
    """A channel on its way: the picture, its window, and the sample it came from."""

    data: Array
    window: Window
    sample: Sample


def require_picture(state: State, step: str) -> None:
    """Refuse a vector or a stack where an operation works on a picture."""
    if state.data.ndim != 3:
        raise ContractError(
            f"{step} works on pictures (batch, y, x); the sample gives {tuple(state.data.shape)}"
        )


def one_an_item(data: Array) -> tuple[int, ...]:
    """Shape of an array with one number for each item, to reckon with ``data``."""
    return (int(data.shape[0]), *(1,) * (data.ndim - 1))


def flat(data: Array) -> Array:
    """The numbers of each item in a row, shape (batch, number)."""
    return namespace(data).reshape(data, (data.shape[0], -1))
