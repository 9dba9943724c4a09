"""Tracks, weights, setups and visibility tables, by themselves."""

from __future__ import annotations

import math
import os
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import AltAz, EarthLocation, SkyCoord
from astropy.time import Time
from astropy.utils import iers
from hypothesis import given
from hypothesis import strategies as st

from casa_sim import NativeSimulator, SetupCache
from casa_sim.antennas import antenna_positions
from casa_sim.constants import SPEED_OF_LIGHT_M_S
from casa_sim.native import cache as caching
from casa_sim.native.cache import VARIABLE, default_cache
from casa_sim.native.correlator import observe_visibilities
from casa_sim.native.images import dirty_image
from casa_sim.native.observing import observe_natively
from casa_sim.native.other_baselines import observe_at, visibilities_at
from casa_sim.native.setup import make_setup
from casa_sim.native.tracks import uv_track
from casa_sim.native.weights import imaging_weights
from casa_sim.settings import ObservationSettings
from casa_sim.site import CENTRE_M
from casa_sim.visibility_table import read_visibilities, write_visibilities
from skytypes import SkyImage
from skytypes.errors import InputError

SETTINGS = ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=128, niter=30)
POSITIONS = antenna_positions("alma.cycle9.5.cfg")


def _sky(**changes: Any) -> SkyImage:
    data = np.zeros((64, 64))
    data[40, 20], data[30, 30] = 0.03, 0.02
    return replace(SkyImage(data, 0.02, "Jy/pixel", truth={"pa_deg": 3.0}), **changes)


def test_baselines_keep_their_length_and_close_to_triangles() -> None:
    track = uv_track(POSITIONS, 250.0, -30.0, time_s=60)
    first, second = np.triu_indices(len(POSITIONS), 1)
    lengths = np.linalg.norm(POSITIONS[first] - POSITIONS[second], axis=1)
    seen = np.linalg.norm(track.uvw_m.reshape(6, -1, 3), axis=2)
    assert np.allclose(seen, lengths, rtol=1e-9)
    by_pair = {(int(a), int(b)): n for n, (a, b) in enumerate(zip(first, second, strict=True))}
    once = track.uvw_m[: track.baselines]
    triangle = once[by_pair[0, 1]] + once[by_pair[1, 2]] - once[by_pair[0, 2]]
    assert np.abs(triangle).max() < 1e-6


@given(dec=st.floats(-70, 25), ra=st.floats(0, 359), hour=st.floats(-3, 3))
def test_w_is_the_way_to_the_source(dec: float, ra: float, hour: float) -> None:
    """u, v and w of an array turned by a rotation: the three have the array's own geometry."""
    track = uv_track(POSITIONS[:5], ra, dec, time_s=60, hour_angle_h=hour)
    one = track.uvw_m[: track.baselines]
    first, second = np.triu_indices(5, 1)
    ground = POSITIONS[first] - POSITIONS[second]
    assert np.allclose(one @ one.T, ground @ ground.T, rtol=1e-9, atol=1e-4)


@pytest.mark.parametrize(("ra", "dec", "hour"), [(250.0, -30.0, 0.0), (40.0, 10.0, 2.0)])
def test_elevation_against_astropy(ra: float, dec: float, hour: float) -> None:
    track = uv_track(POSITIONS, ra, dec, time_s=600, hour_angle_h=hour)
    place = EarthLocation.from_geocentric(*CENTRE_M, unit=units.m)
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("auto_max_age", None):
        frame = AltAz(obstime=Time(track.mjd, format="mjd", scale="utc"), location=place)
        true = SkyCoord(ra, dec, unit="deg").transform_to(frame).alt.rad
    # Astropy's horizon is the ellipsoid's; CASA's is the geocentric one, 0.14 deg off at most.
    assert np.abs(track.elevation_rad - true).max() < math.radians(0.15)


def test_a_track_below_the_horizon_is_refused() -> None:
    with pytest.raises(InputError, match="the source is below the horizon"):
        uv_track(POSITIONS, 250.0, 80.0, time_s=60)
    with pytest.raises(InputError, match=r"positions have shape \(1, 3\)"):
        uv_track(POSITIONS[:1], 250.0, -30.0, time_s=60)


