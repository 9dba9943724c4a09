"""Thermal noise against CASA's measurement sets and the observatory's sensitivity formula."""

from __future__ import annotations

import math
from typing import Any

import erfa
import numpy as np
import pytest
from numpy.typing import NDArray

from casa_sim.native.atmosphere_table import find_atmosphere
from casa_sim.native.noise import held_airmass, stokes_i_sigma_jy, visibility_sigma_jy
from casa_sim.site import local_to_itrf

# CASA's formula and what its measurement sets hold: band, pwv [mm], both sigma [mJy], the last's
# statistical error [mJy]; airmass 1.00746.
CASA_ROWS = [
    (6, 0.8, 8.993, 8.996, 0.019),
    (6, 1.0, 9.317, 9.320, 0.020),
    (6, 1.65, 10.389, 10.393, 0.022),
    (6, 2.5, 11.838, 11.844, 0.025),
    (8, 0.4, 27.722, 27.735, 0.060),
    (8, 0.8, 35.015, 35.033, 0.075),
    (8, 1.2, 43.216, 43.241, 0.093),
]
# Bands and elevations beyond these: band, pwv [mm], declination [deg], sigma [Jy] of 216720 parts
# that CASA 6.7.0.31 drew in 600 s, all with one seed, so that their ratios have no sampling error.
CASA_RUNS = [
    (9, 0.5, -30.0, 0.06957165876271262),
    (5, 2.0, 35.0, 0.015150773877288783),
    (3, 3.0, -30.0, 0.007099783220700228),
    (4, 3.0, 35.0, 0.010462718640891655),
    (7, 1.0, -30.0, 0.018435395869388898),
]
RUN_PARTS = 216_720
MJD_ZERO, DATE = 2400000.5, 56657.6


def casa_elevation_rad(dec_deg: float, time_s: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Times [s] and elevation of RA 16h40m about transit, above the plane across the radius."""
    x, y, z = local_to_itrf(np.zeros((1, 3)))[0]
    latitude = math.atan2(z, math.hypot(x, y))
    of_date = erfa.pmat06(MJD_ZERO, DATE) @ erfa.s2c(math.radians(250.0), math.radians(dec_deg))
    times = np.arange(5.0, time_s, 10.0)
    hour_angle = (times - time_s / 2) * 2 * math.pi / 86164.1
    across = np.hypot(of_date[0], of_date[1]) * math.cos(latitude) * np.cos(hour_angle)
    return times, np.arcsin(of_date[2] * math.sin(latitude) + across)


def track_sigma_jy(band: int, pwv_mm: float, dec_deg: float, time_s: float) -> float:
    """Root mean square over a track, of one polarisation."""
    airmass = held_airmass(*casa_elevation_rad(dec_deg, time_s))
    return math.sqrt((visibility_sigma_jy(band, pwv_mm, airmass) ** 2).mean())


@pytest.mark.parametrize(("band", "pwv", "formula", "drawn", "error"), CASA_ROWS)
def test_seven_rows(band: int, pwv: float, formula: float, drawn: float, error: float) -> None:
    ours = float(visibility_sigma_jy(band, pwv, 1.00746)) * 1e3
    # The aim is 0.1 %; the rows are written to four or five figures.
    assert ours == pytest.approx(formula, rel=1.5e-4)
    assert ours == pytest.approx(drawn, rel=1e-3)
    assert abs(ours - drawn) < 2 * error


@pytest.mark.shared_data
def test_reference_measurement_sets(reference: dict[str, Any]) -> None:
    params, stored = reference["params"], reference["sigma_vis"]
    casa = math.hypot(stored["re"], stored["im"]) / math.sqrt(2)
    time_s = params["total_time_s"]
    ours = track_sigma_jy(params["band"], params["pwv_mm"], -30.0, time_s)
    parts = 4 * 903 * time_s / 10
    assert abs(ours / casa - 1) < 3 / math.sqrt(2 * parts)
    assert ours == pytest.approx(casa, rel=3e-3)


def test_other_bands_and_low_elevations() -> None:
    ratios = np.array([casa / track_sigma_jy(b, p, dec, 600.0) for b, p, dec, casa in CASA_RUNS])
    assert abs(ratios.mean() - 1) < 3 / math.sqrt(2 * RUN_PARTS)
    assert np.abs(ratios / ratios.mean() - 1).max() < 5e-4


@pytest.mark.parametrize("band", [3, 6, 7, 8])
def test_published_sensitivity(band: int) -> None:
    """Rms of a naturally weighted image of 43 antennas in 1800 s.

    Source: ALMA Technical Handbook, chapter 9, the sensitivity calculator: system temperature
    with forward efficiency 0.95, and point-source sensitivity
    ``2 k Tsys / (eta_q eta_c A_eff sqrt(N (N - 1) n_pol dnu t))`` with the quantisation efficiency
    0.96, the correlator's 0.88, and the aperture's 0.72 times Ruze's for 25 micron. Its factor w_r
    is for robust weighting, and left out.
    """
    pwv, airmass, antennas, seconds = 1.0, 1.05, 43, 1800.0
    air = find_atmosphere(band)
    through = math.exp(-air.opacity(pwv) * airmass)
    mean_k = float(air.mean_temperature_k(pwv, airmass))
    sky_k = float(air.radiation_k(mean_k)) * (1 - through) + float(air.radiation_k(2.725)) * through
    ground_k = float(air.radiation_k(270.0))
    system_k = (air.trx_k + 0.95 * sky_k + 0.05 * ground_k) / (0.95 * through)
    ruze = math.exp(-((4 * math.pi * 25e-6 * air.frequency_hz / 299_792_458.0) ** 2))
    area_m2 = 0.72 * ruze * math.pi * 6.0**2
    per_kelvin = 2 * 1.380649e-23 / (0.96 * 0.88 * area_m2) * 1e26
    published = per_kelvin * system_k / math.sqrt(antennas * (antennas - 1) * 2 * 7.5e9 * seconds)

    visibilities = antennas * (antennas - 1) / 2 * seconds / 10.0
    ours = float(stokes_i_sigma_jy(band, pwv, airmass)) / math.sqrt(visibilities)
    assert ours == pytest.approx(published, rel=0.05)
    # What is left is CASA's blockage, 0.4 %.
    assert ours / published == pytest.approx(1 / (1 - (0.75 / 12) ** 2), rel=2e-3)
