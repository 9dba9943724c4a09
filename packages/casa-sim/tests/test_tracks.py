"""Tracks: their geometry, and elevations against astropy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import AltAz, EarthLocation, SkyCoord
from astropy.time import Time
from astropy.utils import iers
from hypothesis import given
from hypothesis import strategies as st

from casa_sim.antennas import antenna_positions
from casa_sim.native.tracks import uv_track
from casa_sim.site import CENTRE_M
from skytypes.errors import InputError

POSITIONS = antenna_positions("alma.cycle9.5.cfg")


def test_baselines_keep_their_length_and_close_to_triangles() -> None:
    track = uv_track(POSITIONS, 250.0, -30.0, time_s=60)
    first, second = np.triu_indices(len(POSITIONS), 1)
    lengths = np.linalg.norm(POSITIONS[first] - POSITIONS[second], axis=1)
    seen = np.linalg.norm(track.uvw_m.reshape(6, -1, 3), axis=2)
    assert np.allclose(seen, lengths, rtol=1e-9)
    by_pair = {(int(a), int(b)): n for n, (a, b) in enumerate(zip(first, second, strict=True))}
    once = track.uvw_m[: track.baselines]
    triangle = once[by_pair[0, 1]] + once[by_pair[1, 2]] - once[by_pair[0, 2]]
    assert np.abs(triangle).max() < 1e-6


@given(dec=st.floats(-70, 25), ra=st.floats(0, 359), hour=st.floats(-3, 3))
def test_w_is_the_way_to_the_source(dec: float, ra: float, hour: float) -> None:
    """u, v and w of an array turned by a rotation: the three have the array's own geometry."""
    track = uv_track(POSITIONS[:5], ra, dec, time_s=60, hour_angle_h=hour)
    one = track.all_uvw_m[: track.baselines]
    first, second = np.triu_indices(5, 1)
    ground = POSITIONS[first] - POSITIONS[second]
    assert np.allclose(one @ one.T, ground @ ground.T, rtol=1e-9, atol=1e-4)


@pytest.mark.parametrize(("ra", "dec", "hour"), [(250.0, -30.0, 0.0), (40.0, 10.0, 2.0)])
def test_elevation_against_astropy(ra: float, dec: float, hour: float) -> None:
    track = uv_track(POSITIONS, ra, dec, time_s=600, hour_angle_h=hour)
    place = EarthLocation.from_geocentric(*CENTRE_M, unit=units.m)
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("auto_max_age", None):
        frame = AltAz(obstime=Time(track.mjd, format="mjd", scale="utc"), location=place)
        true = SkyCoord(ra, dec, unit="deg").transform_to(frame).alt.rad
    # Astropy's horizon is the ellipsoid's; CASA's is the geocentric one, 0.14 deg off at most.
    assert np.abs(track.elevation_rad - true).max() < math.radians(0.15)


def test_a_track_below_the_horizon_is_refused() -> None:
    with pytest.raises(InputError, match="the source is below the horizon"):
        uv_track(POSITIONS, 250.0, 80.0, time_s=60)
    with pytest.raises(InputError, match=r"positions have shape \(1, 3\)"):
        uv_track(POSITIONS[:1], 250.0, -30.0, time_s=60)
