"""The prolate spheroidal function that CASA grids with and tapers CLEAN's components with."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_BANDWIDTH = 3 * math.pi  # c = pi m / 2 for a support of m = 6 cells


def spheroidal(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """The prolate spheroidal wave function of order 1 for a support of 6 cells, 1 at 0.

    Parameters
    ----------
    place : ndarray, shape (n,) or any other
        -1 to 1, the ends of the support, dimensionless.

    Returns
    -------
    ndarray
        Of the shape of ``place``; finite at the ends.

    Notes
    -----
    Source: Schwab 1984, Optimal gridding of visibility data in radio interferometry, in Indirect
    Imaging (ed. Roberts), p. 333, eq. 8: of all functions of that support, the one whose
    transform keeps most of its weighted power within the image.

    Examples
    --------
    >>> spheroidal(np.array([-1.0, 0.0, 0.5])).round(4).tolist()
    [0.004, 1.0, 0.3611]
    """
    from scipy.special import pro_ang1

    inside = np.minimum(np.abs(place), 1 - 1e-9)
    # scipy's S_11 holds a factor (1 - x^2)^(1/2) besides the spheroidal itself.
    bare = pro_ang1(1, 1, _BANDWIDTH, inside)[0] / np.sqrt(1 - inside**2)
    return np.asarray(bare / pro_ang1(1, 1, _BANDWIDTH, 0.0)[0])
