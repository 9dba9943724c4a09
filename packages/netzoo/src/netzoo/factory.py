"""`NetworkFactory`: a card and the way to build the network that it describes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from torch import nn

from skytypes import ModelCard

M_co = TypeVar("M_co", bound=nn.Module, covariant=True)


@dataclass(frozen=True)
class NetworkFactory(Generic[M_co]):
    """A `skytypes.ModelFactory` of torch networks.

    Parameters
    ----------
    card : ModelCard
        Of the untrained network: specifications and limits, no metrics. The network's ``forward``
        takes the tensors of ``card.inputs`` in that order, each under its own name.
    network : callable
        Makes a new network; weights are drawn from torch's generator, which is the caller's:
        seed it inside ``torch.random.fork_rng()``, or use `netzoo.build_network`.

    Examples
    --------
    >>> from skytypes import ModelCard
    >>> toy = NetworkFactory(ModelCard("toy", "0", "toy", (), ()), lambda: nn.Linear(3, 2))
    >>> toy.build().weight.shape, toy.parameter_count()
    (torch.Size([2, 3]), 8)
    """

    card: ModelCard
    network: Callable[[], M_co]

    def build(self) -> M_co:
        """A new network in training mode, its weights drawn from the caller's random state."""
        return self.network()

    def parameter_count(self) -> int:
        """How many numbers training changes; built without memory for them, nothing is drawn."""
        import torch

        with torch.device("meta"):
            return sum(p.numel() for p in self.network().parameters())
