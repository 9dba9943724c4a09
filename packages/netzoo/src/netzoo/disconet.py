"""`DiscoNet`: the published convolutional network for protoplanetary disks.

Intensity, beam and beam scale at 128 x 128 pixels in, inclination, position angle and centre out.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from skytypes import ModelCard
from skytypes.specs import Channel, Operation, TensorSpec

from .disks import COLUMNS, DISK_LIMITS, DISK_OUTPUTS, DISK_RULES
from .factory import NetworkFactory

_WIDTHS = (32, 64, 128, 256, 512, 512)

_WINDOW = Operation("crop", {"mode": "source", "margin": 1.6, "max_arcsec": 5.0})
_GRID = Operation("resample", {"size": 128})

DISCONET_IMAGE = TensorSpec(
    "image",
    (3, 128, 128),
    (
        # Cropped and resampled first: the percentiles are those of what the network sees.
        Channel(
            "intensity",
            (_WINDOW, _GRID, Operation("percentile_clip", {"low": 1.0, "high": 99.9})),
        ),
        Channel("beam", (_WINDOW, _GRID, Operation("beam_map"))),
        Channel("beam_scale", (_WINDOW, _GRID, Operation("beam_over_field"))),
    ),
)
"""What `DiscoNet` sees."""


def _convolution(channels: int, filters: int, stride: int = 1) -> nn.Conv2d:
    # Without bias: the normalisation that follows has its own.
    return nn.Conv2d(channels, filters, 3, stride=stride, padding=1, bias=False)


class ResidualBlock(nn.Module):
    """ReLU(x + net(x)), net being convolution, norm, ReLU, convolution, norm.

    Parameters
    ----------
    channels : int
        Of input and output, which are of shape (batch, channels, y, x), dimensionless.

    Notes
    -----
    Source: He et al. 2016, arXiv:1512.03385; the norms are Ioffe & Szegedy's (2015,
    arXiv:1502.03167).

    Examples
    --------
    >>> import torch
    >>> ResidualBlock(4)(torch.zeros(2, 4, 8, 8)).shape
    torch.Size([2, 4, 8, 8])
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            _convolution(channels, channels),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            _convolution(channels, channels),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Features of the same shape, (batch, channel, y, x)."""
        return nn.functional.relu(x + self.net(x))


def _stage(channels: int, filters: int) -> nn.Sequential:
    return nn.Sequential(
        ResidualBlock(channels),
        _convolution(channels, filters, stride=2),
        nn.BatchNorm2d(filters),
        nn.ReLU(),
    )


class DiscoNet(nn.Module):
    """The published network, 19 136 165 parameters.

    A stem of 32 filters; five stages, each a residual block and a convolution of stride 2, to 512
    filters at 4 x 4; two hidden layers with dropout. State-dict keys are the published ones, so
    that published weights load (`netzoo.load_disconet`).

    Examples
    --------
    >>> import torch
    >>> network = DiscoNet().eval()
    >>> network(torch.zeros(2, 3, 128, 128)).shape
    torch.Size([2, 5])
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(_convolution(3, 32), nn.BatchNorm2d(32), nn.ReLU())
        self.enc1, self.enc2, self.enc3, self.enc4, self.enc5 = (
            _stage(a, b) for a, b in pairwise(_WIDTHS)
        )
        self.pool = nn.AdaptiveAvgPool2d(4)
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(_WIDTHS[-1] * 16, 1024),
            nn.ReLU(),
            nn.Dropout(0.45),
            nn.Linear(1024, 512),
            nn.ReLU(),
            nn.Dropout(0.30),
            nn.Linear(512, len(COLUMNS)),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Raw answers.

        Parameters
        ----------
        image : shape (batch, 3, 128, 128), dimensionless
            As `DISCONET_IMAGE` states.

        Returns
        -------
        shape (batch, 5), dimensionless
            Columns `netzoo.COLUMNS`.
        """
        x = self.stem(image)
        for stage in (self.enc1, self.enc2, self.enc3, self.enc4, self.enc5):
            x = stage(x)
        answer: Tensor = self.head(self.pool(x))
        return answer


DISCONET = NetworkFactory(
    ModelCard(
        "disconet",
        "0.1.0",
        "disconet",
        (DISCONET_IMAGE,),
        DISK_OUTPUTS,
        limits=DISK_LIMITS,
        usable=DISK_RULES,
    ),
    DiscoNet,
)
"""Factory of `DiscoNet`, registered as ``disconet``."""
