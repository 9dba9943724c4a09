import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from skytypes import Beam, Sample
from skytypes.errors import ContractError
from trainkit.augmentation import SHIFT, ZOOM, draw_moves, draw_views, move_sample


def as_torch(sample: Sample) -> Sample:
    return sample.as_batch().map(lambda a: torch.from_numpy(np.ascontiguousarray(a)))


def test_draws_belong_to_the_counter_not_to_the_batch() -> None:
    whole = draw_views(5, range(20))
    assert (whole[7:9] == draw_views(5, [7, 8])).all()
    matrices, shifts = draw_moves(5, range(20), size=64)
    again, shifts_again = draw_moves(5, [11], size=64)
    assert (matrices[11] == again[0]).all()
    assert (shifts[11] == shifts_again[0]).all()


def test_moves_are_turns_with_small_zooms_and_shifts() -> None:
    matrices, shifts = draw_moves(1, range(400), size=100)
    zooms = np.sqrt(np.abs(np.linalg.det(matrices)))
    turns = matrices / zooms[:, None, None]
    assert np.allclose(turns @ turns.transpose(0, 2, 1), np.eye(2), atol=1e-6)
    assert 1 / ZOOM <= zooms.min() < 0.9
    assert 1.1 < zooms.max() <= ZOOM
    assert np.abs(shifts).max() <= SHIFT * 50
    assert abs((np.linalg.det(matrices) < 0).mean() - 0.5) < 0.1


@pytest.mark.parametrize("angle_deg", [0.0, 17.0, 45.0, 90.0, 133.0, 270.0])
@pytest.mark.parametrize("mirror", [1.0, -1.0])
def test_any_move_equals_its_redrawing(
    gaussian: Callable[..., Sample], angle_deg: float, mirror: float
) -> None:
    sample = as_torch(gaussian(128, pixel_scale_arcsec=0.02))
    c, s = (1.1 * f(math.radians(angle_deg)) for f in (math.cos, math.sin))
    matrices = torch.tensor([[[c * mirror, -s], [s * mirror, c]]])
    moved = move_sample(sample, matrices, torch.tensor([[3.0, -2.0]]))
    n = {k: float(v[0]) for k, v in {**moved.inputs, **moved.labels}.items() if k != "image"}
    again = gaussian(
        128,
        pa_deg=n["pa_deg"],
        dx_arcsec=n["dx_arcsec"],
        dy_arcsec=n["dy_arcsec"],
        pixel_scale_arcsec=n["pixel_scale_arcsec"],
        beam=Beam(n["bmaj_arcsec"], n["bmin_arcsec"], n["bpa_deg"]),
        reference_px=(n["reference_x_px"], n["reference_y_px"]),
    )
    # Bilinear interpolation of a peak of 1 with a sigma of some 7 pixels.
    assert np.abs(moved.inputs["image"][0].numpy() - again.inputs["image"]).max() < 0.01


def test_what_lies_outside_the_picture_is_zero(gaussian: Callable[..., Sample]) -> None:
    sample = as_torch(gaussian(32, noise=1.0))
    moved = move_sample(sample, 0.5 * torch.eye(2)[None], torch.zeros(1, 2))
    assert float(moved.inputs["image"][0, :7].abs().max()) == 0
    assert float(moved.inputs["image"][0, 9:23, 9:23].min()) >= 1


def test_moving_by_nothing_changes_nothing(gaussian: Callable[..., Sample]) -> None:
    sample = as_torch(gaussian(32))
    moved = move_sample(sample, torch.eye(2)[None], torch.zeros(1, 2))
    for name, value in sample.inputs.items():
        assert torch.allclose(moved.inputs[name], value, atol=1e-6)
    for name, value in sample.labels.items():
        assert torch.allclose(moved.labels[name], value, atol=1e-5)


def test_pictures_that_are_not_square_are_refused(gaussian: Callable[..., Sample]) -> None:
    sample = as_torch(gaussian(32)).map(lambda a: a[:, :20] if a.ndim == 3 else a)
    with pytest.raises(ContractError, match="cut them square"):
        move_sample(sample, torch.eye(2)[None], torch.zeros(1, 2))
