"""Windows around sources, and resampling over them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from skytypes import Sample, item_rng
from skytypes.errors import ContractError
from skytypes.windows import Window, crop_window, resample, source_window, whole_window

SHARED = Path(__file__).parents[4] / "shared" / "data" / "casa_reference"
Picture = NDArray[np.float64]


def gaussian(side: int, x0: float, y0: float, sigma: float) -> Picture:
    y, x = np.mgrid[:side, :side]
    return np.asarray(np.exp(-0.5 * ((x - x0) ** 2 + (y - y0) ** 2) / sigma**2))


def noise(side: int, index: int = 0) -> Picture:
    return item_rng(4, index, "skytypes.tests.windows").normal(size=(side, side))


def window_around(picture: Picture, scale: float = 0.01, **options: float) -> Window:
    return source_window(picture[None], np.array([scale]), **options)


@settings(deadline=None)
@given(x0=st.floats(25, 103), y0=st.floats(25, 103), sigma=st.floats(2, 8))
def test_window_is_around_the_source(x0: float, y0: float, sigma: float) -> None:
    window = window_around(gaussian(128, x0, y0, sigma) + 0.01 * noise(128))
    half = float(window.half_px[0])
    assert 2 * sigma < half < 8 * sigma + 4
    # Unless the edge pushes the window inwards, its middle is the source's.
    for middle, place in ((window.x_px, x0), (window.y_px, y0)):
        kept = min(max(place, 63.5 - (64 - half)), 63.5 + (64 - half))
        assert float(middle[0]) == pytest.approx(kept, abs=1.5)


@settings(deadline=None)
@given(x0=st.floats(0, 99), y0=st.floats(0, 99), sigma=st.floats(0.3, 90))
def test_window_never_leaves_the_picture(x0: float, y0: float, sigma: float) -> None:
    window = window_around(gaussian(100, x0, y0, sigma) + 0.1 * noise(100))
    x, y, half = (float(v[0]) for v in (window.x_px, window.y_px, window.half_px))
    assert half > 0
    for place in (x, y):
        assert place - half >= -0.5 - 1e-9
        assert place + half <= 99.5 + 1e-9


def test_small_source_in_a_large_field_is_looked_at_closely() -> None:
    window = window_around(gaussian(1024, 700.3, 300.8, 3.0) + 0.01 * noise(1024))
    assert float(window.x_px[0]) == pytest.approx(700.3, abs=1.0)
    assert float(window.y_px[0]) == pytest.approx(300.8, abs=1.0)
    assert 8 < float(window.half_px[0]) < 30


def test_window_scales_with_the_margin_between_its_bounds() -> None:
    picture = gaussian(128, 64, 64, 4.0)
    one, two = (float(window_around(picture, margin=m).half_px[0]) for m in (1.0, 2.0))
    assert two > 1.5 * one
    assert float(window_around(picture, max_arcsec=0.1).half_px[0]) == pytest.approx(5.0)
    assert float(window_around(picture, min_arcsec=1.2).half_px[0]) == pytest.approx(60.0)


def test_modes_of_crop() -> None:
    image = gaussian(128, 30, 30, 3.0)[None]
    sample = Sample({"image": image, "pixel_scale_arcsec": np.array([0.01])}, size=1)
    assert float(crop_window(image, sample, {"mode": "whole"}).half_px[0]) == 64
    fixed = crop_window(image, sample, {"mode": "fixed", "width_arcsec": 0.5})
    assert (float(fixed.x_px[0]), float(fixed.half_px[0])) == pytest.approx((63.5, 25.0))
    assert float(crop_window(image, sample, {"mode": "source"}).x_px[0]) < 40
    with pytest.raises(ContractError, match="'middle'; allowed: whole, source, fixed"):
        crop_window(image, sample, {"mode": "middle"})


@settings(deadline=None)
@given(side=st.integers(4, 40), size=st.integers(2, 40), level=st.floats(-5, 5))
def test_resampling_keeps_a_flat_picture(side: int, size: int, level: float) -> None:
    image = np.full((1, side, side), level)
    assert resample(image, whole_window(image), size) == pytest.approx(level)


def test_resampling_keeps_place_and_does_not_alias() -> None:
    image = gaussian(128, 40.0, 80.0, 6.0)[None]
    small = resample(image, whole_window(image), 32)[0]
    y, x = np.unravel_index(small.argmax(), small.shape)
    # Pixel centres: (k + 0.5) 4 - 0.5.
    assert ((x + 0.5) * 4 - 0.5, (y + 0.5) * 4 - 0.5) == pytest.approx((40, 80), abs=2.1)
    stripes = np.tile([1.0, -1.0], (128, 64))[None]
    assert np.abs(resample(stripes, whole_window(stripes), 32)[0, :, 1:-1]).max() < 1e-12


@pytest.mark.shared_data
@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data beside the repository")
def test_windows_of_casa_images_hold_the_disk() -> None:
    for path in sorted(SHARED.glob("b*.json")):
        case = json.loads(path.read_text())
        with np.load(path.with_suffix(".npz")) as arrays:
            image = arrays["clean256"].T.astype(np.float64)
        scale = case["cell_arcsec"]
        window = window_around(image, scale, max_arcsec=5.0)
        offset = np.hypot(window.x_px[0] - 128, window.y_px[0] - 128) / window.half_px[0]
        assert offset < 0.1, path.stem
        half_over_disk = float(window.half_px[0]) * scale / case["params"]["rout_arcsec"]
        assert 0.8 < half_over_disk < 2.2, path.stem
