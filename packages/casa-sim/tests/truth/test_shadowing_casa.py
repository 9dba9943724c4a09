"""Shadowed antennas against real CASA's flags, noise and images; all but one test need no CASA.

What CASA gave is in ``casa_shadowing.npz``, written by ``tools/tables/casa_shadowing.py``.
"""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from casa_sim import ObservationSettings
from casa_sim.antennas import antenna_positions
from casa_sim.campaign import observe_disks
from casa_sim.native.observing import observe_natively
from casa_sim.native.tracks import uv_track
from casa_sim.tasks import DiskTask
from casa_sim.visibility_table import read_visibilities
from skyrun.fits import write_image
from skytypes import Beam, Observation, SkyImage

with np.load(Path(__file__).with_name("casa_shadowing.npz"), allow_pickle=False) as _file:
    KEPT = {name: _file[name] for name in _file.files}
CASES: list[dict[str, Any]] = json.loads(str(KEPT["cases"]))
MEASURED: dict[str, Any] = json.loads(str(KEPT["measured"]))
# Share of rows that CASA flagged, by case: said here too, so that no case is empty unseen.
SHARES = (0.3787, 0.1878, 0.6302, 0.2215, 0.6401, 0.2912, 0.1794, 0.0465, 0.0)
IMSIZE_PX, EVERY_PX = 256, 6


def _flags(number: int, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The rows that CASA flagged, shape (integrations, baselines)."""
    changes = np.unpackbits(KEPT[f"flags_{number}"], count=shape[0] * shape[1]).astype(bool)
    flagged: NDArray[np.bool_] = np.logical_xor.accumulate(changes.reshape(shape), axis=0)
    return flagged


@pytest.mark.parametrize("number", range(len(SHARES)))
def test_the_rows_without_a_visibility_are_those_that_casa_flags(number: int) -> None:
    """Nine tracks: five arrays, declinations -70 to 35 deg, hour angles -3 to 4 h, integrations of
    10 to 60 s. Seven pairs pass the limit by less than 2 mm, so the limit itself is seen.
    """
    case = CASES[number]
    positions = antenna_positions(case["array"])
    track = uv_track(
        positions,
        case["ra"],
        case["dec"],
        time_s=case["time_s"],
        integration_s=case["integration_s"],
        hour_angle_h=case["hour_angle_h"],
    )
    casas = _flags(number, track.shadowed.shape)
    assert casas.mean() == pytest.approx(SHARES[number], abs=1e-4)
    assert np.array_equal(track.shadowed, casas)
    assert len(track.uvw_m) == track.seen_each.sum() == np.count_nonzero(~casas)


@pytest.fixture(scope="module")
def observed() -> Observation:
    """The first case, as `tools/tables/casa_shadowing.py` has CASA observe it, without noise."""
    y, x = np.indices((256, 256)) - 128
    data = np.exp(-0.5 * ((x - 10) ** 2 + (y + 7) ** 2) / 100)
    case = CASES[0]
    sky = SkyImage(
        0.5 * data / data.sum(), 0.05, "Jy/pixel", ra_deg=case["ra"], dec_deg=case["dec"]
    )
    return observe_natively(sky, _settings("none"), seed=1, keep=("dirty", "psf"))


def _settings(noise: str) -> ObservationSettings:
    case = CASES[0]
    return ObservationSettings(
        case["array"], time_s=case["time_s"], imsize_px=IMSIZE_PX, noise=noise, stage="dirty"
    )


def _pixels(picture: SkyImage | None) -> NDArray[np.float64]:
    assert picture is not None
    return picture.data[::EVERY_PX, ::EVERY_PX].astype(np.float64)


def test_psf_and_beam_at_declination_25_are_casas(observed: Observation) -> None:
    psf = _pixels(observed.psf)
    assert psf.shape == KEPT["psf"].shape == (43, 43)
    assert np.abs(psf - KEPT["psf"] / 32767).max() < 2e-3
    beam = observed.image.beam
    assert beam is not None
    casas = Beam(*MEASURED["beam"]).covariance_arcsec2()
    apart = np.linalg.norm(beam.covariance_arcsec2() - casas) / np.linalg.norm(casas)
    assert apart < 1e-3


def test_dirty_image_at_declination_25_is_casas(observed: Observation) -> None:
    ours, casas = _pixels(observed.dirty), KEPT["dirty"] * (MEASURED["peak_jy_beam"] / 32767)
    inside = ours != 0  # Beyond the primary beam nothing is shown.
    assert np.count_nonzero(inside) > 900
    assert np.linalg.norm((ours - casas)[inside]) < 5e-3 * np.linalg.norm(casas[inside])


def test_noise_and_number_of_visibilities_at_declination_25_are_casas() -> None:
    case = CASES[0]
    sky = SkyImage(np.eye(64), 0.05, "Jy/pixel", ra_deg=case["ra"], dec_deg=case["dec"])
    told = observe_natively(sky, _settings("thermal"), seed=1).settings
    assert told["visibilities"] == [MEASURED["visibilities"]] == [3366]
    # Two polarisations of 3366 visibilities, real and imaginary: CASA's own is known to 0.6 %.
    assert told["sigma_jy"] == [pytest.approx(MEASURED["sigma_jy"], rel=0.015)]


@pytest.mark.casa
@pytest.mark.skipif(
    importlib.util.find_spec("casatasks") is None, reason="CASA is not installed (extra casa)"
)
def test_the_installed_casa_gives_the_same_visibilities(tmp_path: Path) -> None:
    """Both backends at declination 25 deg: without the rule CASA's table held 38 % of garbage."""
    case = CASES[0]
    sky = SkyImage(
        np.eye(64) / 64, 0.05, "Jy/pixel", ra_deg=case["ra"], dec_deg=case["dec"], name="low"
    )
    write_image(tmp_path / "low.fits", sky)
    settings = replace(_settings("thermal"), stage="visibilities")
    task, tables = DiskTask("low", tmp_path / "low.fits", settings, 1), []
    for backend in ("native", "casa"):
        (result,) = observe_disks([task], tmp_path / backend, backend=backend, quiet=True)
        assert result.status == "made", result.reason
        tables.append(read_visibilities(result.file))
    ours, casas = tables
    assert len(ours.values) == len(casas.values) == MEASURED["visibilities"]
    assert np.abs(ours.uvw_m - casas.uvw_m).max() < 2e-3
    assert casas.sigma_jy[0] == pytest.approx(float(ours.sigma_jy[0]), rel=0.02)
    noise = (casas.values - ours.values) / np.hypot(casas.sigma_jy, ours.sigma_jy)
    # Two parts of 3366 visibilities: known to 1 %. The same sky is in both.
    assert np.sqrt(np.mean(np.abs(noise) ** 2) / 2) == pytest.approx(1.0, rel=0.04)
