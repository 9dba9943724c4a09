"""What moments say of a disk, as numbers for a network, and those numbers seen along an axis."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .frames import EVEN, MIRRORED, TURNED, TURNED_AND_MIRRORED, Frame, Parity
from .moments import Gaussian

SHAPE_PARITY: tuple[Parity, ...] = (
    *(EVEN, MIRRORED, EVEN),
    *(TURNED_AND_MIRRORED, TURNED),
    *(MIRRORED, EVEN, MIRRORED, EVEN),
    *(EVEN, EVEN, EVEN),
)
"""What becomes of each number of `describe_shape`, seen along an axis."""


def describe_shape(source: Gaussian, beam: Gaussian) -> Tensor:
    """Inclination, position angle and centre of a flat disk of this shape, and how sure they are.

    Parameters
    ----------
    source : Gaussian
        Of shape (batch, map).
    beam : Gaussian
        Of shape (batch, 1).

    Returns
    -------
    shape (batch, map, 12), dimensionless
        First the five raw columns `netzoo.COLUMNS`, as the Gaussian less the beam has them; then
        its ellipticity times the sine and cosine of twice its angle, the same with the beam, the
        logarithms of its size without and with the beam, and the beam's share.

    Notes
    -----
    A round, thin disk at inclination i has the axis ratio cos i, hence
    cos^2 i = (1 - e) / (1 + e).
    """
    xx, yy, xy = source.xx, source.yy, source.xy
    size, beam_size = xx + yy, beam.xx + beam.yy
    # Softly above zero: noise, or a hot centre, can leave a source smaller than its beam.
    least = 0.05 * size
    true_size = least * torch.nn.functional.softplus((size - beam_size) / least)
    true_size = torch.maximum(true_size, 0.01 * size)
    cos = (yy - beam.yy - xx + beam.xx) / true_size
    sin = -2 * (xy - beam.xy) / true_size
    e = torch.sqrt(cos * cos + sin * sin + 1e-4)
    bound = 1 / e.clamp(min=1.0)
    ratio2 = ((1 - e * bound) / (1 + e * bound)).clamp(1e-4, 0.9998)
    incl = torch.acos(torch.sqrt(ratio2)) * (2 / math.pi)
    columns = [incl, sin / e, cos / e, source.x / 0.14, source.y / 0.14]
    ellipticity = [sin * bound, cos * bound, -2 * xy / size, (yy - xx) / size]
    sizes = [0.3 * torch.log(true_size), 0.3 * torch.log(size), (beam_size / size).clamp(max=10.0)]
    return torch.stack([*columns, *ellipticity, *sizes], dim=-1)


def turn_shape(shape: Tensor, frame: Frame) -> Tensor:
    """Numbers of `describe_shape` as they are with the axis of a frame to the north.

    Parameters
    ----------
    shape : shape (batch, map, 12), dimensionless
    frame : Frame
        One a picture.

    Returns
    -------
    shape (batch, map, 12), dimensionless
    """
    incl, sin, cos, x, y, es, ec, bs, bc, *sizes = shape.unbind(-1)
    turned = [
        incl,
        *frame.turn_double(sin, cos),
        *frame.turn_place(x, y),
        *frame.turn_double(es, ec),
        *frame.turn_double(bs, bc),
        *sizes,
    ]
    return torch.stack(turned, dim=-1)
