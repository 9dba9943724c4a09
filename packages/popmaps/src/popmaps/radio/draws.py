"""Every random number of the radio part, drawn for all stars before any of them is chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class RadioDraws:
    """What chance decides for each star; every field is a float64 array of shape (stars,).

    Parameters
    ----------
    sight_line_rad : ndarray
        From the axis of rotation to the Sun, isotropic between 0 and pi/2 [rad].
    luminosity : ndarray
        Standard normal numbers: how much a star's luminosity differs from the law's.
    scattering : ndarray
        Standard normal numbers: the same for the scattering time.
    """

    sight_line_rad: Values
    luminosity: Values
    scattering: Values


def draw_radio(rng: np.random.Generator, size: int) -> RadioDraws:
    """Draw what chance decides for each star.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int
        Number of stars.

    Returns
    -------
    RadioDraws

    Examples
    --------
    >>> import numpy as np
    >>> draws = draw_radio(np.random.default_rng(1), 100_000)
    >>> print(f"{np.cos(draws.sight_line_rad).mean():.2f} {draws.scattering.std():.2f}")
    0.50 1.00
    """
    sight_line = np.arccos(rng.random(size))
    return RadioDraws(sight_line, rng.standard_normal(size), rng.standard_normal(size))


def draw_beam_offsets(rng: np.random.Generator, size: int) -> Values:
    """Draw where in the telescope's beam each star falls, one draw a survey.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int
        Number of stars.

    Returns
    -------
    ndarray, shape (size,)
        Square of the distance from the beam's axis over that of its half-power radius, uniform
        between 0 and 1: any place within half power is as likely.

    Examples
    --------
    >>> import numpy as np
    >>> bool(draw_beam_offsets(np.random.default_rng(1), 100).max() < 1)
    True
    """
    return rng.random(size)
