"""Mixed precision as on a GPU, here with Fabric's bfloat16 on the CPU."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from netzoo import DISCONET, DISCONET_COMPACT
from netzoo.compact import CompactDiscoNet
from skytypes import find
from trainkit import FitConfig, MapsConfig, Runtime, fit_disks
from trainkit.batches import Share
from trainkit.checkpoints import LAST_KEYS, read_checkpoint
from trainkit.corpus import Corpus, Source
from trainkit.disk_batches import DiskBatches
from trainkit.loop import Loop
from trainkit.map_batches import MapBatches
from trainkit.map_cards import map_card
from trainkit.map_sets import open_sets
from trainkit.objectives import DiskGeometry, LabelRegression
from trainkit.processes import LayerPrecision, make_fabric

CPU = torch.device("cpu")
CONFIG = FitConfig(batch_size=8, epochs=2, warmup_epochs=0.5, mixup_probability=0.0)


def mixed(name: str = "bf16-mixed") -> Fabric:
    plugin = LayerPrecision(name, "cpu")  # type: ignore[arg-type]
    fabric = Fabric(accelerator="cpu", devices=1, plugins=[plugin])
    fabric.launch()
    return fabric


def disk_loop(fabric: Fabric, dataset: Any, network: nn.Module, card: Any) -> Loop:
    corpus = Corpus([Source("a", dataset)], validation=0.2, seed=0)
    batches = DiskBatches(corpus, card, CONFIG, CPU, Share())
    objective = DiskGeometry(card.outputs, CONFIG)
    return Loop(fabric, {"network": network}, objective, batches, CONFIG, quiet=True)


def map_loop(fabric: Fabric, folder: Path) -> tuple[Loop, nn.Module]:
    config = MapsConfig(epochs=1, batch_size=8)
    factory, sets = find("models", "mapnet"), open_sets(folder, config)
    made = factory.for_card(map_card(factory.card, sets.train, config))
    batches = MapBatches(
        sets.train, sets.valid, made.card, config, device=CPU, share=Share(), max_bytes=1 << 30
    )
    network = made.build()
    objective = LabelRegression(made.card.outputs)
    return Loop(fabric, {"network": network}, objective, batches, config, quiet=True), network


def test_training_measures_the_pictures_that_validation_measures(
    gaussian_disks: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same picture has the same moments, to the last bit, and the layers run in bfloat16."""
    seen: list[tuple[Tensor, Tensor, Tensor]] = []
    measure = CompactDiscoNet.measure

    def watched(network: CompactDiscoNet, image: Tensor, beam: Tensor) -> Tensor:
        shapes = measure(network, image, beam)
        seen.append((image, beam, shapes))
        return shapes

    monkeypatch.setattr(CompactDiscoNet, "measure", watched)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = DISCONET_COMPACT.build()
    fabric = mixed()
    loop = disk_loop(fabric, gaussian_disks(24), network, DISCONET_COMPACT.card)
    loop.train(0)
    assert {t.dtype for call in seen for t in call} == {torch.float32}
    image, beam, in_training = seen[0]
    network.eval()
    with torch.no_grad():
        network(image, beam)
    assert torch.equal(seen[-1][2], in_training)
    # What Fabric would have made of the picture is another one.
    rounded = measure(network, image.bfloat16(), beam.bfloat16())
    assert float((rounded - in_training).abs().max()) > 1e-3


def test_autocast_still_runs_the_layers_in_half_floats(
    gaussian_disks: Callable[..., Any], map_folder: Path
) -> None:
    fabric = mixed()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        compact, large = DISCONET_COMPACT.build(), DISCONET.build()
        loops = [
            (disk_loop(fabric, gaussian_disks(12), compact, DISCONET_COMPACT.card), compact),
            (disk_loop(fabric, gaussian_disks(12), large, DISCONET.card), large),
            map_loop(fabric, map_folder),
        ]
        for loop, network in loops:
            layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
            computed: list[torch.dtype] = []
            given: list[torch.dtype] = []
            for layer in layers:
                layer.register_forward_hook(lambda *a, to=computed: to.append(a[2].dtype))
            network.register_forward_hook(
                lambda *a, to=given: to.extend(tensor.dtype for tensor in a[1])
            )
            batch = next(iter(loop.batches.training(0)))
            loop.objective.step(loop.networks, batch, loop.descents)
            assert set(given) == {torch.float32}
            assert set(computed) == {torch.bfloat16}
            assert len(computed) >= len(layers)
            assert all(bool(torch.isfinite(p).all()) for p in network.parameters())


@pytest.mark.parametrize(
    ("native", "expected"), [(True, "bf16-mixed"), (False, "16-mixed")], ids=["native", "emulated"]
)
def test_a_gpu_that_only_emulates_bfloat16_computes_in_float16(
    native: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked of Fabric on a machine with a GPU, which this one need not have."""
    asked: dict[str, Any] = {}

    def make(**options: Any) -> Any:
        asked.update(options)
        return SimpleNamespace(launch=lambda: None)

    def supported(including_emulation: bool = True) -> bool:
        return native or including_emulation

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    monkeypatch.setattr("trainkit.processes.Fabric", make)
    make_fabric(Runtime())
    (plugin,) = asked["plugins"]
    assert isinstance(plugin, LayerPrecision)
    assert (asked["accelerator"], plugin.device, plugin.precision) == ("cuda", "cuda", expected)
    make_fabric(Runtime(device="cpu"))
    assert (asked["accelerator"], asked["precision"], asked["plugins"]) == ("cpu", "32-true", None)


def test_a_run_of_full_floats_goes_on_in_float16_and_back(
    tmp_path: Path, gaussian_disks: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    train = Loop.train
    taken_up: dict[int, Any] = {}

    def run(*, until: int, **options: Any) -> Any:
        def stop(loop: Loop, epoch: int) -> dict[str, float]:
            if epoch == until:
                raise KeyboardInterrupt
            taken_up[epoch] = loop.state()["precision"]
            return train(loop, epoch)

        monkeypatch.setattr(Loop, "train", stop)
        with pytest.raises(KeyboardInterrupt):
            fit_disks(
                replace(CONFIG, model="disconet-compact", synthetic=0, repeats=1, epochs=9),
                out=tmp_path / "run",
                runtime=Runtime(device="cpu", quiet=True),
                extra=[("gaussians", gaussian_disks(24))],
                **options,
            )
        last = read_checkpoint(tmp_path / "run" / "last.pt", LAST_KEYS)
        assert last["epoch"] == until
        return last["precision"]

    assert run(until=1) == {}
    with monkeypatch.context() as patch:
        patch.setattr("trainkit.runs.make_fabric", lambda _: mixed("16-mixed"))
        scale = run(until=2, resume=True)
        run(until=3, resume=True)
    assert taken_up[1] == mixed("16-mixed").strategy.precision.state_dict()
    assert taken_up[2] == scale != taken_up[1]
    assert run(until=4, resume=True) == {}
