import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skymodels.beams import inverse_crop
from skymodels.noise import add_slow_noise, complex_normals, uniform_numbers, white_spectrum
from skytypes import item_rng


@given(st.lists(st.one_of(st.none(), st.integers(0, 40)), min_size=1, max_size=6))
def test_uniform_numbers_are_those_of_numpy(draws: list[int | None]) -> None:
    """Whatever was drawn before: None is a small integer, which leaves half a word behind."""
    ours, numpys = item_rng(5, 3, "test"), item_rng(5, 3, "test")
    for count in draws:
        if count is None:
            assert ours.integers(1, 3) == numpys.integers(1, 3)
            continue
        found = uniform_numbers(ours, (count,))
        wanted = numpys.random(count, dtype=np.float32)
        assert found.dtype == np.float32 and found.tolist() == wanted.tolist()
    assert ours.random() == numpys.random()


def test_uniform_numbers_of_another_generator() -> None:
    ours, numpys = (np.random.Generator(np.random.MT19937(1)) for _ in range(2))
    assert (uniform_numbers(ours, (3, 4)) == numpys.random((3, 4), dtype=np.float32)).all()


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
