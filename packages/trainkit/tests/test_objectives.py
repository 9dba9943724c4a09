"""The loss of disks, and that a second network needs no second loop."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from netzoo import DISCONET_COMPACT
from skytypes.errors import ContractError
from trainkit.batches import Batch, Share
from trainkit.corpus import Corpus, Source
from trainkit.disk_batches import DiskBatches
from trainkit.disk_config import FitConfig
from trainkit.errors import TrainingError
from trainkit.loop import Loop
from trainkit.objectives import DiskGeometry, Networks, Optimisers, Sums
from trainkit.processes import make_fabric
from trainkit.runtime import Runtime

CARD = DISCONET_COMPACT.card
CONFIG = FitConfig(batch_size=8, epochs=2, warmup_epochs=0.5, mixup_probability=0.0)


def test_the_loss_is_the_recipe_s() -> None:
    objective = DiskGeometry(CARD.outputs, CONFIG)
    raw = torch.tensor([[0.5, 1.0, 0.0, 0.2, 0.0]])
    targets = torch.tensor([[0.3, 0.0, 0.5, 0.0, 0.1]])
    parts = objective.parts(raw, targets)
    assert [round(float(p), 6) for p in parts.values()] == [0.2, 0.75, 0.15]
    network = {"network": lambda: raw}
    batch = Batch((), targets, torch.tensor([1.0]), 1, "")
    loss = objective.validate(network, batch)["loss"]  # type: ignore[arg-type]
    assert float(loss) == pytest.approx(3 * 0.2 + 2 * 0.75 + 0.5 * 0.15)


def test_a_face_on_disk_has_no_position_angle_to_learn() -> None:
    objective = DiskGeometry(CARD.outputs, replace(CONFIG, ellipticity=True))
    targets = torch.tensor([[0.0, 0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0, 0.0]])
    part = objective.parts(torch.zeros(2, 5), targets)["pa"]
    assert part.tolist() == pytest.approx([0.0, 0.5])


def test_a_model_of_something_else_is_refused() -> None:
    with pytest.raises(ContractError, match="the model has no output dx_arcsec, dy_arcsec"):
        DiskGeometry(CARD.outputs[:2], CONFIG)


class Rivals:
    """Two networks with opposite aims, each moved by its own optimiser."""

    def step(self, networks: Networks, batch: Batch, optimisers: Optimisers) -> Sums:
        guess = networks["guess"](*batch.inputs)
        judged = networks["judge"](guess)
        apart = (guess - batch.targets).abs().mean(dim=1) + 0.1 * judged.abs().mean(dim=1)
        optimisers["guess"].descend(apart.sum(), count=batch.count)
        again = networks["judge"](guess.detach()).sub(1).square().mean(dim=1)
        optimisers["judge"].descend(again.sum(), count=batch.count)
        return {"loss": apart.detach().sum(), "judge": again.detach().sum()}

    def validate(self, networks: Networks, batch: Batch) -> Sums:
        guess = networks["guess"](*batch.inputs)
        return {"loss": (guess - batch.targets).abs().mean(dim=1).sum()}


class Linear(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2 * 64 * 64 + 3, 5)

    def forward(self, image: torch.Tensor, beam: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.layer(torch.cat([image.flatten(1), beam], dim=1))
        return answer


def make_loop(dataset: Any, networks: dict[str, nn.Module], objective: Any) -> Loop:
    corpus = Corpus([Source("a", dataset)], validation=0.2, seed=0)
    batches = DiskBatches(corpus, CARD, CONFIG, torch.device("cpu"), Share())
    fabric = make_fabric(Runtime(device="cpu"))
    return Loop(fabric, networks, objective, batches, CONFIG, quiet=True)


def test_one_loop_trains_two_networks(gaussian_disks: Callable[..., Any]) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        networks: dict[str, nn.Module] = {"guess": Linear(), "judge": nn.Linear(5, 2)}
        before = {k: [p.clone() for p in n.parameters()] for k, n in networks.items()}
        loop = make_loop(gaussian_disks(60), networks, Rivals())
        first = loop.train(0)
        second = loop.train(1)
    assert second["judge"] < first["judge"]
    for name, network in networks.items():
        pairs = zip(before[name], network.parameters(), strict=True)
        assert not any(torch.equal(a, b) for a, b in pairs)
    assert loop.validate()["loss"] > 0


def test_a_loss_that_is_not_finite_stops_with_the_batch_named(
    gaussian_disks: Callable[..., Any],
) -> None:
    class Poisoned:
        groups = None

        def __init__(self) -> None:
            self.inner = gaussian_disks(60)

        def __len__(self) -> int:
            return 60

        def __getitem__(self, index: int) -> Any:
            sample = self.inner[index]
            if index == 7:
                sample.labels["incl_deg"] = sample.labels["incl_deg"] * float("nan")
            return sample

    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Linear()
        objective = DiskGeometry(CARD.outputs, CONFIG)
        loop = make_loop(Poisoned(), {"network": network}, objective)
        with pytest.raises(TrainingError, match=r"epoch 1, batch \d of 6: the loss is nan") as info:
            loop.train(0)
    assert " 7 " in f"{info.value} ".replace(";", " ")
    assert all(bool(torch.isfinite(p).all()) for p in network.parameters())


def test_a_gradient_that_is_not_finite_stops_too(gaussian_disks: Callable[..., Any]) -> None:
    class Root(Linear):
        def forward(self, image: torch.Tensor, beam: torch.Tensor) -> torch.Tensor:
            # The slope of a root at zero is infinite.
            return super().forward(image, beam) + (0 * self.layer.bias).sqrt()

    with torch.random.fork_rng():
        torch.manual_seed(0)
        objective = DiskGeometry(CARD.outputs, CONFIG)
        loop = make_loop(gaussian_disks(60), {"network": Root()}, objective)
        with pytest.raises(TrainingError, match="batch 1 of 6: the gradient's norm is nan"):
            loop.train(0)


def test_it_learns_thirty_two_disks_by_heart(gaussian_disks: Callable[..., Any]) -> None:
    # The quick preset's weighting: a face-on disk's position angle is noise, not a thing to learn.
    config = replace(CONFIG, batch_size=32, lr=3e-3, epochs=40, validation=0.5, ellipticity=True)
    corpus = Corpus([Source("a", gaussian_disks(70))], validation=0.5, seed=0)
    batches = DiskBatches(corpus, CARD, config, torch.device("cpu"), Share())
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = DISCONET_COMPACT.build()
        objective = DiskGeometry(CARD.outputs, config)
        fabric = make_fabric(Runtime(device="cpu"))
        loop = Loop(fabric, {"network": network}, objective, batches, config, quiet=True)
        batch = next(iter(batches.validation()))
        assert len(batch.weights) == 32
        losses = [
            float(objective.step(loop.networks, batch, loop.descents)["loss"]) for _ in range(40)
        ]
    assert losses[-1] < losses[0] / 6
