"""Galactic longitude as surveys, catalogues and the sky's fits write it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def wrapped_longitude_deg(l_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Longitude between -180 (excluded) and 180 (included).

    Parameters
    ----------
    l_deg : ndarray
        Any longitude [deg].

    Returns
    -------
    ndarray
        [deg]

    Examples
    --------
    >>> import numpy as np
    >>> print(wrapped_longitude_deg(np.array([0.0, 180.0, 181.0, -180.0])))
    [   0.  180. -179.  180.]
    """
    return np.asarray(180 - (180 - np.asarray(l_deg)) % 360)
