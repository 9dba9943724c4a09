"""`CompactDiscoNet`: a small network for protoplanetary disks, for the edge.

Inclination is a matter of second moments: those of the picture less those of the beam. The
network therefore learns weights over the picture, measures moments under them, subtracts the
beam's, and leaves the rest to a small head.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skytypes import ModelCard
from skytypes.specs import Channel, Operation, TensorSpec

from .disks import COLUMNS, DISK_LIMITS, DISK_OUTPUTS
from .factory import NetworkFactory

_SIDE = 64
_WIDTHS = (24, 48, 96, 112)
_MAPS = 32
_HIDDEN = 128

_WINDOW = Operation("crop", {"mode": "source", "max_arcsec": 5.0})
_LINEAR = (_WINDOW, Operation("resample", {"size": _SIDE}), Operation("stretch"))

COMPACT_IMAGE = TensorSpec(
    "image",
    (2, _SIDE, _SIDE),
    (
        Channel("linear", _LINEAR),
        Channel("asinh", (*_LINEAR, Operation("asinh", {"softening": 0.03}))),
    ),
)
"""The picture that `CompactDiscoNet` sees: over its peak, and stretched to show faint parts."""

COMPACT_BEAM = TensorSpec("beam", (3,), (Channel("beam", (_WINDOW, Operation("beam_covariance"))),))
"""The restoring beam in units of the window's half width, beside the picture."""


def _convolution(channels: int, filters: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, filters, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(filters),
        nn.ReLU(),
    )


class _Stage(nn.Module):
    """Half the side, then a residual block."""

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        self.down = _convolution(channels, filters, stride=2)
        self.first = _convolution(filters, filters)
        self.second = nn.Sequential(
            nn.Conv2d(filters, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.down(x)
        return nn.functional.relu(x + self.second(self.first(x)))


class Moments(nn.Module):
    """Centre and second moments of learned maps, in units of the window's half width.

    Parameters
    ----------
    channels, maps : int
        Features in, and weight maps made of them.

    Examples
    --------
    >>> moments = Moments(8, 4)
    >>> moments(torch.zeros(2, 8, 16, 16)).shape
    torch.Size([2, 20])
    """

    def __init__(self, channels: int, maps: int) -> None:
        super().__init__()
        # No bias: softmax takes a constant away.
        self.weights = nn.Conv2d(channels, maps, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Moments of shape (batch, 5 maps): x, y, xx, yy, xy; x to the west, y to the north."""
        side = features.shape[-1]
        share = self.weights(features).flatten(2).softmax(-1)
        axis = (2 * torch.arange(side, dtype=features.dtype, device=features.device) + 1) / side - 1
        x, y = axis.repeat(side), axis.repeat_interleave(side)
        raw = share @ torch.stack([x, y, x * x, y * y, x * y], dim=-1)
        mx, my, xx, yy, xy = raw.unbind(-1)
        return torch.cat([mx, my, xx - mx * mx, yy - my * my, xy - mx * my], dim=1)


class CompactDiscoNet(nn.Module):
    """The small network."""

    def __init__(self) -> None:
        super().__init__()
        stem, low, middle, high = _WIDTHS
        self.stem = _convolution(2, stem, stride=2)
        self.low = _Stage(stem, low)
        self.middle = _Stage(low, middle)
        self.high = _Stage(middle, high)
        self.moments = Moments(low, _MAPS)
        self.head = nn.Sequential(
            nn.Linear(5 * _MAPS + high + 3, _HIDDEN),
            nn.ReLU(),
            nn.Linear(_HIDDEN, _HIDDEN),
            nn.ReLU(),
            nn.Linear(_HIDDEN, len(COLUMNS)),
        )

    def forward(self, image: Tensor, beam: Tensor) -> Tensor:
        """Raw answers."""
        low = self.low(self.stem(image))
        high = self.high(self.middle(low)).mean(dim=(2, 3))
        answer: Tensor = self.head(torch.cat([self.moments(low), high, beam], dim=1))
        return answer


DISCONET_COMPACT = NetworkFactory(
    ModelCard(
        "disconet-compact",
        "0.1.0",
        "disconet-compact",
        (COMPACT_IMAGE, COMPACT_BEAM),
        DISK_OUTPUTS,
        limits=DISK_LIMITS,
    ),
    CompactDiscoNet,
)
"""Factory of `CompactDiscoNet`, registered as ``disconet-compact``."""
