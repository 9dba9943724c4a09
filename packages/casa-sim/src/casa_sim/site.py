"""Where the array stands, as CASA's antenna lists take it, and how high it sees a source."""

from __future__ import annotations

import math

import erfa
import numpy as np
from numpy.typing import NDArray

LATITUDE_DEG = -23.022886
LONGITUDE_DEG = -67.754929
HEIGHT_M = 5056.8

_WGS84 = 1

CENTRE_M: NDArray[np.float64] = np.asarray(
    erfa.gd2gc(_WGS84, math.radians(LONGITUDE_DEG), math.radians(LATITUDE_DEG), HEIGHT_M)
)
"""The array's reference position, ITRF x, y, z [m]."""
CENTRE_M.setflags(write=False)


def elevation_deg(dec_deg: float, from_transit_s: float) -> float:
    """Elevation at the array's site [deg].

    Parameters
    ----------
    dec_deg : float
        [deg]
    from_transit_s : float
        Time before or after transit, sidereal [s].

    Returns
    -------
    float
        From the horizon of `LATITUDE_DEG` up, -90 to 90.

    Notes
    -----
    ``sin e = sin(lat) sin(dec) + cos(lat) cos(dec) cos(h)``, ``h`` the hour angle.

    Examples
    --------
    >>> round(elevation_deg(-30.0, 0.0), 2)
    83.02
    """
    latitude, dec = math.radians(LATITUDE_DEG), math.radians(dec_deg)
    hour_angle = from_transit_s * 2 * math.pi / 86400
    sine = math.sin(latitude) * math.sin(dec)
    sine += math.cos(latitude) * math.cos(dec) * math.cos(hour_angle)
    return math.degrees(math.asin(min(1.0, max(-1.0, sine))))


def local_to_itrf(local: NDArray[np.float64]) -> NDArray[np.float64]:
    """Positions about the ALMA centre, brought to the Earth's frame.

    Parameters
    ----------
    local : ndarray, shape (n, 3)
        East, north, up of the centre's tangent plane [m].

    Returns
    -------
    ndarray, shape (n, 3)
        ITRF x, y, z [m].

    Notes
    -----
    The centre and its plane are geodetic (WGS84), as CASA takes them: its own conversion of the
    shipped lists is met to 4e-5 m.

    Examples
    --------
    >>> centre = local_to_itrf(np.zeros((1, 3)))[0]
    >>> round(float(np.linalg.norm(centre)) / 1000)
    6380
    """
    lon, lat = math.radians(LONGITUDE_DEG), math.radians(LATITUDE_DEG)
    east = (-math.sin(lon), math.cos(lon), 0.0)
    north = (-math.sin(lat) * math.cos(lon), -math.sin(lat) * math.sin(lon), math.cos(lat))
    up = (math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat))
    positions: NDArray[np.float64] = CENTRE_M + np.asarray(local) @ np.array([east, north, up])
    return positions
