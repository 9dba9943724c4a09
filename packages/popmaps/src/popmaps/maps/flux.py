"""Flux density of a star from the radio flux of its whole spectrum."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..constants import JANSKY_CGS

MAP_FREQUENCY_HZ: Final = 1.429e9
"""Centre of the MeerKAT band in which the observed flux map is made."""

BAND_LOW_HZ: Final = 1e7
BAND_HIGH_HZ: Final = 1e11


def flux_density_jy(
    flux_cgs: NDArray[np.float64],
    spectral_index: NDArray[np.float64],
    *,
    frequency_hz: float = MAP_FREQUENCY_HZ,
) -> NDArray[np.float64]:
    """Flux density while the pulse is on, from the flux between 10 MHz and 100 GHz.

    Parameters
    ----------
    flux_cgs : ndarray, shape (n,)
        Radio flux of the whole band, column ``S_radio_bol`` [erg s^-1 cm^-2].
    spectral_index : ndarray, shape (n,) or scalar
        a of S_f ~ f^a.
    frequency_hz : float
        [Hz]

    Returns
    -------
    ndarray, shape (n,)
        [Jy]. It is not a mean over the period, which would be smaller by pulse width over period.

    Notes
    -----
    S_f = (a + 1) S f^a / (f2^(a+1) - f1^(a+1)), the integral of a power law from f1 to f2 being
    S; written with expm1, so that a near -1 (S / (f ln(f2 / f1))) loses nothing.

    Examples
    --------
    >>> s = flux_density_jy(np.array([1e-17]), np.array([-1.8]))
    >>> f = 1.429e9
    >>> bool(np.isclose(s[0] * 1e-23, -0.8 * 1e-17 * f**-1.8 / (1e11**-0.8 - 1e7**-0.8)))
    True
    """
    index = np.asarray(spectral_index, dtype=np.float64)
    if index.size > 1 and index.min() == index.max():
        # One index for all, as is usual: one factor then.
        index = index[:1]
    with np.errstate(all="ignore"):
        octaves = np.log(BAND_HIGH_HZ / BAND_LOW_HZ)
        slope = index + 1
        width = np.where(slope == 0, octaves, np.expm1(slope * octaves) / slope)
        factor = (frequency_hz / BAND_LOW_HZ) ** index / (BAND_LOW_HZ * width) / JANSKY_CGS
        return np.asarray(flux_cgs * factor)
