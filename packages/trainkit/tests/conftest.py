"""A quick stand-in for disks: elliptical Gaussians with a beam, drawn analytically."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from skytypes import Beam, Sample, item_rng
from skytypes.images import SkyImage
from skytypes.samples import image_sample

BEAM = Beam(0.2, 0.12, 70.0)


def draw_gaussian(
    size: int = 64,
    *,
    incl_deg: float = 50.0,
    pa_deg: float = 30.0,
    dx_arcsec: float = 0.05,
    dy_arcsec: float = 0.03,
    sigma_arcsec: float = 0.3,
    beam: Beam = BEAM,
    pixel_scale_arcsec: float = 0.04,
    reference_px: tuple[float, float] | None = None,
    noise: NDArray[np.float64] | float = 0.0,
) -> Sample:
    """The picture of a Gaussian disk, exact: its covariance plus the beam's."""
    pa, thin = math.radians(pa_deg), math.cos(math.radians(incl_deg))
    axes = np.array([[math.sin(pa), math.cos(pa)], [math.cos(pa), -math.sin(pa)]])
    covariance = axes.T @ np.diag([1.0, thin**2]) @ axes * sigma_arcsec**2
    covariance = covariance + beam.covariance_arcsec2()
    x, y = reference_px or (size // 2, size // 2)
    rows, columns = np.mgrid[:size, :size]
    east = -(columns - x) * pixel_scale_arcsec - dx_arcsec
    north = (rows - y) * pixel_scale_arcsec - dy_arcsec
    offset = np.stack([east, north], -1)
    data = np.exp(-0.5 * np.einsum("...i,ij,...j", offset, np.linalg.inv(covariance), offset))
    image = SkyImage(
        data + noise, pixel_scale_arcsec, "Jy/beam", beam=beam, reference_px=reference_px
    )
    labels = {"incl_deg": incl_deg, "pa_deg": pa_deg}
    return image_sample(image, labels | {"dx_arcsec": dx_arcsec, "dy_arcsec": dy_arcsec})


class GaussianDisks:
    """A dataset of Gaussian disks with a little white noise."""

    def __init__(self, count: int, *, seed: int = 0, size: int = 64) -> None:
        self.count, self.seed, self.size = count, seed, size

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sample:
        rng = item_rng(self.seed, index, "trainkit.tests")
        dx, dy = rng.normal(0, 0.05, size=2)
        return draw_gaussian(
            self.size,
            incl_deg=rng.uniform(0, 80),
            pa_deg=rng.uniform(0, 180),
            dx_arcsec=dx,
            dy_arcsec=dy,
            noise=0.01 * rng.normal(size=(self.size, self.size)),
        )


@pytest.fixture
def gaussian_disks() -> type[GaussianDisks]:
    return GaussianDisks


@pytest.fixture
def gaussian() -> Callable[..., Sample]:
    return draw_gaussian
