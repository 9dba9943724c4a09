"""Devices, processes and number format of a run."""

from __future__ import annotations

import inspect
import os
from typing import Any, Literal

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.precision import MixedPrecision
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import Tensor, distributed, nn
from torch.futures import Future
from torch.nn.parallel import DistributedDataParallel

from .errors import TrainingError
from .runtime import Runtime


def make_fabric(runtime: Runtime) -> Fabric:
    """Devices, processes and number format of a run, launched.

    Under ``torchrun`` its processes are joined (gloo on the CPU, nccl on GPUs); otherwise this
    process works alone. On a GPU the arithmetic is mixed (`LayerPrecision`): bfloat16 where the
    GPU has it, float16 where not. On the CPU it is float32.

    Raises
    ------
    TrainingError
        If a GPU is asked for and there is none.
    """
    has_gpu = torch.cuda.is_available()
    if runtime.device == "cuda" and not has_gpu:
        raise TrainingError("device is 'cuda' but torch finds no GPU; give --device cpu or auto")
    on_gpu = has_gpu and runtime.device != "cpu"
    world = int(os.environ.get("WORLD_SIZE", "1"))
    local = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    fabric = Fabric(
        accelerator="cuda" if on_gpu else "cpu",
        devices=local,
        num_nodes=max(world // local, 1),
        strategy=_joined_processes() if world > 1 else "auto",
        precision=None if on_gpu else "32-true",
        plugins=[LayerPrecision(_half_format(), "cuda")] if on_gpu else None,
    )
    fabric.launch()
    return fabric


class LayerPrecision(MixedPrecision):
    """Mixed precision layer by layer: the network itself is given its input as it is.

    Fabric's own rounds every input to half floats before the network sees it. A network that
    measures its picture in full precision would then measure a rounded one in training, and
    another on validation and afterwards.
    """

    def convert_input(self, data: Any) -> Any:
        """The input, unchanged; autocast rounds it for the layers that it runs in half floats."""
        return data


def _half_format() -> Literal["bf16-mixed", "16-mixed"]:
    """Half floats that the GPU computes with; those that it only emulates are slow."""
    has_bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
    return "bf16-mixed" if has_bfloat16 else "16-mixed"


def _joined_processes() -> DDPStrategy:
    """Running statistics are averaged at the end of an epoch, not sent with every step."""
    known = inspect.signature(DistributedDataParallel).parameters
    # Where torch knows the new name, the old one warns at every start.
    new = "forward_sync_buffers"
    options: dict[str, Any] = {new if new in known else "broadcast_buffers": False}
    return _AddedByRank(**options)


class _AddedByRank(DDPStrategy):
    """Processes with a copy of the network each; on the CPU, gradients are added by rank.

    An all-reduce adds the parts of a bucket of gradients in different orders, and torch deals the
    gradients into other buckets after the first step of every start. Three processes that were
    stopped and resumed would so add otherwise than those that were not.
    """

    def setup_module(self, module: nn.Module) -> DistributedDataParallel:
        """The network, its gradients joined."""
        joined = super().setup_module(module)
        if self.root_device.type == "cpu":
            # Torch refuses a hook whose annotations are text; a lambda has none.
            joined.register_comm_hook(None, lambda _, bucket: _mean_by_rank(bucket.buffer()))
        return joined


def _mean_by_rank(own: Tensor) -> Future[Tensor]:
    """Mean of a tensor of shape (n,) over all processes, added in the order of their ranks.

    Each process adds one piece of it for all, so that no more is sent than in an all-reduce.
    """
    world = distributed.get_world_size()
    padded = nn.functional.pad(own, (0, -len(own) % world))
    pieces, whole = torch.empty_like(padded), torch.empty_like(padded)
    distributed.all_to_all_single(pieces, padded)
    total, *others = pieces.chunk(world)
    for part in others:
        total += part
    total /= world
    distributed.all_gather_into_tensor(whole, total)
    done: Future[Tensor] = Future()
    done.set_result(whole[: len(own)])
    return done
