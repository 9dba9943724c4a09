"""Pictures of maps: PNG with one pixel a bin, in shades of grey.

The picture has the first axis of the array to the right and the second one upwards:
``picture[row, column]`` shows ``map[column, n_y - 1 - row]``. The least value of a map is white
and the greatest black, by matplotlib's colormap Greys.
"""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray

COLORMAP: Final = "Greys"


def colours(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Pixels of a map's picture.

    Parameters
    ----------
    values : ndarray, shape (n_x, n_y)
        Finite numbers.

    Returns
    -------
    ndarray, shape (n_y, n_x, 4), uint8
        Red, green, blue and opacity; row 0 is the highest y.

    Examples
    --------
    >>> colours(np.array([[0.0, 1.0]]))[:, 0, 0].tolist()
    [0, 255]
    """
    from matplotlib import colormaps
    from matplotlib.colors import Normalize

    upright = values.T[::-1]
    shades = colormaps[COLORMAP](Normalize()(upright), bytes=True)
    return np.asarray(shades, dtype=np.uint8)


def png_bytes(values: NDArray[np.float64]) -> bytes:
    """A map's picture as the content of a PNG file of n_x times n_y pixels, without metadata.

    Parameters
    ----------
    values : ndarray, shape (n_x, n_y)
        Finite numbers.

    Examples
    --------
    >>> png_bytes(np.eye(2))[1:4]
    b'PNG'
    """
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(colours(values), "RGBA").save(file, format="PNG")
    return file.getvalue()
