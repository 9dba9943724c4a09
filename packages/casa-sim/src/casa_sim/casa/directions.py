"""Directions on the sky, as numbers and as CASA wants them written."""

from __future__ import annotations

import math

from skytypes import SkyImage


def direction_text(ra_deg: float, dec_deg: float) -> str:
    """A position as CASA reads it, J2000, to 1e-5 s and 1e-5 arcsec.

    Parameters
    ----------
    ra_deg, dec_deg : float
        [deg]

    Examples
    --------
    >>> direction_text(250.0, -30.0)
    'J2000 16h40m00.00000s -30d00m00.00000s'
    >>> direction_text(359.99999999999, -0.25)
    'J2000 00h00m00.00000s -00d15m00.00000s'
    """
    hours, minutes, seconds = _sexagesimal(ra_deg / 15)
    right_ascension = f"{hours % 24:02d}h{minutes:02d}m{seconds}s"
    degrees, minutes, seconds = _sexagesimal(abs(dec_deg))
    sign = "-" if dec_deg < 0 else "+"
    return f"J2000 {right_ascension} {sign}{degrees:02d}d{minutes:02d}m{seconds}s"


def _sexagesimal(value: float) -> tuple[int, int, str]:
    """Whole units, minutes, and seconds to five places; in integers, so that 60 never appears."""
    ticks = round(value * 3600 * 100_000)
    minutes, ticks = divmod(ticks, 6_000_000)
    seconds, fraction = divmod(ticks, 100_000)
    return minutes // 60, minutes % 60, f"{seconds:02d}.{fraction:05d}"


def middle_direction(sky: SkyImage) -> tuple[float, float]:
    """Direction of the point where CASA puts the middle of a model: pixel (nx/2, ny/2) from 0.

    For an even number of pixels and the usual reference pixel N // 2 this is the reference
    position itself.

    Parameters
    ----------
    sky : SkyImage
        ``sky.data`` of shape (y, x), SIN projection.

    Returns
    -------
    (ra_deg, dec_deg)
        [deg]

    Notes
    -----
    Source: Calabretta & Greisen 2002, A&A 395, 1077, doi:10.1051/0004-6361:20021327, eqs. 59-60
    (SIN, its inverse).

    Examples
    --------
    >>> import numpy as np
    >>> middle_direction(SkyImage(np.ones((4, 4)), 0.01, "Jy/pixel"))
    (250.0, -30.0)
    """
    ny, nx = sky.data.shape
    x, y = sky.centre_px
    if (x, y) == (nx / 2, ny / 2):
        return sky.ra_deg, sky.dec_deg
    pixel = math.radians(sky.pixel_scale_arcsec / 3600)
    east, north = -(nx / 2 - x) * pixel, (ny / 2 - y) * pixel
    dec = math.radians(sky.dec_deg)
    depth = math.sqrt(1 - east**2 - north**2)
    ra_offset = math.atan2(east, math.cos(dec) * depth - math.sin(dec) * north)
    dec_middle = math.asin(math.cos(dec) * north + math.sin(dec) * depth)
    return (sky.ra_deg + math.degrees(ra_offset)) % 360, math.degrees(dec_middle)
