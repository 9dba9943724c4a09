"""`CompactDiscoNet`: a small network for protoplanetary disks, for the edge.

Inclination is a matter of second moments: those of the picture less those of the beam. The
network therefore measures them first, without any weights (`netzoo.moments`), and is trained to
say by how much they are wrong: rings, gaps, crescents, noise.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skytypes import ModelCard
from skytypes.specs import Channel, Operation, TensorSpec

from .disks import COLUMNS, DISK_LIMITS, DISK_OUTPUTS, DISK_RULES
from .factory import NetworkFactory
from .moments import FEATURES, adaptive_moments, beam_moments, describe_shape, plane_basis

_SIDE = 64
_WIDTHS = (24, 48, 96)
_SQUEEZED = 16
_HIDDEN = 128

# Channel and weight of each measurement: the source, its outskirts, its faint parts.
_MEASUREMENTS = ((0, 1.0), (0, 3.0), (1, 1.0))

_WINDOW = Operation("crop", {"mode": "source", "margin": 1.6, "max_arcsec": 5.0})
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


class CompactDiscoNet(nn.Module):
    """Moments of the picture, corrected by a small convolutional network.

    Three measurements of the shape and the features of three halvings of the picture go to a head
    of two hidden layers. It answers with a correction to each column and with the share of the
    first measurement that is kept: little of it where the source drowns in noise.

    Examples
    --------
    >>> network = CompactDiscoNet().eval()
    >>> network(torch.rand(2, 2, 64, 64), torch.tensor([[-2.0, 0.1, 0.0]] * 2)).shape
    torch.Size([2, 5])
    """

    basis: Tensor
    widths: Tensor

    def __init__(self) -> None:
        super().__init__()
        widths = torch.tensor([width for _, width in _MEASUREMENTS])
        self.register_buffer("widths", widths, persistent=False)
        self.register_buffer("basis", plane_basis(_SIDE), persistent=False)
        stem, low, high = _WIDTHS
        self.features = nn.Sequential(
            _convolution(2, stem, stride=2),
            _Stage(stem, low),
            _Stage(low, high),
            nn.Conv2d(high, _SQUEEZED, 1, bias=False),
            nn.BatchNorm2d(_SQUEEZED),
            nn.ReLU(),
            nn.Flatten(),
        )
        count = _SQUEEZED * (_SIDE // 8) ** 2 + FEATURES * len(_MEASUREMENTS) + 3
        last = nn.Linear(_HIDDEN, 2 * len(COLUMNS))
        with torch.no_grad():
            # A small first correction: training starts from the measurement.
            last.weight.mul_(0.3)
        self.head = nn.Sequential(
            nn.Linear(count, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, _HIDDEN), nn.ReLU(), last
        )

    def measure(self, image: Tensor, beam: Tensor) -> Tensor:
        """Shapes of the picture, shape (batch, 3, 12); the first five numbers are raw columns."""
        # In full precision: moments are differences of large sums.
        with torch.autocast(image.device.type, enabled=False):
            pictures = image.float().flatten(2)[:, [channel for channel, _ in _MEASUREMENTS]]
            source = adaptive_moments(pictures, self.widths, self.basis)
            return describe_shape(source, beam_moments(beam.float()))

    def forward(self, image: Tensor, beam: Tensor) -> Tensor:
        """Raw answers.

        Parameters
        ----------
        image : shape (batch, 2, 64, 64), dimensionless
            As `COMPACT_IMAGE` states.
        beam : shape (batch, 3), dimensionless
            As `COMPACT_BEAM` states.

        Returns
        -------
        shape (batch, 5), dimensionless
            Columns `netzoo.COLUMNS`.
        """
        shapes = self.measure(image, beam)
        known = torch.cat([self.features(image), shapes.flatten(1), beam], dim=1)
        correction, keep = self.head(known).chunk(2, dim=1)
        # 1 is added so that training starts with most of the measurement kept.
        answer: Tensor = correction + torch.sigmoid(keep + 1) * shapes[:, 0, : len(COLUMNS)]
        return answer


DISCONET_COMPACT = NetworkFactory(
    ModelCard(
        "disconet-compact",
        "0.1.0",
        "disconet-compact",
        (COMPACT_IMAGE, COMPACT_BEAM),
        DISK_OUTPUTS,
        limits=DISK_LIMITS,
        usable=DISK_RULES,
    ),
    CompactDiscoNet,
)
"""Factory of `CompactDiscoNet`, registered as ``disconet-compact``."""
