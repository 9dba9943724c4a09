"""Draws: their moments, their independence, and that they belong to the item."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2

from casa_sim.native.gain_errors import antenna_phase_errors, flux_scale_factor
from casa_sim.native.noise import (
    draw_noise,
    held_airmass,
    stokes_i_sigma_jy,
    visibility_sigma_jy,
)
from skytypes.errors import InputError

N = 200_000


def test_noise_has_the_sigma_asked_for() -> None:
    sigma = np.full(N, 0.009)
    noise = draw_noise(sigma, seed=3, array_number=0)
    assert noise.dtype == np.complex64
    parts = noise.view(np.float32).astype(np.float64) / 0.009
    # Chi-square bounds that a fair draw breaks once in a million.
    low, high = chi2.ppf([5e-7, 1 - 5e-7], df=2 * N)
    assert low < (parts**2).sum() < high
    assert abs(parts.mean()) < 5 / math.sqrt(2 * N)
    assert abs((noise.real * noise.imag).mean()) < 5 * 0.009**2 / math.sqrt(N)


def test_each_visibility_has_its_own_sigma() -> None:
    sigma = np.repeat([0.0, 1.0, 3.0], 20_000)
    groups = draw_noise(sigma, seed=3, array_number=0).reshape(3, -1)
    assert not groups[0].any()
    assert groups[1].real.std() == pytest.approx(1.0, rel=0.03)
    assert groups[2].imag.std() == pytest.approx(3.0, rel=0.03)


def test_noise_belongs_to_item_and_array() -> None:
    sigma = np.ones(N)
    first = draw_noise(sigma, seed=3, array_number=0)
    assert first.tobytes() == draw_noise(sigma, seed=3, array_number=0).tobytes()
    # A longer track begins with the same noise.
    longer = draw_noise(np.ones(N + 7), seed=3, array_number=0)
    assert first.tobytes() == longer[:N].tobytes()
    for other in ({"seed": 4, "array_number": 0}, {"seed": 3, "array_number": 1}):
        second = draw_noise(sigma, **other)
        assert abs(np.vdot(first, second)) / (2 * N) < 5 / math.sqrt(N)


@pytest.mark.parametrize("sigma", [[-1.0], [float("nan")], [float("inf")], [[1.0]], 1.0])
def test_bad_sigmas(sigma: Any) -> None:
    with pytest.raises(InputError, match="one row of finite numbers"):
        draw_noise(sigma, seed=1, array_number=0)


def test_sigma_scales_as_the_radiometer_equation() -> None:
    one = float(visibility_sigma_jy(6, 1.0, 1.1))
    longer = visibility_sigma_jy(6, 1.0, 1.1, integration_s=40.0, bandwidth_hz=7.5e9)
    assert float(longer) == pytest.approx(one / 2)
    assert float(visibility_sigma_jy(6, 1.0, 1.1, bandwidth_hz=7.5e7)) == pytest.approx(one * 10)
    assert float(stokes_i_sigma_jy(6, 1.0, 1.1)) == pytest.approx(one / math.sqrt(2))


@pytest.mark.parametrize("wrong", [{"integration_s": 0.0}, {"bandwidth_hz": float("nan")}])
def test_bad_integration(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="give a positive number"):
        visibility_sigma_jy(6, 1.0, 1.0, **wrong)


def test_airmass_is_held_for_a_hundred_seconds() -> None:
    # MJD seconds, rows of one time repeated as in a measurement set.
    times = np.repeat(4_895_314_000.0 + 10 * np.arange(25.0), 3)
    elevation = np.repeat(np.linspace(0.5, 0.8, 25), 3)
    held = held_airmass(times, elevation)
    exact = 1 / np.sin(elevation)
    assert np.array_equal(held, np.repeat(exact[[0, 33, 66]], [33, 33, 9]))
    assert held_airmass([], []).shape == (0,)


@pytest.mark.parametrize(
    ("times", "elevation", "message"),
    [
        ([0.0, 10.0], [0.5, -0.1], "below the horizon"),
        ([0.0, 10.0], [0.5, float("nan")], "below the horizon"),
        ([10.0, 0.0], [0.5, 0.5], "not in order"),
        ([0.0, float("nan")], [0.5, 0.5], "not in order"),
        ([0.0, 1.0], [0.5], r"shape \(2,\), elevations of \(1,\)"),
    ],
)
def test_bad_tracks(times: list[float], elevation: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        held_airmass(times, elevation)


def test_phases_have_rms_correlation_and_independence() -> None:
    gains = antenna_phase_errors(400, 360, 20.0, seed=2, array_number=0)
    assert gains.shape == (360, 400)
    assert gains.dtype == np.complex64
    assert np.allclose(np.abs(gains), 1, atol=1e-6)
    phase = np.angle(gains)
    # 400 antennas, of about seven independent stretches each: 2 % for the rms.
    assert math.degrees(phase.std()) == pytest.approx(20.0, rel=0.06)
    assert math.degrees(phase[0].std()) == pytest.approx(20.0, rel=0.18)
    lag = (phase[30:] * phase[:-30]).mean() / phase.var()
    assert lag == pytest.approx(math.exp(-1), abs=0.08)
    across = np.corrcoef(phase[0, :200], phase[0, 200:])[0, 1]
    assert abs(across) < 5 / math.sqrt(200)


def test_phases_cost_the_known_coherence() -> None:
    gains = antenna_phase_errors(2000, 1, 30.0, seed=5, array_number=1)[0]
    kept = (gains[::2] * gains[1::2].conj()).mean()
    assert abs(kept - math.exp(-(math.radians(30.0) ** 2))) < 5 / math.sqrt(1000)


def test_phases_belong_to_item_and_array() -> None:
    first = antenna_phase_errors(5, 10, 30.0, seed=5, array_number=0)
    assert np.array_equal(first, antenna_phase_errors(5, 10, 30.0, seed=5, array_number=0))
    assert not np.allclose(first, antenna_phase_errors(5, 10, 30.0, seed=5, array_number=1))
    assert np.array_equal(
        antenna_phase_errors(5, 10, 0.0, seed=5, array_number=0), np.ones((10, 5))
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rms_deg": -1.0}, "rms_deg is -1; allowed: 0 to 180 deg"),
        ({"rms_deg": float("nan")}, "rms_deg is nan"),
        ({"interval_s": 0.0}, "interval_s is 0"),
        ({"n_times": 0}, "43 antennas at 0 times"),
        ({"n_times": 10**9}, "allowed: 1 to 67108864 gains"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_bad_phases(change: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"n_antennas": 43, "n_times": 6, "rms_deg": 10.0, "seed": 1}
    with pytest.raises(InputError, match=message):
        antenna_phase_errors(**{**given, "array_number": 0, **change})


def test_flux_scale() -> None:
    factors = np.array([flux_scale_factor(10.0, seed=s) for s in range(3000)])
    assert (factors > 0).all()
    assert np.log(factors).std() == pytest.approx(math.log(1.1), rel=5 / math.sqrt(2 * 3000))
    assert abs(np.log(factors).mean()) < 5 * math.log(1.1) / math.sqrt(3000)
    assert flux_scale_factor(10.0, seed=7) == flux_scale_factor(10.0, seed=7)
    for wrong in (-1.0, 51.0, float("nan")):
        with pytest.raises(InputError, match="allowed: 0 to 50 %"):
            flux_scale_factor(wrong, seed=1)