def test_briggs_weights_as_one_would_write_them_down() -> None:
    rng = np.random.default_rng(2)
    uvw = rng.normal(0, 300, (400, 3))
    own = rng.uniform(0.5, 2, 400)
    side, cell, frequency = 64, 0.05, 230e9
    scale = frequency / SPEED_OF_LIGHT_M_S * side * cell * math.pi / 648_000

    def cell_of(u: float, v: float) -> tuple[int, int]:
        return int(u * scale + side / 2), int(v * scale + side / 2)

    density: dict[tuple[int, int], float] = {}
    for (u, v, _), w in zip(uvw, own, strict=True):
        for sign in (1, -1):
            place = cell_of(sign * u, sign * v)
            density[place] = density.get(place, 0) + w
    f2 = (5 * 10**-0.3) ** 2 / (sum(d**2 for d in density.values()) / (2 * own.sum()))
    true = [w / (1 + density[cell_of(u, v)] * f2) for (u, v, _), w in zip(uvw, own, strict=True)]
    options: dict[str, Any] = {"imsize_px": side, "cell_arcsec": cell, "weights": own}
    assert imaging_weights(uvw, frequency, robust=0.3, **options) == pytest.approx(true)
    uniform = imaging_weights(uvw, frequency, weighting="uniform", **options)
    assert uniform == pytest.approx(
        [w / density[cell_of(u, v)] for (u, v, _), w in zip(uvw, own, strict=True)]
    )


def test_robust_goes_from_uniform_to_natural() -> None:
    uvw = uv_track(POSITIONS, 250.0, -30.0, time_s=60).uvw_m
    options: dict[str, Any] = {"imsize_px": 256, "cell_arcsec": 0.03}
    natural = imaging_weights(uvw, 230e9, robust=2, **options)
    assert natural.min() > 0.95 * natural.max()
    nearly = imaging_weights(uvw, 230e9, robust=-2, **options)
    uniform = imaging_weights(uvw, 230e9, weighting="uniform", **options)
    assert np.corrcoef(nearly, uniform)[0, 1] > 0.999


def test_a_taper_alone_makes_its_own_beam() -> None:
    wide = make_setup(replace(SETTINGS, taper_arcsec=0.5, cell_mas=30.0), 250.0, -30.0).beam
    none = make_setup(replace(SETTINGS, cell_mas=30.0), 250.0, -30.0).beam
    assert none.bmaj_arcsec < 0.3
    assert 0.5 < wide.bmin_arcsec < 0.65


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weighting": "heavy"}, "weighting is 'heavy'; allowed: natural, uniform, briggs"),
        ({"robust": 3}, "robust is 3; allowed: -2 to 2"),
        ({"taper_arcsec": -1}, "taper is -1 arcsec"),
        ({"cell_arcsec": 0.5}, "pixels are too coarse for the longest baseline"),
    ],
)
def test_bad_weighting(options: dict[str, Any], message: str) -> None:
    uvw = np.array([[1000.0, 0, 0]])
    with pytest.raises(InputError, match=message):
        imaging_weights(uvw, 230e9, **{"imsize_px": 64, "cell_arcsec": 0.01, **options})


def test_bad_images() -> None:
    uvw, one = np.array([[100.0, 0, 0]]), np.ones(1)
    with pytest.raises(InputError, match="an image of 31 pixels a side"):
        dirty_image(one, uvw, one, 230e9, imsize_px=31, cell_arcsec=0.01)
    with pytest.raises(InputError, match="the weights add up to 0"):
        dirty_image(one, uvw, 0 * one, 230e9, imsize_px=64, cell_arcsec=0.01)


def test_the_seed_decides_every_bit() -> None:
    one = observe_natively(_sky(), SETTINGS, seed=4)
    again = observe_natively(_sky(), SETTINGS, seed=4, cache=SetupCache())
    other = observe_natively(_sky(), SETTINGS, seed=5)
    assert one.image.data.tobytes() == again.image.data.tobytes()
    assert one.image.data.tobytes() != other.image.data.tobytes()
    assert one.image.truth == {"pa_deg": 3.0}
    assert one.image.provenance is not None
    assert one.settings["sigma_jy"][0] == pytest.approx(0.0093, rel=0.05)


