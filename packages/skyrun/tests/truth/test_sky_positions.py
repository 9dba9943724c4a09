"""Row 0 is south, column 0 east: each pixel keeps its place on the sky as astropy reads it."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from skyrun.fits import make_header, read_image, write_image
from skytypes import SkyImage

SHAPE = (5, 7)


def foreign(folder: Path, signs: tuple[int, int], projection: str = "SIN") -> Path:
    """A picture of pixels 0, 1, 2 … whose axes run as the signs of CDELT1 and CDELT2 say."""
    header = fits.Header({"BUNIT": "K", "RADESYS": "ICRS"})
    for axis, (name, sign) in enumerate(zip(("RA--", "DEC-"), signs, strict=True), start=1):
        header[f"CTYPE{axis}"] = f"{name}-{projection}"
        header[f"CRVAL{axis}"] = (40.0, 60.0)[axis - 1]
        header[f"CRPIX{axis}"] = (2.25, 4.5)[axis - 1]
        header[f"CDELT{axis}"] = sign * 0.5 / 3600
    path = folder / "foreign.fits"
    data = np.arange(35, dtype=np.float32).reshape(SHAPE)
    fits.PrimaryHDU(data, header).writeto(path, overwrite=True)
    return path


@pytest.mark.parametrize("projection", ["SIN", "TAN"])
@pytest.mark.parametrize("signs", [(-1, 1), (1, 1), (-1, -1), (1, -1)])
def test_every_pixel_keeps_its_value_and_its_place(
    tmp_path: Path, signs: tuple[int, int], projection: str
) -> None:
    path = foreign(tmp_path, signs, projection)
    image = read_image(path)
    before = WCS(fits.getheader(path))
    header = make_header(image)
    header["CTYPE1"], header["CTYPE2"] = f"RA---{projection}", f"DEC--{projection}"
    after = WCS(header)
    old = fits.getdata(path)
    for row in range(SHAPE[0]):
        for column in range(SHAPE[1]):
            y, x = np.argwhere(image.data == old[row, column])[0]
            expected = before.wcs_pix2world([[column, row]], 0)
            assert after.wcs_pix2world([[x, y]], 0) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("signs", [(-1, 1), (1, 1), (-1, -1), (1, -1)])
def test_row_0_is_south_and_column_0_is_east(tmp_path: Path, signs: tuple[int, int]) -> None:
    image = read_image(foreign(tmp_path, signs))
    wcs = WCS(make_header(image))
    corner, column, row = wcs.wcs_pix2world([[0, 0], [1, 0], [0, 1]], 0)
    assert column[0] < corner[0]  # RA falls to the west
    assert row[1] > corner[1]


def test_a_source_to_the_north_east_has_larger_ra_and_dec(tmp_path: Path) -> None:
    data = np.zeros((21, 21))
    data[10 + 4, 10 - 3] = 1.0
    write_image(tmp_path / "a.fits", SkyImage(data, 1.0, "Jy/pixel", ra_deg=80.0, dec_deg=0.0))
    with fits.open(tmp_path / "a.fits") as hdus:
        row, column = np.argwhere(hdus[0].data == 1)[0]
        ra, dec = WCS(hdus[0].header).wcs_pix2world([[column, row]], 0)[0]
    assert (ra - 80.0) * 3600 == pytest.approx(3.0, abs=1e-6)
    assert dec * 3600 == pytest.approx(4.0, abs=1e-6)
