"""Antennas in one another's way: what is left of an observation, on both routes and from CASA."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casa_sim import CasaSimulator, NativeSimulator, ObservationSettings, SetupCache
from casa_sim.antenna_lists import DISH_M
from casa_sim.antennas import antenna_positions
from casa_sim.casa.calls import VISIBILITIES, observing_calls
from casa_sim.casa.observing import exported_visibilities
from casa_sim.casa.worker import CasaWorker
from casa_sim.errors import CasaError
from casa_sim.native.correlator import observe_visibilities
from casa_sim.native.noise import stokes_i_sigma_jy, track_airmass
from casa_sim.native.routes import ImagePlaneRoute, VisibilityRoute
from casa_sim.native.setup import make_setup
from casa_sim.native.shadowing import BLOCKED_SHARE, SHADOW_M, blocked_share, shadowed_baselines
from casa_sim.native.tracks import uv_track
from casa_sim.native.uv_noise import UvNoise
from skytypes import SkyImage
from skytypes.errors import InputError

LOW = ObservationSettings("alma.cycle9.1.cfg", time_s=120, imsize_px=128, stage="dirty")
PLACE = 68.0, 25.0
SKY = SkyImage(np.eye(64) / 64, 0.1, "Jy/pixel", ra_deg=PLACE[0], dec_deg=PLACE[1])
TWO_IN_LINE = "# observatory=ALMA\n# coordsys=LOC\n0 0 0 12. A\n0 13 0 12. B\n"


def test_the_limit_is_where_a_millionth_of_the_dish_is_blocked() -> None:
    assert blocked_share(SHADOW_M) == pytest.approx(BLOCKED_SHARE, rel=1e-9)
    assert 0.001 < DISH_M - SHADOW_M < 0.0012
    # By counting points of a dish that lie within another, 6 m away.
    y, x = np.indices((1001, 1001)) / 500 - 1
    here, there = x**2 + y**2 < 1, (x - 1) ** 2 + y**2 < 1
    assert blocked_share(6.0) == pytest.approx((here & there).sum() / here.sum(), abs=2e-3)


@given(seed=st.integers(0, 2**32 - 1), antennas=st.integers(2, 9), width=st.floats(5.0, 200.0))
def test_every_baseline_of_a_shadowed_antenna_is_left_out(
    seed: int, antennas: int, width: float
) -> None:
    places = np.random.default_rng(seed).uniform(-width, width, (3, antennas, 3))
    first, second = np.triu_indices(antennas, 1)
    left_out = shadowed_baselines(places[:, first] - places[:, second], antennas)
    for place, row in zip(places, left_out, strict=True):
        is_shadowed = [
            any(
                np.hypot(*(place[one] - place[other])[:2]) < SHADOW_M
                and (place[one, 2] > place[other, 2] or (place[one, 2] == place[other, 2]))
                for other in range(antennas)
                if other != one
            )
            for one in range(antennas)
        ]
        expected = [is_shadowed[a] or is_shadowed[b] for a, b in zip(first, second, strict=True)]
        assert row.tolist() == expected


def test_an_array_wholly_in_its_own_shadow_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "two.cfg"
    path.write_text(TWO_IN_LINE)
    settings = replace(LOW, array_cfg=str(path), cell_mas=1000.0)
    message = r"^declination 25 deg: every baseline has an antenna in another's shadow \(elev.*$"
    with pytest.raises(InputError, match=message) as caught:
        NativeSimulator(settings).observe(SKY, seed=1)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="in another's shadow"):
        observe_visibilities(SKY, settings, seed=1)
    # The same two stand clear of each other as seen from above.
    above = replace(SKY, dec_deg=-25.0)
    assert len(observe_visibilities(above, settings, seed=1).values) == 12


@pytest.mark.usefixtures("fake_casa")
def test_casa_is_not_asked_for_it(tmp_path: Path) -> None:
    path = tmp_path / "two.cfg"
    path.write_text(TWO_IN_LINE)
    settings = replace(LOW, array_cfg=str(path), cell_mas=1000.0)
    with (
        CasaSimulator(settings, folder=tmp_path / "work") as simulator,
        pytest.raises(InputError, match="every baseline has an antenna in another's shadow"),
    ):
        simulator.observe(SKY, seed=1)
    assert not list((tmp_path / "work").rglob("sky.npy"))


def test_no_product_holds_a_shadowed_visibility() -> None:
    track = uv_track(antenna_positions(LOW.array_cfg), *PLACE, time_s=LOW.time_s)
    count = int(track.seen_each.sum())
    assert 0 < count < len(track.all_uvw_m) == 12 * 903
    seen = observe_visibilities(SKY, LOW, seed=1)
    assert len(seen.values) == len(seen.sigma_jy) == len(seen.uvw_m) == count
    assert np.array_equal(seen.uvw_m, track.all_uvw_m[~track.shadowed.ravel()])
    setup = make_setup(LOW, *PLACE)
    assert len(setup.weights) == len(setup.uvw_m) == count
    told = NativeSimulator(LOW).observe(SKY, seed=1).settings
    assert told["visibilities"] == [count]


def test_channels_and_wandering_phases_keep_to_the_rows_that_are_left() -> None:
    settings = replace(LOW, channels=3, phase_rms_deg=20.0, noise="none")
    point = np.zeros((64, 64))
    point[32, 32] = 1.0
    sky = replace(SKY, data=point)
    seen = observe_visibilities(sky, settings, seed=4)
    track = uv_track(antenna_positions(LOW.array_cfg), *PLACE, time_s=LOW.time_s)
    phases = np.angle(seen.values).reshape(3, -1)
    assert phases.shape[1] == len(track.uvw_m)
    assert np.abs(phases[1] - phases[0]).max() < 1e-5
    # Antennas alone decide: phases of a triangle of baselines add up to none.
    first, second = np.triu_indices(43, 1)
    whole = np.full(track.seen.shape, np.nan)
    whole[track.seen] = phases[0]
    one = whole[: track.baselines]
    by_pair = {(int(a), int(b)): one[n] for n, (a, b) in enumerate(zip(first, second, strict=True))}
    good = sorted({int(a) for a in first[np.isfinite(one)]})[:3]
    a, b, c = good
    closure = by_pair[a, b] + by_pair[b, c] - by_pair[a, c]
    assert abs(by_pair[a, b]) > 1e-3
    assert closure == pytest.approx(0.0, abs=1e-5)


def test_both_routes_have_the_noise_of_what_is_left() -> None:
    setup = make_setup(LOW, *PLACE)
    (track,) = setup.tracks
    each = stokes_i_sigma_jy(LOW.band, LOW.pwv_mm, track_airmass(track))
    sigma = np.repeat(each, np.count_nonzero(~track.shadowed, axis=1))
    assert np.allclose(observe_visibilities(SKY, LOW, seed=1).sigma_jy, sigma, rtol=1e-6)
    weights = setup.weights.astype(np.float64)
    expected = np.sqrt(np.sum((weights * sigma) ** 2)) / weights.sum()
    assert UvNoise(setup).rms_jy_beam(LOW) == pytest.approx(expected, rel=1e-6)


def test_both_routes_make_the_same_image() -> None:
    quiet = replace(LOW, noise="none")
    one, other = (
        route(SetupCache()).image(SKY, quiet, seed=1)[0]
        for route in (VisibilityRoute, ImagePlaneRoute)
    )
    assert np.abs(one - other).max() < 2e-3 * np.abs(one).max()


def test_a_kept_setup_has_the_same_visibilities(tmp_path: Path) -> None:
    made = SetupCache(tmp_path).get(LOW, *PLACE)
    read = SetupCache(tmp_path).get(LOW, *PLACE)
    assert read is not made
    assert np.array_equal(read.weights, made.weights)
    assert np.array_equal(read.uvw_m, made.uvw_m)


@pytest.mark.usefixtures("fake_casa")
def test_rows_that_casa_flags_are_neither_measured_nor_exported(tmp_path: Path) -> None:
    settings = ObservationSettings(
        "alma.cycle9.7.cfg", pwv_mm=16.0, imsize_px=64, stage="visibilities", channels=2
    )
    sky = SkyImage(np.stack([np.eye(16), np.eye(16)])[0], 0.005, "Jy/pixel")
    np.save(tmp_path / "sky.npy", np.stack([sky.data, sky.data]))
    with CasaWorker(tmp_path / "worker") as worker:
        calls = observing_calls(settings, sky, seed=1)
        told = worker.run(calls, folder=tmp_path, log=tmp_path / "log")[2]["value"]
    assert told["sigma_jy"] == [pytest.approx(0.01, rel=0.1)]
    assert told["visibilities"] == [400]
    seen = exported_visibilities(tmp_path / VISIBILITIES, sky, settings, told)
    assert len(seen.values) == len(seen.uvw_m) == len(seen.sigma_jy) == 800
    assert np.abs(seen.values).max() < 1


@pytest.mark.usefixtures("fake_casa")
def test_casa_s_flags_on_every_row_are_a_failure(tmp_path: Path) -> None:
    settings = ObservationSettings("alma.cycle9.7.cfg", pwv_mm=17.0, imsize_px=64)
    np.save(tmp_path / "sky.npy", np.eye(16))
    with CasaWorker(tmp_path / "worker") as worker:
        calls = observing_calls(settings, SkyImage(np.eye(16), 0.005, "Jy/pixel"), seed=1)
        with pytest.raises(CasaError, match=r"all rows of sim/sim\.alma.*\.ms are flagged"):
            worker.run(calls, folder=tmp_path, log=tmp_path / "log")
