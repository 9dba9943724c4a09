"""Where the array stands, as CASA's antenna lists take it, and how high it sees a source."""

from __future__ import annotations

import math

LATITUDE_DEG = -23.022886
LONGITUDE_DEG = -67.754929
HEIGHT_M = 5056.8


def elevation_deg(dec_deg: float, from_transit_s: float) -> float:
    """Elevation at the array's site [deg].

    Parameters
    ----------
    dec_deg : float
        [deg]
    from_transit_s : float
        Time before or after transit, sidereal [s].

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
