"""The image-plane route: kinds of arrays, batches, bits, and what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from casa_sim import ObservationSettings
from casa_sim.native.emission import Box, block_of, emission_box, reach_px
from casa_sim.native.image_plane import ImagePlane, make_image_plane
from casa_sim.native.setup import ImagingSetup, make_setup
from casa_sim.native.uv_noise import UvNoise
from skytypes.errors import InputError

SIDE = 96
SETTINGS = ObservationSettings("alma.cycle9.6.cfg", time_s=120, imsize_px=SIDE)


@cache
def setup() -> ImagingSetup:
    return make_setup(SETTINGS, 250.0, -30.0)


@cache
def plane() -> ImagePlane:
    return make_image_plane(setup())


@cache
def noise() -> UvNoise:
    return UvNoise(setup())


@pytest.fixture
def skies() -> NDArray[np.float64]:
    rng = np.random.default_rng(3)
    made = np.zeros((3, 150, 140))
    made[0, 20:110, 30:90] = rng.random((90, 60))
    made[1, 75, 70] = 1.0
    made[2, 60:64, 100:128] = rng.random((4, 28))
    return made


PIXELS = (0.0041, 0.0037, 0.0029)


def test_numpy_and_torch_give_the_same(skies: NDArray[np.float64]) -> None:
    by_numpy = plane().dirty(skies, PIXELS)
    by_torch = plane().dirty(torch.from_numpy(skies), PIXELS, at_once=3)
    assert isinstance(by_torch, torch.Tensor)
    assert by_torch.dtype == torch.float32
    scale = np.abs(by_numpy).max(axis=(1, 2), keepdims=True)
    assert (np.abs(by_torch.numpy() - by_numpy) / scale).max() < 1e-5
    drawn = noise().draw(SETTINGS, seeds=[4, 5])
    images = noise().images(drawn)
    tensors = noise().images(torch.from_numpy(drawn))
    assert np.abs(tensors.numpy() - images).max() < 1e-5 * images.std()


def test_bits_do_not_depend_on_the_batch(skies: NDArray[np.float64]) -> None:
    together = plane().dirty(skies, PIXELS)
    for number, pixel in enumerate(PIXELS):
        alone = plane().dirty(skies[number : number + 1], pixel)[0]
        assert alone.tobytes() == together[number].tobytes()
    drawn = noise().draw(SETTINGS, seeds=[7, 8, 9])
    assert noise().draw(SETTINGS, seeds=[8]).tobytes() == drawn[1].tobytes()
    assert noise().images(drawn)[1].tobytes() == noise().images(drawn[1:2])[0].tobytes()


DIGEST = """
import hashlib, numpy as np
from casa_sim import ObservationSettings
from casa_sim.native.image_plane import make_image_plane
from casa_sim.native.setup import make_setup
settings = ObservationSettings("alma.cycle9.6.cfg", time_s=60, imsize_px=256)
plane = make_image_plane(make_setup(settings, 250.0, -30.0))
digest = hashlib.sha256()
for ny, nx in ((701, 433), (300, 300), (77, 512), (900, 190)):
    sky = np.random.default_rng(1).random((1, ny, nx))
    digest.update(plane.dirty(sky, 0.003).tobytes())
