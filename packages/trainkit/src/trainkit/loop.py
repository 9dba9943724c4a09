"""The loop over batches and epochs, on one process or several."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from skyrun.progress import bar
from skytypes import item_rng

from .batches import Batches
from .checkpoints import load_state, network_state
from .descent import Descent, over_processes
from .errors import NotFiniteError, TrainingError
from .generators import seed_generators
from .objectives import Objective, Sums
from .recipes import Recipe


class Loop:
    """Trains networks epoch by epoch.

    Parameters
    ----------
    fabric : lightning_fabric.Fabric
        Launched.
    networks : mapping of str to torch.nn.Module
    objective : Objective
    batches : Batches
    config : Recipe
    quiet : bool
        No progress on standard error.
    """

    def __init__(
        self,
        fabric: Fabric,
        networks: Mapping[str, nn.Module],
        objective: Objective,
        batches: Batches,
        config: Recipe,
        *,
        quiet: bool = False,
    ) -> None:
        self.fabric, self.objective, self.batches = fabric, objective, batches
        self.config, self.quiet = config, quiet or fabric.global_rank > 0
        self.plain = dict(networks)
        self.networks: dict[str, nn.Module] = {}
        self.descents: dict[str, Descent] = {}
        steps = batches.steps(0)
        for name, network in networks.items():
            optimiser = torch.optim.AdamW(
                network.parameters(), lr=config.lr, weight_decay=config.weight_decay
            )
            wrapped, wrapped_optimiser = fabric.setup(network, optimiser)
            self.networks[name] = wrapped
            self.descents[name] = Descent(
                fabric,
                wrapped,
                wrapped_optimiser,
                lr=config.lr,
                warmup_steps=config.warmup_epochs * steps,
                total_steps=config.epochs * steps,
                final_lr=config.final_lr,
                clip_norm=config.clip_norm,
                overflow_skips=fabric.strategy.precision.precision == "16-mixed",
            )

    def train(self, epoch: int) -> dict[str, float]:
        """One epoch (counted from 0) of training; mean of each of the objective's sums.

        Raises
        ------
        TrainingError
            If a loss or gradient is not finite: epoch, batch and items are named.
        """
        for network in self.networks.values():
            network.train()
        self._seed(epoch)
        steps = self.batches.steps(epoch)
        label = f"epoch {epoch + 1}/{self.config.epochs}"
        totals: Sums = {}
        size = self.config.batch_size
        with bar(label, steps * size, quiet=self.quiet) as advance:
            for step, batch in enumerate(self.batches.training(epoch)):
                try:
                    sums = self.objective.step(self.networks, batch, self.descents)
                except NotFiniteError as error:
                    raise TrainingError(
                        f"epoch {epoch + 1}, batch {step + 1} of {steps}: {error}; its items are "
                        f"{batch.items}; give a lower --lr, or look at these items"
                    ) from error
                _add(totals, sums)
                advance(size, loss=float(totals["loss"]) / ((step + 1) * len(batch.weights)))
        self._share_statistics()
        return self._means(totals, steps * size)

    def validate(self) -> dict[str, float]:
        """Means of the objective's sums over the held-out items."""
        for network in self.plain.values():
            network.eval()
        totals: Sums = {}
        # Without the wrappers: processes may have different numbers of batches.
        with torch.no_grad():
            for batch in self.batches.validation():
                _add(totals, self.objective.validate(self.plain, batch))
        means = self._means(totals, self.batches.held_out())
        if not math.isfinite(means["loss"]):
            raise TrainingError(f"the validation loss is {means['loss']}; give a lower --lr")
        return means

    def state(self) -> dict[str, Any]:
        """Weights, optimisers with their schedules, and the loss scale of mixed precision."""
        return {
            "networks": {name: network_state(n) for name, n in self.plain.items()},
            "descents": {name: d.state() for name, d in self.descents.items()},
            "precision": dict(self.fabric.strategy.precision.state_dict()),
        }

    def restore(self, state: Mapping[str, Any], *, source: str) -> None:
        """Put back what `state` gave.

        Raises
        ------
        InputError
            If the weights do not fit; other damage raises KeyError, TypeError or ValueError.
        """
        for name, network in self.plain.items():
            load_state(network, state["networks"][name], source=source)
        for name, descent in self.descents.items():
            descent.restore(state["descents"][name])
        # Empty where there was no loss scale: a run of full floats, now one of float16.
        if scale := state.get("precision"):
            self.fabric.strategy.precision.load_state_dict(scale)

    def _seed(self, epoch: int) -> None:
        """Dropout's generators at the start of an epoch: a function of seed, epoch, process."""
        index = epoch * (1 << 20) + self.fabric.global_rank
        rng = item_rng(self.config.seed, index, "trainkit.dropout")
        seed_generators(int(rng.integers(1 << 63)), self.fabric.device)

    def _share_statistics(self) -> None:
        """Running statistics of all processes averaged, so that all hold the same network."""
        if self.fabric.world_size == 1:
            return
        for network in self.plain.values():
            # What a checkpoint does not keep is constant, and a mean of three need not give it.
            kept = network.state_dict()
            for name, buffer in network.named_buffers():
                if name in kept and buffer.is_floating_point():
                    buffer.copy_(over_processes(self.fabric, buffer, "mean"))

    def _means(self, totals: Sums, count: int) -> dict[str, float]:
        """Sums of all processes over the number of items."""
        return {
            name: float(over_processes(self.fabric, total.double(), "sum")) / count
            for name, total in sorted(totals.items())
        }


def _add(totals: dict[str, Tensor], sums: Mapping[str, Tensor]) -> None:
    for name, value in sums.items():
        totals[name] = totals[name] + value if name in totals else value.detach().clone()
