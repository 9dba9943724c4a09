import numpy as np
import pytest
from scipy.signal import convolve2d

from skymodels.beams import (
    add_slow_noise,
    beam_kernel,
    complex_normals,
    inverse_crop,
    transfer,
    white_spectrum,
)


@pytest.mark.parametrize("size", [45, 48])
@pytest.mark.parametrize(("sigma", "ratio", "pa"), [(3.0, 0.5, 30.0), (0.4, 0.9, 120.0)])
def test_blur_is_the_direct_convolution(size: int, sigma: float, ratio: float, pa: float) -> None:
    kernel = beam_kernel(sigma, ratio, pa, half=16)
    image = np.random.default_rng(1).random((size, size)).astype(np.float32)
    spectrum = np.fft.rfft2(image).astype(np.complex64) * transfer(kernel, size)
    ours = inverse_crop(spectrum, 3, size - 3)
    theirs = convolve2d(image, kernel, mode="same", boundary="wrap")[3:-3, 3:-3]
    assert abs(ours - theirs).max() < 2e-6


def test_kernel_sums_to_one() -> None:
    assert beam_kernel(2.5, 0.6, 10.0, half=13).sum() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("size", [30, 45])
def test_white_noise_is_white(size: int) -> None:
    rng = np.random.default_rng(2)
    noise = np.array([inverse_crop(white_spectrum(rng, size), 0, size) for _ in range(400)])
    noise *= size / np.sqrt(2)
    assert noise.std() == pytest.approx(1, abs=0.01)
    assert noise.std(axis=0) == pytest.approx(np.ones((size, size)), abs=0.2)
    # The first and last columns of the half plane are not weaker or stronger than the others.
    power = (abs(np.fft.fft2(noise)) ** 2).mean(axis=0) / size**2
    assert power.mean(axis=0) == pytest.approx(np.ones(size), abs=0.06)
    assert power.mean(axis=1) == pytest.approx(np.ones(size), abs=0.06)


def test_complex_normals_are_normal() -> None:
    from scipy import stats

    numbers = complex_normals(np.random.default_rng(3), (100, 200))
    assert stats.kstest(numbers.real.ravel(), "norm").pvalue > 1e-3
    assert stats.kstest(numbers.imag.ravel(), "norm").pvalue > 1e-3
    assert stats.pearsonr(numbers.real.ravel(), numbers.imag.ravel()).pvalue > 1e-3


def test_slow_noise_has_its_rms() -> None:
    rng = np.random.default_rng(4)
    found = []
    for _ in range(200):
        spectrum = np.zeros((64, 33), np.complex64)
        add_slow_noise(spectrum, rng, 3.0, 0.7)
        found.append(inverse_crop(spectrum, 0, 64))
    assert np.std(found) == pytest.approx(0.7, rel=0.03)
