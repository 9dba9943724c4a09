import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skytypes import ModelCard, Provenance
from skytypes.cards import MAX_CARD_BYTES, Metric, UsableRule
from skytypes.errors import ContractError, InputError
from skytypes.specs import Channel, Operation, OutputSpec, TensorSpec

CARD = ModelCard(
    name="toy",
    version="0.1.0",
    architecture="toy",
    inputs=(
        TensorSpec(
            "image",
            (1, 8, 8),
            (Channel("sky", (Operation("resample", {"size": 8}), Operation("stretch"))),),
        ),
    ),
    outputs=(
        OutputSpec("incl_deg", "deg", "linear", (0,), scale=90.0, bounds=(0.0, 90.0)),
        OutputSpec("incl_sigma_deg", "deg", "linear", (1,), sigma_of="incl_deg"),
        OutputSpec("kind", "", "softmax", (2, 3), classes=("disk", "star")),
    ),
    training={"data": "disks", "seed": 1, "sizes": [4096, 256], "lr": 1e-3, "mixup": None},
    metrics=(Metric("incl_mae_deg", 4.2, "mean of |error|", 256, (3.9, 4.5), "mean", 19.0),),
    limits=("not above 80 deg",),
    usable=(UsableRule("peak_over_rms", "too faint", at_least=10.0),),
    provenance=Provenance("trainkit.fit", {"numpy": "2"}, {"epochs": 3}, 42),
)

finite = st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | finite | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def test_a_card_survives_json() -> None:
    back = ModelCard.from_json(CARD.to_json())
    assert back == CARD
    assert isinstance(back.inputs[0].shape, tuple)
    assert isinstance(back.outputs[0].columns, tuple)
    assert isinstance(back.outputs[0].bounds, tuple)
    assert isinstance(back.outputs[2].classes, tuple)
    assert type(back.inputs[0].channels[0].chain[0].args["size"]) is int
    assert back.to_json() == CARD.to_json()
    assert ModelCard.from_json(CARD.to_json().encode()) == CARD


@given(
    training=st.dictionaries(st.text(max_size=5), plain, max_size=4),
    name=st.text(max_size=10),
    limits=st.lists(st.text(max_size=10), max_size=3),
    value=finite,
)
def test_any_card_of_plain_values_survives_json(
    training: dict[str, Any], name: str, limits: list[str], value: float
) -> None:
    metric = replace(CARD.metrics[0], value=value)
    card = replace(CARD, name=name, training=training, limits=tuple(limits), metrics=(metric,))
    assert ModelCard.from_json(card.to_json()) == card


@given(st.text(max_size=60) | st.binary(max_size=60) | plain.map(json.dumps))
def test_no_text_gives_more_than_one_line(text: str | bytes) -> None:
    with pytest.raises(InputError, match="not a model card") as caught:
        ModelCard.from_json(text, source="x.json")
    assert str(caught.value).startswith("x.json: ")


def changed(**change: Any) -> str:
    return json.dumps({**json.loads(CARD.to_json()), **change})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x.json: not a model card: the whole text: Invalid JSON"),
        ("[" * 100_000, "Invalid JSON: recursion limit"),
        ("[]", "the whole text: Input should be"),
        ("{}", "not a model card: name: Field required"),
        (changed(version=[1]), "version: Input should be a valid string; give one written by"),
        (changed(usabel=[]), "usabel: Unexpected keyword argument"),
        (changed(inputs=[{"name": "a"}]), "inputs.0.shape: Field required"),
        (changed(inputs=[{"name": "a", "shape": [1], "channels": []}]), "has no channels"),
        (
            changed(inputs=[{"name": "a", "shape": [1], "channels": [{"name": "c", "chian": []}]}]),
            "inputs.0.channels.0.chian: Unexpected keyword",
        ),
        (
            changed(
                inputs=[
                    {
                        "name": "a",
                        "shape": [1],
                        "channels": [{"name": "c", "chain": [{"name": "exec", "args": {}}]}],
                    }
                ]
            ),
            "operation 'exec' is not known",
        ),
        (changed(outputs=[{"name": "a", "unit": "", "decoder": "eval", "columns": [0]}]), "decod"),
        (CARD.to_json().replace("90.0", "NaN", 1), "scale is nan"),
        (CARD.to_json().replace("4.2", "1e999", 1), "can't be JSON"),
        (CARD.to_json().replace("4.2", "NaN", 1), "can't be JSON"),
        (changed(training={"x": 1}).replace('"x": 1', '"x": Infinity'), "can't be JSON"),
        (" " * (MAX_CARD_BYTES + 1), "at most 4194304"),
        (b"\xff\xfe", "Invalid JSON"),
        ('{"name": "\\ud800"}', "Invalid JSON"),
    ],
)
def test_hostile_cards_are_refused_by_the_field_at_fault(text: str | bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ModelCard.from_json(text, source="x.json")


@pytest.mark.parametrize("value", [float("nan"), np.float32(1), {1, 2}, object()])
def test_a_card_that_json_can_not_hold_is_not_written(value: object) -> None:
    with pytest.raises(ContractError, match=r"card 'toy' can't be JSON .*plain finite numbers"):
        replace(CARD, training={"x": value}).to_json()


def test_a_free_tuple_comes_back_as_a_list() -> None:
    """As the docstring of `training` says."""
    card = replace(CARD, training={"sizes": (1, 2)})
    assert ModelCard.from_json(card.to_json()).training["sizes"] == [1, 2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": CARD.inputs * 2}, r"inputs \['image', 'image'\] share a name"),
        ({"outputs": CARD.outputs[:1] * 2}, r"outputs \['incl_deg', 'incl_deg'\] share a name"),
        ({"outputs": CARD.outputs[1:]}, "standard deviation of 'incl_deg', which is no other"),
        (
            {"outputs": (OutputSpec("a", "", "linear", (0,), sigma_of="a"),)},
            "standard deviation of 'a', which is no other output",
        ),
    ],
)
def test_cards_whose_names_do_not_fit_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        replace(CARD, **change)


def test_a_rule_needs_a_bound() -> None:
    with pytest.raises(ContractError, match="rule on 'incl_deg' has no bound; give at_least or"):
        UsableRule("incl_deg", "why")
