"""Brightness temperature of the radio sky behind a pulsar.

A fit in closed form, so that no map has to be fetched: the disc and its bright centre are in it,
loops, spurs and single sources are not.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..coordinates import wrapped_longitude_deg

Values = NDArray[np.float64]

REFERENCE_MHZ: Final = 408.0
FREQUENCY_POWER: Final = -2.6


def sky_temperature_k(l_deg: Values, b_deg: Values, frequency_mhz: float) -> Values:
    """Temperature of the sky at a frequency.

    Parameters
    ----------
    l_deg, b_deg : ndarray, shape (stars,)
        Galactic longitude and latitude [deg].
    frequency_mhz : float

    Returns
    -------
    ndarray, shape (stars,)
        [K]

    Notes
    -----
    25 K + 275 K / ((1 + (l/42)^2) (1 + (b/3)^2)) at 408 MHz, and the power -2.6 of the frequency.
    Source: Narayan 1987, ApJ 319, 162 (the fit to the 408 MHz sky); Lawson et al. 1987, MNRAS
    225, 307 (the power).

    Examples
    --------
    >>> import numpy as np
    >>> print(sky_temperature_k(np.array([0.0, 318.0]), np.array([0.0, 60.0]), 408.0).round(1))
    [300.   25.3]
    """
    longitude = wrapped_longitude_deg(l_deg) / 42
    at_408 = 25 + 275 / ((1 + longitude**2) * (1 + (b_deg / 3) ** 2))
    return np.asarray(at_408 * (frequency_mhz / REFERENCE_MHZ) ** FREQUENCY_POWER)
