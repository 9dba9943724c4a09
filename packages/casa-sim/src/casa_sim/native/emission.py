"""Where a sky holds emission, and that part of it as a block."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skytypes.arrays import Array, namespace, to_numpy
from skytypes.errors import InputError

HALF_BLOCK = 32
"""Half sides of blocks are whole numbers of this: BLAS then sums in one order, however many threads
it has."""

# Rows and columns at the rim that together hold less of the flux are left out.
_NEGLIGIBLE = 1e-6


@dataclass(frozen=True)
class Box:
    """Rows ``bottom`` to ``top`` and columns ``left`` to ``right``, the last ones excluded."""

    bottom: int
    top: int
    left: int
    right: int

    @property
    def middle(self) -> tuple[int, int]:
        """The pixel (x, y) in the middle."""
        return (self.left + self.right) // 2, (self.bottom + self.top) // 2


def emission_box(skies: Array) -> Box:
    """The smallest box that holds the emission of all skies.

    Parameters
    ----------
    skies : array of shape (batch, y, x)
        [Jy/pixel]

    Returns
    -------
    Box

    Raises
    ------
    InputError
        If there is no emission, or a pixel is not finite.

    Examples
    --------
    >>> skies = np.zeros((1, 8, 8))
    >>> skies[0, 2:4, 5] = 1
    >>> emission_box(skies)
    Box(bottom=2, top=4, left=5, right=6)
    """
    xp = namespace(skies)
    strength = xp.abs(skies)
    rows = to_numpy(xp.sum(strength, axis=2)).astype(np.float64)
    columns = to_numpy(xp.sum(strength, axis=1)).astype(np.float64)
    flux = rows.sum(axis=1, keepdims=True)
    if not (np.isfinite(flux) & (flux > 0)).all():
        raise InputError("a sky is empty or not finite; give one with emission")
    return Box(*_span((rows / flux).max(axis=0)), *_span((columns / flux).max(axis=0)))


def _span(share: NDArray[np.float64]) -> tuple[int, int]:
    """Where the shares that are not negligible begin and end."""
    first = int(np.searchsorted(np.cumsum(share), _NEGLIGIBLE, side="right"))
    last = int(np.searchsorted(np.cumsum(share[::-1]), _NEGLIGIBLE, side="right"))
    return first, len(share) - last


def reach_px(box: Box, centre_px: tuple[float, float], cells_per_pixel: float = 1.0) -> float:
    """How far from the reference position a box extends, along x or y [cell].

    Parameters
    ----------
    box : Box
    centre_px : (x, y)
        The reference position, counted from 0 [pixel].
    cells_per_pixel : float
        Pixel of the sky in cells of the image, dimensionless.

    Examples
    --------
    >>> reach_px(Box(30, 41, 32, 33), (32.0, 32.0), 0.5)
    4.0
    """
    x, y = centre_px
    edges = (box.left - x, box.right - 1 - x, box.bottom - y, box.top - 1 - y)
    return cells_per_pixel * max(abs(edge) for edge in edges)


def block_of(skies: Array, box: Box) -> Array:
    """The box of the skies in single precision, with zeros around it.

    Parameters
    ----------
    skies : array of shape (batch, y, x)
        [Jy/pixel]
    box : Box
        Of all their emission (`emission_box`).

    Returns
    -------
    array of shape (batch, 2 a, 2 b), float32
        [Jy/pixel]; ``a`` and ``b`` whole numbers of `HALF_BLOCK`; ``box.middle`` is at ``(b, a)``,
        and row 0 and column 0 are empty.

    Examples
    --------
    >>> block = block_of(np.ones((1, 80, 80)), Box(2, 73, 0, 8))
    >>> block.shape, int(block.sum())
    ((1, 128, 64), 568)
    """
    xp, (x, y) = namespace(skies), box.middle
    halves = [
        HALF_BLOCK * math.ceil((1 + last - first) / 2 / HALF_BLOCK)
        for first, last in ((box.bottom, box.top), (box.left, box.right))
    ]
    shape = (skies.shape[0], 2 * halves[0], 2 * halves[1])
    block = xp.zeros(shape, dtype=xp.float32, device=getattr(skies, "device", None))
    rows = slice(box.bottom - y + halves[0], box.top - y + halves[0])
    columns = slice(box.left - x + halves[1], box.right - x + halves[1])
    inner = skies[:, box.bottom : box.top, box.left : box.right]
    block[:, rows, columns] = xp.astype(inner, xp.float32, copy=False)
    return block
