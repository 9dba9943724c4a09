"""A network that measures first and second moments: its right answers are known beforehand.

Registered as ``moments`` by the ``dist-info`` folder beside this file.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skytypes import ModelCard
from skytypes.cards import UsableRule
from skytypes.specs import Channel, Operation, OutputSpec, TensorSpec

SIDE = 32
CHAIN = (
    Operation("crop", {"mode": "whole"}),
    Operation("resample", {"size": SIDE}),
    Operation("stretch"),
)
CARD = ModelCard(
    "moments",
    "1.0",
    "moments",
    (TensorSpec("image", (1, SIDE, SIDE), (Channel("sky", CHAIN),)),),
    (
        OutputSpec("axis_ratio", "dimensionless", "linear", (0,)),
        OutputSpec("pa_deg", "deg", "double_angle", (1, 2)),
        OutputSpec("dx_arcsec", "arcsec", "field_fraction", (3,), axis="x"),
        OutputSpec("dy_arcsec", "arcsec", "field_fraction", (4,), axis="y"),
    ),
    usable=(UsableRule("peak_over_rms", "too faint", at_least=5.0),),
)
COLUMNS = ["axis_ratio", "sin2PA", "cos2PA", "dx", "dy"]


class Moments(nn.Module):
    """Moments of the positive part of a picture, x to the west and y to the north."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(5))

    def forward(self, image: Tensor) -> Tensor:
        share = image[:, 0].relu()
        share = share / share.sum(dim=(1, 2), keepdim=True)
        axis = (2 * torch.arange(SIDE, dtype=image.dtype) + 1) / SIDE - 1
        x, y = axis[None, None, :], axis[None, :, None]

        def mean(values: Tensor) -> Tensor:
            return (share * values).sum(dim=(1, 2))

        mx, my = mean(x), mean(y)
        xx, yy, xy = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
        # East is minus x: sin 2PA goes with 2 <east north>, cos 2PA with <north^2> - <east^2>.
        sine, cosine = -2 * xy, yy - xx
        spread = torch.sqrt(sine * sine + cosine * cosine + 1e-12)
        ratio = torch.sqrt(((xx + yy) - spread).clamp(min=0) / ((xx + yy) + spread))
        raw = torch.stack([ratio, sine / spread, cosine / spread, mx, my], dim=1)
        return raw * self.gain


class Factory:
    """Builds `Moments`."""

    card = CARD

    def build(self) -> Moments:
        return Moments()


MOMENTS = Factory()
