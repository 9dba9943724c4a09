"""Tracks: which baselines an array offers during an observation, in metres along u, v and w.

u is to the east, v to the north, w to the source: Thompson, Moran & Swenson 2017, Interferometry
and Synthesis in Radio Astronomy, eq. 4.1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import erfa
import numpy as np
from numpy.typing import NDArray

from skytypes.errors import InputError

from ..constants import SPEED_OF_LIGHT_M_S
from .shadowing import shadowed_baselines

Floats = NDArray[np.float64]

REFERENCE_DATE_MJD = 56658.0
"""2014-01-01, the date on which CASA's simobserve lets everything be observed."""

_MJD_ZERO = 2_400_000.5
_TT_MINUS_TAI_S = 32.184
_AU_M_PER_DAY = 149_597_870_700.0 / 86400.0
_EARTH_TURN_RAD_S = 7.292115e-5
# CASA steps from the reference date to transit by clock hours, not sidereal ones, and reads the
# date's UTC as TAI. The remainder was measured for seven directions: 35.085 to 35.156 s in all.
_CASA_CLOCK_S = 0.105


@dataclass(frozen=True)
class UvTrack:
    """The baselines of an observation, integration by integration.

    Parameters
    ----------
    all_uvw_m : ndarray, shape (integrations * baselines, 3)
        Antenna 1 minus antenna 2 along east, north and the line of sight of the phase centre in
        the J2000 frame [m]; baselines of the first integration first, antenna pairs in the order
        of ``numpy.triu_indices``.
    mjd : ndarray, shape (integrations,)
        Middle of each integration, UTC [d].
    elevation_rad : ndarray, shape (integrations,)
        Of the phase centre at the array [rad].
    shadowed : ndarray of bool, shape (integrations, baselines)
        Where an antenna of the baseline is in another's shadow (`casa_sim.native.shadowing`):
        there is no visibility.
    """

    all_uvw_m: Floats
    mjd: Floats
    elevation_rad: Floats
    shadowed: NDArray[np.bool_]

    @property
    def integrations(self) -> int:
        """Number of integrations."""
        return len(self.mjd)

    @property
    def baselines(self) -> int:
        """Number of antenna pairs."""
        return int(self.shadowed.shape[1])

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """Which of ``all_uvw_m`` have a visibility; shape (integrations * baselines,)."""
        return ~self.shadowed.ravel()

    @cached_property
    def seen_each(self) -> NDArray[np.int64]:
        """Number of visibilities of each integration."""
        return np.asarray(np.count_nonzero(~self.shadowed, axis=1))

    @cached_property
    def uvw_m(self) -> Floats:
        """The baselines that have a visibility, shape (n, 3) [m]; as ``all_uvw_m``."""
        return self.all_uvw_m if self.seen.all() else self.all_uvw_m[self.seen]

    @property
    def longest_m(self) -> float:
        """Longest baseline as the source sees it [m]."""
        return float(np.sqrt((self.uvw_m[:, :2] ** 2).sum(axis=1).max()))


def uv_track(
    positions_m: Floats,
    ra_deg: float,
    dec_deg: float,
    *,
    time_s: float,
    integration_s: float = 10.0,
    hour_angle_h: float = 0.0,
) -> UvTrack:
    """The track of an array on a phase centre, as CASA's simobserve has it.

    Parameters
    ----------
    positions_m : ndarray, shape (antennas, 3)
        ITRF [m].
    ra_deg, dec_deg : float
        Phase centre, J2000 [deg].
    time_s : float
        Total time [s], a multiple of ``integration_s``.
    integration_s : float
        [s]
    hour_angle_h : float
        Of the track's middle [h]; 0 is what CASA calls transit, which is up to two minutes off
        (Notes).

    Returns
    -------
    UvTrack

    Raises
    ------
    InputError
        If there are fewer than two antennas, the phase centre is below the horizon, or every
        antenna is in another's shadow all the time.

    Notes
    -----
    Sidereal time, precession and nutation are those of IAU 2006/2000A (Wallace & Capitaine 2006,
    A&A 459, 981, doi:10.1051/0004-6361:20065897, by way of erfa), UT1 is taken as UTC.
    The line of sight is the aberrated one, as CASA has it: without aberration the baselines turn by
    18 arcseconds, 9e-5 of their length. With it they agree with CASA to 2e-6.

    CASA finds transit by going from 0 h on `REFERENCE_DATE_MJD` as many clock hours as the hour
    angle has then; a clock hour is not a sidereal one, so the track is centred up to 112 s beside
    transit. It is so here too, since images are compared.

    Examples
    --------
    >>> from casa_sim.site import CENTRE_M
    >>> track = uv_track(np.array([[0.0, 0, 0], [100, 0, 0]]) + CENTRE_M, 250, -30, time_s=60)
    >>> track.uvw_m.shape, track.integrations, bool(track.longest_m <= 100)
    ((6, 3), 6, True)
    """
    if positions_m.ndim != 2 or positions_m.shape[1:] != (3,) or len(positions_m) < 2:
        raise InputError(f"positions have shape {positions_m.shape}; give (antennas, 3), 2 or more")
    number = round(time_s / integration_s)
    middle = _middle_mjd(positions_m[0], ra_deg, dec_deg) + hour_angle_h / 24
    mjd = middle + (np.arange(number) - (number - 1) / 2) * integration_s / 86400
    source = erfa.s2c(math.radians(ra_deg), math.radians(dec_deg))
    to_date = erfa.pnm06a(_MJD_ZERO, _tt(middle))
    sidereal = erfa.gst06a(_MJD_ZERO, mjd, _MJD_ZERO, _tt(mjd))
    apparent = _aberrated(source, middle)
    elevation = _elevation(to_date @ apparent, sidereal, positions_m.mean(axis=0))
    if elevation.min() <= 0:
        raise InputError(
            f"declination {dec_deg:g} deg: the source is below the horizon during the track "
            f"(elevation {math.degrees(elevation.min()):.1f} deg); choose another time or place"
        )
    turn = _axes(ra_deg, dec_deg) @ _shortest_turn(apparent, source) @ to_date.T
    uvw = _turned(positions_m, sidereal, turn)
    shadowed = shadowed_baselines(uvw.reshape(number, -1, 3), len(positions_m))
    if shadowed.all():
        raise InputError(
            f"declination {dec_deg:g} deg: every baseline has an antenna in another's shadow "
            f"(elevation {math.degrees(elevation.max()):.1f} deg at most); choose a wider array, "
            "another time or place"
        )
    return UvTrack(uvw, mjd, elevation, shadowed)


