"""`resample` against direct sums, and what it must keep: the mean, the flux, a linear slope."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from skytypes import Sample, encode
from skytypes.specs import Channel, Operation, TensorSpec


def resampled(picture: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    spec = TensorSpec(
        "t", (1, size, size), (Channel("c", (Operation("resample", {"size": size}),)),)
    )
    result: NDArray[np.float64] = encode([spec], Sample({"image": picture}))["t"][0, 0]
    return result


def triangle(picture: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Weights of a triangle as wide as two new pixels (two old ones if larger), pixel by pixel."""
    count = picture.shape[0]
    step = count / size
    made = np.zeros((size, size))
    for row in range(size):
        for column in range(size):
            total = weights = 0.0
            at = [min(max((k + 0.5) * step - 0.5, 0), count - 1) for k in (row, column)]
            for y in range(count):
                for x in range(count):
                    w = max(0, 1 - abs(y - at[0]) / max(step, 1))
                    w *= max(0, 1 - abs(x - at[1]) / max(step, 1))
                    total += w * picture[y, x]
                    weights += w
            made[row, column] = total / weights
    return made


@settings(max_examples=10)
@given(st.integers(4, 10), st.integers(2, 14), st.integers(0, 2**32))
def test_against_direct_sums(count: int, size: int, seed: int) -> None:
    picture = np.random.default_rng(seed).normal(size=(count, count))
    assert resampled(picture, size) == pytest.approx(triangle(picture, size), abs=1e-12)


def test_the_same_size_is_the_same_picture() -> None:
    picture = np.random.default_rng(0).normal(size=(12, 12))
    assert resampled(picture, 12) == pytest.approx(picture, abs=1e-12)


@pytest.mark.parametrize("size", [3, 7, 16, 40])
def test_an_even_picture_stays_even(size: int) -> None:
    assert resampled(np.full((16, 16), 2.5), size) == pytest.approx(2.5)


@pytest.mark.parametrize("size", [16, 24, 64])
def test_flux_of_a_source_inside_is_kept(size: int) -> None:
    """Mean brightness times area: the sum grows as the number of pixels."""
    y, x = np.mgrid[:48, :48]
    picture = np.exp(-((x - 22.3) ** 2 + (y - 25.1) ** 2) / (2 * 5.0**2))
    flux = resampled(picture, size).sum() * (48 / size) ** 2
    assert flux == pytest.approx(picture.sum(), rel=1e-3)


@pytest.mark.parametrize("size", [16, 24, 64])
def test_positions_are_kept(size: int) -> None:
    """The centre of light stays at its place, counted from the edge of the picture."""
    y, x = np.mgrid[:48, :48]
    picture = np.exp(-((x - 22.3) ** 2 + (y - 25.1) ** 2) / (2 * 5.0**2))
    made = resampled(picture, size)
    axis = (np.arange(size) + 0.5) * (48 / size) - 0.5
    assert (made.sum(axis=0) @ axis) / made.sum() == pytest.approx(22.3, abs=0.01)
    assert (made.sum(axis=1) @ axis) / made.sum() == pytest.approx(25.1, abs=0.01)


def test_a_fine_wave_is_not_aliased() -> None:
    """A wave that the new pixels can't hold must be averaged away, not come back as a coarse one.

    Picking every fourth pixel of this wave, of 64/15 pixels, gives full contrast.
    """
    wave = np.sin(2 * np.pi * 15 * np.arange(64) / 64)
    picture = np.tile(wave, (64, 1))
    assert np.abs(wave[2::4]).max() > 0.95
    assert np.abs(resampled(picture, 16)[:, 1:-1]).max() < 0.1
