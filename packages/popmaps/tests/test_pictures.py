"""Pictures of maps read back."""

from __future__ import annotations

import io

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import Normalize
from PIL import Image

from popmaps.maps.pictures import colours, png_bytes


def test_a_picture_is_the_array_turned_upright() -> None:
    values = np.random.default_rng(0).random((32, 16))
    with Image.open(io.BytesIO(png_bytes(values))) as image:
        assert image.mode == "RGBA"
        assert image.size == (32, 16)
        assert image.info == {}
        pixels = np.asarray(image)
    shades = mpl.colormaps["Greys"](Normalize(values.min(), values.max())(values), bytes=True)
    for row in range(16):
        for column in range(32):
            assert np.array_equal(pixels[row, column], shades[column, 15 - row])


def test_white_is_the_least_and_black_the_greatest() -> None:
    pixels = colours(np.array([[0.0, 5.0], [2.0, 1.0]]))
    assert pixels[1, 0].tolist() == [255, 255, 255, 255]
    assert pixels[0, 0].tolist() == [0, 0, 0, 255]


def test_the_same_map_makes_the_same_bytes_and_a_constant_one_is_white() -> None:
    values = np.full((8, 8), -7.0)
    assert png_bytes(values) == png_bytes(values)
    assert (colours(values) == 255).all()


@pytest.mark.parametrize("shape", [(2, 1), (128, 64)])
def test_one_pixel_a_bin(shape: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(png_bytes(np.zeros(shape)))) as image:
        assert image.size == shape