def _tt(mjd: Any) -> Any:
    """Terrestrial time of a UTC date [MJD]."""
    tai_minus_utc_s = erfa.dat(2014, 1, 1, 0.0)
    return mjd + (_TT_MINUS_TAI_S + tai_minus_utc_s) / 86400


def _middle_mjd(antenna_m: Floats, ra_deg: float, dec_deg: float) -> float:
    """Middle of a track that CASA calls centred on transit, UTC [MJD]; see `uv_track`."""
    start = REFERENCE_DATE_MJD
    source = erfa.s2c(math.radians(ra_deg), math.radians(dec_deg))
    x, y, _ = erfa.pnm06a(_MJD_ZERO, _tt(start)) @ _aberrated(source, start)
    longitude = math.atan2(antenna_m[1], antenna_m[0])
    hour_angle = erfa.gst06a(_MJD_ZERO, start, _MJD_ZERO, _tt(start)) + longitude - math.atan2(y, x)
    hour_angle = (hour_angle + math.pi) % (2 * math.pi) - math.pi
    clock_s = erfa.dat(2014, 1, 1, 0.0) + _CASA_CLOCK_S
    return float(start - hour_angle / (2 * math.pi) + clock_s / 86400)


def _aberrated(source: Floats, mjd: float) -> Floats:
    """Where a source seems to be from the moving Earth, J2000 unit vector."""
    _, barycentric = erfa.epv00(_MJD_ZERO, _tt(mjd))
    velocity = np.array(barycentric["v"]) * _AU_M_PER_DAY / SPEED_OF_LIGHT_M_S
    apparent: Floats = erfa.ab(source, velocity, 1.0, math.sqrt(1 - velocity @ velocity))
    return apparent


def _shortest_turn(start: Floats, end: Floats) -> Floats:
    """The rotation that takes one unit vector to another by the shortest way."""
    x, y, z = np.cross(start, end)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + cross + cross @ cross / (1 + start @ end))


def _axes(ra_deg: float, dec_deg: float) -> Floats:
    """East, north and the line of sight at a position, as rows."""
    ra, dec = math.radians(ra_deg), math.radians(dec_deg)
    east = [-math.sin(ra), math.cos(ra), 0.0]
    north = [-math.sin(dec) * math.cos(ra), -math.sin(dec) * math.sin(ra), math.cos(dec)]
    return np.array([east, north, erfa.s2c(ra, dec)])


def _elevation(apparent_of_date: Floats, sidereal: Floats, place_m: Floats) -> Floats:
    """Elevation of a direction [rad], by sidereal time; geocentric, as CASA's airmass has it."""
    x, y, z = place_m
    local, latitude = sidereal + math.atan2(y, x), math.atan2(z, math.hypot(x, y))
    zenith = erfa.s2c(local, np.full_like(local, latitude))
    return np.asarray(np.arcsin(np.clip(zenith @ apparent_of_date, -1, 1)))


def _turned(positions_m: Floats, sidereal: Floats, turn: Floats) -> Floats:
    """Baselines at each sidereal time: turned with the Earth, then by ``turn``."""
    first, second = np.triu_indices(len(positions_m), 1)
    # Turning the antennas and then subtracting is cheaper than turning the pairs.
    cosine, sine = np.cos(sidereal)[:, None], np.sin(sidereal)[:, None]
    x, y, z = positions_m.T - positions_m.mean(axis=0)[:, None]
    of_date = np.stack(
        [
            cosine * x - sine * y,
            sine * x + cosine * y,
            np.broadcast_to(z, cosine.shape[:1] + z.shape),
        ],
        axis=-1,
    )
    antennas = of_date @ turn.T
    return (antennas[:, first] - antennas[:, second]).reshape(-1, 3)
