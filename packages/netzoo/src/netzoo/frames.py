"""A picture's numbers seen along an axis of its own, so that a network need not learn to turn.

Places are x to the west and y to the north; position angles count from north to east. Along an
axis at position angle A, a place has the coordinates across it (to the west of the axis, were A
north) and along it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

Parity = tuple[int, int]
"""Signs that a number takes when the picture is turned by 180 deg, and mirrored across the axis."""

EVEN: Parity = (1, 1)
TURNED: Parity = (-1, 1)
MIRRORED: Parity = (1, -1)
TURNED_AND_MIRRORED: Parity = (-1, -1)


@dataclass(frozen=True)
class Frame:
    """Directions along an axis in each picture; tensors of shape (batch,), dimensionless.

    Parameters
    ----------
    sin, cos : Tensor
        Of the position angle of the axis.
    sin2, cos2 : Tensor
        Of twice that angle.
    """

    sin: Tensor
    cos: Tensor
    sin2: Tensor
    cos2: Tensor

    @classmethod
    def along(cls, sin2: Tensor, cos2: Tensor) -> Frame:
        """The frame along an axis that is known by twice its angle, of any length.

        The two directions of an axis are one; the one with cos >= 0 is taken.

        Examples
        --------
        >>> frame = Frame.along(torch.tensor([3.0]), torch.tensor([0.0]))  # 45 deg
        >>> round(float(frame.sin), 4), round(float(frame.cos), 4)
        (0.7071, 0.7071)
        """
        length = torch.sqrt(sin2 * sin2 + cos2 * cos2 + 1e-12)
        sin2, cos2 = sin2 / length, cos2 / length
        sign = torch.where(sin2 < 0, -1.0, 1.0)
        sin = sign * torch.sqrt(((1 - cos2) / 2).clamp(min=0))
        return cls(sin, torch.sqrt(((1 + cos2) / 2).clamp(min=0)), sin2, cos2)

    def turn_place(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Across and along the axis; tensors of shape (batch, ...).

        Examples
        --------
        >>> east = Frame.along(torch.tensor([0.0]), torch.tensor([-1.0]))  # 90 deg
        >>> [round(float(v), 4) for v in east.turn_place(torch.tensor([-1.0]), torch.tensor([0.0]))]
        [0.0, 1.0]
        """
        sin, cos = _like(self.sin, x), _like(self.cos, x)
        return x * cos + y * sin, y * cos - x * sin

    def turn_place_back(self, across: Tensor, along: Tensor) -> tuple[Tensor, Tensor]:
        """X and y of a place across and along the axis."""
        sin, cos = _like(self.sin, across), _like(self.cos, across)
        return across * cos - along * sin, across * sin + along * cos

    def turn_double(self, sin2: Tensor, cos2: Tensor) -> tuple[Tensor, Tensor]:
        """Sine and cosine of twice an angle, counted from the axis."""
        sin, cos = _like(self.sin2, sin2), _like(self.cos2, sin2)
        return sin2 * cos - cos2 * sin, cos2 * cos + sin2 * sin

    def turn_double_back(self, sin2: Tensor, cos2: Tensor) -> tuple[Tensor, Tensor]:
        """Sine and cosine of twice an angle from north, from those counted from the axis."""
        sin, cos = _like(self.sin2, sin2), _like(self.cos2, sin2)
        return sin2 * cos + cos2 * sin, cos2 * cos - sin2 * sin

    def turn_harmonics(self, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
        """Harmonics of order 1, 2, ... in the last axis, counted from the axis.

        Parameters
        ----------
        cos, sin : shape (batch, ..., order)
            Their parts in the angle from x to y.
        """
        # The direction of the axis in that angle: (x, y) = (-sin, cos).
        c, s = [-self.sin], [self.cos]
        for _ in range(cos.shape[-1] - 1):
            c, s = [*c, c[-1] * c[0] - s[-1] * s[0]], [*s, s[-1] * c[0] + c[-1] * s[0]]
        axis_cos, axis_sin = (_like(torch.stack(v, dim=-1), cos, keep=1) for v in (c, s))
        return cos * axis_cos + sin * axis_sin, sin * axis_cos - cos * axis_sin


def _like(value: Tensor, other: Tensor, *, keep: int = 0) -> Tensor:
    """A tensor over the batch (and ``keep`` last axes) with axes of 1 between, to fit another."""
    middle = (1,) * (other.ndim - 1 - keep)
    return value.reshape(value.shape[:1] + middle + value.shape[1:])


def symmetry_signs(parities: tuple[Parity, ...] | list[Parity]) -> Tensor:
    """Signs of numbers under doing nothing, the half turn, the mirror image, and both.

    An axis has two directions and two sides, and nothing says which is meant: what a network says
    of the four is averaged.

    Returns
    -------
    shape (4, number), dimensionless

    Examples
    --------
    >>> symmetry_signs([EVEN, TURNED_AND_MIRRORED]).tolist()
    [[1.0, 1.0], [1.0, -1.0], [1.0, -1.0], [1.0, 1.0]]
    """
    half = [float(turned) for turned, _ in parities]
    mirror = [float(mirrored) for _, mirrored in parities]
    both = [a * b for a, b in zip(half, mirror, strict=True)]
    return torch.tensor([[1.0] * len(half), half, mirror, both])
