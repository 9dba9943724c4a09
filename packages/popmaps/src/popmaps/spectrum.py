"""Spectrum of a pulsar's radio emission: one power law from 10 MHz to 100 GHz."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .constants import JANSKY_CGS

BAND_HZ: Final = (1e7, 1e11)
"""Frequencies between which all of a pulsar's radio flux lies."""

MEERKAT_MHZ: Final = 1429.0
"""Middle of the MeerKAT band that the flux densities of the census are of."""


def flux_density_jy(
    flux: NDArray[np.float64], spectral_index: ArrayLike, *, frequency_mhz: float
) -> NDArray[np.float64]:
    """Flux density at a frequency, while the beam shines on the Sun.

    Parameters
    ----------
    flux : ndarray, shape (stars,)
        Over the whole band, as of the column ``S_radio_bol`` [erg s^-1 cm^-2].
    spectral_index : array_like, shape (stars,) or one value
        a of S_f ~ f^a; dimensionless.
    frequency_mhz : float
        [MHz]

    Returns
    -------
    ndarray, shape (stars,)
        [Jy]; the mean over a turn is smaller by the pulse's share of the period.

    Notes
    -----
    S_f = (a + 1) S f^a / (f2^(a+1) - f1^(a+1)): the integral of a power law from f1 to f2 is S.
    Written with expm1, so that an index near -1, where it is S / (f ln(f2 / f1)), loses nothing.
    Source of the band: Pardo-Araujo et al. 2025.

    Examples
    --------
    >>> print(flux_density_jy(np.array([1e-14]), -1.8, frequency_mhz=1400.0).round(5))
    [0.01097]
    """
    index = np.asarray(spectral_index, dtype=np.float64)
    if index.size > 1 and index.min() == index.max():
        # One index for all, as is usual: one factor then.
        index = index[:1]
    low, high = BAND_HZ
    with np.errstate(all="ignore"):
        slope, e_folds = index + 1, np.log(high / low)
        width = np.where(slope == 0, e_folds, np.expm1(slope * e_folds) / slope)
        factor = (frequency_mhz * 1e6 / low) ** index / (low * width) / JANSKY_CGS
        return np.asarray(flux * factor)
