"""Draws, settings and laws of the radio emission."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from popmaps.radio.beams import half_opening_rad, pulse_width_s, solid_angle_sr
from popmaps.radio.draws import RadioDraws, draw_beam_offsets, draw_radio
from popmaps.radio.emission import emit, intercepted
from popmaps.radio.luminosity import luminosity_erg_s
from popmaps.radio.settings import RadioSettings
from skytypes import item_rng
from skytypes.errors import InputError

DEFAULT = RadioSettings()
ONE = np.ones(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epsilon_L": -0.1}, "epsilon_L is -0.1; give a number from 0 to 5"),
        ({"L_radio_log10_mean": float("nan")}, "L_radio_log10_mean is nan"),
        ({"beam_law": "fan"}, "beam_law is 'fan'; allowed: height, power-law"),
        ({"luminosity_law": "x"}, "allowed: spin-down-power, period-derivative"),
        ({"spectral_index": -1}, "spectral_index is -1; give another"),
    ],
)
def test_a_setting_out_of_range_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        RadioSettings(**change)


def test_distributions_of_the_draws() -> None:
    draws = draw_radio(item_rng(1, 0, "radio"), 20_000)
    offsets = draw_beam_offsets(item_rng(1, 0, "PMPS"), 20_000)
    uniform, normal = stats.uniform().cdf, stats.norm().cdf
    assert stats.kstest(np.cos(draws.sight_line_rad), uniform).pvalue > 0.01
    assert stats.kstest(draws.luminosity, normal).pvalue > 0.01
    assert stats.kstest(draws.scattering, normal).pvalue > 0.01
    assert stats.kstest(offsets, uniform).pvalue > 0.01


def test_beams_are_never_wider_than_half_the_sky() -> None:
    rho = half_opening_rad(np.array([1e-4, 1.0]), DEFAULT)
    assert rho[0] == np.pi / 2
    assert solid_angle_sr(rho)[0] == pytest.approx(4 * np.pi)
    power_law = replace(DEFAULT, beam_law="power-law")
    np.testing.assert_allclose(
        np.rad2deg(half_opening_rad(np.array([1.0, 4.0]), power_law)), [2.5, 1.25]
    )


def test_an_aligned_star_shines_all_the_time_or_never() -> None:
    theta = np.array([0.0, 0.05, 0.2])
    width = pulse_width_s(np.full(3, 2.0), np.zeros(3), theta, np.full(3, 0.1))
    assert width.tolist() == [2.0, 2.0, 0.0]


def test_laws_of_luminosity() -> None:
    period, slope = np.array([0.1, 1.0]), np.array([1e-13, 1e-15])
    common: dict[str, Any] = {"inertia_g_cm2": 1e45}
    power = luminosity_erg_s(period, slope, np.zeros(2), settings=DEFAULT, **common)
    assert power[0] / power[1] == pytest.approx(1e5**0.68)
    other = RadioSettings(
        luminosity_law="period-derivative", L_radio_log10_mean=35.5, epsilon_L=0.5
    )
    law = luminosity_erg_s(period, slope, np.zeros(2), settings=other, **common)
    np.testing.assert_allclose(law, 10**35.5 * np.sqrt(np.array([1e-10, 1e-15])))
    scattered = luminosity_erg_s(period, slope, np.ones(2), settings=DEFAULT, **common)
    np.testing.assert_allclose(scattered / power, 10**0.8)


def test_flux_falls_with_the_square_of_the_distance() -> None:
    draws = RadioDraws(*np.full((3, 2), 0.5))
    two = np.ones(2)
    here = emit(
        two,
        1e-15 * two,
        0.5 * two,
        np.array([1.0, 3.0]),
        draws,
        inertia_g_cm2=1e45,
        settings=DEFAULT,
    )
    assert here.flux[0] / here.flux[1] == pytest.approx(9)


def test_far_stars_count_as_missed() -> None:
    draws = RadioDraws(0.5 * ONE, ONE, ONE)
    assert intercepted(ONE, 0.5 * ONE, 34 * ONE, draws, DEFAULT).tolist() == [True]
    assert intercepted(ONE, 0.5 * ONE, 36 * ONE, draws, DEFAULT).tolist() == [False]
