import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skytypes import ModelCard, Sample, decode
from skytypes.decoding import encode_labels
from skytypes.errors import ContractError
from skytypes.specs import Channel, Operation, OutputSpec, TensorSpec

DISK = (
    OutputSpec("incl_deg", "deg", "linear", (0,), scale=90.0, bounds=(0.0, 90.0)),
    OutputSpec("pa_deg", "deg", "double_angle", (1, 2)),
    OutputSpec("dx_arcsec", "arcsec", "field_fraction", (3,), scale=0.14, axis="x"),
    OutputSpec("dy_arcsec", "arcsec", "field_fraction", (4,), scale=0.14, axis="y"),
)


def window_spec(mode: str) -> TensorSpec:
    crop = Operation("crop", {"mode": mode, **({"width_arcsec": 0.3} if mode == "fixed" else {})})
    chain = (crop, Operation("resample", {"size": 8}))
    return TensorSpec("image", (1, 8, 8), (Channel("sky", chain),))


def card_of(*outputs: OutputSpec, inputs: tuple[TensorSpec, ...] = ()) -> ModelCard:
    return ModelCard("toy", "0", "toy", inputs, outputs)


def answer(output: OutputSpec, raw: Any, sample: Sample | None = None) -> Any:
    raw = np.asarray(raw, np.float64)
    sample = sample or Sample({"image": np.zeros((len(raw), 4, 4))}, size=len(raw))
    return decode(card_of(output), raw, sample)[output.name]


def blob(column: float, row: float, side: int = 32) -> np.ndarray[Any, Any]:
    y, x = np.mgrid[:side, :side]
    return np.asarray(np.exp(-((x - column) ** 2 + (y - row) ** 2) / 8.0))


scalars = st.tuples(st.floats(0, 90), st.floats(0, 179.999), st.floats(1e-3, 1.0))
places = st.tuples(st.floats(6, 25), st.floats(6, 25))
offsets = st.tuples(st.floats(-1, 1), st.floats(-1, 1))
references = st.tuples(st.floats(-50, 80), st.floats(-50, 80))


@given(scalars, places, offsets, references, st.sampled_from(["whole", "fixed", "source"]))
def test_decode_undoes_encode_labels(
    scalar: tuple[float, float, float],
    place: tuple[float, float],
    offset: tuple[float, float],
    reference: tuple[float, float],
    mode: str,
) -> None:
    """For any window, wherever it lies and wherever the reference pixel is."""
    incl, pa, pixel = scalar
    labels = {"incl_deg": incl, "pa_deg": pa, "dx_arcsec": offset[0], "dy_arcsec": offset[1]}
    numbers = {
        "pixel_scale_arcsec": pixel,
        "reference_x_px": reference[0],
        "reference_y_px": reference[1],
    }
    sample = Sample(
        {"image": blob(*place), **{k: np.float64(v) for k, v in numbers.items()}},
        {k: np.float64(v) for k, v in labels.items()},
    )
    spec = window_spec(mode)
    raw = encode_labels([spec], DISK, sample)
    assert raw.shape == (1, 5)
    back = decode(card_of(*DISK, inputs=(spec,)), raw, sample)
    apart = (back["pa_deg"][0] - pa + 90) % 180 - 90
    assert abs(apart) < 1e-9
    for name in ("incl_deg", "dx_arcsec", "dy_arcsec"):
        assert back[name][0] == pytest.approx(labels[name], abs=1e-8)


