"""Every operation against a slow, plain computation; numpy against torch; batch against item."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from skytypes import Sample, encode, item_rng
from skytypes.encoding import window_of
from skytypes.errors import ContractError
from skytypes.specs import Channel, Operation, TensorSpec, Value
from skytypes.windows import crop_window

SIDE = 24
CROP = Operation("crop", {"mode": "source"})
CHAINS: dict[str, tuple[Operation, ...]] = {
    "crop": (CROP, Operation("resample", {"size": 16})),
    "resample": (Operation("resample", {"size": 10}),),
    "percentile_clip": (Operation("percentile_clip", {"low": 1.0, "high": 99.9}),),
    "stretch": (Operation("stretch", {"power": 0.5}),),
    "asinh": (Operation("asinh", {"softening": 0.1}),),
    "standardise": (Operation("standardise"),),
    "beam_map": (CROP, Operation("resample", {"size": 16}), Operation("beam_map")),
    "beam_over_field": (CROP, Operation("resample", {"size": 16}), Operation("beam_over_field")),
    "beam_covariance": (CROP, Operation("beam_covariance")),
}


CHAIN = (Channel("c", CHAINS["standardise"]),)


def shape_of(name: str) -> tuple[int, ...]:
    side = {"resample": 10, "crop": 16, "beam_map": 16, "beam_over_field": 16}.get(name, SIDE)
    return (3,) if name == "beam_covariance" else (1, side, side)


def spec_of(name: str) -> TensorSpec:
    return TensorSpec("t", shape_of(name), (Channel("c", CHAINS[name]),))


def sources(count: int, dtype: str = "float64") -> Sample:
    """Pictures of noise with a bright bar, their beams and pixels all different."""
    rng = item_rng(1, 0, "test.encoding")
    image = rng.normal(size=(count, SIDE, SIDE))
    image[:, 9:13, 6:16] += 40
    inputs = {
        "image": image,
        "pixel_scale_arcsec": rng.uniform(0.01, 0.02, count),
        "bmaj_arcsec": rng.uniform(0.06, 0.08, count),
        "bmin_arcsec": rng.uniform(0.04, 0.05, count),
        "bpa_deg": rng.uniform(0, 180, count),
    }
    return Sample({k: v.astype(dtype) for k, v in inputs.items()}, size=count)


def one(picture: NDArray[Any], name: str, args: dict[str, Value]) -> NDArray[Any]:
    """A single picture through a single operation."""
    shape = (1, *picture.shape)
    spec = TensorSpec("t", shape, (Channel("c", (Operation(name, args),)),))
    result: NDArray[Any] = encode([spec], Sample({"image": picture}))["t"][0, 0]
    return result


# Whole millionths: spans so small that dividing by them overflows are no picture's.
pictures = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    elements=st.integers(-(10**9), 10**9).map(lambda n: n / 1e6),
)


@given(pictures, st.floats(0, 49), st.floats(50, 100))
def test_percentile_clip_against_numpy(picture: NDArray[Any], low: float, high: float) -> None:
    bottom, top = np.percentile(picture, [low, high])
    span = top - bottom if top > bottom else 1.0
    expected = np.clip((picture - bottom) / span, 0, 1)
    assert one(picture, "percentile_clip", {"low": low, "high": high}) == pytest.approx(
        expected, abs=1e-9
    )


@given(st.floats(-1e6, 1e6), st.floats(0, 49), st.floats(50, 100))
def test_percentile_clip_of_an_even_picture_is_zero(v: float, low: float, high: float) -> None:
    """Rounding must not blow an empty picture up to full contrast."""
    assert not one(np.full((3, 4), v), "percentile_clip", {"low": low, "high": high}).any()


@given(pictures, st.sampled_from([0.25, 0.5, 1.0, 2.0]))
def test_stretch_pixel_by_pixel(picture: NDArray[Any], power: float) -> None:
    top = max(abs(float(v)) for v in picture.ravel()) or 1.0
    expected = [math.copysign(abs(v / top) ** power, v) for v in picture.ravel()]
    assert one(picture, "stretch", {"power": power}).ravel() == pytest.approx(expected)


@given(pictures, st.floats(1e-3, 10))
def test_asinh_pixel_by_pixel(picture: NDArray[Any], softening: float) -> None:
    expected = [math.asinh(v / softening) / math.asinh(1 / softening) for v in picture.ravel()]
    assert one(picture, "asinh", {"softening": softening}).ravel() == pytest.approx(expected)


@given(pictures)
def test_standardise_by_the_items_own_numbers(picture: NDArray[Any]) -> None:
    values = [float(v) for v in picture.ravel()]
    mean = math.fsum(values) / len(values)
    std = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / len(values))
    if std > 1e-6:
        expected = [(v - mean) / std for v in values]
        assert one(picture, "standardise", {}).ravel() == pytest.approx(expected, abs=1e-6)


def test_standardise_by_given_numbers() -> None:
    picture = np.array([[1.0, 3.0]])
    assert one(picture, "standardise", {"mean": 1.0, "std": 4.0}).tolist() == [[0.0, 0.5]]
    assert one(picture, "standardise", {"std": 2.0}).tolist() == [[-0.5, 0.5]]
    assert one(picture, "standardise", {"mean": 2.0}).tolist() == [[-1.0, 1.0]]
    assert one(np.full((2, 2), 7.0), "standardise", {}).tolist() == [[0, 0], [0, 0]]


@given(st.floats(-1e6, 1e6, width=32), st.sampled_from(["float32", "float64"]))
def test_standardise_of_a_constant_picture_is_zero(v: float, dtype: str) -> None:
    """Its mean is rounded; what is left must not be blown up to one standard deviation."""
    picture = np.full((7, 11), v, dtype)
    assert not one(picture, "standardise", {}).any()
    assert not one(np.nextafter(picture, np.inf, dtype=dtype), "standardise", {}).any()


def test_a_constant_item_leaves_the_others_of_its_batch_alone() -> None:
    rng = np.random.default_rng(2)
    batch = rng.normal(size=(3, 5, 5)).astype(np.float32)
    batch[1] = np.float32(0.1)
    tensor = encode([TensorSpec("t", (1, 5, 5), CHAIN)], Sample({"image": batch}, size=3))["t"]
    assert not tensor[1].any()
    assert tensor[[0, 2]].std(axis=(1, 2, 3)) == pytest.approx([1, 1], abs=1e-6)


def test_beam_over_field_is_beam_over_window_width() -> None:
    sample = sources(3)
    got = encode([spec_of("beam_over_field")], sample)["t"][:, 0]
    i = sample.inputs
    width = 2 * window_of([spec_of("beam_over_field")], sample).half_px * i["pixel_scale_arcsec"]
    expected = np.sqrt(i["bmaj_arcsec"] * i["bmin_arcsec"]) / width
    assert got[:, 3, 5] == pytest.approx(expected)
    assert (got == got[:, :1, :1]).all()


def test_beam_over_field_stops_at_one() -> None:
    sample = sources(1)
    large = {**sample.inputs, "bmaj_arcsec": np.array([9.0]), "bmin_arcsec": np.array([9.0])}
    assert (encode([spec_of("beam_over_field")], Sample(large, size=1))["t"] == 1).all()


def test_beam_covariance_from_the_covariance_matrix() -> None:
    """e cos 2PA and e sin 2PA are (var north - var east) and 2 cov over the trace."""
    from skytypes import Beam

    sample = sources(4)
    got = encode([spec_of("beam_covariance")], sample)["t"]
    half = window_of([spec_of("beam_covariance")], sample).half_px
    for item in range(4):
        numbers = [float(sample.inputs[k][item]) for k in ("bmaj_arcsec", "bmin_arcsec", "bpa_deg")]
        covariance = Beam(*numbers).covariance_arcsec2()
        trace, width = np.trace(covariance), half[item] * sample.inputs["pixel_scale_arcsec"][item]
        expected = [
            0.25 * math.log(np.linalg.det(covariance)) - math.log(width),
            (covariance[1, 1] - covariance[0, 0]) / trace,
            2 * covariance[0, 1] / trace,
        ]
        assert got[item] == pytest.approx(expected)


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_item_of_a_batch_is_the_item_alone_bit_for_bit(name: str, dtype: str) -> None:
    batch = sources(5, dtype)
    together = encode([spec_of(name)], batch)["t"]
    assert together.dtype == np.dtype(dtype)
    for item in range(5):
        assert encode([spec_of(name)], batch[item])["t"].tobytes() == together[item].tobytes()


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-12)])
def test_torch_gives_what_numpy_gives(name: str, dtype: str, tolerance: float) -> None:
    batch = sources(4, dtype)
    expected = encode([spec_of(name)], batch)["t"]
    tensor = encode([spec_of(name)], batch.map(torch.from_numpy))["t"]
    assert isinstance(tensor, torch.Tensor)
    assert tensor.dtype == getattr(torch, dtype)
    assert tensor.numpy() == pytest.approx(expected, abs=tolerance, rel=tolerance)


@pytest.mark.parametrize("name", CHAINS)
def test_a_torch_item_alone_is_the_item_of_the_batch_within_rounding(name: str) -> None:
    batch = sources(3).map(torch.from_numpy)
    together = encode([spec_of(name)], batch)["t"]
    alone = encode([spec_of(name)], batch[1])["t"]
    assert alone[0].numpy() == pytest.approx(together[1].numpy(), abs=1e-11)


@settings(max_examples=20)
@given(st.sampled_from(sorted(CHAINS)), st.permutations(range(4)))
def test_items_do_not_mix(name: str, order: list[int]) -> None:
    batch = sources(4)
    mixed = Sample({k: v[order] for k, v in batch.inputs.items()}, size=4)
    together = encode([spec_of(name)], batch)["t"]
    assert np.array_equal(encode([spec_of(name)], mixed)["t"], together[order])


def test_channels_are_stacked_and_vectors_joined() -> None:
    batch = sources(2)
    stack = TensorSpec(
        "s", (2, SIDE, SIDE), (Channel("a", CHAINS["asinh"]), Channel("b", CHAINS["stretch"]))
    )
    numbers = TensorSpec(
        "n",
        (4,),
        (
            Channel("scale", source="pixel_scale_arcsec"),
            Channel("beam", (Operation("beam_covariance"),)),
        ),
    )
    made = encode([stack, numbers], batch)
    assert made["s"][:, 1].tolist() == encode([spec_of("stretch")], batch)["t"][:, 0].tolist()
    assert made["n"][:, 0].tolist() == batch.inputs["pixel_scale_arcsec"].tolist()
    assert made["n"].shape == (2, 4)


def test_photographs_and_light_curves_pass_as_they_are() -> None:
    photo = Sample({"photo": np.ones((2, 5, 6))})
    spec = TensorSpec("p", (2, 5, 6), (Channel("p", (Operation("stretch"),), "photo"),) * 2)
    with pytest.raises(ContractError, match=r"gives shape \(4, 5, 6\), the network takes"):
        encode([spec], photo)
    curve = Sample({"flux": np.arange(6.0)})
    spec = TensorSpec("c", (6,), (Channel("c", (Operation("standardise"),), "flux"),))
    assert encode([spec], curve)["c"].std() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("inputs", "channels", "shape", "message"),
    [
        ({"x": np.ones((4, 4))}, ("image",), (1, 4, 4), r"no input 'image'; it has \['x'\]"),
        ({"image": np.ones((4, 4))}, ("image",), (1, 8, 8), r"gives shape \(1, 4, 4\), the"),
        ({"image": np.ones((4, 4), int)}, ("image",), (1, 4, 4), "int64; give floating-point"),
        (
            {"image": np.ones((4, 4)), "x": np.ones((3, 3))},
            ("image", "x"),
            (2, 4, 4),
            r"channels have shapes \(4, 4\), \(3, 3\)",
        ),
    ],
)
def test_samples_that_do_not_fit_are_refused(
    inputs: dict[str, Any], channels: tuple[str, ...], shape: tuple[int, ...], message: str
) -> None:
    spec = TensorSpec("t", shape, tuple(Channel(c, source=c) for c in channels))
    with pytest.raises(ContractError, match=message):
        encode([spec], Sample(inputs))


@pytest.mark.parametrize("name", ["crop", "resample", "beam_map", "beam_over_field"])
def test_picture_operations_refuse_vectors(name: str) -> None:
    with pytest.raises(ContractError, match=r"works on pictures \(batch, y, x\)"):
        encode([spec_of(name)], Sample({"image": np.ones(5)}))


def test_beam_operations_name_what_is_missing() -> None:
    with pytest.raises(ContractError, match="no bmin_arcsec, bpa_deg; give a picture with its"):
        inputs = {k: v for k, v in sources(1).inputs.items() if k not in ("bmin_arcsec", "bpa_deg")}
        encode([spec_of("beam_covariance")], Sample(inputs, size=1))


def test_beam_map_needs_a_square() -> None:
    inputs = {**sources(1).inputs, "image": np.ones((1, 4, 6))}
    spec = TensorSpec("t", (1, 4, 6), (Channel("c", (Operation("beam_map"),)),))
    with pytest.raises(ContractError, match="6 x 4 pixels; resample to a square"):
        encode([spec], Sample(inputs, size=1))


def test_window_of_is_the_whole_picture_without_a_crop() -> None:
    window = window_of([spec_of("asinh")], sources(2))
    assert window.half_px.tolist() == [SIDE / 2] * 2
    assert window.x_px.tolist() == [(SIDE - 1) / 2] * 2


def test_a_window_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(*args: Any) -> Any:
        calls.append(1)
        return crop_window(*args)

    monkeypatch.setattr("skytypes.windows.crop_window", counted)
    crop = Operation("crop", {"mode": "source"})
    spec = TensorSpec(
        "image", (1, 8, 8), (Channel("a", (crop, Operation("resample", {"size": 8}))),)
    )
    picture = np.random.default_rng(3).normal(size=(2, 32, 32)).astype(np.float32)
    scale = np.full(2, 0.01, np.float32)
    sample = Sample({"image": picture, "pixel_scale_arcsec": scale}, size=2)
    first = encode([spec], sample)
    window = window_of([spec], sample)
    again = encode([spec], sample)
    assert len(calls) == 1
    fresh = Sample({"image": picture, "pixel_scale_arcsec": scale}, size=2)
    assert (window_of([spec], fresh).half_px == window.half_px).all()
    assert (first["image"] == again["image"]).all()
    assert (first["image"] == encode([spec], fresh)["image"]).all()
