"""Weights are drawn from torch's own generator: each test has one of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True)
def own_draws() -> Iterator[None]:
    """The same draws whatever was run before; what is run after notices nothing."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield
