"""The fitted atmosphere: CASA's own numbers, its limits, its table."""

from __future__ import annotations

import csv
import io
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casa_sim.arrays import BANDS
from casa_sim.native.atmosphere import AIRMASS, H_OVER_K
from casa_sim.native.atmosphere_table import find_atmosphere
from skytypes.errors import InputError

# CASA's: band, pwv [mm], zenith opacity, brightness and system temperature at the zenith [K].
CASA = [
    (6, 0.8, 0.045348, 29.1293, 77.387),
    (6, 1.0, 0.053971, 31.1396, 80.155),
    (6, 1.65, 0.081994, 37.541, 89.321),
    (6, 2.5, 0.118641, 45.6287, 101.708),
    (8, 0.4, 0.152158, 55.3215, 210.941),
    (8, 0.8, 0.267562, 77.9209, 266.062),
    (8, 1.2, 0.382966, 98.0428, 327.998),
]
# The same tool, farther afield: band, pwv [mm], airmass, sky brightness without spillover [K].
AFIELD = [
    (6, 0.8, 3.0, 37.33328646),
    (6, 2.5, 3.0, 81.65066591),
    (8, 0.4, 2.0, 74.2930885),
    (8, 1.2, 3.0, 181.79799891),
]


@pytest.mark.parametrize(("band", "pwv", "tau", "tebb_k", "tsys_k"), CASA)
def test_casa_rows(band: int, pwv: float, tau: float, tebb_k: float, tsys_k: float) -> None:
    air = find_atmosphere(band)
    assert air.opacity(pwv) == pytest.approx(tau, abs=1e-6)
    assert float(air.sky_temperature_k(pwv, 1.0)) == pytest.approx(
        float(air.radiation_k(tebb_k)), rel=2e-4
    )
    assert float(air.system_temperature_k(pwv, 1.0)) == pytest.approx(tsys_k, rel=1e-4)


@pytest.mark.parametrize(("band", "pwv", "airmass", "sky_k"), AFIELD)
def test_low_elevations(band: int, pwv: float, airmass: float, sky_k: float) -> None:
    air = find_atmosphere(band)
    wanted = 0.95 * air.radiation_k(sky_k) + 0.05 * air.radiation_k(270.0)
    noise = float(wanted) + air.trx_k
    assert float(air.sky_temperature_k(pwv, airmass)) == pytest.approx(
        float(wanted), abs=1e-3 * noise
    )


def test_a_row_for_each_band() -> None:
    receivers = {3: 40, 4: 42, 5: 50, 6: 50, 7: 72, 8: 135, 9: 105}
    for number, band in BANDS.items():
        air = find_atmosphere(number)
        assert (air.frequency_hz, air.trx_k) == (band.frequency_hz, receivers[number])


def test_the_table_tells_its_error() -> None:
    table = files("casa_sim").joinpath("data/atmosphere.csv").read_text()
    for row in csv.DictReader(io.StringIO(table)):
        assert 0 < float(row["max_tau_error"]) < 1e-6
        assert 0 < float(row["max_sigma_error"]) < 1e-3
        assert 0 < float(row["max_tebb_error_k"]) < 0.3


def test_limits_of_radiation() -> None:
    air = find_atmosphere(7)
    # Rayleigh-Jeans: T - hv/2k to first order; Wien: next to nothing.
    quantum_k = H_OVER_K * air.frequency_hz
    assert float(air.radiation_k(1e4)) == pytest.approx(1e4 - quantum_k / 2, abs=0.01)
    assert float(air.radiation_k(0.5)) < 1e-10


def test_an_opaque_sky_is_as_warm_as_the_ground() -> None:
    air = find_atmosphere(8)
    assert float(air.mean_temperature_k(5.0, 3.9)) > 265
    assert float(air.mean_temperature_k(5.0, 3.9)) < 270


@given(
    band=st.sampled_from(sorted(BANDS)),
    share=st.floats(0.01, 0.9),
    airmass=st.floats(1.0, 3.8),
)
def test_more_water_and_more_air_are_noisier(band: int, share: float, airmass: float) -> None:
    air = find_atmosphere(band)
    low, high = air.pwv_min_mm, air.pwv_max_mm
    pwv = low + share * (high - low)
    here, through, wetter = (
        float(air.system_temperature_k(p, a))
        for p, a in ((pwv, airmass), (pwv, airmass + 0.1), (pwv + 0.1 * (high - low), airmass))
    )
    assert air.trx_k < here < min(through, wetter)


def test_airmass_of_any_shape() -> None:
    air = find_atmosphere(6)
    assert air.system_temperature_k(1.0, np.ones((2, 3))).shape == (2, 3)
    assert air.system_temperature_k(1.0, 1.0).shape == ()


@pytest.mark.parametrize("pwv", [0.0, -1.0, 1.6, float("nan"), float("inf")])
def test_water_outside_the_fit_is_refused(pwv: float) -> None:
    message = "pwv_mm is .*; allowed for the noise of band 9: 0.05 to 1.5 mm$"
    with pytest.raises(InputError, match=message):
        find_atmosphere(9).system_temperature_k(pwv, 1.0)


@pytest.mark.parametrize("airmass", [0.9, AIRMASS[1] + 0.1, float("nan"), [1.0, 9.0]])
def test_airmass_outside_the_fit_is_refused(airmass: float) -> None:
    with pytest.raises(InputError, match=r"airmass is .*; allowed: 1 to 3.9 \(elevation above 14"):
        find_atmosphere(6).system_temperature_k(1.0, airmass)


def test_unknown_band() -> None:
    with pytest.raises(InputError, match="band is 10; allowed: 3, 4, 5, 6, 7, 8, 9"):
        find_atmosphere(10)
