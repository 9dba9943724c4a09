"""The radiometer equation: how far above the noise a survey has a periodic signal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .surveys import Survey

Values = NDArray[np.float64]


def fft_efficiency(duty_cycle: Values) -> Values:
    """Share of the signal-to-noise ratio that a search by Fourier transform keeps.

    Parameters
    ----------
    duty_cycle : ndarray, shape (stars,)
        Width of the pulse over the period, above 0.

    Returns
    -------
    ndarray, shape (stars,)
        Between 0 and 1; narrow pulses spread over more harmonics than are summed.

    Notes
    -----
    1 / (1 + 0.0473 duty^-0.627). Source: Morello et al. 2020, MNRAS 497, 4654.

    Examples
    --------
    >>> import numpy as np
    >>> print(fft_efficiency(np.array([0.01, 0.1, 1.0])).round(3))
    [0.541 0.833 0.955]
    """
    return np.asarray(1 / (1 + 0.0473 * duty_cycle**-0.627))


def signal_to_noise(
    survey: Survey,
    *,
    flux_jy: Values,
    period_s: Values,
    width_s: Values,
    sky_k: Values,
    beam_offset: Values,
) -> Values:
    """Signal-to-noise ratio of a periodic signal in a survey.

    Parameters
    ----------
    survey : Survey
    flux_jy : ndarray, shape (stars,)
        Mean over a turn [Jy].
    period_s, width_s : ndarray, shape (stars,)
        Period and the pulse's effective width [s].
    sky_k : ndarray, shape (stars,)
        Temperature of the sky [K].
    beam_offset : ndarray, shape (stars,)
        As `popmaps.radio.draws.draw_beam_offsets`: 0 on the axis, 1 at half power.

    Returns
    -------
    ndarray, shape (stars,)
        Dimensionless; 0 where the pulse is as wide as the period or wider.

    Notes
    -----
    S G sqrt(n_pol t bandwidth) sqrt((P - w) / w) / (loss (T_receiver + T_sky)), times
    `fft_efficiency`. Source: Lorimer & Kramer 2005, Handbook of Pulsar Astronomy, appendix
    1. The telescope's beam is a Gaussian; 2.77 = 4 ln 2.

    Examples
    --------
    >>> import numpy as np
    >>> from popmaps.radio.surveys import built_in_surveys
    >>> one = np.ones(1)
    >>> snr = signal_to_noise(
    ...     built_in_surveys().surveys["PMPS"],
    ...     flux_jy=2e-4 * one,
    ...     period_s=one,
    ...     width_s=0.05 * one,
    ...     sky_k=4 * one,
    ...     beam_offset=0 * one,
    ... )
    >>> print(snr.round(1))
    [17.2]
    """
    gain = survey.gain_k_jy * np.exp(-2.77 / 4 * beam_offset)
    samples = survey.polarisations * survey.integration_s * survey.bandwidth_mhz * 1e6
    noise_k = survey.digitisation_loss * (survey.receiver_k + sky_k)
    off_on = np.maximum(period_s - width_s, 0) / width_s
    folded = flux_jy * gain * np.sqrt(samples * off_on) / noise_k
    return np.asarray(folded * fft_efficiency(width_s / period_s))
