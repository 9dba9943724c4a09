"""Augmented pictures against `skymodels`, which draws the disk anew from the augmented labels."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from skymodels import DiskParams, Grid, draw_catalogue, draw_params, render_disks
from skytypes import Sample
from trainkit.augmentation import move_sample
from trainkit.views import VIEWS, turn_sample

SIZE = 128
PIXEL_ARCSEC = 0.02
ROWS = draw_catalogue(40, seed=5)


# Every pixel is the mean of so many by so many finer ones.
FINER = 3
COUNT = 2


@pytest.fixture(scope="module")
def params() -> DiskParams:
    """Inclined disks off the middle, without what has no mirror symmetry or is too fine to turn."""
    rows = [r for r in ROWS if r.incl_deg > 30 and 0.3 < r.rout_arcsec < 0.8][:COUNT]
    drawn = draw_params(rows, recipe="physical")
    zero = np.zeros(COUNT)
    return replace(
        drawn,
        dx_arcsec=np.array([0.21, -0.13]),
        dy_arcsec=np.array([0.05, 0.17]),
        texture_amplitude=zero,
        crescent_factor=zero,
        centre_fraction=zero,
        # Three pixels, as a beam would have it.
        smooth_sigma_arcsec=zero + 3 * PIXEL_ARCSEC,
    )


def drawn_from(params: DiskParams, sample: Sample) -> NDArray[Any]:
    """Pictures drawn from the labels, pixel scale and reference pixel of a sample."""
    inputs = {k: v.double().numpy() for k, v in sample.inputs.items() if k != "image"}
    labels = {k: v.double().numpy() for k, v in sample.labels.items()}
    pixel = inputs["pixel_scale_arcsec"]
    # The renderer counts from N // 2 of the fine grid; the sample from its reference pixel.
    middle = (SIZE * FINER // 2 - (FINER - 1) / 2) / FINER
    disk = replace(
        params,
        incl_deg=labels["incl_deg"],
        pa_deg=labels["pa_deg"],
        dx_arcsec=labels["dx_arcsec"] - (inputs["reference_x_px"] - middle) * pixel,
        dy_arcsec=labels["dy_arcsec"] + (inputs["reference_y_px"] - middle) * pixel,
    )
    fine = np.asarray(render_disks(disk, Grid(SIZE * FINER, pixel / FINER)))
    image = fine.reshape(-1, SIZE, FINER, SIZE, FINER).mean(axis=(2, 4))
    return np.asarray(image / image.max(axis=(1, 2), keepdims=True))


def as_sample(params: DiskParams) -> Sample:
    numbers = {
        "pixel_scale_arcsec": PIXEL_ARCSEC,
        "bmaj_arcsec": 0.2,
        "bmin_arcsec": 0.1,
        "bpa_deg": 40.0,
        "reference_x_px": SIZE // 2,
        "reference_y_px": SIZE // 2,
    }
    inputs: dict[str, Any] = {k: torch.full((COUNT,), float(v)) for k, v in numbers.items()}
    names = ("incl_deg", "pa_deg", "dx_arcsec", "dy_arcsec")
    labels = {n: torch.from_numpy(getattr(params, n).astype(np.float32)) for n in names}
    image = drawn_from(params, Sample(inputs, labels, COUNT)).astype(np.float32)
    return Sample({**inputs, "image": torch.from_numpy(image)}, labels, COUNT)


@pytest.mark.parametrize("view", range(VIEWS))
def test_each_of_the_eight_views(params: DiskParams, view: int) -> None:
    turned = turn_sample(as_sample(params), torch.full((COUNT,), view))
    apart = np.abs(turned.inputs["image"].numpy() - drawn_from(params, turned))
    assert apart.max() < 1e-4


@pytest.mark.parametrize("angle_deg", [11.0, 45.0, 73.0, 160.0, 251.0, 314.0])
@pytest.mark.parametrize(("mirror", "zoom"), [(1.0, 1.0), (-1.0, 1.1), (1.0, 0.9)])
def test_any_angle_zoom_and_shift(
    params: DiskParams, angle_deg: float, mirror: float, zoom: float
) -> None:
    c, s = (zoom * f(math.radians(angle_deg)) for f in (math.cos, math.sin))
    matrices = torch.tensor([[[c * mirror, -s], [s * mirror, c]]]).expand(COUNT, 2, 2)
    shift = torch.tensor([[2.5, -4.0]]).expand(COUNT, 2)
    moved = move_sample(as_sample(params), matrices, shift)
    ones = Sample({**as_sample(params).inputs, "image": torch.ones(COUNT, SIZE, SIZE)}, {}, COUNT)
    known = move_sample(ones, matrices, shift).inputs["image"].numpy() > 0.999
    assert known.mean() > 0.6
    apart = np.abs(moved.inputs["image"].numpy() - drawn_from(params, moved))[known]
    # Bilinear interpolation takes up to 3 % of the peak off a source 3 pixels (sigma) wide.
    assert apart.max() < 0.04
    assert apart.mean() < 0.003


def test_the_test_would_see_a_wrong_label(params: DiskParams) -> None:
    turned = turn_sample(as_sample(params), torch.full((COUNT,), 5))
    for name, change in (("pa_deg", 5.0), ("dx_arcsec", 0.02), ("dy_arcsec", -0.02)):
        labels = {**turned.labels, name: turned.labels[name] + change}
        wrong = Sample(turned.inputs, labels, turned.size)
        apart = np.abs(turned.inputs["image"].numpy() - drawn_from(params, wrong))
        assert apart.max(axis=(1, 2)).min() > 0.02, name
