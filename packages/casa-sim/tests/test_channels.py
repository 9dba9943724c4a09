"""Own frequency, bandwidth and channels: settings, noise, tables, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from casa_sim import NativeSimulator, ObservationSettings, ObservedSkies
from casa_sim.arrays import BANDS, find_band
from casa_sim.native.atmosphere_table import MAX_OPACITY, PWV_MM, find_atmosphere
from casa_sim.native.channels import channel_baselines, channel_sigma_jy
from casa_sim.native.correlator import observe_visibilities
from casa_sim.native.noise import visibility_sigma_jy
from casa_sim.native.other_baselines import visibilities_at
from casa_sim.native.setup import make_setup
from casa_sim.native.uv_noise import UvNoise
from casa_sim.skies import check_sky
from casa_sim.visibility_table import read_visibilities, write_visibilities
from skytypes import SkyImage
from skytypes.errors import InputError

SHORT = ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=256)
FOUR = replace(SHORT, channels=4, bandwidth_ghz=8.0)
SKY = SkyImage(np.pad(np.eye(8), 28), 0.01, "Jy/pixel", frequency_hz=230e9)


def test_what_is_not_said_is_the_band_s() -> None:
    said = replace(SHORT, frequency_ghz=230.0, bandwidth_ghz=7.5, channels=1)
    assert said.as_dict() == SHORT.as_dict()
    assert (SHORT.channels_hz, SHORT.channel_width_hz) == ((230e9,), 7.5e9)
    assert said.receiver is SHORT.receiver is BANDS[6]


def test_channels_lie_side_by_side_around_the_middle() -> None:
    assert FOUR.channels_hz == (227e9, 229e9, 231e9, 233e9)
    assert FOUR.channel_width_hz == 2e9
    assert replace(FOUR, channels=3, frequency_ghz=250.0).channels_hz[1] == 250e9


def test_rules_go_with_the_frequency() -> None:
    tuned = ObservationSettings("alma.cycle9.6.cfg", frequency_ghz=260.0)
    assert tuned.receiver.primary_beam_arcsec == pytest.approx(25.0 * 230 / 260)
    # 13 mas x 230/260 = 11.5; 80 mas x 230/260 / 11 = 6.4.
    assert (tuned.image_cell_mas, tuned.scales_px) == (11.0, (0, 3, 6, 12))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"frequency_ghz": 300.0},
            "300 and 7.5 GHz wide; band 6 is 211 to 275 GHz, so give 2",
        ),
        ({"frequency_ghz": 212.0}, "212 and 7.5 GHz wide; .* so give 214.75 to 271.25"),
        ({"frequency_ghz": math.nan}, "frequency_ghz is nan"),
        ({"bandwidth_ghz": 65.0}, r"bandwidth_ghz is 65; allowed: 1e-05 to 64 GHz \(band 6\)"),
        ({"bandwidth_ghz": 0.0}, "bandwidth_ghz is 0; allowed"),
        ({"channels": 0}, "channels is 0; allowed: 1 to 1024"),
        ({"channels": 1.5}, "channels is 1.5; give a whole number"),
        ({"channels": 1024, "time_s": 3600.0}, "332[0-9]* visibilities .* allowed: 8388608, so"),
        ({"spectral_index": 11.0}, "spectral_index is 11; allowed: -10 to 10"),
        ({"band": 11}, "band is 11; allowed: 3"),
    ],
)
def test_what_is_not_allowed_is_said_in_one_line(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        replace(SHORT, **change)
    assert "\n" not in str(caught.value)


def test_a_sky_of_the_band_may_be_observed_anywhere_in_it() -> None:
    check_sky(SKY, replace(SHORT, frequency_ghz=260.0))
    with pytest.raises(InputError, match="the sky is at 405 GHz but band 6 is at 260 GHz"):
        check_sky(replace(SKY, frequency_hz=405e9), replace(SHORT, frequency_ghz=260.0))
    with pytest.raises(InputError, match="the sky is at 260 GHz but band 6 is at 230 GHz"):
        check_sky(replace(SKY, frequency_hz=260e9), SHORT)


@pytest.mark.parametrize("number", BANDS)
def test_the_spectrum_meets_the_band_s_own_row(number: int) -> None:
    row, hz = find_atmosphere(number), BANDS[number].frequency_hz
    # One hertz beside the usual frequency it is the knots that answer.
    near = find_atmosphere(number, hz + 1)
    assert near is not row
    pwv = min(1.0, row.pwv_max_mm)
    assert float(near.system_temperature_k(pwv, 1.2)) == pytest.approx(
        float(row.system_temperature_k(pwv, 1.2)), rel=4e-3
    )


@pytest.mark.parametrize("number", BANDS)
def test_every_frequency_of_a_band_has_an_atmosphere_or_is_opaque(number: int) -> None:
    band = find_band(number)
    opaque = 0
    for hz in np.linspace(band.low_hz, band.high_hz, 997):
        try:
            air = find_atmosphere(number, float(hz))
        except InputError as error:
            assert "the air is opaque at" in str(error)
            opaque += 1
            continue
        assert air.pwv_min_mm == PWV_MM[0] <= air.pwv_max_mm <= PWV_MM[1]
        assert air.opacity(air.pwv_max_mm) <= MAX_OPACITY + 1e-9
        assert 0 < float(air.sky_temperature_k(air.pwv_max_mm, 3.9)) < 270
        assert 100 < float(air.mean_temperature_k(air.pwv_min_mm, 1.0)) <= 270
    assert opaque < 0.1 * 997


# CASA's atmosphere tool, off the knots: GHz, band, pwv [mm], airmass, zenith opacity, sky [K].
CASA = [
    (95.3, 3, 2.0, 1.3, 0.023496, 10.6809),
    (140.1, 4, 3.0, 1.1, 0.055082, 18.6971),
    (190.7, 5, 0.7, 1.5, 0.087162, 35.8694),
    (218.4, 6, 1.0, 1.0, 0.049355, 17.0788),
    (250.0, 6, 2.2, 1.8, 0.196269, 77.7439),
    (300.9, 7, 0.9, 1.2, 0.099658, 34.7399),
    (340.2, 7, 0.5, 2.5, 0.090970, 58.6354),
    (411.3, 8, 0.6, 1.1, 0.219737, 62.5280),
    (492.2, 8, 0.4, 1.2, 0.496407, 122.1114),
    (690.1, 9, 0.5, 1.3, 0.635047, 153.4103),
]


@pytest.mark.parametrize("row", CASA)
def test_casa_s_atmosphere_between_the_knots(row: tuple[float, ...]) -> None:
    ghz, band, pwv, airmass, tau, sky_k = row
    air = find_atmosphere(int(band), ghz * 1e9)
    assert air.opacity(pwv) == pytest.approx(tau, abs=1e-3)
    above = 0.95 * air.radiation_k(sky_k) + 0.05 * air.radiation_k(270.0)
    casa = math.exp(tau * airmass) * (float(above) + air.trx_k)
    assert float(air.system_temperature_k(pwv, airmass)) == pytest.approx(casa, rel=3e-3)


def test_noise_of_channels_is_that_of_each_frequency() -> None:
    noise = channel_sigma_jy(FOUR, np.array([1.0, 1.5]))
    assert noise.shape == (4, 2)
    for row, hz in zip(noise, FOUR.channels_hz, strict=True):
        alone = visibility_sigma_jy(6, 1.0, [1.0, 1.5], bandwidth_hz=2e9, frequency_hz=hz)
        assert np.array_equal(row, alone)


def test_a_visibility_of_a_channel_is_one_of_a_longer_baseline() -> None:
    seen = observe_visibilities(SKY, replace(FOUR, noise="none"), seed=1)
    baselines = len(seen.values) // 4
    assert seen.channel_hz is not None
    for n, hz in enumerate(FOUR.channels_hz):
        part = slice(n * baselines, (n + 1) * baselines)
        assert (seen.channel_hz[part] == hz).all()
        assert np.array_equal(seen.uvw_m[part], seen.uvw_m[:baselines])
        alone = replace(FOUR, noise="none", channels=1, bandwidth_ghz=2.0, frequency_ghz=hz / 1e9)
        own = observe_visibilities(SKY, alone, seed=1)
        assert np.abs(own.values - seen.values[part]).max() < 2e-6 * np.abs(own.values).max()


def test_one_channel_leaves_baselines_as_they_are() -> None:
    uvw = np.ones((3, 3))
    assert channel_baselines(uvw, (230e9,), 230e9) is uvw


def test_a_spectral_index_brightens_the_upper_channels() -> None:
    flat, steep = (
        observe_visibilities(SKY, replace(FOUR, noise="none", spectral_index=a), seed=1)
        for a in (0.0, 3.0)
    )
    assert flat.channel_hz is not None
    wanted = flat.values * (flat.channel_hz / 230e9) ** 3
    assert np.abs(steep.values - wanted).max() < 1e-6 * np.abs(wanted).max()


def test_a_spectral_index_counts_from_the_sky_s_own_frequency() -> None:
    there = replace(SHORT, frequency_ghz=253.0, noise="none", spectral_index=2.0)
    flat = observe_visibilities(SKY, replace(there, spectral_index=0.0), seed=1)
    steep = observe_visibilities(SKY, there, seed=1)
    assert np.allclose(steep.values, flat.values * 1.1**2, rtol=1e-6)


def test_a_point_at_the_phase_centre_keeps_its_flux_in_any_channels() -> None:
    data = np.zeros((64, 64))
    data[32, 32] = 0.5
    for channels in (1, 5):
        settings = replace(FOUR, channels=channels, noise="none", stage="dirty")
        made = NativeSimulator(settings).observe(SkyImage(data, 0.01, "Jy/pixel"), seed=1)
        assert float(made.image.data[128, 128]) == pytest.approx(0.5, rel=1e-5)


def test_channels_fill_the_uv_plane() -> None:
    wide = replace(FOUR, bandwidth_ghz=40.0, frequency_ghz=243.0)
    one, many = (make_setup(replace(wide, channels=n), 250.0, -30.0) for n in (1, 8))
    assert len(many.uvw_m) == 8 * len(one.uvw_m) == len(many.weights)
    far = np.hypot(*np.mgrid[-128:128, -128:128]) > 60
    assert np.std(many.inner_psf[far]) < 0.8 * np.std(one.inner_psf[far])


def test_both_routes_to_a_dirty_image_have_the_same_noise() -> None:
    settings = replace(FOUR, stage="dirty", spectral_index=0.0)
    setup = make_setup(settings, 250.0, -30.0)
    by_plane = UvNoise(setup).rms_jy_beam(settings)
    sigma = observe_visibilities(SKY, settings, seed=1, tracks=setup.tracks).sigma_jy
    weights = setup.weights.astype(float)
    exact = math.sqrt(((weights * sigma) ** 2).sum()) / weights.sum()
    assert by_plane == pytest.approx(exact, rel=1e-6)


def test_the_image_plane_route_takes_channels_and_refuses_a_spectral_index() -> None:
    class Skies:
        def __len__(self) -> int:
            return 1

        def sky(self, index: int) -> SkyImage:
            return SKY

    quiet = replace(FOUR, noise="none")
    plane, seen = (
        ObservedSkies(Skies(), quiet, route=route, labels=())[0].inputs["image"]
        for route in ("image-plane", "visibilities")
    )
    assert np.abs(np.asarray(plane) - np.asarray(seen)).max() < 5e-3 * np.abs(seen).max()
    with pytest.raises(InputError, match="spectral_index is 2; the image-plane route has one sky"):
        ObservedSkies(Skies(), replace(FOUR, spectral_index=2.0), route="image-plane")


def test_a_table_of_channels_comes_back_and_can_be_observed_at(tmp_path: Path) -> None:
    seen = observe_visibilities(SKY, FOUR, seed=1)
    write_visibilities(tmp_path / "v.fits", seen)
    back = read_visibilities(tmp_path / "v.fits")
    assert back.channel_hz is not None and seen.channel_hz is not None
    assert np.array_equal(back.channel_hz, seen.channel_hz)
    assert np.array_equal(back.middle_uvw_m, seen.middle_uvw_m)
    again = visibilities_at(SKY, back, replace(SHORT, noise="none"), seed=1)
    true = observe_visibilities(SKY, replace(FOUR, noise="none"), seed=1)
    assert np.abs(again.values - true.values).max() < 1e-6 * np.abs(true.values).max()
    with pytest.raises(InputError, match="channels is 4, but a table of visibilities has its own"):
        visibilities_at(SKY, back, FOUR, seed=1)


def test_phase_errors_are_the_same_in_all_channels() -> None:
    bent, true = (
        observe_visibilities(SKY, replace(FOUR, noise="none", phase_rms_deg=rms), seed=2)
        for rms in (20.0, 0.0)
    )
    turn = (bent.values / true.values).reshape(4, -1)
    strong = np.abs(true.values).reshape(4, -1).min(axis=0) > 0.1
    assert np.allclose(turn[0, strong], turn[3, strong], atol=1e-4)
