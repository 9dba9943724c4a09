"""Torch's generators around a run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from trainkit import FitConfig, Runtime, fit_disks
from trainkit.generators import kept_generators, seed_generators

CPU = torch.device("cpu")


def test_a_run_on_the_cpu_leaves_the_generators_of_gpus_alone(
    tmp_path: Path, gaussian_disks: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine with two: neither is asked for its generator, none is seeded."""

    def touched(*_: object, **__: object) -> None:
        raise AssertionError("a GPU was touched")

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    # Torch's optimisers ask the current accelerator for its stream; here is none to be asked.
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda **_: None)
    for name in ("init", "get_rng_state", "set_rng_state", "manual_seed", "manual_seed_all"):
        monkeypatch.setattr(torch.cuda, name, touched)
    config = FitConfig(
        model="disconet-compact", synthetic=0, repeats=1, epochs=1, batch_size=8, validation=0.2
    )
    runtime = Runtime(device="cpu", quiet=True)
    extra = [("gaussians", gaussian_disks(24))]
    fit_disks(config, out=tmp_path / "run", runtime=runtime, extra=extra)
    with pytest.raises(AssertionError, match="a GPU was touched"):
        torch.manual_seed(1)


def test_a_run_on_a_gpu_seeds_that_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda d: asked.append(("kept", d)))
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda _, d: asked.append(("put back", d)))
    monkeypatch.setattr(torch.cuda, "manual_seed", lambda s: asked.append(("seeded", s)))

    class Device:
        def __init__(self, device: torch.device) -> None:
            self.device = device

        def __enter__(self) -> None:
            asked.append(("entered", self.device.index))

        def __exit__(self, *_: object) -> None:
            asked.append(("left", self.device.index))

    monkeypatch.setattr(torch.cuda, "device", Device)
    second = torch.device("cuda", 1)
    with kept_generators(second):
        seed_generators(7, second)
    assert asked == [("kept", 1), ("entered", 1), ("seeded", 7), ("left", 1), ("put back", 1)]


def test_seeding_is_that_of_torch() -> None:
    with kept_generators(CPU):
        torch.manual_seed(5)
        expected = torch.rand(3)
        seed_generators(5, CPU)
        assert torch.equal(torch.rand(3), expected)