def test_what_was_observed_before_changes_nothing() -> None:
    """A setup is kept for observations that differ in niter, stage and weather."""
    kept = SetupCache()
    few, dirty = replace(SETTINGS, niter=3), replace(SETTINGS, stage="dirty", pwv_mm=3.0)
    for settings in (SETTINGS, few, dirty, SETTINGS):
        alone = observe_natively(_sky(), settings, seed=4)
        after_others = observe_natively(_sky(), settings, seed=4, cache=kept)
        assert after_others.image.data.tobytes() == alone.image.data.tobytes()
        assert dict(after_others.settings) == dict(alone.settings)
    assert observe_natively(_sky(), few, seed=4, cache=kept).settings["iterdone"] == 3


def test_arrays_draw_their_own_noise() -> None:
    two = replace(SETTINGS, array_lo="alma.cycle9.4.cfg", cell_mas=20.0)
    seen = observe_visibilities(_sky(), two, seed=1)
    silent = observe_visibilities(_sky(), replace(two, noise="none"), seed=1)
    noise = (seen.values - silent.values).reshape(2, -1)
    assert abs(np.vdot(*noise)) < 5 * 0.0066**2 * 2 * math.sqrt(noise.shape[1])
    assert np.std(noise) == pytest.approx(seen.sigma_jy.mean() * math.sqrt(2), rel=0.02)


def test_phases_and_flux_scale() -> None:
    silent = replace(SETTINGS, noise="none")
    true = observe_visibilities(_sky(), silent, seed=1).values
    wrong = observe_visibilities(_sky(), replace(silent, phase_rms_deg=30), seed=1).values
    assert np.allclose(np.abs(wrong), np.abs(true), rtol=1e-5)
    kept = np.mean((wrong / true).real)
    assert kept == pytest.approx(math.exp(-(math.radians(30) ** 2)), abs=0.1)
    scaled = observe_visibilities(_sky(), replace(silent, flux_error_percent=10), seed=1).values
    ratio = scaled / true
    assert np.ptp(ratio.real) < 1e-5
    assert ratio[0].real != pytest.approx(1.0, abs=1e-4)


def test_visibilities_travel_as_a_table(tmp_path: Path) -> None:
    seen = observe_visibilities(_sky(), SETTINGS, seed=1)
    write_visibilities(tmp_path / "v.fits", seen)
    back = read_visibilities(tmp_path / "v.fits")
    assert np.array_equal(back.uvw_m, seen.uvw_m)
    assert np.array_equal(back.values.astype(np.complex64), seen.values)
    assert (back.frequency_hz, back.ra_deg, back.dec_deg) == (230e9, 250.0, -30.0)


@pytest.mark.parametrize("content", [b"", b"SIMPLE  =", b"\0" * 5760])
def test_a_file_that_is_no_table(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "v.fits").write_bytes(content)
    with pytest.raises(InputError, match=r"v\.fits: "):
        read_visibilities(tmp_path / "v.fits")
    with pytest.raises(InputError, match=r"none\.fits: "):
        read_visibilities(tmp_path / "none.fits")


def test_setups_are_kept_on_disk_and_bounded(tmp_path: Path) -> None:
    kept = SetupCache(tmp_path / "c")
    made = kept.get(SETTINGS, 250.0, -30.0)
    (file,) = (tmp_path / "c").iterdir()
    read = SetupCache(tmp_path / "c").get(SETTINGS, 250.0, -30.0)
    assert read.psf.tobytes() == made.psf.tobytes()
    assert read.beam == made.beam
    # Noise and CLEAN do not decide a setup; weighting does.
    assert kept.get(replace(SETTINGS, pwv_mm=2.0, niter=9), 250.0, -30.0) is made
    bounded = SetupCache(tmp_path / "c", max_disk_bytes=int(1.5 * file.stat().st_size))
    os.utime(file, (1, 1))
    bounded.get(replace(SETTINGS, robust=0.0), 250.0, -30.0)
    assert not file.exists()
    assert len(list((tmp_path / "c").iterdir())) == 1


def test_memory_is_bounded(tmp_path: Path) -> None:
    kept = SetupCache(max_memory_bytes=1)
    first = kept.get(SETTINGS, 250.0, -30.0)
    kept.get(replace(SETTINGS, robust=0.0), 250.0, -30.0)
    assert kept.get(SETTINGS, 250.0, -30.0) is not first
    with pytest.raises(InputError, match="size is negative"):
        SetupCache(max_disk_bytes=-1)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file; give a folder for the cache"):
        SetupCache(tmp_path / "file")


