"""The same questions to every registered model."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from netzoo import build_network, zoo
from skytypes import Beam, ModelCard, Sample, SkyImage, decode, encode, item_rng
from skytypes.checks import check_model_factory
from skytypes.errors import MissingPackageError
from skytypes.samples import image_sample, stack_samples

NAMES = sorted(zoo())
STREAM = "netzoo.tests"


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def picture(index: int) -> Sample:
    """A noisy Gaussian source somewhere in a picture of any side."""
    rng = item_rng(5, index, STREAM)
    side = 160
    y, x = np.mgrid[:side, :side] - rng.uniform(70, 90, 2)[:, None, None]
    data = np.exp(-0.5 * (x**2 / 300 + y**2 / rng.uniform(100, 300))) + rng.normal(
        0, 0.03, (side, side)
    )
    beam = Beam(rng.uniform(0.06, 0.1), rng.uniform(0.03, 0.06), rng.uniform(0, 180))
    return image_sample(SkyImage(data, 0.01, "Jy/beam", beam=beam))


def maps(card: ModelCard, index: int) -> Sample:
    """Counts of stars in bins, a few of them full; by the names of the card's channels."""
    rng = item_rng(6, index, STREAM)
    shapes = {c.source: spec.shape[1:] for spec in card.inputs for c in spec.channels}
    return Sample(
        {n: rng.poisson(rng.gamma(0.3, 5, s)).astype(np.float32) for n, s in shapes.items()}
    )


def batch(card: ModelCard, count: int) -> Sample:
    sources = {c.source for spec in card.inputs for c in spec.channels}
    make = picture if sources == {"image"} else partial(maps, card)
    return stack_samples([make(i) for i in range(count)])


def tensors(card: ModelCard, count: int) -> list[Tensor]:
    """What the network takes, in the order of its forward."""
    found = encode(card.inputs, batch(card, count))
    return [torch.as_tensor(found[spec.name]) for spec in card.inputs]


def column_count(card: ModelCard) -> int:
    return 1 + max(c for output in card.outputs for c in output.columns)


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def card(name: str) -> ModelCard:
    found: ModelCard = zoo()[name].card
    return found


@pytest.fixture
def network(name: str) -> nn.Module:
    return build_network(name, seed=1)


@pytest.fixture
def settled(network: nn.Module, card: ModelCard) -> nn.Module:
    """In evaluation mode, its running statistics no longer those of an untrained network."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(2)
        for _ in range(3):
            network(*tensors(card, 4))
    return network.eval()


def test_keeps_the_contract_of_a_factory(name: str) -> None:
    check_model_factory(zoo()[name], architecture=name)


def test_card_says_what_the_network_cannot_do(card: ModelCard) -> None:
    assert ModelCard.from_json(card.to_json()) == card
    assert card.limits
    assert not card.metrics, "an untrained network has no figures"


def test_specification_makes_what_the_network_takes(card: ModelCard) -> None:
    for spec, tensor in zip(card.inputs, tensors(card, 2), strict=True):
        assert tensor.shape == (2, *spec.shape)
        assert tensor.dtype == torch.float32
        assert bool(torch.isfinite(tensor).all())


def test_output_has_the_columns_of_the_card(settled: nn.Module, card: ModelCard) -> None:
    with torch.no_grad():
        raw = settled(*tensors(card, 3))
    assert raw.shape == (3, column_count(card))
    answers = decode(card, raw, batch(card, 3).map(torch.as_tensor))
    assert set(answers) == {output.name for output in card.outputs}


def test_inputs_are_taken_by_name(settled: nn.Module, card: ModelCard) -> None:
    inputs = tensors(card, 2)
    named = dict(zip((spec.name for spec in card.inputs), inputs, strict=True))
    with torch.no_grad():
        assert torch.equal(settled(**named), settled(*inputs))


def test_gradient_reaches_every_parameter(network: nn.Module, card: ModelCard) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        raw = network(*tensors(card, 4))
        (raw * torch.randn_like(raw)).sum().backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert bool(torch.isfinite(parameter.grad).all()), key
        # Rounding alone does not count: a parameter that can't matter has a gradient of 1e-9.
        assert float(parameter.grad.abs().max()) > 1e-6, key


def test_evaluation_is_the_same_alone_and_in_a_batch(settled: nn.Module, card: ModelCard) -> None:
    inputs = tensors(card, 3)
    with torch.no_grad():
        together = settled(*inputs)
        assert torch.equal(together, settled(*inputs))
        alone = torch.cat([settled(*(x[i : i + 1] for x in inputs)) for i in range(3)])
    # Kernels differ with the batch, so the sums are taken in another order.
    torch.testing.assert_close(alone, together, atol=2e-6, rtol=5e-6)


def test_every_input_matters(settled: nn.Module, card: ModelCard) -> None:
    inputs = tensors(card, 2)
    with torch.no_grad():
        raw = settled(*inputs)
        for place in range(len(inputs)):
            other = [x + 0.5 if i == place else x for i, x in enumerate(inputs)]
            assert not torch.allclose(settled(*other), raw, atol=1e-6), card.inputs[place].name


def test_weights_survive_a_file(settled: nn.Module, name: str, card: ModelCard) -> None:
    file = io.BytesIO()
    torch.save(settled.state_dict(), file)
    file.seek(0)
    other = build_network(name, seed=9)
    other.load_state_dict(torch.load(file, weights_only=True))
    inputs = tensors(card, 2)
    with torch.no_grad():
        assert torch.equal(other.eval()(*inputs), settled(*inputs))


def test_same_seed_same_weights_and_no_other_draw_is_touched(name: str) -> None:
    state = torch.get_rng_state()
    one, two, other = (build_network(name, seed=s).state_dict() for s in (1, 1, 2))
    assert all(torch.equal(one[k], two[k]) for k in one)
    assert any(not torch.equal(one[k], other[k]) for k in one)
    assert torch.equal(torch.get_rng_state(), state)


class Positional(nn.Module):
    """A network whose inputs have no names of their own, however many there are."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> Tensor:
        answer: Tensor = self.network(*inputs)
        return answer


def export(network: nn.Module, card: ModelCard, path: Path) -> onnxruntime.InferenceSession:
    names = [spec.name for spec in card.inputs]
    dynamic = (tuple({0: torch.export.Dim.DYNAMIC} for _ in names),)
    torch.onnx.export(
        Positional(network).eval(),
        tuple(tensors(card, 2)),
        path,
        input_names=names,
        output_names=["output"],
        dynamo=True,
        dynamic_shapes=dynamic,
        external_data=False,
        verbose=False,
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # raised inside the exporter
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_onnx_says_the_same(settled: nn.Module, card: ModelCard, tmp_path: Path) -> None:
    session = export(settled, card, tmp_path / "network.onnx")
    assert [i.name for i in session.get_inputs()] == [spec.name for spec in card.inputs]
    for count in (1, 3):
        inputs = tensors(card, count)
        feed: dict[str, NDArray[Any]] = {
            spec.name: x.numpy() for spec, x in zip(card.inputs, inputs, strict=True)
        }
        with torch.no_grad():
            expected = settled(*inputs).numpy()
        np.testing.assert_allclose(session.run(None, feed)[0], expected, atol=1e-5, rtol=0)


def test_names_differ_from_their_networks() -> None:
    for one, two in itertools.combinations(NAMES, 2):
        assert type(build_network(one, seed=0)) is not type(build_network(two, seed=0))


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(MissingPackageError, match=r"'nonesuch'.*disconet-compact"):
        build_network("nonesuch", seed=0)
