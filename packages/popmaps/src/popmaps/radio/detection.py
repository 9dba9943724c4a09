"""Whether a survey detects a pulsar: what arrives, how broad its pulse is, and the threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from popmaps.spectrum import flux_density_jy

from .radiometer import signal_to_noise
from .scattering import dispersion_smearing_s, scattering_time_s
from .sky_temperature import sky_temperature_k
from .surveys import Survey

Values = NDArray[np.float64]

MEAN_FLUX_MHZ = 1400.0
"""At what frequency every survey's table states a flux."""


@dataclass(frozen=True)
class Pulsars:
    """What a survey needs of pulsars; every field is a float64 array of shape (stars,).

    Parameters
    ----------
    l_deg, b_deg, dec_deg : ndarray
        Galactic longitude and latitude, and declination [deg].
    period_s, width_s : ndarray
        Period, and the share of it in which the beam shines on the Sun [s].
    flux : ndarray
        Over all radio frequencies, while it shines [erg s^-1 cm^-2].
    dm_pc_cm3 : ndarray
        Dispersion measure [pc cm^-3].
    scattering_dex : ndarray
        What is added to log10 of the scattering time that belongs to the dispersion measure.
    """

    l_deg: Values
    b_deg: Values
    dec_deg: Values
    period_s: Values
    width_s: Values
    flux: Values
    dm_pc_cm3: Values
    scattering_dex: Values


@dataclass(frozen=True)
class Detection:
    """What a survey makes of pulsars; every field has the shape (stars,).

    Parameters
    ----------
    flux_jy, flux_1400_jy : ndarray
        Flux density, mean over a turn, at the survey's frequency and at 1400 MHz [Jy].
    effective_width_s : ndarray
        Width of the pulse as the survey records it [s].
    scattering_s : ndarray
        Scattering time at the survey's frequency [s].
    snr : ndarray
        Signal-to-noise ratio; 0 where the pulse is as wide as the period, or out of the sky the
        survey looked at.
    detected : ndarray of bool
    """

    flux_jy: Values
    flux_1400_jy: Values
    effective_width_s: Values
    scattering_s: Values
    snr: Values
    detected: NDArray[np.bool_]


def effective_width_s(survey: Survey, pulsars: Pulsars, scattering_s: Values) -> Values:
    """Width of pulses after scattering, dispersion inside a channel, and sampling.

    Parameters
    ----------
    survey : Survey
    pulsars : Pulsars
    scattering_s : ndarray, shape (stars,)
        At the survey's frequency [s].

    Returns
    -------
    ndarray, shape (stars,)
        [s]

    Notes
    -----
    Widths add in quadrature. Source: Lorimer & Kramer 2005, Handbook of Pulsar Astronomy,
    section 6.1.

    Examples
    --------
    >>> import numpy as np
    >>> from popmaps.radio.surveys import built_in_surveys
    >>> pulsars = Pulsars(*(np.array([x]) for x in (0, 0, 0, 1.0, 3e-3, 0, 0.0, 0)))
    >>> pmps = built_in_surveys().surveys["PMPS"]
    >>> print(effective_width_s(pmps, pulsars, np.array([4e-3])).round(6))
    [0.005006]
    """
    smearing = dispersion_smearing_s(
        pulsars.dm_pc_cm3, channel_mhz=survey.channel_mhz, frequency_mhz=survey.frequency_mhz
    )
    sampling = survey.sampling_us * 1e-6
    return np.sqrt(pulsars.width_s**2 + scattering_s**2 + smearing**2 + sampling**2)


def observe(
    survey: Survey, pulsars: Pulsars, beam_offset: Values, *, spectral_index: float
) -> Detection:
    """What a survey makes of pulsars whose beams cross the Sun.

    Parameters
    ----------
    survey : Survey
    pulsars : Pulsars
    beam_offset : ndarray, shape (stars,)
        As `popmaps.radio.draws.draw_beam_offsets`.
    spectral_index : float

    Returns
    -------
    Detection

    Examples
    --------
    >>> import numpy as np
    >>> from popmaps.radio.surveys import built_in_surveys
    >>> values = (0, 0, -29, 1.0, 0.05, 1e-15, 100.0, 0)
    >>> pulsars = Pulsars(*(np.array([x, x]) for x in values))
    >>> seen = observe(
    ...     built_in_surveys().surveys["PMPS"], pulsars, np.array([0.0, 1.0]), spectral_index=-1.8
    ... )
    >>> print(seen.snr.round(1), seen.detected.tolist())
    [3.6 1.8] [False, False]
    """
    covered = survey.covers(pulsars.l_deg, pulsars.b_deg, pulsars.dec_deg)
    frequency = survey.frequency_mhz
    duty = pulsars.width_s / pulsars.period_s
    flux_jy = flux_density_jy(pulsars.flux, spectral_index, frequency_mhz=frequency) * duty
    scattering = scattering_time_s(
        pulsars.dm_pc_cm3, pulsars.scattering_dex, frequency_mhz=frequency
    )
    width = effective_width_s(survey, pulsars, scattering)
    snr = signal_to_noise(
        survey,
        flux_jy=flux_jy,
        period_s=pulsars.period_s,
        width_s=width,
        sky_k=sky_temperature_k(pulsars.l_deg, pulsars.b_deg, frequency),
        beam_offset=beam_offset,
    )
    snr = np.where(covered, snr, 0.0)
    return Detection(
        flux_jy=flux_jy,
        flux_1400_jy=flux_jy * (MEAN_FLUX_MHZ / frequency) ** spectral_index,
        effective_width_s=width,
        scattering_s=scattering,
        snr=snr,
        detected=snr > survey.threshold_snr,
    )
