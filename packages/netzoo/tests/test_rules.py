"""The cards' rules: what is no disk, or not resolved, is not to be used."""

from __future__ import annotations

import numpy as np
import pytest

from netzoo import zoo
from skytypes import Beam, ModelCard, Sample, SkyImage
from skytypes.samples import image_sample
from skytypes.usability import reasons_not_usable

SIGMA_PX = 3.0
PIXEL = 0.01
CARDS = [zoo()[name].card for name in ("disconet", "disconet-compact")]


def _picture(sigma_px: float, noise: float, *, signal: float = 1.0, seed: int = 1) -> Sample:
    """A round Gaussian source of this width, seen with a beam of ``SIGMA_PX``, peak 1."""
    y, x = np.mgrid[:128, :128] - 64.0
    wave = 2 * np.pi * np.fft.fftfreq(len(x))
    blur = np.exp(-0.5 * SIGMA_PX**2 * (wave[:, None] ** 2 + wave[None, :] ** 2))
    grain = np.fft.ifft2(np.fft.fft2(np.random.default_rng(seed).normal(size=x.shape)) * blur).real
    data = signal * np.exp(-0.5 * (x**2 + y**2) / sigma_px**2) + noise * grain / grain.std()
    width = SIGMA_PX * 2.3548 * PIXEL
    return image_sample(
        SkyImage(data.astype(np.float32), PIXEL, "Jy/beam", beam=Beam(width, width, 0.0))
    )


def _reasons(card: ModelCard, sample: Sample) -> list[str]:
    return reasons_not_usable(card, {}, sample)[0]


@pytest.mark.parametrize("card", CARDS, ids=lambda c: c.name)
@pytest.mark.parametrize("noise", [0.05, 0.02, 0.01])
def test_a_point_source_is_not_usable(card: ModelCard, noise: float) -> None:
    assert any("larger than the beam" in r for r in _reasons(card, _picture(SIGMA_PX, noise)))


@pytest.mark.parametrize("card", CARDS, ids=lambda c: c.name)
@pytest.mark.parametrize("seed", range(5))
def test_noise_alone_is_not_usable(card: ModelCard, seed: int) -> None:
    sample = _picture(SIGMA_PX, 1.0, signal=0.0, seed=seed)
    assert any("no disk to measure" in r for r in _reasons(card, sample))


@pytest.mark.parametrize("card", CARDS, ids=lambda c: c.name)
@pytest.mark.parametrize("times", [100.0, 1e6])
def test_a_pixel_larger_than_the_beam_is_not_usable(card: ModelCard, times: float) -> None:
    sample = _picture(3 * SIGMA_PX, 0.02)
    numbers = {**sample.inputs, "pixel_scale_arcsec": np.full(1, times * PIXEL, np.float32)}
    sample = Sample({**numbers, "image": sample.inputs["image"]}, size=sample.size)
    assert any("narrower than 0.7 pixels" in r for r in _reasons(card, sample))


@pytest.mark.parametrize("card", CARDS, ids=lambda c: c.name)
def test_a_resolved_bright_source_is_usable(card: ModelCard) -> None:
    assert _reasons(card, _picture(3 * SIGMA_PX, 0.02)) == []