@given(st.floats(4, 27), st.floats(4, 27), st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))
def test_a_flipped_picture_with_flipped_labels_flips_the_raw_answer(
    x: float, y: float, dx: float, dy: float
) -> None:
    """East-west and north-south mirror images, about a reference pixel in the middle."""
    middle = {k: np.float64(15.5) for k in ("reference_x_px", "reference_y_px")}
    inputs = {"pixel_scale_arcsec": np.float64(0.02), **middle}
    spec, picture = window_spec("source"), blob(x, y)
    outputs = tuple(
        OutputSpec(o.name, o.unit, o.decoder, (i,), scale=o.scale, axis=o.axis)
        for i, o in enumerate(DISK[2:])
    )

    def raw(image: Any, east: float, north: float) -> Any:
        labels = {"dx_arcsec": np.float64(east), "dy_arcsec": np.float64(north)}
        return encode_labels([spec], outputs, Sample({"image": image, **inputs}, labels))[0]

    straight = raw(picture, dx, dy)
    # The window itself may move by rounding where a pixel is just bright enough to count.
    assert raw(picture[:, ::-1].copy(), -dx, dy) == pytest.approx(straight * [-1, 1], abs=1e-3)
    assert raw(picture[::-1].copy(), dx, -dy) == pytest.approx(straight * [1, -1], abs=1e-3)


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_double_angle_from_sine_and_cosine(s: float, c: float) -> None:
    output = OutputSpec("pa_deg", "deg", "double_angle", (0, 1))
    got = float(answer(output, [[s, c]])[0])
    assert 0 <= got < 180
    twice = math.radians(2 * got)
    length = math.hypot(s, c)
    if length > 1e-100:
        assert math.cos(twice) == pytest.approx(c / length, abs=1e-9)
        assert math.sin(twice) == pytest.approx(s / length, abs=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_double_angle_never_rounds_up_to_180(dtype: Any) -> None:
    output = OutputSpec("pa_deg", "deg", "double_angle", (0, 1))
    raw = np.array([[-1e-30, 1.0]], dtype)
    sample = Sample({"image": np.zeros((1, 4, 4), dtype)}, size=1)
    assert decode(card_of(output), raw, sample)["pa_deg"].tolist() == [0.0]


def test_linear_scales_shifts_and_is_bounded() -> None:
    output = OutputSpec("x", "", "linear", (1,), scale=2.0, offset=1.0, bounds=(0.0, 5.0))
    assert answer(output, [[9, 1.0], [9, -7.0], [9, 7.0]]).tolist() == [3.0, 0.0, 5.0]


@given(st.floats(-30, 30))
def test_logit_is_the_logistic_function(x: float) -> None:
    output = OutputSpec("p", "", "logit", (0,))
    expected = 1 / (1 + math.exp(-x))
    assert answer(output, [[x]])[0] == pytest.approx(expected, rel=1e-6, abs=1e-15)


def test_logit_far_out_does_not_overflow() -> None:
    assert answer(OutputSpec("p", "", "logit", (0,)), [[-1e4], [1e4]]).tolist() == [0.0, 1.0]


@given(st.lists(st.floats(-20, 20), min_size=3, max_size=3), st.floats(-1e3, 1e3))
def test_softmax_is_normalised_exponentials(logits: list[float], shift: float) -> None:
    output = OutputSpec("kind", "", "softmax", (2, 0, 1), classes=("a", "b", "c"))
    exponentials = [math.exp(logits[i]) for i in (2, 0, 1)]
    expected = [e / sum(exponentials) for e in exponentials]
    assert answer(output, [logits])[0] == pytest.approx(expected, rel=1e-6)
    shifted = [[v + shift for v in logits]]
    assert answer(output, shifted)[0] == pytest.approx(expected, rel=1e-6)


def test_mask_and_image_answer_a_pixel_at_a_time() -> None:
    raw = np.zeros((2, 2, 3, 4))
    raw[:, 1] = np.arange(12.0).reshape(3, 4)
    mask = answer(OutputSpec("m", "", "mask", (1,)), raw)
    assert mask.shape == (2, 3, 4)
    assert mask[0] == pytest.approx(1 / (1 + np.exp(-raw[0, 1])))
    image = answer(OutputSpec("i", "K", "image", (1,), scale=2.0, offset=-1.0), raw)
    assert image[1].tolist() == (2 * raw[1, 1] - 1).tolist()


def test_field_fraction_without_a_reference_pixel_counts_from_the_half() -> None:
    output = OutputSpec("dx_arcsec", "arcsec", "field_fraction", (0,), axis="x")
    sample = Sample({"image": np.zeros((1, 8, 8)), "pixel_scale_arcsec": np.array([0.1])}, size=1)
    # The middle of 8 pixels is 3.5, half a pixel east of pixel 8 // 2.
    assert answer(output, [[0.0]], sample)[0] == pytest.approx(0.05)
    # The western edge is four pixels further west.
    assert answer(output, [[1.0]], sample)[0] == pytest.approx(0.05 - 0.4)


@pytest.mark.parametrize("axis", ["x", "y"])
def test_a_standard_deviation_of_a_position_is_a_length(axis: Any) -> None:
    """Neither the window's place nor the sign of east enters."""
    place = OutputSpec("d", "arcsec", "field_fraction", (0,), axis=axis)
    sigma = OutputSpec("s", "arcsec", "field_fraction", (1,), axis=axis, scale=0.5, sigma_of="d")
    numbers = {"pixel_scale_arcsec": 0.1, "reference_x_px": 90.0, "reference_y_px": -70.0}
    sample = Sample(
        {"image": np.zeros((1, 8, 8)), **{k: np.array([v]) for k, v in numbers.items()}}, size=1
    )
    got = decode(card_of(place, sigma), np.array([[0.3, -0.25]]), sample)
    assert got["s"].tolist() == pytest.approx([0.25 * 0.5 * 4 * 0.1])


def test_outputs_are_read_from_their_own_tensors() -> None:
    a = OutputSpec("a", "", "linear", (0,), tensor="first")
    b = OutputSpec("b", "", "linear", (0,), tensor="second")
    sample = Sample({"image": np.zeros((1, 4, 4))}, size=1)
    raw = {"first": np.array([[1.0]]), "second": np.array([[2.0]])}
    got = decode(card_of(a, b), raw, sample)
    assert [float(got[k][0]) for k in "ab"] == [1.0, 2.0]
    with pytest.raises(ContractError, match=r"reads tensors \['first', 'second'\]; give them by"):
        decode(card_of(a, b), np.array([[1.0]]), sample)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_decoded_in_single(dtype: torch.dtype) -> None:
    sample = Sample({"image": torch.zeros(1, 4, 4)}, size=1)
    raw = torch.tensor([[0.123, 1.0]], dtype=dtype)
    got = decode(card_of(OutputSpec("pa_deg", "deg", "double_angle", (0, 1))), raw, sample)
    expected = math.degrees(math.atan2(float(raw[0, 0]), 1.0)) / 2
    assert got["pa_deg"].dtype == torch.float32
    assert float(got["pa_deg"][0]) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-12)])