print(digest.hexdigest())
"""


def test_bits_do_not_depend_on_the_number_of_threads() -> None:
    found = set()
    for threads in ("1", "2", "3"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        run = subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, **dict.fromkeys(names, threads)},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(run.stdout)
    assert len(found) == 1


@given(x=st.floats(-40, 40), y=st.floats(-40, 40), pixel=st.sampled_from([0.0021, 0.0037, 0.0083]))
@settings(max_examples=20, deadline=None)
def test_a_moved_reference_moves_the_image(x: float, y: float, pixel: float) -> None:
    """A point at the phase centre, given in a sky whose reference pixel is somewhere else."""
    whole = (60 + round(x), 60 + round(y))
    data = np.zeros((1, 121, 121))
    data[0, whole[1], whole[0]] = 1.0
    centred = plane().dirty(data, pixel, centre_px=(float(whole[0]), float(whole[1])))[0]
    psf = setup().inner_psf
    assert np.abs(centred - psf).max() < 1e-3
    # Sky and reference moved together, by parts of a pixel: four pixels share the point.
    fx, fy = x % 1, y % 1
    spread = np.zeros((1, 121, 121))
    spread[0, 60:62, 60:62] = np.outer([1 - fy, fy], [1 - fx, fx])
    found = plane().dirty(spread, pixel, centre_px=(60 + fx, 60 + fy))[0]
    # Its centre of light is the phase centre; what is left is of second order.
    rows, columns = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    core = np.clip(found, 0, None) * (np.hypot(rows, columns) < 4)
    bound = 0.02 * max(1.0, (pixel / setup().cell_arcsec) ** 2)
    assert abs((core * rows).sum() / core.sum()) < bound
    assert abs((core * columns).sum() / core.sum()) < bound


def test_images_add_up(skies: NDArray[np.float64]) -> None:
    one, two, both = plane().dirty(np.stack([skies[0], skies[2], skies[0] + skies[2]]), 0.003)
    assert np.abs(one + two - both).max() < 1e-5 * np.abs(both).max()


def test_water_vapour_and_band_scale_the_noise() -> None:
    dry, wet = (noise().rms_jy_beam(replace(SETTINGS, pwv_mm=pwv)) for pwv in (0.8, 2.5))
    assert 1.25 < wet / dry < 1.4
    first = noise().draw(replace(SETTINGS, pwv_mm=0.8), seeds=[1])
    second = noise().draw(replace(SETTINGS, pwv_mm=2.5), seeds=[1])
    again = noise().draw(replace(SETTINGS, pwv_mm=0.8), seeds=[1])
    assert first.tobytes() == again.tobytes()
    assert np.abs(second).sum() / np.abs(first).sum() == pytest.approx(wet / dry, rel=1e-3)


@pytest.mark.parametrize(
    ("shape", "pixel", "match"),
    [
        ((8, 8), 0.01, r"skies of shape \(8, 8\); give \(batch, y, x\)"),
        ((0, 8, 8), 0.01, "not empty"),
        ((2, 8, 8), (0.01, 0.01, 0.01), r"2 skies but pixels of shape \(3,\)"),
        ((2, 8, 8), -0.01, "not a positive number of arcsec"),
        ((1, 8, 8), 0.2, "pixels of 200 mas are too coarse for a baseline"),
        ((1, 500, 500), 0.01, "emission 2.5 arcsec from the reference .* make a wider one"),
    ],
)
def test_refused(shape: tuple[int, ...], pixel: float, match: str) -> None:
    with pytest.raises(InputError, match=match):
        plane().dirty(np.ones(shape), pixel)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_no_emission_is_refused(value: float) -> None:
    with pytest.raises(InputError, match="empty or not finite"):
        emission_box(np.full((2, 8, 8), value))


def test_a_sky_that_reaches_too_far_is_refused() -> None:
    with pytest.raises(InputError, match=r"needs \d+ pixels a side; allowed: 8192"):
        make_image_plane(setup(), reach_px=6000)


def test_faint_rims_are_left_out() -> None:
    skies = np.full((1, 64, 64), 1e-14)
    skies[0, 10:20, 30:50] = 1.0
    box = emission_box(skies)
    assert box == Box(10, 20, 30, 50)
    assert reach_px(box, (32.0, 32.0)) == 22


@given(
    bottom=st.integers(0, 90), left=st.integers(0, 90), ny=st.integers(1, 70), nx=st.integers(1, 70)
)
def test_a_block_holds_its_box(bottom: int, left: int, ny: int, nx: int) -> None:
    skies = np.arange(1.0, 1 + 160 * 160).reshape(1, 160, 160)
    box = Box(bottom, bottom + ny, left, left + nx)
    block = block_of(skies, box)
    x, y = box.middle
    assert block[0, block.shape[1] // 2, block.shape[2] // 2] == skies[0, y, x]
    assert block.sum(dtype=float) == skies[0, bottom : bottom + ny, left : left + nx].sum()
    assert not block[0, 0].any()
    assert not block[0, :, 0].any()
