"""A picture ring by ring about its middle: how bright each is, and how that varies around it.

To first order an ellipse of ellipticity e is a circle with a harmonic of order 2 that is -e/2
times the slope of its profile; a hot spot shows in order 1 as well. These numbers are linear in
the picture, and noise in them is that of many pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .frames import EVEN, MIRRORED, TURNED, TURNED_AND_MIRRORED, Parity


def polar_basis(side: int, rings: int, orders: int) -> Tensor:
    """Weights of rings times 1, cos m t, sin m t, with t the angle from x (west) to y (north).

    Parameters
    ----------
    side : int
        Of the picture [pixel].
    rings : int
        Up to the half width; each a triangle in radius that reaches to the next one's middle.
    orders : int
        Highest order m.

    Returns
    -------
    shape (side * side, rings * (1 + 2 * orders)), dimensionless
        The means of all rings, then cosines and sines, each by ring and order.

    Examples
    --------
    A picture of x alone has its cosine of order 1, and nothing else:

    >>> basis = polar_basis(32, 4, 2)
    >>> x = ((2 * torch.arange(32.0) + 1) / 32 - 1).repeat(32)
    >>> bool((x @ basis)[:4].abs().max() < 1e-6)
    True
    >>> [round(v, 3) for v in (x @ basis).tolist()[4:12:2]]
    [0.099, 0.201, 0.321, 0.439]
    """
    axis = (2 * torch.arange(side, dtype=torch.float64) + 1) / side - 1
    x, y = axis.repeat(side), axis.repeat_interleave(side)
    radius, angle = torch.hypot(x, y), torch.atan2(y, x)
    middle = (torch.arange(rings, dtype=torch.float64) + 0.5) / rings
    ring = (1 - rings * (radius[:, None] - middle).abs()).clamp(min=0)
    ring = ring / ring.sum(dim=0)
    turns = angle[:, None] * torch.arange(1, orders + 1)
    waves = [(ring[:, :, None] * f[:, None]).flatten(1) for f in (turns.cos(), turns.sin())]
    return torch.cat([ring, *waves], dim=1).float()


def harmonic_parity(rings: int, orders: int) -> tuple[list[Parity], list[Parity], list[Parity]]:
    """What becomes of means, cosines and sines, counted from an axis, as `polar_basis` has them.

    A half turn takes the sign of odd orders, a mirror image that of sines.
    """
    odd = [order % 2 for order in range(1, orders + 1)] * rings
    cos = [TURNED if is_odd else EVEN for is_odd in odd]
    sin = [TURNED_AND_MIRRORED if is_odd else MIRRORED for is_odd in odd]
    return [EVEN] * rings, cos, sin


def measure_harmonics(pictures: Tensor, basis: Tensor, rings: int) -> tuple[Tensor, Tensor, Tensor]:
    """Means, cosines and sines of pictures.

    Parameters
    ----------
    pictures : shape (batch, map, y * x), any unit
    basis : shape (y * x, rings * (1 + 2 * orders))
        `polar_basis`.
    rings : int

    Returns
    -------
    shapes (batch, map, ring), and twice (batch, map, ring, order)
        In the pictures' unit.
    """
    sums = pictures @ basis
    orders = (basis.shape[1] // rings - 1) // 2
    mean, cos, sin = torch.split(sums, [rings, rings * orders, rings * orders], dim=-1)
    shape = (*mean.shape, orders)
    return mean, cos.reshape(shape), sin.reshape(shape)