@pytest.mark.parametrize("damage", [b"", b"PK\3\4 no zip", b"\x80\x04junk"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: bytes) -> None:
    made = SetupCache(tmp_path).get(SETTINGS, 250.0, -30.0)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)
    again = SetupCache(tmp_path).get(SETTINGS, 250.0, -30.0)
    assert again.psf.tobytes() == made.psf.tobytes()
    assert file.stat().st_size > 1000


def test_where_commands_keep_setups(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(VARIABLE, raising=False)
    assert default_cache().folder == tmp_path / "casa-sim"
    monkeypatch.setenv(VARIABLE, "off")
    assert default_cache().folder is None
    monkeypatch.setenv(VARIABLE, str(tmp_path / "x"))
    assert default_cache().folder == tmp_path / "x"
    assert caching.MAX_DISK_BYTES == 1 << 30


def test_the_simulator_keeps_its_contract() -> None:
    simulator = NativeSimulator(SETTINGS, keep=("dirty", "psf"))
    seen = simulator.observe(_sky(), seed=1)
    assert seen.dirty is not None
    assert seen.psf is not None
    assert seen.psf.data[64, 64] == 1.0
    with pytest.raises(InputError, match="keep is 'work'; allowed: dirty, psf"):
        NativeSimulator(SETTINGS, keep=("work",))
    with pytest.raises(InputError, match="stage is 'visibilities'"):
        NativeSimulator(replace(SETTINGS, stage="visibilities"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": np.zeros((64, 64))}, "the sky is empty"),
        ({"unit": "K"}, "the sky is in K"),
        ({"pixel_scale_arcsec": 0.5}, "pixels of 500 mas are too coarse"),
        ({"dec_deg": 60.0}, "the elevation falls to"),
        ({"frequency_hz": 345e9}, "the sky is at 345 GHz but band 6"),
    ],
)
def test_skies_that_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        observe_natively(_sky(**changes), SETTINGS, seed=1)


def test_a_cache_travels_to_other_processes_as_its_folder(tmp_path: Path) -> None:
    kept = SetupCache(tmp_path, max_memory_bytes=7, max_disk_bytes=1 << 30)
    kept.get(SETTINGS, 250.0, -30.0)
    there = pickle.loads(pickle.dumps(kept))
    assert (there.folder, there.max_memory_bytes) == (tmp_path, 7)
    assert there.get(SETTINGS, 250.0, -30.0).beam == kept.get(SETTINGS, 250.0, -30.0).beam


def test_the_baselines_of_another_data_set() -> None:
    """A track through a table is the track itself."""
    silent = replace(SETTINGS, noise="none")
    where = observe_visibilities(_sky(), SETTINGS, seed=1)
    seen = visibilities_at(_sky(), where, silent, seed=1)
    assert np.array_equal(seen.values, observe_visibilities(_sky(), silent, seed=1).values)
    ours = observe_natively(_sky(), silent, seed=1, keep=("psf",))
    there = observe_at(_sky(), replace(where, sigma_jy=0 * where.sigma_jy), silent, seed=1)
    assert np.abs(there.image.data - ours.image.data).max() < 1e-6 * ours.image.data.max()
    noisy = visibilities_at(_sky(), where, SETTINGS, seed=1).values - seen.values
    assert np.std(noisy.real) == pytest.approx(where.sigma_jy.mean(), rel=0.03)
    scaled = visibilities_at(_sky(), where, replace(silent, flux_error_percent=10), seed=1)
    whole = replace(silent, flux_error_percent=10)
    assert np.array_equal(scaled.values, observe_visibilities(_sky(), whole, seed=1).values)
    with pytest.raises(InputError, match="phase_rms_deg is 20, but a table of visibilities does"):
        visibilities_at(_sky(), where, replace(silent, phase_rms_deg=20), seed=1)
    with pytest.raises(InputError, match="some visibilities have no SIGMA above 0"):
        visibilities_at(_sky(), replace(where, sigma_jy=0 * where.sigma_jy), SETTINGS, seed=1)
    with pytest.raises(InputError, match="visibilities are at 100 GHz but band 6 is at 230 GHz"):
        visibilities_at(_sky(), replace(where, frequency_hz=100e9), SETTINGS, seed=1)
