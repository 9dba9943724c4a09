"""Broadening and detection: limits, and what each term does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from popmaps.radio.detection import Pulsars, observe
from popmaps.radio.radiometer import fft_efficiency, signal_to_noise
from popmaps.radio.scattering import dispersion_smearing_s, scattering_time_s
from popmaps.radio.sky_temperature import sky_temperature_k
from popmaps.radio.surveys import built_in_surveys
from popmaps.rows import rows

PMPS = built_in_surveys().surveys["PMPS"]
AXIS = np.zeros(4)


def pulsars(**change: object) -> Pulsars:
    """Four alike in the middle of PMPS, strong."""
    values: dict[str, object] = {
        "l_deg": 10.0,
        "b_deg": 1.0,
        "dec_deg": -20.0,
        "period_s": 0.5,
        "width_s": 0.02,
        "flux": 1e-14,
        "dm_pc_cm3": 100.0,
        "scattering_dex": 0.0,
    } | change
    return Pulsars(**{k: np.broadcast_to(np.asarray(v, float), 4) for k, v in values.items()})


def snr(stars: Pulsars, offset: NDArray[np.float64] = AXIS) -> NDArray[np.float64]:
    return observe(PMPS, stars, offset, spectral_index=-1.8).snr


def test_a_pulse_as_wide_as_its_period_has_no_signal() -> None:
    widths = np.array([0.49, 0.5, 0.6, 5.0])
    ratio = snr(pulsars(width_s=widths, dm_pc_cm3=0.0))
    assert ratio[0] > 0
    np.testing.assert_array_equal(ratio[1:], 0)


def test_scattering_hides_a_pulsar() -> None:
    seen = observe(PMPS, pulsars(dm_pc_cm3=[10, 100, 1000, 3000]), AXIS, spectral_index=-1.8)
    assert seen.detected.tolist() == [True, True, True, False]
    assert (np.diff(seen.snr) < 0).all()
    assert seen.snr[-1] == 0
    np.testing.assert_allclose(seen.flux_jy, seen.flux_jy[0], rtol=1e-15)


def test_signal_off_the_sky_or_off_the_axis() -> None:
    ratio = snr(pulsars(l_deg=[10, 60, 10, 10], b_deg=[1, 1, 5.5, 1]), np.array([0, 0, 0, 1.0]))
    assert ratio[0] > 9
    np.testing.assert_array_equal(ratio[1:3], 0)
    assert ratio[3] / ratio[0] == pytest.approx(np.exp(-2.77 / 4))


def test_threshold_is_excluded() -> None:
    ratio = float(snr(pulsars())[0])
    exact = PMPS.model_copy(update={"threshold_snr": ratio})
    assert not observe(exact, pulsars(), AXIS, spectral_index=-1.8).detected.any()


def test_signal_grows_with_the_root_of_time_and_bandwidth() -> None:
    longer = PMPS.model_copy(update={"integration_s": 4 * PMPS.integration_s})
    arguments = {
        "flux_jy": np.array([1e-3]),
        "period_s": np.array([1.0]),
        "width_s": np.array([0.05]),
        "sky_k": np.array([5.0]),
        "beam_offset": np.array([0.3]),
    }
    assert signal_to_noise(longer, **arguments) / signal_to_noise(PMPS, **arguments) == (
        pytest.approx(2)
    )


def test_flux_at_1400_mhz_follows_the_spectrum() -> None:
    seen = observe(PMPS, pulsars(), AXIS, spectral_index=-1.8)
    np.testing.assert_allclose(seen.flux_1400_jy / seen.flux_jy, (1400 / 1374) ** -1.8)


def test_dispersion_constant() -> None:
    smearing = dispersion_smearing_s(np.array([1.0]), channel_mhz=1.0, frequency_mhz=1000.0)
    assert smearing[0] == pytest.approx(8.3e-6, rel=2e-3)


def test_scattering_scales() -> None:
    dm = np.array([10.0, 300.0])
    at_reference = scattering_time_s(dm)
    np.testing.assert_allclose(at_reference, 3.6e-9 * dm**2.2 * (1 + 1.94e-3 * dm**2))
    half = scattering_time_s(dm, 0.5, frequency_mhz=2 * 327)
    np.testing.assert_allclose(half / at_reference, 10**0.5 / 2**4.4)


def test_sky_is_symmetric_and_hottest_at_the_centre() -> None:
    l_deg, b_deg = np.array([0.0, 42.0, 318.0, -42.0]), np.array([0.0, 3.0, -3.0, 3.0])
    at_408 = sky_temperature_k(l_deg, b_deg, 408.0)
    np.testing.assert_allclose(at_408, [300, 93.75, 93.75, 93.75])
    np.testing.assert_allclose(sky_temperature_k(l_deg, b_deg, 816.0) / at_408, 2**-2.6)


def test_efficiency_of_the_search_is_a_share() -> None:
    share = fft_efficiency(np.geomspace(1e-4, 1, 50))
    assert (np.diff(share) > 0).all()
    assert 0 < share[0] < share[-1] < 1


def test_taking_some_keeps_every_field() -> None:
    stars = replace(pulsars(), dm_pc_cm3=np.arange(4.0))
    some = rows(stars, np.array([True, False, False, True]))
    assert some.dm_pc_cm3.tolist() == [0, 3]
    assert some.l_deg.size == 2
