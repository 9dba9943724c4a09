"""Rings of an elliptical Gaussian against its own Fourier series around a circle.

On a circle of radius r, counted from its major axis, a Gaussian of variances a along it and b
across it is exp(-A) exp(B cos 2t), A = r^2 (1/b + 1/a) / 4, B = r^2 (1/b - 1/a) / 4. Its mean over
the angle is exp(-A) I0(B), that of its product with cos 2t exp(-A) I1(B) (Abramowitz and Stegun
9.6.34).
"""

from __future__ import annotations

import math

import pytest
import torch

from netzoo.frames import Frame
from netzoo.harmonics import measure_harmonics, polar_basis
from netzoo.moments import plane_basis

SIDE, RINGS, ORDERS = 256, 16, 4
ALONG, ACROSS = 0.10, 0.06


def gaussian(angle_deg: float) -> torch.Tensor:
    """A Gaussian, its major axis at a position angle; shape (1, 1, pixel)."""
    _, x, y, *_ = plane_basis(SIDE).double()
    angle = math.radians(angle_deg)
    along = y * math.cos(angle) - x * math.sin(angle)
    across = x * math.cos(angle) + y * math.sin(angle)
    return torch.exp(-0.5 * (along**2 / ALONG + across**2 / ACROSS))[None, None]


def series(order: int) -> torch.Tensor:
    """Of that Gaussian, counted from its major axis, over each ring's triangle; shape (ring,)."""
    radius = torch.linspace(1e-4, 1.1, 20_000, dtype=torch.float64)
    a = radius**2 * (1 / ALONG + 1 / ACROSS) / 4
    b = radius**2 * (1 / ACROSS - 1 / ALONG) / 4
    bessel = torch.special.i1(b) if order else torch.special.i0(b)
    middle = (torch.arange(RINGS, dtype=torch.float64)[:, None] + 0.5) / RINGS
    weight = (1 - RINGS * (radius - middle).abs()).clamp(min=0) * radius
    means: torch.Tensor = (weight * torch.exp(-a) * bessel).sum(dim=1) / weight.sum(dim=1)
    return means


@pytest.mark.parametrize("angle_deg", [0.0, 20.0, 90.0, 135.0, 170.0])
def test_rings_of_a_gaussian_seen_along_its_axis(angle_deg: float) -> None:
    basis = polar_basis(SIDE, RINGS, ORDERS).double()
    mean, cos, sin = measure_harmonics(gaussian(angle_deg), basis, RINGS)
    twice = torch.tensor([2 * math.radians(angle_deg)], dtype=torch.float64)
    cos, sin = Frame.along(torch.sin(twice), torch.cos(twice)).turn_harmonics(cos, sin)
    # The innermost ring holds a few dozen pixels and is left out.
    assert mean[0, 0, 1:].tolist() == pytest.approx(series(0)[1:].tolist(), abs=5e-4)
    # Brighter along the axis than across it: a plus.
    assert cos[0, 0, 1:, 1].tolist() == pytest.approx(series(2)[1:].tolist(), abs=5e-4)
    nothing = torch.cat([cos[..., [0, 2]], sin], dim=-1)[0, 0, 1:]
    assert float(nothing.abs().max()) < 5e-4


def test_a_ring_off_centre_shows_in_order_one_towards_its_side() -> None:
    _, x, y, *_ = plane_basis(SIDE).double()
    picture = torch.exp(-0.5 * ((x - 0.05) ** 2 + y**2) / 0.05)[None, None]
    basis = polar_basis(SIDE, RINGS, ORDERS).double()
    _, cos, sin = measure_harmonics(picture, basis, RINGS)
    assert float(cos[0, 0, :, 0].min()) > 0
    assert float(sin[0, 0, :, 0].abs().max()) < 1e-4
