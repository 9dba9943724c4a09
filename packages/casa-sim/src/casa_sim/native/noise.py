"""Thermal noise of visibilities: CASA's ``tsys-atm``."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytypes import item_rng
from skytypes.errors import InputError

from ..antenna_lists import DISH_M
from ..arrays import BANDWIDTH_HZ
from ..constants import SPEED_OF_LIGHT_M_S
from ..settings import INTEGRATION_S
from .atmosphere import SPILLOVER_EFFICIENCY
from .atmosphere_table import find_atmosphere
from .tracks import UvTrack

CORRELATOR_EFFICIENCY = 0.845
BLOCKAGE_EFFICIENCY = 1 - (0.75 / 12) ** 2
TAPER_EFFICIENCY = 0.72
SURFACE_RMS_M = 25e-6
AIRMASS_HOLD_S = 100.0

# Boltzmann's constant [Jy m2 / K], rounded as CASA rounds it.
_BOLTZMANN = 1380.62


def antenna_efficiency(frequency_hz: float) -> float:
    """Share of the dish's area that receives, dimensionless.

    Parameters
    ----------
    frequency_hz : float
        [Hz]

    Returns
    -------
    float
        ``exp(-(4 pi 25e-6 m nu / c)^2)`` times CASA's spillover, blockage and taper.

    Notes
    -----
    Source: Ruze 1966, Proc. IEEE 54, 633, doi:10.1109/PROC.1966.4784, for a surface of 25 micron
    rms.

    Examples
    --------
    >>> round(antenna_efficiency(230e9), 5), round(antenna_efficiency(405e9), 5)
    (0.64288, 0.56902)
    """
    ruze = math.exp(-((4 * math.pi * SURFACE_RMS_M * frequency_hz / SPEED_OF_LIGHT_M_S) ** 2))
    return ruze * SPILLOVER_EFFICIENCY * BLOCKAGE_EFFICIENCY * TAPER_EFFICIENCY


def visibility_sigma_jy(
    band: int,
    pwv_mm: float,
    airmass: ArrayLike,
    *,
    integration_s: float = INTEGRATION_S,
    bandwidth_hz: float = BANDWIDTH_HZ,
    frequency_hz: float | None = None,
) -> NDArray[np.float64]:
    """Noise of the real, and of the imaginary, part of a visibility of one polarisation [Jy].

    Parameters
    ----------
    band : int
    pwv_mm : float
        Precipitable water vapour [mm].
    airmass : array_like
        1 / sin(elevation), dimensionless.
    integration_s, bandwidth_hz : float
        Of the visibility [s], [Hz].
    frequency_hz : float or None
        [Hz]; None means the band's.

    Returns
    -------
    ndarray
        Of the shape of ``airmass``.

    Raises
    ------
    InputError
        If band, frequency, water or airmass is outside the table's range, or time or bandwidth
        is not positive.

    Notes
    -----
    ``4 sqrt(2) k Tsys / (eta_a eta_q pi D^2 sqrt(dnu t))``, as CASA's simulator has it: the
    radiometer equation of two equal antennas, Thompson, Moran & Swenson 2017, Interferometry and
    Synthesis in Radio Astronomy, chapter 6, doi:10.1007/978-3-319-44431-4.

    Examples
    --------
    >>> round(float(visibility_sigma_jy(6, 1.0, 1.00746)) * 1e3, 2)
    9.32
    """
    for name, value in (("integration_s", integration_s), ("bandwidth_hz", bandwidth_hz)):
        if not (math.isfinite(value) and value > 0):
            raise InputError(f"{name} is {value:g}; give a positive number")
    air = find_atmosphere(band, frequency_hz)
    efficiency = antenna_efficiency(air.frequency_hz) * CORRELATOR_EFFICIENCY
    area = efficiency * math.pi * DISH_M**2
    per_kelvin = 4 * math.sqrt(2) * _BOLTZMANN / (area * math.sqrt(bandwidth_hz * integration_s))
    return per_kelvin * air.system_temperature_k(pwv_mm, airmass)


def stokes_i_sigma_jy(
    band: int,
    pwv_mm: float,
    airmass: ArrayLike,
    *,
    integration_s: float = INTEGRATION_S,
    bandwidth_hz: float = BANDWIDTH_HZ,
    frequency_hz: float | None = None,
) -> NDArray[np.float64]:
    """Noise of the real, and of the imaginary, part of Stokes I = (XX + YY) / 2 [Jy].

    Parameters
    ----------
    band, pwv_mm, airmass, integration_s, bandwidth_hz, frequency_hz
        As `visibility_sigma_jy`, of which it is 1 / sqrt(2).

    Returns
    -------
    ndarray
        Of the shape of ``airmass``.

    Raises
    ------
    InputError
        As `visibility_sigma_jy`.

    Examples
    --------
    >>> round(float(stokes_i_sigma_jy(6, 1.0, 1.00746)) * 1e3, 2)
    6.59
    """
    one = visibility_sigma_jy(
        band,
        pwv_mm,
        airmass,
        integration_s=integration_s,
        bandwidth_hz=bandwidth_hz,
        frequency_hz=frequency_hz,
    )
    return one / math.sqrt(2)


def held_airmass(times_s: ArrayLike, elevation_rad: ArrayLike) -> NDArray[np.float64]:
    """Airmass of each integration as CASA takes it: computed anew when more than 100 s old.

    Parameters
    ----------
    times_s : array_like, shape (n,)
        In order [s]; a time may come many times.
    elevation_rad : array_like, shape (n,)
        Of the target at these times [rad]. CASA's is above the plane across the geocentric
        radius, and of the apparent place: at elevation 32 deg that is 0.14 deg more than above
        the ellipsoid's horizon, and 0.2 % of the noise.

    Returns
    -------
    ndarray, shape (n,)
        1 / sin(elevation), dimensionless.

    Raises
    ------
    InputError
        If the target is below the horizon, the times are out of order or the shapes differ.

    Examples
    --------
    >>> held_airmass([0.0, 50.0, 100.0, 110.0], np.radians([90, 80, 40, 30])).round(3).tolist()
    [1.0, 1.0, 1.0, 2.0]
    """
    times = np.asarray(times_s, dtype=np.float64)
    elevation = np.asarray(elevation_rad, dtype=np.float64)
    if times.ndim != 1 or times.shape != elevation.shape:
        raise InputError(
            f"times of shape {times.shape}, elevations of {elevation.shape}; give one of each"
        )
    if not (np.diff(times) >= 0).all():
        raise InputError("times_s are not in order; sort them")
    if not ((elevation > 0) & (elevation <= math.pi / 2)).all():
        raise InputError("the source is below the horizon; leave those times out")
    starts = [0] if len(times) else []
    # A day in seconds holds times to about a microsecond only.
    hold = AIRMASS_HOLD_S + 1e-3
    while starts and (after := int(np.searchsorted(times, times[starts[-1]] + hold))) < len(times):
        starts.append(after)
    lengths = np.diff([*starts, len(times)])
    airmass: NDArray[np.float64] = np.repeat(1 / np.sin(elevation[starts]), lengths)
    return airmass


def track_airmass(track: UvTrack) -> NDArray[np.float64]:
    """Airmass of each integration of a track, as `held_airmass`, dimensionless.

    Parameters
    ----------
    track : UvTrack

    Returns
    -------
    ndarray, shape (integrations,)

    Examples
    --------
    >>> mjd, elevation = np.array([59000.0, 59000.0]), np.radians([90.0, 30.0])
    >>> track = UvTrack(np.zeros((2, 3)), mjd, elevation, np.zeros((2, 1), dtype=bool))
    >>> track_airmass(track).tolist()
    [1.0, 1.0]
    """
    return held_airmass((track.mjd - track.mjd[0]) * 86400, track.elevation_rad)


def draw_noise(sigma_jy: ArrayLike, *, seed: int, array_number: int) -> NDArray[np.complex64]:
    """Thermal noise of visibilities.

    Parameters
    ----------
    sigma_jy : array_like, shape (n,)
        Of the real and of the imaginary part of each [Jy].
    seed : int
        Of the item.
    array_number : int
        0 for the first array of the observation; each draws its own.

    Returns
    -------
    ndarray of complex64, shape (n,)
        [Jy]

    Raises
    ------
    InputError
        If a sigma is negative or not finite, or the seed is not allowed.

    Examples
    --------
    >>> draw_noise(np.full(4, 0.009), seed=1, array_number=0).shape
    (4,)
    """
    sigma = np.asarray(sigma_jy, dtype=np.float32)
    if sigma.ndim != 1 or not (np.isfinite(sigma) & (sigma >= 0)).all():
        raise InputError("sigma_jy must be one row of finite numbers, none negative")
    rng = item_rng(seed, array_number, "casa_sim.native.noise")
    unit = rng.standard_normal(2 * len(sigma), dtype=np.float32).view(np.complex64)
    unit *= sigma
    return unit
