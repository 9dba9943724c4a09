"""One step down a loss, and the learning rate along a run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from .errors import NotFiniteError

if TYPE_CHECKING:
    from lightning_fabric import Fabric
    from lightning_fabric.wrappers import _FabricModule, _FabricOptimizer


def rate_factor(step: int, *, warmup: float, total: int, final: float) -> float:
    """Learning rate of a step as a share of the highest.

    Grows linearly over ``warmup`` steps, then falls as half a cosine to ``final``.

    Parameters
    ----------
    step : int
        Counted from 0.
    warmup : float
        [steps]
    total : int
        Steps of the whole run.
    final : float
        Share of the highest rate at the end, dimensionless.

    Returns
    -------
    float

    Notes
    -----
    Source: Loshchilov & Hutter 2017, "SGDR", arXiv:1608.03983, eq. 5 (one period); the linear
    growth before it, Goyal et al. 2017, arXiv:1706.02677.

    Examples
    --------
    >>> [round(rate_factor(s, warmup=2, total=10, final=0.1), 3) for s in (0, 1, 2, 9)]
    [0.5, 1.0, 1.0, 0.134]
    """
    if step + 1 <= warmup:
        return (step + 1) / warmup
    part = (step - warmup) / max(total - warmup, 1.0)
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * min(max(part, 0.0), 1.0)))


def over_processes(fabric: Fabric, value: Tensor, how: str) -> Tensor:
    """A value summed (``sum``) or averaged (``mean``) over all processes; ``value`` is kept."""
    # A copy: reducing writes into what it is given.
    reduced = fabric.all_reduce(value.detach().clone(), reduce_op=how)
    return cast(Tensor, reduced)


class Descent:
    """An optimiser with its clipping and schedule, as an `Objective` uses it.

    Parameters
    ----------
    fabric : lightning_fabric.Fabric
    network, optimiser : as ``fabric.setup`` gave them
    lr : float
        The highest rate.
    warmup_steps : float
    total_steps : int
    final_lr : float
        Share of ``lr`` at the end, dimensionless.
    clip_norm : float
        Bound of the norm of the whole gradient; a longer one is scaled down to it.
    overflow_skips : bool
        Half floats may overflow: the scaler then skips the step and tries a smaller scale.

    Notes
    -----
    Schedule: `rate_factor`. Clipping: Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063. Scaling of
    the loss in half floats: Micikevicius et al. 2018, arXiv:1710.03740.
    """

    def __init__(
        self,
        fabric: Fabric,
        network: _FabricModule,
        optimiser: _FabricOptimizer,
        *,
        lr: float,
        warmup_steps: float,
        total_steps: int,
        final_lr: float,
        clip_norm: float,
        overflow_skips: bool = False,
    ) -> None:
        self.overflow_skips = overflow_skips
        self.fabric, self.network, self.optimiser = fabric, network, optimiser
        self.lr, self.warmup_steps, self.total_steps = lr, warmup_steps, total_steps
        self.final_lr, self.clip_norm = final_lr, clip_norm
        self.step = 0

    def rate(self) -> float:
        """Learning rate of the next step."""
        return self.lr * rate_factor(
            self.step, warmup=self.warmup_steps, total=self.total_steps, final=self.final_lr
        )

    def descend(self, loss: Tensor, *, count: int) -> None:
        """Move the network one step down a loss.

        Parameters
        ----------
        loss : scalar tensor
            Sum over this process's items.
        count : int
            Items over all processes.

        Raises
        ------
        NotFiniteError
            If the loss of any process, or the gradient, is NaN or infinite. Weights, optimiser
            and schedule are as they were; running statistics, which move when the network
            answers, are not.
        """
        total = over_processes(self.fabric, loss, "sum")
        if not bool(torch.isfinite(total)):
            raise NotFiniteError(f"the loss is {float(total) / count}")
        self.optimiser.zero_grad()
        # Processes average their gradients; times their number that is the sum over all items.
        self.fabric.backward(loss * (self.fabric.world_size / count))
        norm = self.fabric.clip_gradients(
            self.network,
            self.optimiser,
            max_norm=self.clip_norm,
            error_if_nonfinite=False,
        )
        if norm is not None and not self.overflow_skips and not bool(torch.isfinite(norm)):
            raise NotFiniteError(f"the gradient's norm is {float(norm)}")
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        self.optimiser.step()
        self.step += 1

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps: the optimiser's own state and the place in the schedule."""
        return {"optimiser": self.optimiser.state_dict(), "step": self.step}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that `state` gave."""
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = int(state["step"])
