"""Beams against turning a star round, and one pulsar's signal worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from popmaps.radio.beams import half_opening_rad, pulse_width_s, solid_angle_sr
from popmaps.radio.detection import Pulsars, observe
from popmaps.radio.draws import RadioDraws
from popmaps.radio.emission import emit, intercepted
from popmaps.radio.settings import RadioSettings
from popmaps.radio.surveys import built_in_surveys
from popmaps.spectrum import flux_density_jy

SETTINGS = RadioSettings()


def test_width_is_the_share_of_a_turn_in_which_the_sun_is_in_the_beam() -> None:
    rng = np.random.default_rng(4)
    chi, theta = np.arccos(rng.random((2, 300)))
    period = 10 ** rng.uniform(-1.5, 0, 300)
    rho = half_opening_rad(period, SETTINGS)
    phase = (np.arange(20_000) + 0.5) / 20_000 * 2 * np.pi
    # Angle between the line of sight and the axis of the field as the star turns.
    cosine = np.cos(chi) * np.cos(theta) + np.sin(chi) * np.sin(theta) * np.cos(phase)[:, None]
    share = (cosine > np.cos(rho)).mean(axis=0)
    width = pulse_width_s(period, chi, theta, rho)
    assert ((share > 0) & (share < 1)).sum() > 50
    np.testing.assert_allclose(width / period, share, atol=2e-4)
    draws = RadioDraws(theta, np.zeros(300), np.zeros(300))
    hit = intercepted(period, chi, np.ones(300), draws, SETTINGS)
    np.testing.assert_array_equal(hit, width > 0)


def test_beams_light_up_their_solid_angle() -> None:
    """The mean over the sky of the time in the beam is the beam's share of the sky."""
    theta = (np.arange(200_000) + 0.5) / 200_000 * np.pi
    chi, rho = np.full_like(theta, 1.1), np.full_like(theta, 0.3)
    share = pulse_width_s(np.ones_like(theta), chi, theta, rho) * np.sin(theta)
    one_beam = share.mean() * np.pi / 2
    assert 2 * one_beam == pytest.approx(solid_angle_sr(np.array([0.3]))[0] / (4 * np.pi), rel=1e-6)


def test_flux_of_a_pulsar_worked_by_hand() -> None:
    """P = 0.5 s, P' = 2e-15, chi = 0.5, theta = 0.6, 2 kpc, I = 1.775e45 g cm^2.

    Edot = 4 pi^2 1.775e45 2e-15 / 0.125          = 1.12119e33 erg/s
    L    = 10^26.17 (1.12119e4)^0.68              = 8.390e28 erg/s
    rho  = sqrt(9 pi 3e7 / (2 2.99792e10 0.5))    = 0.168208 rad
    Omega = 4 pi (1 - cos rho)                    = 0.177357 sr
    S    = L / (Omega (6.17136e21 cm)^2)          = 1.2421e-14 erg/s/cm^2
    w    = 4 asin(sqrt((0.00705681 - 0.00249792) / 0.270704)) = 0.52056 rad = 0.041425 s
    S(1374 MHz) = S 3.18687e5 (1.374e9)^-1.8 / 1e-23 = 0.014098 Jy; mean 0.014098 w/P = 1.1680 mJy
    """
    one = np.ones(1)
    arriving = emit(
        0.5 * one,
        2e-15 * one,
        0.5 * one,
        2 * one,
        RadioDraws(0.6 * one, 0 * one, 0 * one),
        inertia_g_cm2=1.775e45,
        settings=SETTINGS,
    )
    assert arriving.luminosity_erg_s[0] == pytest.approx(8.390e28, rel=2e-4)
    assert arriving.flux[0] == pytest.approx(1.2421e-14, rel=2e-4)
    assert arriving.width_s[0] == pytest.approx(0.041425, rel=2e-4)
    density = flux_density_jy(arriving.flux, -1.8, frequency_mhz=1374.0)[0]
    assert density == pytest.approx(0.014098, rel=2e-4)
    assert density * arriving.width_s[0] / 0.5 == pytest.approx(1.1680e-3, rel=3e-4)


def test_signal_to_noise_of_a_pulsar_worked_by_hand() -> None:
    """PMPS, P = 0.5 s, w = 0.02 s, DM 100, l = 42, b = 3 deg, 0.2 mJy, half of off-axis square.

    T_sky = (25 + 275/4) (1374/408)^-2.6 = 93.75 x 0.042556       = 3.9896 K
    tau   = 3.6e-9 100^2.2 20.4 (1374/327)^-4.4 = 1.84473e-3 x 1.8066e-3 = 3.333e-6 s
    t_DM  = 8.30e3 x 100 x 3 / 1374^3                              = 9.599e-4 s
    w_eff = sqrt(0.02^2 + 9.599e-4^2 + 2.5e-4^2 + 3.3e-6^2)        = 0.0200246 s
    G     = 0.735 exp(-2.77 x 0.5 / 4)                             = 0.519891 K/Jy
    folded = 2e-4 G sqrt(2 x 2100 x 288e6) sqrt(23.9693) / (1.25 x 24.9896) = 17.923
    FFT   = 1 / (1 + 0.0473 x 0.0400492^-0.627)                    = 0.73765
    S/N   = 13.221
    """
    duty = 0.02 / 0.5
    flux = 2e-4 / duty / flux_density_jy(np.ones(1), -1.8, frequency_mhz=1374.0)[0]
    values = (42.0, 3.0, 0.0, 0.5, 0.02, flux, 100.0, 0.0)
    pulsar = Pulsars(*(np.array([value]) for value in values))
    seen = observe(built_in_surveys().surveys["PMPS"], pulsar, np.array([0.5]), spectral_index=-1.8)
    assert seen.flux_jy[0] == pytest.approx(2e-4)
    assert seen.scattering_s[0] == pytest.approx(3.333e-6, rel=1e-3)
    assert seen.effective_width_s[0] == pytest.approx(0.0200246, rel=1e-5)
    assert seen.snr[0] == pytest.approx(13.221, rel=2e-4)
    assert seen.detected[0]
