"""Angles as catalogues write them, and positions on the sky."""

from __future__ import annotations

import math
import re
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..coordinates import wrapped_longitude_deg

Degrees: TypeAlias = NDArray[np.float64]

_SEXAGESIMAL = re.compile(r"([+-]?)([0-9]{1,3})(?::([0-9]{1,2}(?:\.[0-9]*)?))?(?::([0-9.]+))?")


def sexagesimal(text: str, what: str) -> float:
    """Degrees or hours from ``+62:16:09.4``; minutes and seconds may be absent.

    Parameters
    ----------
    text : str
    what : str

    Raises
    ------
    ValueError
        If the text is no such angle, or minutes or seconds pass 60.

    Examples
    --------
    >>> sexagesimal("-00:30", "DECJ")
    -0.5
    """
    match = _SEXAGESIMAL.fullmatch(text)
    if match is None or len(text) > 40 or text.count(".") > 1:
        raise ValueError(f"{what} {text[:40]!r} is no angle such as 12:34:56.7")
    sign, *parts = match.groups()
    whole, minutes, seconds = (float(p) if p and p != "." else 0.0 for p in parts)
    if max(minutes, seconds) > 60.0:
        raise ValueError(f"{what} {text!r} has minutes or seconds over 60")
    return math.copysign(whole + minutes / 60 + seconds / 3600, -1.0 if sign == "-" else 1.0)


def equatorial(lon_deg: Degrees, lat_deg: Degrees) -> tuple[Degrees, Degrees]:
    """ICRS right ascension and declination [deg] of ecliptic positions.

    Parameters
    ----------
    lon_deg, lat_deg : shape (n,), [deg]
        On the mean ecliptic and equinox of J2000, as timing programs have them: the true
        ecliptic's nutation would shift pulsars by 10 arcsec.

    Examples
    --------
    >>> ra_deg, dec_deg = equatorial(np.array([90.0]), np.array([0.0]))
    >>> round(float(dec_deg[0]), 3)
    23.439
    """
    from astropy import units
    from astropy.coordinates import BarycentricMeanEcliptic, SkyCoord

    degree = units.deg
    sky = SkyCoord(lon=lon_deg * degree, lat=lat_deg * degree, frame=BarycentricMeanEcliptic).icrs
    return np.asarray(sky.ra.deg), np.asarray(sky.dec.deg)


def galactic(ra_deg: Degrees, dec_deg: Degrees) -> tuple[Degrees, Degrees]:
    """Galactic longitude in (-180, 180] and latitude [deg] of ICRS positions.

    Parameters
    ----------
    ra_deg, dec_deg : shape (n,), [deg]

    Examples
    --------
    >>> l_deg, b_deg = galactic(np.array([266.405]), np.array([-28.936]))
    >>> bool(abs(l_deg[0]) < 0.01 and abs(b_deg[0]) < 0.01)
    True
    """
    from astropy.coordinates import SkyCoord

    sky = SkyCoord(ra_deg, dec_deg, unit="deg").galactic
    return wrapped_longitude_deg(np.asarray(sky.l.deg)), np.asarray(sky.b.deg)
