"""Sky models that are taken, and those that are refused in one line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from casa_sim import NativeSimulator
from casa_sim.settings import ObservationSettings
from casa_sim.skies import check_sky, read_sky
from skyrun.fits import make_header, write_image
from skytypes import SkyImage
from skytypes.errors import InputError


def test_a_good_sky_is_read(tmp_path: Path, sky: SkyImage) -> None:
    write_image(tmp_path / "a.fits", sky)
    assert read_sky(tmp_path / "a.fits").data.sum() == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": np.zeros((32, 32))}, "the sky is empty"),
        ({"data": np.full((32, 32), -1.0)}, "total flux is -1024 Jy"),
        ({"data": np.ones((4, 32))}, "32 x 4 pixels; give at least 8"),
        ({"unit": "K"}, "the sky is in K; give Jy/pixel"),
    ],
)
def test_no_brightness_of_the_sky(
    tmp_path: Path, sky: SkyImage, change: dict[str, Any], message: str
) -> None:
    write_image(tmp_path / "a.fits", replace(sky, **change))
    with pytest.raises(InputError, match=rf"a.fits: .*{message}"):
        read_sky(tmp_path / "a.fits")


def _broken(kind: str, sky: SkyImage, path: Path) -> None:
    header = make_header(sky)
    data = np.array(sky.data)
    if kind == "no WCS":
        for axis in (1, 2):
            for card in ("CTYPE", "CRVAL", "CRPIX", "CDELT", "CUNIT"):
                del header[f"{card}{axis}"]
    elif kind == "NaN":
        data[3, 3] = np.nan
    elif kind == "no unit":
        del header["BUNIT"]
    elif kind == "cube":
        data = np.stack([data, data])
    fits.PrimaryHDU(data, header).writeto(path)
    if kind == "huge":
        text = path.read_bytes()
        path.write_bytes(
            text.replace(
                b"NAXIS1  =                   32", b"NAXIS1  =              1000000"
            ).replace(b"NAXIS2  =                   32", b"NAXIS2  =              1000000")
        )
    elif kind == "cut":
        path.write_bytes(path.read_bytes()[:4000])


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("no WCS", "CTYPE1 = RA"),
        ("NaN", "1 of 1024 pixels are NaN or infinite"),
        ("no unit", "BUNIT is ''"),
        ("cube", "axes are 32 x 32 x 2"),
        ("huge", "declares 1000000 x 1000000 pixels; at most"),
        ("cut", "cut short"),
    ],
)
def test_bad_files(tmp_path: Path, sky: SkyImage, kind: str, message: str) -> None:
    _broken(kind, sky, tmp_path / "bad.fits")
    with pytest.raises(InputError, match=rf"bad.fits: .*{message}") as caught:
        read_sky(tmp_path / "bad.fits")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "pixels", [(1e13,), (-1e13, 1.0), (1e308, 1e308), (1e300, -1e300), (1e-21,)]
)
def test_a_flux_that_no_source_has(sky: SkyImage, pixels: tuple[float, ...]) -> None:
    data = np.zeros((32, 32))
    data[4, : len(pixels)] = pixels
    with pytest.raises(InputError, match=r"the sky has \S+ Jy; give 1e-20 to 1e\+12 Jy in all"):
        check_sky(replace(sky, data=data))


@pytest.mark.parametrize("flux_jy", [1e-20, 1e12])
def test_the_largest_and_smallest_flux_give_a_picture(sky: SkyImage, flux_jy: float) -> None:
    data = np.zeros((32, 32))
    data[16, 16] = flux_jy
    settings = ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=64, noise="none")
    seen = NativeSimulator(settings).observe(replace(sky, data=data), seed=1).image
    assert float(seen.data.max()) == pytest.approx(flux_jy, rel=0.1)


def test_the_band_must_be_that_of_the_sky(sky: SkyImage) -> None:
    with pytest.raises(InputError, match="the sky is at 230 GHz but band 8 is at 405 GHz"):
        check_sky(sky, ObservationSettings("alma.cycle9.7.cfg", band=8))
    check_sky(replace(sky, frequency_hz=None), ObservationSettings("alma.cycle9.7.cfg", band=8))


def test_a_source_below_the_horizon_is_refused(sky: SkyImage) -> None:
    with pytest.raises(InputError, match="declination 80 deg"):
        check_sky(replace(sky, dec_deg=80.0), ObservationSettings("alma.cycle9.7.cfg"))
