"""Adaptive moments of a source, and those of the beam: what a small network starts from.

Places are in units of the window's half width, x to the west and y to the north. A source's
second moments under a Gaussian weight of its own shape say the best-fitting Gaussian; a few rounds
find it. Nothing here is trained. All of it is plain arithmetic on batches, and exports to ONNX.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_ROUNDS = 12
_INERTIA = 4.0
_FIRST_SIGMA = 0.3
_LEAST_VARIANCE = 1e-3
_MOST_VARIANCE = 0.6


@dataclass(frozen=True)
class Gaussian:
    """Centre and covariance of Gaussians, each of shape (batch, ...) [half width]."""

    x: Tensor
    y: Tensor
    xx: Tensor
    yy: Tensor
    xy: Tensor


def plane_basis(side: int) -> Tensor:
    """1, x, y, xx, yy, xy at the pixel centres of a window, shape (6, side * side) [half width].

    Examples
    --------
    >>> plane_basis(2)[1].tolist()
    [-0.5, 0.5, -0.5, 0.5]
    """
    axis = (2 * torch.arange(side, dtype=torch.float32) + 1) / side - 1
    x, y = axis.repeat(side), axis.repeat_interleave(side)
    return torch.stack([torch.ones_like(x), x, y, x * x, y * y, x * y])


def _log_weight(at: Gaussian, width: Tensor) -> Tensor:
    """Coefficients of -q/2 in `plane_basis`, q the distance squared in units of the weight."""
    xx, yy, xy = width * at.xx, width * at.yy, width * at.xy
    det = xx * yy - xy * xy
    a, b, c = yy / det, xx / det, -xy / det
    ax, by = a * at.x + c * at.y, b * at.y + c * at.x
    return -0.5 * torch.stack([ax * at.x + by * at.y, -2 * ax, -2 * by, a, b, 2 * c], dim=-1)


def _expected(at: Gaussian, width: Tensor) -> Tensor:
    """Weighted sums over `plane_basis` if the source is what it is held for, for a flux of 1."""
    part = width / (1 + width)
    second = (at.xx * part + at.x**2, at.yy * part + at.y**2, at.xy * part + at.x * at.y)
    return torch.stack([torch.ones_like(at.x), at.x, at.y, *second], dim=-1)


def _measured(sums: Tensor, width: Tensor) -> Gaussian:
    """The Gaussian whose product with a weight of ``width`` times its size has these sums."""
    share = sums / sums[..., :1]
    x, y = share[..., 1].clamp(-0.9, 0.9), share[..., 2].clamp(-0.9, 0.9)
    grow = (1 + width) / width
    xx = (grow * (share[..., 3] - x * x)).clamp(_LEAST_VARIANCE, _MOST_VARIANCE)
    yy = (grow * (share[..., 4] - y * y)).clamp(_LEAST_VARIANCE, _MOST_VARIANCE)
    most = 0.95 * torch.sqrt(xx * yy)
    xy = torch.minimum(torch.maximum(grow * (share[..., 5] - x * y), -most), most)
    return Gaussian(x, y, xx, yy, xy)


def adaptive_moments(pictures: Tensor, widths: Tensor, basis: Tensor) -> Gaussian:
    """The Gaussian that each picture looks like under a weight that follows it.

    Parameters
    ----------
    pictures : shape (batch, map, y * x), any unit
        The background at 0; negative noise is welcome.
    widths : shape (map,), dimensionless
        Variance of the weight over that of the source: small ones look at the middle, large ones
        at the outskirts. 1 gives the least-squares Gaussian.
    basis : shape (6, y * x)
        `plane_basis`.

    Returns
    -------
    Gaussian
        Of shape (batch, map); bounded where the picture holds no source.

    Notes
    -----
    With a weight of covariance W, a Gaussian of covariance C has weighted moments
    M = (1/C + 1/W)^-1; at W = width x C, C = M (1 + width) / width. Each round takes an error of
    the size down by nearly 1 + width.
    Source: Bernstein and Jarvis 2002, AJ 123, 583, arXiv:astro-ph/0107431 (adaptive moments);
    Hirata and Seljak 2003, MNRAS 343, 459, arXiv:astro-ph/0301054. The inertia is ours: 4 standard
    deviations of the flux, were every pixel noise.

    Examples
    --------
    >>> basis = plane_basis(64)
    >>> picture = torch.exp(-0.5 * (basis[3] / 0.04 + basis[4] / 0.01))
    >>> found = adaptive_moments(picture[None, None], torch.ones(1), basis)
    >>> round(float(found.xx), 3), round(float(found.yy), 3)
    (0.04, 0.01)
    """
    zero = pictures[..., 0] * 0
    start = zero + _FIRST_SIGMA**2
    at = Gaussian(zero, zero, start, start, zero)
    for _ in range(_ROUNDS):
        weighted = torch.exp(_log_weight(at, widths) @ basis) * pictures
        sums = weighted @ basis.T
        # Sums that are mostly noise say nothing: keep what was known. Without this the search
        # wanders over the noise, and rounding decides where it ends.
        inertia = _INERTIA * torch.sqrt(weighted.square().sum(-1, keepdim=True)) + 1e-6
        flux = torch.cat([sums[..., :1].clamp(min=0), sums[..., 1:]], dim=-1)
        at = _measured(flux + inertia * _expected(at, widths), widths)
    return at


def beam_moments(beam: Tensor) -> Gaussian:
    """Covariance of the beam from what ``beam_covariance`` encodes.

    Parameters
    ----------
    beam : shape (batch, 3), dimensionless
        ln of the geometric mean sigma over the half width, e cos 2BPA, e sin 2BPA.

    Returns
    -------
    Gaussian
        Of shape (batch, 1), at the origin.

    Notes
    -----
    With axes a, b: ab = g^2 and e = (a^2 - b^2) / (a^2 + b^2), so that
    a^2 + b^2 = 2 g^2 / sqrt(1 - e^2). East of north, with x to the west: xx = (1 - e cos 2BPA),
    yy = (1 + e cos 2BPA), xy = -e sin 2BPA, each times (a^2 + b^2) / 2.
    """
    log_sigma, cos, sin = (beam[:, i : i + 1] for i in range(3))
    round_part = torch.exp(2 * log_sigma) / torch.sqrt((1 - cos * cos - sin * sin).clamp(min=1e-3))
    zero = 0 * round_part
    return Gaussian(zero, zero, round_part * (1 - cos), round_part * (1 + cos), -round_part * sin)
