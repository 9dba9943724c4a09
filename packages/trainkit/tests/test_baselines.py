from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from skytypes import Beam, Sample
from skytypes.samples import stack_samples
from trainkit.baselines import gaussian_fit, predict_mean
from trainkit.metrics import axial_distance_deg, errors_of

FIELDS = ("incl_deg", "pa_deg", "dx_arcsec", "dy_arcsec")


def test_the_best_constant_angle_is_axial() -> None:
    rng = np.random.default_rng(0)
    pa = rng.normal(179, 10, size=300) % 180
    labels = {"incl_deg": np.full(300, 40.0), "pa_deg": pa}
    labels |= {"dx_arcsec": np.zeros(300), "dy_arcsec": np.ones(300)}
    answer = predict_mean(labels, 2)
    assert axial_distance_deg(answer["pa_deg"][0], 179.0) < 2
    assert [answer[k][1] for k in ("incl_deg", "dx_arcsec", "dy_arcsec")] == [40.0, 0.0, 1.0]


@pytest.mark.parametrize("incl_deg", [20.0, 50.0, 75.0])
@pytest.mark.parametrize("pa_deg", [0.0, 30.0, 90.0, 155.0])
def test_a_noise_free_gaussian_is_recovered(
    gaussian: Callable[..., Sample], incl_deg: float, pa_deg: float
) -> None:
    sample = gaussian(64, incl_deg=incl_deg, pa_deg=pa_deg, pixel_scale_arcsec=0.05)
    answer = gaussian_fit(sample)
    assert answer["converged"][0] == 1
    assert answer["incl_deg"][0] == pytest.approx(incl_deg, abs=2e-3)
    assert axial_distance_deg(answer["pa_deg"][0], pa_deg) < 2e-3
    assert answer["dx_arcsec"][0] == pytest.approx(0.05, abs=1e-6)
    assert answer["dy_arcsec"][0] == pytest.approx(0.03, abs=1e-6)


@pytest.mark.parametrize("size", [128, 256, 512, 1024])
def test_large_pictures_are_averaged_without_loss(
    gaussian: Callable[..., Sample], size: int
) -> None:
    sample = gaussian(
        size, sigma_arcsec=0.5, pixel_scale_arcsec=6.0 / size, dx_arcsec=0.4, dy_arcsec=-0.3
    )
    answer = gaussian_fit(sample)
    assert answer["incl_deg"][0] == pytest.approx(50.0, abs=0.1)
    assert axial_distance_deg(answer["pa_deg"][0], 30.0) < 0.1
    assert answer["dx_arcsec"][0] == pytest.approx(0.4, abs=1e-3)
    assert answer["dy_arcsec"][0] == pytest.approx(-0.3, abs=1e-3)


def test_a_source_narrower_than_the_beam_is_answered(gaussian: Callable[..., Sample]) -> None:
    beam = Beam(0.4, 0.4, 0.0)
    point = gaussian(64, sigma_arcsec=1e-4, beam=beam)
    wide = gaussian(64, sigma_arcsec=1e-4, beam=Beam(0.3, 0.3, 0.0))
    tight = stack_samples([point, wide])
    numbers = {k: v.copy() for k, v in tight.inputs.items()}
    # The second is narrower than the beam that it is said to have.
    numbers["bmaj_arcsec"][1] = numbers["bmin_arcsec"][1] = 0.4
    answer = gaussian_fit(type(tight)(numbers, tight.labels, 2))
    assert answer["incl_deg"][1] == 0.0
    assert all(np.isfinite(answer[k]).all() for k in FIELDS)


@pytest.mark.parametrize("kind", ["zeros", "noise", "constant", "one pixel", "ramp", "negative"])
def test_any_picture_gets_a_finite_answer(gaussian: Callable[..., Sample], kind: str) -> None:
    sample = gaussian(48)
    rng = np.random.default_rng(1)
    pictures = {
        "zeros": np.zeros((48, 48)),
        "noise": rng.normal(size=(48, 48)),
        "constant": np.full((48, 48), 7.0),
        "one pixel": np.eye(48) * (np.arange(48) == 20),
        "ramp": np.add.outer(np.arange(48.0), np.arange(48.0)),
        "negative": -np.asarray(sample.inputs["image"]),
    }
    inputs = {**sample.inputs, "image": pictures[kind].astype(np.float32)}
    answer = gaussian_fit(type(sample)(inputs, sample.labels))
    assert all(np.isfinite(answer[k]).all() for k in (*FIELDS, "converged"))
    assert 0 <= answer["incl_deg"][0] <= 90
    assert 0 <= answer["pa_deg"][0] < 180


def test_noisy_disks_are_fitted_better_than_guessed(gaussian_disks: Callable[..., Any]) -> None:
    dataset = gaussian_disks(40)
    batch = stack_samples([dataset[i] for i in range(40)])
    errors = errors_of(batch.labels, gaussian_fit(batch))
    assert errors["incl_mae_deg"].mean() < 2
    assert errors["pa_mae_deg"].mean() < 2
    assert errors["centre_mae_arcsec"].mean() < 0.005
