"""Radio beams: how wide they open, whether one crosses the Sun, and how long it shines there.

A beam is a filled cone about the axis of the field. Of the two poles the one that passes nearer
to the line of sight is meant, so both angles are between 0 and pi/2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from popmaps.constants import LIGHT_CM_S

from .settings import RadioSettings

Values = NDArray[np.float64]


def half_opening_rad(period_s: Values, settings: RadioSettings) -> Values:
    """Half of a beam's opening angle, at most pi/2.

    Parameters
    ----------
    period_s : ndarray, shape (stars,)
        [s]
    settings : RadioSettings

    Returns
    -------
    ndarray, shape (stars,)
        [rad]

    Notes
    -----
    sqrt(9 pi r / (2 c P)) for emission at the radius r: the opening of the last open field lines
    of a dipole. Source: Johnston et al. 2020, MNRAS 497, 1957.

    Examples
    --------
    >>> import numpy as np
    >>> print(np.round(half_opening_rad(np.array([0.1, 1.0]), RadioSettings()), 4))
    [0.3761 0.1189]
    """
    if settings.beam_law == "height":
        rho = np.sqrt(9 * np.pi * settings.emission_height_cm / (2 * LIGHT_CM_S * period_s))
    else:
        rho = np.deg2rad(settings.beam_at_1_s_deg) * period_s**settings.beam_power
    return np.asarray(np.minimum(rho, np.pi / 2))


def solid_angle_sr(half_opening: Values) -> Values:
    """Both beams of a star together, 4 pi (1 - cos rho).

    Parameters
    ----------
    half_opening : ndarray, shape (stars,)
        [rad]

    Returns
    -------
    ndarray, shape (stars,)
        [sr]

    Examples
    --------
    >>> import numpy as np
    >>> print(np.round(solid_angle_sr(np.array([np.pi / 2])) / np.pi, 3))
    [4.]
    """
    # 1 - cos rho cancels for narrow beams.
    return np.asarray(8 * np.pi * np.sin(half_opening / 2) ** 2)


def pulse_width_s(
    period_s: Values, chi_rad: Values, sight_line_rad: Values, half_opening: Values
) -> Values:
    """How long in each turn the beam shines on the Sun.

    Parameters
    ----------
    period_s : ndarray, shape (stars,)
        [s]
    chi_rad, sight_line_rad : ndarray, shape (stars,)
        From the axis of rotation to the axis of the field, and to the Sun [rad].
    half_opening : ndarray, shape (stars,)
        [rad]

    Returns
    -------
    ndarray, shape (stars,)
        [s]; 0 where the beam misses, the whole period where the Sun never leaves it.

    Notes
    -----
    sin^2(w/4) = (sin^2(rho/2) - sin^2((theta - chi)/2)) / (sin theta sin chi).
    Source: Gil, Gronkowski & Rudnicki 1984, A&A 132, 312.

    Examples
    --------
    >>> import numpy as np
    >>> def width(chi, theta):
    ...     return pulse_width_s(np.ones(1), np.array([chi]), np.array([theta]), np.array([0.1]))
    >>> print(np.round([width(np.pi / 2, np.pi / 2), width(0.5, 0.7), width(0.0, 0.05)], 4).ravel())
    [0.0318 0.     1.    ]
    """
    above = np.sin(half_opening / 2) ** 2 - np.sin((sight_line_rad - chi_rad) / 2) ** 2
    across = np.sin(sight_line_rad) * np.sin(chi_rad)
    # The ratio is below 0 where the beam misses and above 1 where the Sun never leaves it.
    partly = (above > 0) & (above < across)
    ratio = np.divide(above, across, out=(above > 0).astype(np.float64), where=partly)
    return np.asarray(period_s * 2 / np.pi * np.arcsin(np.sqrt(ratio)))
