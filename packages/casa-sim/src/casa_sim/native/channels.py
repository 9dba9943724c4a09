"""Channels side by side, as visibilities of one frequency.

A baseline of ``u`` metres at frequency ``f`` sees what one of ``u f / f0`` metres sees at ``f0``.
So the channels of an observation are visibilities at its middle frequency with longer and shorter
baselines, one channel after the other, and everything after that has one frequency: a continuum
image of one term (multi-frequency synthesis: Sault & Wieringa 1994, A&AS 108, 585).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..settings import ObservationSettings
from .noise import visibility_sigma_jy

Floats = NDArray[np.float64]


def channel_baselines(uvw_m: Floats, channels_hz: Sequence[float], frequency_hz: float) -> Floats:
    """The baselines at one frequency that see what channels see.

    Parameters
    ----------
    uvw_m : ndarray, shape (n, 3)
        [m]
    channels_hz : sequence of float
        [Hz]
    frequency_hz : float
        The one frequency [Hz].

    Returns
    -------
    ndarray, shape (channels * n, 3)
        [m]; all of the first channel first. One channel at ``frequency_hz`` is ``uvw_m`` itself.

    Examples
    --------
    >>> channel_baselines(np.array([[100.0, 0, 0]]), (90e9, 110e9), 100e9)[:, 0].round(9).tolist()
    [90.0, 110.0]
    """
    if tuple(channels_hz) == (frequency_hz,):
        return uvw_m
    return np.concatenate([uvw_m * (channel / frequency_hz) for channel in channels_hz])


def channel_sigma_jy(settings: ObservationSettings, airmass: Floats) -> Floats:
    """Noise of the real, and of the imaginary, part of a visibility of one polarisation.

    Parameters
    ----------
    settings : ObservationSettings
        Band, channels and water vapour matter; ``noise`` does not.
    airmass : ndarray, shape (n,)

    Returns
    -------
    ndarray, shape (channels, n)
        [Jy]

    Raises
    ------
    InputError
        As `casa_sim.native.noise.visibility_sigma_jy`.

    Examples
    --------
    >>> wide = ObservationSettings("alma.cycle9.5.cfg")
    >>> four = ObservationSettings("alma.cycle9.5.cfg", channels=4)
    >>> ratio = channel_sigma_jy(four, np.ones(1)) / channel_sigma_jy(wide, np.ones(1))
    >>> ratio.shape, bool(np.allclose(ratio, 2, rtol=0.05))
    ((4, 1), True)
    """
    return np.stack(
        [
            visibility_sigma_jy(
                settings.band,
                settings.pwv_mm,
                airmass,
                bandwidth_hz=settings.channel_width_hz,
                frequency_hz=channel,
            )
            for channel in settings.channels_hz
        ]
    )


def stokes_i_noise_jy(
    settings: ObservationSettings, airmass: Floats, baselines: int | NDArray[np.int64]
) -> Floats:
    """Noise of the real, and of the imaginary, part of each visibility of a track, Stokes I.

    Parameters
    ----------
    settings : ObservationSettings
        As `channel_sigma_jy`.
    airmass : ndarray, shape (n,)
        Of each integration.
    baselines : int, or ndarray of shape (n,)
        Visibilities of each integration and channel.

    Returns
    -------
    ndarray, shape (channels * the sum of ``baselines`` over integrations,)
        [Jy]; in the order of visibilities: channel, integration, baseline.

    Examples
    --------
    >>> settings = ObservationSettings("alma.cycle9.5.cfg", channels=4)
    >>> stokes_i_noise_jy(settings, np.array([1.0, 1.1]), 903).shape
    (7224,)
    """
    # Two polarisations are averaged.
    one = channel_sigma_jy(settings, airmass) / math.sqrt(2)
    return np.repeat(one, baselines, axis=1).ravel()
