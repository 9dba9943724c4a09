"""Blending pictures without blending what they mean.

A picture ``a`` becomes lambda a + (1 - lambda) b with lambda at least one half, so ``a`` dominates.
Its target stays that of ``a`` alone, and its loss counts lambda: an angle half way between two
disks describes neither of them. Channels that show the beam are not blended; ``a`` is still seen
with its own beam. Blending is that of mixup (Zhang et al. 2018, arXiv:1710.09412), the rest is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skytypes import item_rng
from skytypes.specs import TensorSpec

STREAM = "trainkit.mixup"


@dataclass(frozen=True)
class Mix:
    """Partners within a batch and weights, arrays of shape (batch,).

    Parameters
    ----------
    partner : int array
        Place in the batch of the picture that is blended in.
    weight : float32 array
        lambda, 0.5 to 1, dimensionless; 1 where nothing is blended.
    """

    partner: NDArray[np.int64]
    weight: NDArray[np.float32]


def draw_mix(seed: int, counters: Sequence[int], *, probability: float, alpha: float) -> Mix:
    """Partners and weights for a batch, drawn for each picture on its own.

    Parameters
    ----------
    seed : int
    counters : sequence of int
        One for each picture of the batch, never used twice.
    probability : float
        Share of pictures that another is blended into.
    alpha : float
        lambda is drawn from Beta(alpha, alpha) and folded to at least one half.

    Returns
    -------
    Mix

    Notes
    -----
    Source: Zhang et al. 2018, "mixup: beyond empirical risk minimization", arXiv:1710.09412,
    eq. 1, for the pictures; the labels are not blended.

    Examples
    --------
    >>> mix = draw_mix(0, range(100), probability=0.5, alpha=0.25)
    >>> bool((mix.weight >= 0.5).all()), 30 < int((mix.weight < 1).sum()) < 70
    (True, True)
    """
    partner = np.arange(len(counters), dtype=np.int64)
    weight = np.ones(len(counters), dtype=np.float32)
    for place, counter in enumerate(counters):
        rng = item_rng(seed, counter, STREAM)
        if rng.random() < probability:
            drawn = rng.beta(alpha, alpha)
            partner[place] = rng.integers(len(counters))
            weight[place] = max(drawn, 1 - drawn)
    weight[partner == np.arange(len(counters))] = 1.0
    return Mix(partner, weight)


def blends(spec: TensorSpec) -> tuple[bool, ...]:
    """Which channels of a tensor are blended: those of pictures that show the sky.

    Examples
    --------
    >>> from skytypes.specs import Channel, Operation
    >>> beam = Channel("beam", (Operation("beam_map"),))
    >>> blends(TensorSpec("image", (2, 4, 4), (Channel("sky"), beam)))
    (True, False)
    """
    picture = len(spec.shape) == 3
    return tuple(
        picture and not any(o.name.startswith("beam_") for o in channel.chain)
        for channel in spec.channels
    )


def blend(
    specs: Sequence[TensorSpec],
    own: Mapping[str, Tensor],
    others: Mapping[str, Tensor],
    weight: Tensor,
) -> dict[str, Tensor]:
    """Input tensors with their partners blended in.

    Parameters
    ----------
    specs : sequence of TensorSpec
    own, others : mapping of str to tensor, shape (batch, ...)
        By tensor name; ``others`` row by row the partners.
    weight : tensor of shape (batch,)
        lambda.

    Returns
    -------
    dict of str to tensor
    """
    mixed = dict(own)
    for spec in specs:
        which = torch.tensor(blends(spec), device=weight.device)
        if len(spec.shape) == 3 and bool(which.any()):
            share = torch.where(which[None, :], weight[:, None], torch.ones_like(weight)[:, None])
            share = share[..., None, None]
            mixed[spec.name] = share * own[spec.name] + (1 - share) * others[spec.name]
    return mixed
