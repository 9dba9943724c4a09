"""Turning a sample is the same as drawing the turned disk: here with Gaussians, exactly."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skytypes import Beam, Sample
from skytypes.errors import ContractError
from skytypes.samples import stack_samples
from trainkit.views import VIEWS, turn_numbers, turn_pictures, turn_sample, view_matrices


def as_torch(sample: Sample) -> Sample:
    return sample.as_batch().map(lambda a: torch.from_numpy(np.ascontiguousarray(a)))


def redrawn(gaussian: Callable[..., Sample], sample: Sample, size: int) -> Sample:
    """The picture that a sample's own numbers describe."""
    n = {k: float(v[0]) for k, v in {**sample.inputs, **sample.labels}.items() if k != "image"}
    return gaussian(
        size,
        incl_deg=n["incl_deg"],
        pa_deg=n["pa_deg"],
        dx_arcsec=n["dx_arcsec"],
        dy_arcsec=n["dy_arcsec"],
        pixel_scale_arcsec=n["pixel_scale_arcsec"],
        beam=Beam(n["bmaj_arcsec"], n["bmin_arcsec"], n["bpa_deg"]),
        reference_px=(n["reference_x_px"], n["reference_y_px"]),
    )


@pytest.mark.parametrize("size", [32, 33])
@pytest.mark.parametrize("view", range(VIEWS))
def test_each_view_equals_its_redrawing(
    gaussian: Callable[..., Sample], view: int, size: int
) -> None:
    sample = as_torch(gaussian(size, dx_arcsec=0.2, dy_arcsec=-0.1, pixel_scale_arcsec=0.08))
    turned = turn_sample(sample, torch.tensor([view]))
    again = redrawn(gaussian, turned, size)
    assert np.abs(turned.inputs["image"][0].numpy() - again.inputs["image"]).max() < 2e-5


def test_the_eight_views_are_different(gaussian: Callable[..., Sample]) -> None:
    sample = as_torch(stack_samples([gaussian(32)] * VIEWS))
    turned = turn_sample(sample, torch.arange(VIEWS))
    pictures = {turned.inputs["image"][v].numpy().tobytes() for v in range(VIEWS)}
    assert len(pictures) == VIEWS


def test_a_mirror_image_moves_the_reference_pixel_and_swaps_east_and_west(
    gaussian: Callable[..., Sample],
) -> None:
    turned = turn_sample(as_torch(gaussian(32)), torch.tensor([4]))
    assert float(turned.inputs["reference_x_px"]) == 32 - 1 - 16
    assert float(turned.inputs["reference_y_px"]) == 16
    assert float(turned.labels["dx_arcsec"]) == pytest.approx(-0.05)
    assert float(turned.labels["pa_deg"]) == pytest.approx(150.0, abs=1e-4)
    assert float(turned.inputs["bpa_deg"]) == pytest.approx(110.0, abs=1e-4)


def test_inclination_beam_axes_and_scale_stay(gaussian: Callable[..., Sample]) -> None:
    sample = as_torch(gaussian(32))
    turned = turn_sample(sample, torch.tensor([3]))
    for name in ("bmaj_arcsec", "bmin_arcsec", "pixel_scale_arcsec"):
        assert float(turned.inputs[name]) == pytest.approx(float(sample.inputs[name]))
    assert float(turned.labels["incl_deg"]) == 50.0


@settings(deadline=None, max_examples=30)
@given(pa=st.floats(0, 180), view=st.integers(0, 7))
def test_angles_stay_in_range_and_views_lose_none(pa: float, view: int) -> None:
    numbers = {k: torch.zeros(1) for k in ("bpa_deg", "reference_x_px", "reference_y_px")}
    inputs = numbers | {"image": torch.zeros(1, 4, 4), "pixel_scale_arcsec": torch.ones(1)}
    sample = Sample(inputs, {"pa_deg": torch.tensor([pa])}, 1)
    turned = turn_sample(sample, torch.tensor([view]))
    angle = float(turned.labels["pa_deg"])
    assert 0 <= angle < 180
    # A turn by a quarter adds or takes 90 deg; a mirror image changes the sign.
    sign = -1 if view >= 4 else 1
    apart = (angle - (sign * pa + 90 * (view % 2))) % 180
    assert min(apart, 180 - apart) < 1e-3


def test_a_zoom_makes_pixels_smaller_and_leaves_arcseconds(gaussian: Callable[..., Sample]) -> None:
    sample = as_torch(gaussian(32))
    turned = turn_numbers(sample, 2 * torch.eye(2)[None])
    assert float(turned.inputs["pixel_scale_arcsec"]) == pytest.approx(0.02)
    assert float(turned.labels["dx_arcsec"]) == pytest.approx(0.05)
    assert float(turned.inputs["reference_x_px"]) == pytest.approx(15.5 + 2 * 0.5)


def test_matrices_are_turns_and_mirror_images() -> None:
    matrices = view_matrices(torch.arange(VIEWS))
    assert torch.allclose(matrices @ matrices.mT, torch.eye(2).expand(VIEWS, 2, 2))
    signs = torch.linalg.det(matrices)
    assert torch.allclose(signs, torch.tensor([1.0] * 4 + [-1.0] * 4))
    assert math.isclose(float(matrices[2, 0, 0]), -1.0)


def test_pictures_that_are_not_square_are_refused() -> None:
    with pytest.raises(ContractError, match=r"pictures of \(4, 6\) pixels can't be turned"):
        turn_pictures(torch.zeros(1, 4, 6), torch.tensor([1]))
