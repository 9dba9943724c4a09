"""Noise of synthetic pictures: its rms, its correlation against the drawn beam, its slow part."""

from dataclasses import replace

import numpy as np
import pytest

from skymodels.canvas import render_scene
from skymodels.scenes import draw_scene
from skytypes import item_rng

SIZE = 64
MANY = 300


def noise_of(**changes: float) -> np.ndarray:
    """Pictures of noise over the rms that is stated, shape (many, y, x)."""
    scene = replace(draw_scene(item_rng(3, 0, "test")), **changes)  # type: ignore[arg-type]
    quiet = replace(scene, peak_over_rms=1e9, slow_over_rms=0.0)
    disk = render_scene(quiet, item_rng(1, 0, "test"), size=SIZE)
    made = [render_scene(scene, item_rng(7, i, "test"), size=SIZE) for i in range(MANY)]
    return (np.array(made) - disk) / (scene.peak_jy_beam / scene.peak_over_rms)


def correlation(noise: np.ndarray, north: int, west: int) -> float:
    """Mean product of pixels that lie (north, west) pixels apart."""
    n = SIZE - max(abs(north), abs(west))
    a = noise[:, max(0, -north) :, max(0, -west) :][:, :n, :n]
    b = noise[:, max(0, north) :, max(0, west) :][:, :n, :n]
    return float((a * b).mean())


@pytest.mark.parametrize("pa_deg", [0.0, 30.0, 120.0])
def test_noise_has_the_rms_and_the_beam_stated(pa_deg: float) -> None:
    """White noise through a Gaussian of covariance C correlates as exp(-x C^-1 x / 4)."""
    sigma_px, ratio = 2.0, 0.5
    noise = noise_of(
        crop_arcsec=6.4,
        beam_sigma_arcsec=0.1 * sigma_px,
        beam_ratio=ratio,
        beam_pa_deg=pa_deg,
        peak_over_rms=5.0,
        slow_over_rms=0.0,
    )
    assert noise.mean() == pytest.approx(0, abs=0.01)
    assert noise.std() == pytest.approx(1, abs=0.01)
    angle = np.radians(pa_deg)
    for north, west in ((1, 0), (0, 1), (2, 0), (0, 2), (2, 2), (2, -2), (-3, 1)):
        along = north * np.cos(angle) - west * np.sin(angle)
        across = north * np.sin(angle) + west * np.cos(angle)
        distance2 = (along / sigma_px) ** 2 + (across / (sigma_px * ratio)) ** 2
        assert correlation(noise, north, west) == pytest.approx(np.exp(-distance2 / 4), abs=0.02)


def test_noise_is_normal_in_every_pixel() -> None:
    noise = noise_of(peak_over_rms=5.0, slow_over_rms=0.0, beam_sigma_arcsec=0.05)
    assert np.mean(noise**3) == pytest.approx(0, abs=0.05)
    assert np.mean(noise**4) == pytest.approx(3, abs=0.1)
    assert noise.std(axis=0).min() > 0.8 and noise.std(axis=0).max() < 1.2


def test_slow_noise_adds_its_share_on_its_scale() -> None:
    sigma_px, share = 4.0, 3.0
    noise = noise_of(
        crop_arcsec=6.4,
        beam_sigma_arcsec=0.05,
        beam_ratio=0.9,
        peak_over_rms=5.0,
        slow_over_rms=share,
        slow_sigma_arcsec=0.1 * sigma_px,
    )
    assert noise.var() == pytest.approx(1 + share**2, rel=0.05)
    for lag in (4, 8):
        wanted = share**2 * np.exp(-((lag / sigma_px) ** 2) / 4)
        assert correlation(noise, lag, 0) == pytest.approx(wanted, abs=0.05 * share**2)
        assert correlation(noise, 0, lag) == pytest.approx(wanted, abs=0.05 * share**2)


def test_median_noise_of_the_dataset_is_the_label() -> None:
    """On pictures where the disk is small, the robust rms of the picture is the label's."""
    from skymodels import SyntheticDisks

    disks = SyntheticDisks(200, seed=11, size=SIZE)
    ratios = []
    for i in range(200):
        scene = disks.scene(i)
        if scene.structure["rout_arcsec"] < 0.15 * scene.crop_arcsec and scene.slow_over_rms == 0:
            image = disks[i].inputs["image"]
            edge = np.concatenate([image[:6].ravel(), image[-6:].ravel()])
            ratios.append(edge.std() / (scene.peak_jy_beam / scene.peak_over_rms))
    assert len(ratios) > 10
    assert np.median(ratios) == pytest.approx(1, abs=0.08)
