import numpy as np
import pytest
import torch

from skytypes import Beam, Sample, SkyImage
from skytypes.errors import ContractError
from skytypes.samples import image_sample, stack_samples


def single(value: float, side: int = 3) -> Sample:
    inputs = {"image": np.full((side, side), value, np.float32), "bpa_deg": np.float32(value)}
    return Sample(inputs, {"incl_deg": np.float32(value)})


def test_stack_then_take_gives_the_items_back() -> None:
    batch = stack_samples([single(1), single(2), single(3)])
    assert batch.size == 3
    assert batch.inputs["bpa_deg"].tolist() == [1, 2, 3]
    for place, value in [(0, 1), (2, 3), (-1, 3)]:
        item = batch[place]
        assert item.size is None
        assert item.labels["incl_deg"] == value
        assert (item.inputs["image"] == value).all()


@pytest.mark.parametrize("index", [3, -4])
def test_items_outside_a_batch_are_an_index_error(index: int) -> None:
    with pytest.raises(IndexError, match=f"item {index} of a sample of size 3"):
        _ = stack_samples([single(1)] * 3)[index]


def test_a_single_sample_has_no_items() -> None:
    with pytest.raises(IndexError, match="size None"):
        _ = single(1)[0]


def test_stacking_keeps_torch_tensors_torch_tensors() -> None:
    one = Sample({"x": torch.ones(2, dtype=torch.float64)}, {"y": torch.tensor(1.0)})
    batch = one.as_batch()
    assert isinstance(batch.inputs["x"], torch.Tensor)
    assert batch.inputs["x"].dtype == torch.float64
    assert tuple(batch.labels["y"].shape) == (1,)


def test_as_batch_leaves_a_batch_alone() -> None:
    batch = stack_samples([single(1)])
    assert batch.as_batch() is batch


def test_map_goes_over_inputs_and_labels() -> None:
    doubled = stack_samples([single(1)]).map(lambda a: 2 * a)
    assert doubled.size == 1
    assert doubled.labels["incl_deg"].tolist() == [2]
    assert float(doubled.inputs["image"].max()) == 2


@pytest.mark.parametrize("value", [np.zeros((2, 4)), np.float32(1), 1.0])
def test_a_batch_whose_array_has_another_length_is_refused(value: object) -> None:
    with pytest.raises(ContractError, match=r"batch of 3: 'x' has shape .*first axis must be 3"):
        Sample({"x": value}, size=3)


def test_stacking_refuses_what_does_not_fit() -> None:
    with pytest.raises(ContractError, match="no samples to stack"):
        stack_samples([])
    with pytest.raises(ContractError, match="can't be stacked again"):
        stack_samples([stack_samples([single(1)])])
    with pytest.raises(ContractError, match=r"'image' has shapes \[\(3, 3\), \(4, 4\)\]"):
        stack_samples([single(1), single(1, side=4)])
    with pytest.raises(ContractError, match="differ in their names; all must have"):
        stack_samples([single(1), Sample({"image": np.zeros((3, 3))})])


def test_image_sample_holds_beam_and_reference_as_float32() -> None:
    data = np.arange(12.0).reshape(3, 4).astype(">f8")
    sky = SkyImage(data, 0.02, "Jy/beam", beam=Beam(0.1, 0.05, 30.0))
    sample = image_sample(sky, {"incl_deg": 20.0})
    assert {k: float(v) for k, v in sample.inputs.items() if k != "image"} == pytest.approx(
        {
            "pixel_scale_arcsec": 0.02,
            "bmaj_arcsec": 0.1,
            "bmin_arcsec": 0.05,
            "bpa_deg": 30.0,
            "reference_x_px": 2.0,
            "reference_y_px": 1.0,
        }
    )
    assert all(v.dtype == np.float32 for v in [*sample.inputs.values(), *sample.labels.values()])
    assert sample.inputs["image"].dtype.isnative
    assert np.array_equal(sample.inputs["image"], data)


def test_image_sample_needs_a_beam() -> None:
    with pytest.raises(ContractError, match="image 'Disk_001' has no beam"):
        image_sample(SkyImage(np.zeros((2, 2)), 0.1, "Jy/pixel", name="Disk_001"))


@pytest.mark.parametrize(
    ("reference", "origin"),
    [((3.0, 5.0), (3.0, 5.0)), ((-20.0, 5.0), (5.0, 4.0)), ((3.0, 8.0), (5.0, 4.0))],
)
def test_a_reference_outside_the_picture_gives_way_to_its_middle(
    reference: tuple[float, float], origin: tuple[float, float]
) -> None:
    image = SkyImage(
        np.ones((8, 10)), 0.01, "Jy/beam", beam=Beam(0.05, 0.04, 0.0), reference_px=reference
    )
    inputs = image_sample(image).inputs
    assert (inputs["reference_x_px"], inputs["reference_y_px"]) == origin


def test_pixels_beyond_float32_are_refused() -> None:
    image = SkyImage(np.full((4, 4), 1e39), 0.01, "Jy/beam", beam=Beam(0.05, 0.04, 0.0))
    with pytest.raises(ContractError, match=r"pixels beyond 3.4e38; give another unit"):
        image_sample(image)
