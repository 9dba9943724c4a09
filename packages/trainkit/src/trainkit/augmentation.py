"""Turns by any angle, small zooms and shifts, for the few pictures that are dear to make."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skytypes import Sample, item_rng
from skytypes.errors import ContractError

from .views import VIEWS, turn_numbers

STREAM = "trainkit.augmentation"
ZOOM = 1.15
"""Zooms are drawn log-uniformly between 1 / ZOOM and ZOOM."""
SHIFT = 0.06
"""Shifts are drawn uniformly up to this share of the picture's half width, in x and in y."""


def draw_views(seed: int, counters: Sequence[int]) -> NDArray[np.int64]:
    """One of the eight views for each draw counter, shape (batch,).

    Examples
    --------
    >>> bool((draw_views(1, [4, 5]) == [draw_views(1, [i])[0] for i in (4, 5)]).all())
    True
    """
    return np.array([item_rng(seed, c, STREAM).integers(VIEWS) for c in counters], dtype=np.int64)


def draw_moves(
    seed: int, counters: Sequence[int], *, size: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Turns by any angle, mirrored half the time, with a small zoom and shift.

    Parameters
    ----------
    seed : int
    counters : sequence of int
        One for each picture, never used twice.
    size : int
        Side of the picture [pixel].

    Returns
    -------
    matrices of shape (batch, 2, 2), dimensionless, and shifts of shape (batch, 2) [pixel]
        As `move_sample` takes them.
    """
    matrices, shifts = [], []
    for counter in counters:
        rng = item_rng(seed, counter, STREAM)
        angle, mirror = rng.uniform(0, 2 * math.pi), rng.choice([-1.0, 1.0])
        zoom = math.exp(rng.uniform(-1, 1) * math.log(ZOOM))
        c, s = zoom * math.cos(angle), zoom * math.sin(angle)
        matrices.append([[c * mirror, -s], [s * mirror, c]])
        shifts.append(rng.uniform(-1, 1, size=2) * SHIFT * size / 2)
    return np.array(matrices, dtype=np.float32), np.array(shifts, dtype=np.float32)


def move_sample(sample: Sample, matrices: Tensor, shift_px: Tensor) -> Sample:
    """Pictures turned, zoomed and shifted, each in its own way, with all their numbers.

    Bilinear interpolation; what lies outside the picture is 0, the mean of its noise: a reflection
    would show a large disk twice. Give pictures that are wider than the network's window and have
    more pixels than it sees, so that neither matters.

    Parameters
    ----------
    sample : Sample
        A batch of torch tensors with square pictures.
    matrices : tensor of shape (batch, 2, 2), dimensionless
        Acting on (x, y) about the middle of the picture.
    shift_px : tensor of shape (batch, 2) [pixel]

    Returns
    -------
    Sample
        Of the same shapes.

    Raises
    ------
    ContractError
        If the pictures are not square.
    """
    image: Tensor = sample.inputs["image"]
    size = image.shape[-1]
    if size != image.shape[-2]:
        raise ContractError(
            f"pictures of {tuple(image.shape[-2:])} pixels can't be turned; cut them square"
        )
    back = torch.linalg.inv(matrices)
    # Sampling coordinates run from -1 to 1 over the picture, so a pixel is 2 / size.
    offset = -(back @ shift_px[..., None]) * (2 / size)
    theta = torch.cat([back, offset], -1)
    grid = torch.nn.functional.affine_grid(theta, [len(image), 1, size, size], align_corners=False)
    moved = torch.nn.functional.grid_sample(
        image[:, None], grid, mode="bilinear", padding_mode="zeros", align_corners=False
    )
    numbers = turn_numbers(sample, matrices, shift_px)
    return Sample({**numbers.inputs, "image": moved[:, 0]}, numbers.labels, sample.size)
