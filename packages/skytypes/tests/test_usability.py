import math

import numpy as np
import pytest
import torch

from skytypes import ModelCard, Sample
from skytypes.cards import UsableRule
from skytypes.errors import ContractError
from skytypes.specs import Channel, Operation, TensorSpec
from skytypes.usability import peak_over_rms, reasons_not_usable

CROP = Operation("crop", {"mode": "fixed", "width_arcsec": 0.8})
WINDOW = TensorSpec("t", (1, 4, 4), (Channel("c", (CROP, Operation("resample", {"size": 4}))),))


def reasons(rule: UsableRule, sample: Sample, **answers: float) -> list[list[str]]:
    card = ModelCard("toy", "0", "toy", (WINDOW,), (), usable=(rule,))
    return reasons_not_usable(card, {k: np.array([v]) for k, v in answers.items()}, sample)


def picture(**numbers: float) -> Sample:
    inputs = {"image": np.zeros((1, 16, 16)), **{k: np.array([v]) for k, v in numbers.items()}}
    return Sample(inputs, size=1)


def test_peak_over_rms_of_known_noise() -> None:
    image = np.random.default_rng(1).normal(3.0, 2.0, size=(2, 512, 512))
    image[:, 7, 9] = 3.0 + 2.0 * np.array([20.0, 200.0])
    assert peak_over_rms(image) == pytest.approx([20, 200], rel=0.02)
    assert peak_over_rms(torch.from_numpy(image)) == pytest.approx(peak_over_rms(image))


def test_peak_over_rms_without_noise() -> None:
    image = np.zeros((2, 8, 8))
    image[0, 1, 1] = 1.0
    assert peak_over_rms(image).tolist() == [math.inf, 0.0]


@pytest.mark.parametrize(
    ("value", "broken"), [(9.9, True), (10.0, False), (80.0, False), (80.1, True)]
)
def test_bounds_are_inclusive(value: float, broken: bool) -> None:
    rule = UsableRule("incl_deg", "why", at_least=10.0, at_most=80.0)
    assert reasons(rule, picture(), incl_deg=value) == ([["why"]] if broken else [[]])


@pytest.mark.parametrize("bounds", [{"at_least": 0.0}, {"at_most": 90.0}])
def test_nan_breaks_every_rule(bounds: dict[str, float]) -> None:
    rule = UsableRule("incl_deg", "not a number", **bounds)
    assert reasons(rule, picture(), incl_deg=math.nan) == [["not a number"]]


def test_rules_on_the_picture_and_on_its_numbers() -> None:
    sample = picture(pixel_scale_arcsec=0.1, bmaj_arcsec=0.2)
    assert reasons(UsableRule("window_over_beam", "tight", at_least=5), sample) == [["tight"]]
    assert reasons(UsableRule("window_over_beam", "tight", at_least=4 - 1e-9), sample) == [[]]
    assert reasons(UsableRule("beam_over_pixel", "undersampled", at_least=2.1), sample) == [
        ["undersampled"]
    ]
    assert reasons(UsableRule("beam_over_pixel", "undersampled", at_least=1.9), sample) == [[]]
    assert reasons(UsableRule("bmaj_arcsec", "coarse", at_most=0.1), sample) == [["coarse"]]
    assert reasons(UsableRule("peak_over_rms", "faint", at_least=5), sample) == [["faint"]]


def test_every_broken_rule_gives_its_reason_in_the_cards_order() -> None:
    rules = (
        UsableRule("a", "first", at_most=0.0),
        UsableRule("b", "second", at_most=0.0),
        UsableRule("a", "third", at_least=5.0),
    )
    card = ModelCard("toy", "0", "toy", (), (), usable=rules)
    answers = {"a": np.array([1.0, -1.0]), "b": torch.tensor([1.0, 1.0])}
    got = reasons_not_usable(card, answers, Sample({"image": np.zeros((2, 4, 4))}, size=2))
    assert got == [["first", "second", "third"], ["second", "third"]]


@pytest.mark.parametrize("name", ["nonesuch", "image"])
def test_rules_on_nothing_are_refused(name: str) -> None:
    with pytest.raises(ContractError, match=f"card 'toy': rule on '{name}', which is no output"):
        reasons(UsableRule(name, "why", at_least=1.0), picture())


def test_a_rule_on_an_output_of_many_numbers_is_refused() -> None:
    rule = UsableRule("mask", "why", at_least=1.0)
    card = ModelCard("toy", "0", "toy", (), (), usable=(rule,))
    with pytest.raises(ContractError, match="no output or input of one number"):
        reasons_not_usable(card, {"mask": np.zeros((1, 4, 4))}, picture())
