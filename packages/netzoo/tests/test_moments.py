"""Adaptive moments and what they say of a disk, against Gaussians that are known."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from netzoo.moments import (
    Gaussian,
    adaptive_moments,
    beam_moments,
    plane_basis,
)
from netzoo.shapes import SHAPE_PARITY, describe_shape

BASIS = plane_basis(64)


def covariance(major: float, minor: float, angle_deg: float) -> tuple[float, float, float]:
    """xx, yy, xy of a Gaussian at a position angle east of north, x to the west."""
    sin, cos = math.sin(math.radians(angle_deg)), math.cos(math.radians(angle_deg))
    along, across = major**2, minor**2
    # East is minus x, so a major axis to the north-east has a negative xy.
    return (
        along * sin**2 + across * cos**2,
        along * cos**2 + across * sin**2,
        -(along - across) * sin * cos,
    )


def picture(x: float, y: float, cov: tuple[float, float, float]) -> torch.Tensor:
    """A Gaussian over the window, shape (1, 1, 64 * 64)."""
    inverse = torch.linalg.inv(torch.tensor([[cov[0], cov[2]], [cov[2], cov[1]]]))
    place = torch.stack([BASIS[1] - x, BASIS[2] - y])
    return torch.exp(-0.5 * torch.einsum("ip,ij,jp->p", place, inverse, place))[None, None]


def encoded_beam(major: float, minor: float, angle_deg: float) -> torch.Tensor:
    """As the operation ``beam_covariance`` has it."""
    e = (major**2 - minor**2) / (major**2 + minor**2)
    twice = math.radians(2 * angle_deg)
    log_sigma = math.log(math.sqrt(major * minor))
    return torch.tensor([[log_sigma, e * math.cos(twice), e * math.sin(twice)]])


@pytest.mark.parametrize("width", [1.0, 3.0])
@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 150.0])
def test_moments_of_a_gaussian_are_its_own(width: float, angle: float) -> None:
    cov = covariance(0.25, 0.12, angle)
    found = adaptive_moments(picture(0.1, -0.05, cov), torch.tensor([width]), BASIS)
    values = [float(v) for v in (found.x, found.y, found.xx, found.yy, found.xy)]
    # A wide weight feels the edge of the window.
    assert values == pytest.approx([0.1, -0.05, *cov], abs=2e-3 if width > 1 else 4e-4)


@pytest.mark.parametrize("angle", [0.0, 45.0, 100.0])
def test_beam_has_its_covariance(angle: float) -> None:
    beam = beam_moments(encoded_beam(0.2, 0.1, angle))
    found = [float(v) for v in (beam.xx, beam.yy, beam.xy)]
    assert found == pytest.approx(covariance(0.2, 0.1, angle), abs=1e-6)


@settings(deadline=None)
@given(
    incl=st.floats(20, 75),
    pa=st.floats(0, 180),
    beam_pa=st.floats(0, 180),
    beam_ratio=st.floats(0.5, 1.0),
)
def test_a_gaussian_disk_gives_its_inclination_and_angle(
    incl: float, pa: float, beam_pa: float, beam_ratio: float
) -> None:
    disk = covariance(0.25, 0.25 * math.cos(math.radians(incl)), pa)
    beam = covariance(0.1, 0.1 * beam_ratio, beam_pa)
    seen = (disk[0] + beam[0], disk[1] + beam[1], disk[2] + beam[2])
    source = adaptive_moments(picture(0.07, 0.0, seen), torch.ones(1), BASIS)
    shape = describe_shape(source, beam_moments(encoded_beam(0.1, 0.1 * beam_ratio, beam_pa)))
    incl_column, sin, cos, dx, dy = shape[0, 0, :5].tolist()
    assert 90 * incl_column == pytest.approx(incl, abs=1.0)
    found_pa = math.degrees(math.atan2(sin, cos)) / 2
    assert abs((found_pa - pa + 90) % 180 - 90) < 0.5
    assert (dx, dy) == pytest.approx((0.5, 0.0), abs=0.01)


def test_noise_without_a_source_stays_bounded() -> None:
    draw = torch.Generator().manual_seed(1)
    noise = torch.randn(50, 3, 64 * 64, generator=draw)
    source = adaptive_moments(noise, torch.tensor([0.6, 1.0, 3.0]), BASIS)
    shape = describe_shape(source, beam_moments(encoded_beam(0.1, 0.05, 20.0).expand(50, 3)))
    assert shape.shape == (50, 3, len(SHAPE_PARITY))
    assert bool(torch.isfinite(shape).all())
    assert float(shape.abs().max()) < 20


def test_rounding_does_not_grow_even_in_noise() -> None:
    draw = torch.Generator().manual_seed(2)
    noise = torch.randn(200, 1, 64 * 64, generator=draw)
    widths = torch.ones(1)
    one = adaptive_moments(noise, widths, BASIS)
    two = adaptive_moments(noise.double(), widths.double(), BASIS.double())
    for name in ("x", "y", "xx", "yy", "xy"):
        apart = (getattr(one, name) - getattr(two, name)).abs().max()
        assert float(apart) < 1e-4, name


def test_an_empty_picture_is_finite() -> None:
    source = adaptive_moments(torch.zeros(1, 1, 64 * 64), torch.ones(1), BASIS)
    assert isinstance(source, Gaussian)
    shape = describe_shape(source, beam_moments(encoded_beam(0.1, 0.05, 20.0)))
    assert bool(torch.isfinite(shape).all())


def test_a_source_smaller_than_its_beam_is_finite() -> None:
    source = adaptive_moments(picture(0, 0, covariance(0.1, 0.1, 0)), torch.ones(1), BASIS)
    shape = describe_shape(source, beam_moments(encoded_beam(0.3, 0.2, 45.0)))
    assert bool(torch.isfinite(shape).all())


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_what_is_measured_turns_with_the_picture(quarters: int, mirrored: bool) -> None:
    """The picture and its beam turned: the same disk, turned. Columns of `netzoo.COLUMNS`."""
    seen = picture(0.1, -0.2, covariance(0.3, 0.15, 25.0)) + 0.3 * picture(
        0.3, 0.1, covariance(0.05, 0.05, 0.0)
    )
    plane = seen.reshape(1, 1, 64, 64)
    plane = plane.flip(-1) if mirrored else plane
    turned = torch.rot90(plane, quarters, (-2, -1)).reshape(1, 1, -1)
    # Mirrored, the position angle is counted the other way; a quarter turn adds 90 deg to it.
    beam_pa = (-1 if mirrored else 1) * 70.0 + 90.0 * quarters

    def measured(image: torch.Tensor, beam: torch.Tensor) -> list[float]:
        source = adaptive_moments(image, torch.ones(1), BASIS)
        columns: list[float] = describe_shape(source, beam_moments(beam))[0, 0, :5].tolist()
        return columns

    incl, sin, cos, x, y = measured(seen, encoded_beam(0.1, 0.06, 70.0))
    sin, x = (-sin, -x) if mirrored else (sin, x)
    for _ in range(quarters):
        # As `torch.rot90` over (y, x) turns: what was west is then south.
        sin, cos, x, y = -sin, -cos, y, -x
    found = measured(turned, encoded_beam(0.1, 0.06, beam_pa))
    assert found == pytest.approx([incl, sin, cos, x, y], abs=1e-5)
