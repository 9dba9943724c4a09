"""Images that CASA exported, and what is refused of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from casa_sim.casa.images import read_casa_image
from casa_sim.errors import CasaError
from casa_sim.settings import ObservationSettings
from skytypes import SkyImage

SETTINGS = ObservationSettings("alma.cycle9.7.cfg", imsize_px=64)


def _export(path: Path, data: Any = None, **cards: Any) -> Path:
    header = fits.Header(
        {
            "CTYPE1": "RA---SIN",
            "CRVAL1": 250.0,
            "CRPIX1": 33.0,
            "CDELT1": -8 / 3.6e6,
            "CTYPE2": "DEC--SIN",
            "CRVAL2": -30.0,
            "CRPIX2": 33.0,
            "CDELT2": 8 / 3.6e6,
            "BMAJ": 0.05 / 3600,
            "BMIN": 0.04 / 3600,
            "BPA": -80.0,
            **cards,
        }
    )
    picture = np.ones((64, 64), np.float32) if data is None else data
    fits.PrimaryHDU(picture, header).writeto(path)
    return path


def test_an_export_becomes_ours(tmp_path: Path, sky: SkyImage) -> None:
    data = np.ones((64, 64), np.float32)
    data[0, 0] = np.nan
    image = read_casa_image(_export(tmp_path / "a.fits", data), sky, SETTINGS)
    assert (image.unit, image.pixel_scale_arcsec, image.centre_px) == ("Jy/beam", 0.008, (32, 32))
    assert image.beam is not None
    assert (round(image.beam.bmaj_arcsec, 9), image.beam.bpa_deg) == (0.05, 100.0)
    assert image.data[0, 0] == 0
    assert dict(image.truth) == dict(sky.truth)


@pytest.mark.parametrize(("said", "ours"), [(-1e-17, 0.0), (180.0, 0.0), (-90.0, 90.0)])
def test_a_beam_s_angle_is_below_180(
    tmp_path: Path, sky: SkyImage, said: float, ours: float
) -> None:
    beam = read_casa_image(_export(tmp_path / "a.fits", BPA=said), sky, SETTINGS).beam
    assert beam is not None
    assert beam.bpa_deg == ours


@pytest.mark.parametrize(
    "cards",
    [
        {"CDELT1": 8 / 3.6e6},
        {"CDELT2": 9 / 3.6e6},
        {"CRPIX2": 32.0},
        {"CRVAL1": 250.001},
        {"CTYPE1": "GLON-SIN"},
    ],
)
def test_another_geometry_is_refused(tmp_path: Path, sky: SkyImage, cards: dict[str, Any]) -> None:
    with pytest.raises(CasaError, match=r"asked for 64 x 64 of 8 mas at \(250.0, -30.0\)"):
        read_casa_image(_export(tmp_path / "a.fits", **cards), sky, SETTINGS)


def test_an_image_without_numbers_or_beam_is_refused(tmp_path: Path, sky: SkyImage) -> None:
    blank = _export(tmp_path / "a.fits", np.full((64, 64), np.nan, np.float32))
    with pytest.raises(CasaError, match=r"a.fits holds no number"):
        read_casa_image(blank, sky, SETTINGS)
    beamless = _export(tmp_path / "b.fits")
    with fits.open(beamless, mode="update") as hdus:
        del hdus[0].header["BMAJ"]
    with pytest.raises(CasaError, match=r"b.fits has no beam"):
        read_casa_image(beamless, sky, SETTINGS)
