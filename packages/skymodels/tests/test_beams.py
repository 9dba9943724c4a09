import numpy as np
import pytest
from scipy.signal import convolve2d

from skymodels.beams import beam_kernel, inverse_crop, transfer


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


@pytest.mark.parametrize("size", [45, 48])
@pytest.mark.parametrize("half", [2, 17])
def test_transfer_is_the_fast_transform(size: int, half: int) -> None:
    kernel = beam_kernel(half / 5, 0.4, 77.0, half=half)
    wrapped = np.zeros((size, size))
    wrapped[: 2 * half + 1, : 2 * half + 1] = kernel
    wrapped = np.roll(wrapped, (-half, -half), axis=(0, 1))
    wanted = np.fft.rfft2(wrapped)
    assert abs(wanted.imag).max() < 1e-7
    assert abs(transfer(kernel, size) - wanted.real).max() < 5e-7
