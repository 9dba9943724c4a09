"""Broadening of pulses by the ionised medium: scattering, and dispersion inside a channel."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from popmaps.constants import ELECTRON_CHARGE_ESU, ELECTRON_MASS_G, KPC_CM, LIGHT_CM_S

Values = NDArray[np.float64]

REFERENCE_MHZ: Final = 327.0
FREQUENCY_POWER: Final = -4.4
DISPERSION_S: Final = (
    ELECTRON_CHARGE_ESU**2 / (np.pi * ELECTRON_MASS_G * LIGHT_CM_S) * KPC_CM / 1e3 / 1e12
)
"""Delay across 1 MHz at 1 MHz for a DM of 1 pc/cm^3 [s]: 8300 s."""


def scattering_time_s(
    dm_pc_cm3: Values, scatter_dex: Values | float = 0.0, *, frequency_mhz: float = REFERENCE_MHZ
) -> Values:
    """Time over which scattering smears a pulse.

    Parameters
    ----------
    dm_pc_cm3 : ndarray, shape (stars,)
        Dispersion measure [pc cm^-3].
    scatter_dex : ndarray, shape (stars,), or float
        What is added to log10 of the time.
    frequency_mhz : float

    Returns
    -------
    ndarray, shape (stars,)
        [s]

    Notes
    -----
    3.6e-9 s DM^2.2 (1 + 1.94e-3 DM^2) at 327 MHz, and the power -4.4 of the frequency.
    Source: Krishnakumar et al. 2015, ApJ 804, 23.

    Examples
    --------
    >>> import numpy as np
    >>> print(scattering_time_s(np.array([100.0, 500.0]), frequency_mhz=1374.0).round(7))
    [3.3000e-06 2.7387e-03]
    """
    mean = 3.6e-9 * dm_pc_cm3**2.2 * (1 + 1.94e-3 * dm_pc_cm3**2)
    scale = (frequency_mhz / REFERENCE_MHZ) ** FREQUENCY_POWER
    return np.asarray(mean * scale * 10 ** np.asarray(scatter_dex))


def dispersion_smearing_s(dm_pc_cm3: Values, *, channel_mhz: float, frequency_mhz: float) -> Values:
    """Delay from one edge of a channel to the other.

    Parameters
    ----------
    dm_pc_cm3 : ndarray, shape (stars,)
        [pc cm^-3]
    channel_mhz, frequency_mhz : float
        Width of the channel and its middle.

    Returns
    -------
    ndarray, shape (stars,)
        [s]

    Notes
    -----
    8.30e3 s DM (width / MHz) (frequency / MHz)^-3. Source: Lorimer & Kramer 2005, Handbook of
    Pulsar Astronomy, section 5.2.

    Examples
    --------
    >>> import numpy as np
    >>> smearing = dispersion_smearing_s(np.array([100.0]), channel_mhz=3.0, frequency_mhz=1374.0)
    >>> print(smearing.round(6))
    [0.00096]
    """
    return np.asarray(DISPERSION_S * dm_pc_cm3 * channel_mhz / frequency_mhz**3)
