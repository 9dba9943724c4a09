"""Directions against astropy."""

from __future__ import annotations

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from casa_sim.casa.directions import direction_text, middle_direction
from skyrun.fits import make_header
from skytypes import SkyImage


@given(ra=st.floats(0, 360, exclude_max=True), dec=st.floats(-89.9, 89.9))
def test_text_is_the_position_to_ten_microarcseconds_or_so(ra: float, dec: float) -> None:
    text = direction_text(ra, dec)
    assert text.startswith("J2000 ")
    assert "60.0" not in text
    assert "60m" not in text
    read = SkyCoord(text.removeprefix("J2000 "))
    assert read.separation(SkyCoord(ra * u.deg, dec * u.deg)).arcsec < 1e-4


@given(
    nx=st.integers(4, 40),
    ny=st.integers(4, 40),
    x=st.floats(-50, 90),
    y=st.floats(-50, 90),
    dec=st.floats(-80, 20),
)
def test_middle_is_where_the_wcs_puts_it(nx: int, ny: int, x: float, y: float, dec: float) -> None:
    sky = SkyImage(
        np.ones((ny, nx)), 0.5, "Jy/pixel", ra_deg=0.01, dec_deg=dec, reference_px=(x, y)
    )
    ra_wcs, dec_wcs = WCS(make_header(sky)).wcs_pix2world(nx / 2, ny / 2, 0)
    middle = SkyCoord(*middle_direction(sky), unit="deg")
    assert middle.separation(SkyCoord(ra_wcs, dec_wcs, unit="deg")).arcsec < 1e-6
