"""`MapNet`: its layers, and one network for every card of maps."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from netzoo import MAPNET, OBSERVABLE_MAPS, MapNet
from skytypes import ModelCard
from skytypes.checks import check_model_factory
from skytypes.errors import ContractError
from skytypes.protocols import CardFactory, factory_for
from skytypes.specs import Channel, Operation, OutputSpec, TensorSpec


def card_of(*shapes: tuple[int, int, int], answers: int = 1) -> ModelCard:
    specs = tuple(
        TensorSpec(
            f"maps_{k}",
            shape,
            tuple(
                Channel(f"{k}.{c}", (Operation("standardise"),), f"{k}.{c}")
                for c in range(shape[0])
            ),
        )
        for k, shape in enumerate(shapes)
    )
    outputs = tuple(OutputSpec(f"label_{k}", "", "linear", (k,)) for k in range(answers))
    return ModelCard("toy", "0.1.0", "mapnet", specs, outputs)


def numbers_in(*shapes: tuple[int, int, int], answers: int) -> int:
    """Convolutions 3 x 3 to 32 and to 64, a hidden layer of 64 and the answers, by hand."""
    trunks = sum(c * 32 * 9 + 32 + 32 * 64 * 9 + 64 for c, _, _ in shapes)
    features = sum(64 * (x // 4) * (y // 4) for _, x, y in shapes)
    return trunks + features * 64 + 64 + 64 * answers + answers


@pytest.mark.parametrize(
    ("shapes", "answers"),
    [
        (((3, 32, 16), (6, 32, 32)), 2),
        (((9, 32, 16), (6, 32, 32)), 9),
        (((1, 64, 64),), 1),
        (((4, 16, 8), (2, 16, 16), (1, 8, 8)), 3),
    ],
)
def test_every_channel_count_resolution_and_label_count(
    shapes: tuple[tuple[int, int, int], ...], answers: int
) -> None:
    factory = MAPNET.for_card(card_of(*shapes, answers=answers))
    check_model_factory(factory, architecture="mapnet")
    assert factory.parameter_count() == numbers_in(*shapes, answers=answers)
    network = factory.build().eval()
    raw = network(*(torch.ones(2, *shape) for shape in shapes))
    assert raw.shape == (2, answers)


def test_the_registered_one_has_the_size_told() -> None:
    assert MAPNET.parameter_count() == 433_058
    assert [spec.shape for spec in OBSERVABLE_MAPS] == [(3, 32, 16), (6, 32, 32)]


def test_odd_and_tiny_maps_lose_no_bin() -> None:
    network = MapNet([("a", (1, 5, 3)), ("b", (1, 1, 1))], 1).eval()
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
                layer.weight.fill_(0.01)
        last = torch.zeros(1, 1, 5, 3)
        last[..., -1, -1] = 1
        one = torch.zeros(1, 1, 1, 1)
        assert network(last, one) > network(0 * last, one)
        assert network(0 * last, one + 1) > network(0 * last, one)


def test_a_card_is_found_its_network() -> None:
    assert isinstance(MAPNET, CardFactory)
    card = card_of((2, 8, 8), answers=3)
    assert factory_for(MAPNET, card).card == card


def test_cards_that_no_network_fits_are_refused() -> None:
    vector = TensorSpec("v", (3,), (Channel("v", (), "v"),))
    with pytest.raises(ContractError, match=r"input 'v' has shape \(3,\); mapnet takes maps"):
        MAPNET.for_card(replace(card_of((1, 8, 8)), inputs=(vector,)))
    with pytest.raises(ContractError, match="one column of 'output' each, in order"):
        output = OutputSpec("a", "", "linear", (1,))
        MAPNET.for_card(replace(card_of((1, 8, 8)), outputs=(output,)))
    with pytest.raises(ContractError, match="has 0 inputs"):
        MAPNET.for_card(replace(card_of((1, 8, 8)), inputs=()))


def test_maps_are_given_in_order_or_by_name_and_never_both() -> None:
    network = MapNet([("a", (1, 8, 8)), ("b", (2, 4, 4))], 1).eval()
    a, b = torch.ones(3, 1, 8, 8), torch.ones(3, 2, 4, 4)
    assert torch.equal(network(a, b), network(b=b, a=a))
    for maps, named in (((a, b), {"a": a + 9}), ((a,), {"b": b}), ((), {"a": a})):
        with pytest.raises(ContractError, match=r"give \['a', 'b'\], in this order or by name"):
            network(*maps, **named)
    with pytest.raises(ContractError, match=r"given 0 in order and \['a', 'b', 'c'\] by name"):
        network(a=a, b=b, c=b)
    with pytest.raises(ContractError, match=r"given 3 in order and \[\] by name"):
        network(a, b, b)
