"""Torch's generators: seeded on the device of a run and on no other, and put back after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def kept_generators(device: torch.device) -> Iterator[None]:
    """The generators of the CPU and of ``device``, put back at the end.

    Other GPUs are left alone: asking one for its generator starts CUDA on it.
    """
    gpus = [device.index] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=gpus):
        yield


def seed_generators(seed: int, device: torch.device) -> None:
    """Seed the generators of the CPU and of ``device``.

    Examples
    --------
    >>> cpu = torch.device("cpu")
    >>> with kept_generators(cpu):
    ...     seed_generators(3, cpu)
    ...     first = torch.rand(2)
    ...     seed_generators(3, cpu)
    ...     torch.equal(torch.rand(2), first)
    True
    """
    # Not torch.manual_seed: it seeds every GPU there is.
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
