"""Batches: what a training step sees, how processes share them, and making them ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

_AHEAD = 2
T = TypeVar("T")


@dataclass(frozen=True)
class Batch:
    """What one training step sees, on the device of the run.

    Parameters
    ----------
    inputs : tuple of tensors of shape (batch, ...)
        In the order of ``card.inputs``.
    targets : tensor of shape (batch, column), dimensionless
        Raw output that decodes to the truth.
    weights : tensor of shape (batch,)
        Of each item's loss, dimensionless.
    count : int
        Items of the batch over all processes; losses are divided by it.
    items : str
        The whole batch by source and item number, for messages.
    """

    inputs: tuple[Tensor, ...]
    targets: Tensor
    weights: Tensor
    count: int
    items: str


@dataclass(frozen=True)
class Share:
    """Which part of every batch a process takes: items ``rank``, ``rank + world`` and so on."""

    rank: int = 0
    world: int = 1

    def of(self, count: int) -> NDArray[np.int64]:
        """Places of this process among ``count``."""
        return np.arange(self.rank, count, self.world, dtype=np.int64)


class Batches(Protocol):
    """Any object that makes the batches of a run, the same for the same epoch and number."""

    def steps(self, epoch: int) -> int:
        """Batches of an epoch (counted from 0)."""
        ...

    def training(self, epoch: int) -> Iterator[Batch]:
        """The batches of an epoch."""
        ...

    def validation(self) -> Iterator[Batch]:
        """The items held out that this process has."""
        ...

    def held_out(self) -> int:
        """How many items are held out, over all processes."""
        ...


def make_ahead(make: Callable[[int], T], numbers: range) -> Iterator[T]:
    """``make(number)`` for each number, in order, made in one thread while others are used.

    Examples
    --------
    >>> list(make_ahead(lambda number: 10 * number, range(3)))
    [0, 10, 20]
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="trainkit.batches") as pool:
        waiting: list[Future[T]] = []
        try:
            for number in numbers:
                waiting.append(pool.submit(make, number))
                if len(waiting) > _AHEAD:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
        finally:
            for future in waiting:
                future.cancel()
