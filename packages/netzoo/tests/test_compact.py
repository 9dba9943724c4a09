"""Moments of `CompactDiscoNet` against those of a known distribution."""

import pytest
import torch

from netzoo.compact import Moments


@pytest.fixture
def moments() -> Moments:
    """One map, whose weight is exp of the one feature."""
    layer = Moments(1, 1)
    with torch.no_grad():
        layer.weights.weight.fill_(1.0)
    return layer


def gaussian(side: int, west: float, north: float, cov: list[list[float]]) -> torch.Tensor:
    """Logarithm of a Gaussian over a window from -1 to 1, shape (1, 1, side, side)."""
    axis = (torch.arange(side, dtype=torch.float64) + 0.5) * 2 / side - 1
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    place = torch.stack([x - west, y - north], dim=-1)
    inverse = torch.linalg.inv(torch.tensor(cov, dtype=torch.float64))
    return -0.5 * torch.einsum("yxi,ij,yxj->yx", place, inverse, place)[None, None]


def test_moments_of_a_gaussian(moments: Moments) -> None:
    cov = [[0.02, 0.006], [0.006, 0.01]]
    x, y, xx, yy, xy = moments.double()(gaussian(64, 0.1, -0.2, cov))[0].tolist()
    assert (x, y) == pytest.approx((0.1, -0.2), abs=1e-6)
    assert (xx, yy, xy) == pytest.approx((0.02, 0.01, 0.006), abs=1e-6)


def test_moments_do_not_change_with_a_factor(moments: Moments) -> None:
    features = gaussian(32, 0.0, 0.0, [[0.02, 0.0], [0.0, 0.01]])
    torch.testing.assert_close(moments.double()(features + 3), moments(features))
