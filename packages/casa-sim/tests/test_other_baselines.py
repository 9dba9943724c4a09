"""Visibilities as a table, and skies observed at the baselines of one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from casa_sim.campaign import observe_disks
from casa_sim.native.correlator import observe_visibilities
from casa_sim.native.observing import observe_natively
from casa_sim.native.other_baselines import observe_at, visibilities_at
from casa_sim.settings import ObservationSettings
from casa_sim.tasks import DiskTask
from casa_sim.visibility_table import read_visibilities, write_visibilities
from skyrun.fits import write_image
from skytypes import SkyImage
from skytypes.errors import InputError

SETTINGS = ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=128, niter=30)


def test_visibilities_travel_as_a_table(pair: SkyImage, tmp_path: Path) -> None:
    seen = observe_visibilities(pair, SETTINGS, seed=1)
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


def test_the_baselines_of_another_data_set(pair: SkyImage) -> None:
    """A track through a table is the track itself."""
    silent = replace(SETTINGS, noise="none")
    where = observe_visibilities(pair, SETTINGS, seed=1)
    seen = visibilities_at(pair, where, silent, seed=1)
    assert np.array_equal(seen.values, observe_visibilities(pair, silent, seed=1).values)
    ours = observe_natively(pair, silent, seed=1, keep=("psf",))
    there = observe_at(pair, replace(where, sigma_jy=0 * where.sigma_jy), silent, seed=1)
    assert np.abs(there.image.data - ours.image.data).max() < 1e-6 * ours.image.data.max()
    noisy = visibilities_at(pair, where, SETTINGS, seed=1).values - seen.values
    assert np.std(noisy.real) == pytest.approx(where.sigma_jy.mean(), rel=0.03)
    scaled = visibilities_at(pair, where, replace(silent, flux_error_percent=10), seed=1)
    whole = replace(silent, flux_error_percent=10)
    assert np.array_equal(scaled.values, observe_visibilities(pair, whole, seed=1).values)
    with pytest.raises(InputError, match="phase_rms_deg is 20, but a table of visibilities does"):
        visibilities_at(pair, where, replace(silent, phase_rms_deg=20), seed=1)
    with pytest.raises(InputError, match="some visibilities have no SIGMA above 0"):
        visibilities_at(pair, replace(where, sigma_jy=0 * where.sigma_jy), SETTINGS, seed=1)
    beside = replace(pair, reference_px=(300.0, 32.0))
    with pytest.raises(InputError, match="0 % of the sky's flux is within the image"):
        observe_at(beside, where, SETTINGS, seed=1)
    with pytest.raises(InputError, match="visibilities are at 100 GHz but band 6 is at 230 GHz"):
        visibilities_at(pair, replace(where, frequency_hz=100e9), SETTINGS, seed=1)


NOT_OBSERVED = ("ARRAY", "ARRAYLO", "BANDWID", "PWV", "EXPTIME")


def test_the_header_tells_what_was_observed(pair: SkyImage, tmp_path: Path) -> None:
    """An array that only gave the cell, and the defaults of time and weather, are no telescope."""
    four = replace(SETTINGS, time_s=120, pwv_mm=2.5, channels=4, bandwidth_ghz=4.0)
    table = tmp_path / "v.fits"
    seen = observe_visibilities(pair, four, seed=1)
    write_visibilities(table, seen)
    write_image(tmp_path / "s.fits", pair)

    def made(settings: ObservationSettings) -> tuple[str, fits.Header]:
        task = DiskTask("s", tmp_path / "s.fits", settings, 1, uv_table=table)
        (result,) = observe_disks([task], tmp_path / "out", quiet=True)
        return result.status, fits.getheader(result.file)

    status, header = made(SETTINGS)
    assert not set(header) & set(NOT_OBSERVED)
    assert (status, header["NCHAN"], header["BAND"]) == ("made", 4, 6)
    assert header["NVIS1"] == len(seen.values) // 4
    told = json.loads(header["PROVENAN"])["configuration"]["settings"]
    assert not set(told) & {"array_cfg", "array_lo", "time_s", "pwv_mm", "bandwidth_ghz"}
    assert told["cell_mas"] == SETTINGS.image_cell_mas
    assert told["scales_px"] == list(SETTINGS.scales_px)
    # What does not decide on the image does not make it again; what does, does.
    assert made(replace(SETTINGS, time_s=300, pwv_mm=0.5))[0] == "kept"
    assert made(replace(SETTINGS, array_cfg="alma.cycle9.6.cfg"))[0] == "made"
