"""The `Task` Protocol: what a run trains, on what, and how the result is judged."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import nn

from skytypes import ModelCard
from skytypes.cards import Metric

from .batches import Batches, Share
from .objectives import Objective


class Task(Protocol):
    """Any object that says what a run trains, on what, and how the result is judged."""

    producer: str
    """The function that starts such runs, for the provenance."""
    packages: tuple[str, ...]
    """Whose versions the provenance has."""

    @property
    def card(self) -> ModelCard:
        """Of the network to be trained: what it takes and says, its limits."""
        ...

    def build(self) -> nn.Module:
        """The network, its weights drawn from torch's generator."""
        ...

    def objective(self, network: str) -> Objective:
        """What the network of this name is trained for."""
        ...

    def batches(self, device: torch.device, share: Share) -> Batches:
        """What it is trained and validated on."""
        ...

    def training_items(self) -> int:
        """Items of an epoch, before they are put into batches."""
        ...

    def describe(self) -> dict[str, str]:
        """The data by name, each as a line that changes when they do."""
        ...

    def facts(self) -> dict[str, Any]:
        """What the card says of the data, beside `describe`."""
        ...

    def metrics(
        self, network: nn.Module, card: ModelCard, device: torch.device
    ) -> tuple[Metric, ...]:
        """Figures on data that training never saw, beside their baselines."""
        ...
