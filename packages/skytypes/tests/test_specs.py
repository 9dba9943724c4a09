from typing import Any

import pytest

from skytypes.errors import ContractError
from skytypes.specs import DECODERS, OPERATIONS, Channel, Operation, OutputSpec, TensorSpec

RESAMPLE = Operation("resample", {"size": 8})
CROP = Operation("crop", {"mode": "source"})
STRETCH = Operation("stretch")


@pytest.mark.parametrize(
    ("name", "args", "message"),
    [
        ("blur", {}, "operation 'blur' is not known; allowed: asinh, beam_covariance"),
        ("stretch", {"gamma": 2}, r"does not know \['gamma'\]; allowed: \['power'\]"),
        ("beam_map", {"x": 1}, "allowed: no arguments"),
        ("resample", {}, "'resample' needs size"),
        ("percentile_clip", {"low": 1.0}, "'percentile_clip' needs high"),
        ("asinh", {}, "'asinh' needs softening"),
        ("resample", {"size": 0}, "size is 0; give a positive one"),
        ("resample", {"size": 2.5}, "size is 2.5; give a whole number up to 8192"),
        ("resample", {"size": 10**9}, "size is 1000000000; give a whole number up to"),
        ("resample", {"size": "64"}, "size is '64'; give a number"),
        ("resample", {"size": True}, "size is True; give a number"),
        ("asinh", {"softening": float("nan")}, "softening is nan; give a number"),
        ("asinh", {"softening": -1.0}, "softening is -1.0; give a positive one"),
        ("standardise", {"std": 0.0}, "std is 0.0; give a positive one"),
        ("crop", {"margin": float("inf")}, "margin is inf; give a number"),
        ("percentile_clip", {"low": 99, "high": 1}, "low 99, high 1; give 0 <= low < high <= 100"),
        ("percentile_clip", {"low": -1, "high": 50}, "give 0 <= low"),
        ("percentile_clip", {"low": 1, "high": 101}, "give 0 <= low"),
    ],
)
def test_operations_that_could_not_work_are_refused(
    name: str, args: dict[str, Any], message: str
) -> None:
    with pytest.raises(ContractError, match=message):
        Operation(name, args)


def test_key_does_not_depend_on_the_order_of_arguments() -> None:
    a = Operation("percentile_clip", {"low": 1, "high": 99})
    b = Operation("percentile_clip", {"high": 99, "low": 1})
    assert a.key() == b.key()
    assert a.key() != Operation("percentile_clip", {"low": 1, "high": 98}).key()


@pytest.mark.parametrize(
    ("chain", "message"),
    [
        ((RESAMPLE, RESAMPLE), "channel 'c' resamples twice"),
        ((CROP, STRETCH), "'stretch' follows crop; put resample between"),
        ((CROP, STRETCH, RESAMPLE), "'stretch' follows crop"),
        ((RESAMPLE, CROP), "crop follows resample; put it before"),
    ],
)
def test_chains_that_would_show_the_wrong_pixels_are_refused(
    chain: tuple[Operation, ...], message: str
) -> None:
    with pytest.raises(ContractError, match=message):
        Channel("c", chain)


@pytest.mark.parametrize("name", ["beam_covariance", "beam_map", "beam_over_field"])
def test_the_beam_may_be_measured_in_a_crop_at_once(name: str) -> None:
    assert len(Channel("beam", (CROP, Operation(name))).chain) == 2


@pytest.mark.parametrize(
    ("shape", "channels", "message"),
    [
        ((1, 8, 8), (), "has no channels"),
        ((), (Channel("a"),), r"shape \(\); give positive sizes"),
        ((1, 0, 8), (Channel("a"),), "give positive sizes"),
        ((2, 8, 8), (Channel("a"),), r"shape \(2, 8, 8\) and 1 channels"),
        ((1, 2**14, 2**14), (Channel("a"),), "at most 67108864 numbers"),
    ],
)
def test_broken_tensors_are_refused(
    shape: tuple[int, ...], channels: tuple[Channel, ...], message: str
) -> None:
    with pytest.raises(ContractError, match=message):
        TensorSpec("t", shape, channels)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"decoder": "magic"}, "decoder 'magic'; allowed: linear"),
        ({"columns": ()}, "linear reads 1 column"),
        ({"columns": (0, 1)}, r"linear reads 1 column\(s\), given \(0, 1\)"),
        ({"decoder": "double_angle"}, "double_angle reads 2 column"),
        ({"decoder": "double_angle", "columns": (1, 1)}, "count from 0, each once"),
        ({"decoder": "softmax"}, "softmax reads at least one column"),
        ({"columns": (-1,)}, "count from 0"),
        ({"scale": 0.0}, "scale is 0.0"),
        ({"scale": float("nan")}, "scale is nan"),
        ({"offset": float("inf")}, "offset inf"),
        ({"axis": "z"}, "axis 'z'; allowed: x, y"),
        ({"bounds": (1.0, 1.0)}, "low < high"),
        ({"bounds": (0.0, float("nan"))}, "low < high"),
        ({"decoder": "logit", "sigma_of": "a"}, "logit can't be a standard deviation"),
    ],
)
def test_broken_outputs_are_refused(change: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {"name": "o", "unit": "deg", "decoder": "linear", "columns": (0,)}
    with pytest.raises(ContractError, match=message):
        OutputSpec(**{**good, **change})


def test_the_sets_are_closed_and_of_the_design() -> None:
    design = "crop resample percentile_clip asinh standardise stretch beam_map beam_over_field"
    assert {*design.split(), "beam_covariance"} <= set(OPERATIONS)
    assert set(DECODERS) == {
        *("linear", "field_fraction", "double_angle", "logit", "softmax", "mask", "image")
    }