def test_torch_decodes_as_numpy_does(dtype: str, tolerance: float) -> None:
    rng = np.random.default_rng(1)
    numbers = {"pixel_scale_arcsec": 0.02, "reference_x_px": 16.0, "reference_y_px": 16.0}
    inputs = {k: np.full(3, v).astype(dtype) for k, v in numbers.items()}
    images = np.stack([blob(12, 20), blob(16, 16), blob(22, 9)]).astype(dtype)
    sample = Sample({"image": images, **inputs}, size=3)
    raw = rng.normal(size=(3, 5)).astype(dtype)
    card = card_of(*DISK, inputs=(window_spec("fixed"),))
    expected = decode(card, raw, sample)
    for kind in (sample, sample.map(torch.from_numpy)):
        got = decode(card, torch.from_numpy(raw), kind)
        for name, value in expected.items():
            assert got[name].numpy() == pytest.approx(value, rel=tolerance, abs=tolerance)


def test_nan_stays_nan() -> None:
    got = answer(DISK[0], [[math.nan]])
    assert math.isnan(got[0])
    assert math.isnan(answer(OutputSpec("p", "", "double_angle", (0, 1)), [[math.nan, 1]])[0])


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (np.zeros((1, 2)), r"'pa_deg' reads columns \(1, 2\) of tensor 'output', which has shape"),
        (np.zeros(3), r"shape \(3,\); the card does not fit"),
        ({"other": np.zeros((1, 5))}, "has shape None"),
        (np.zeros((2, 5)), "holds 2 items, the sample 1; give the sample that was encoded"),
    ],
)
def test_raw_tensors_that_do_not_fit_are_refused(raw: Any, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        decode(card_of(DISK[1]), raw, Sample({"image": np.zeros((4, 4))}))


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ((DISK[0],), "no label"),
        ((OutputSpec("p", "", "logit", (0,)),), "no column holds the target of a 'logit' output"),
        ((OutputSpec("p", "", "linear", (1,)),), r"read columns \[1\] of tensors"),
        (
            (OutputSpec("p", "", "linear", (0,)), OutputSpec("p", "", "linear", (0,))),
            r"read columns \[0, 0\]",
        ),
        (
            (
                OutputSpec("p", "", "linear", (0,)),
                OutputSpec("p", "", "linear", (1,), tensor="other"),
            ),
            r"\['other', 'output'\]",
        ),
    ],
)
def test_labels_that_no_raw_answer_holds_are_refused(
    outputs: tuple[OutputSpec, ...], message: str
) -> None:
    sample = Sample({"image": np.zeros((4, 4))}, {"p": np.float64(1)})
    with pytest.raises(ContractError, match=message):
        encode_labels((), outputs, sample)


def test_labels_are_encoded_without_the_standard_deviations() -> None:
    mean = OutputSpec("p", "", "linear", (0,), scale=4.0)
    sigma = OutputSpec("p_sigma", "", "linear", (1,), sigma_of="p")
    sample = Sample({"image": np.zeros((4, 4))}, {"p": np.float64(1)})
    assert encode_labels((), (mean, sigma), sample).tolist() == [[0.25]]
