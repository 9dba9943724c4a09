"""Transforms of rendered disks against the Hankel transform (J0) of their radial profile.

A tilted axisymmetric disk of brightness I(r) at offset (dx, dy) has the visibility
cos i * 2 pi int I(r) J0(2 pi q r) r dr * exp(-2 pi i (u dx + v dy)), where q is the length of
(u, v) with its component along the minor axis shortened by cos i (Bracewell 2000, The Fourier
Transform and Its Applications, ch. 13).
"""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import j0

from skymodels import SyntheticDisks
from skymodels.canvas import Canvas
from skymodels.geometry import Grid, disk_axes, offsets
from skymodels.profiles import ring
from skymodels.radial_tables import REACH_OVER_ROUT, radial_brightness


def visibility_of_picture(
    image: np.ndarray, pixel: float, centre: tuple[float, float], uv: tuple[float, float]
) -> complex:
    """Sum of I exp(-2 pi i (u east + v north)) pixel^2 about the pixel ``centre`` (x, y)."""
    x = (np.arange(image.shape[1]) - centre[0]) * -pixel
    y = (np.arange(image.shape[0]) - centre[1]) * pixel
    waves = np.exp(-2j * math.pi * (uv[0] * x[None, :] + uv[1] * y[:, None]))
    return complex((image * waves).sum() * pixel**2)


def hankel(
    profile: Callable[[np.ndarray], np.ndarray],
    radius: np.ndarray,
    uv: tuple[float, float],
    view: tuple[float, float, float, float],
) -> complex:
    """The same of a tilted disk, by quadrature; ``view`` is incl, pa [deg], dx, dy."""
    incl, pa = math.radians(view[0]), math.radians(view[1])
    u, v = uv
    along = u * math.sin(pa) + v * math.cos(pa)
    across = (u * math.cos(pa) - v * math.sin(pa)) * math.cos(incl)
    q = math.hypot(along, across)
    integrand = profile(radius) * j0(2 * math.pi * q * radius) * radius
    flux = math.cos(incl) * 2 * math.pi * float(np.trapezoid(integrand, radius))
    return flux * complex(np.exp(-2j * math.pi * (u * view[2] + v * view[3])))


UV = [(0.0, 0.0), (1.0, 0.5), (-0.7, 1.3), (2.0, -2.0), (0.0, 3.0), (3.5, 1.0)]


@pytest.mark.parametrize("uv", UV)
def test_tilted_ring(uv: tuple[float, float]) -> None:
    view = (50.0, 35.0, 0.06, -0.04)
    grid = Grid(512, 0.005)
    east, north = offsets(grid, np.zeros(1))
    shaped = [np.full((1, 1, 1), value) for value in view]
    major, minor = disk_axes(
        east,
        north,
        incl_deg=shaped[0],
        pa_deg=shaped[1],
        dx_arcsec=shaped[2],
        dy_arcsec=shaped[3],
    )

    def profile(r: np.ndarray) -> np.ndarray:
        return np.asarray(ring(r, centre=np.array([0.5]), width=np.array([0.05])))

    image = profile(np.hypot(major, minor))[0]
    found = visibility_of_picture(image, 0.005, (256, 256), uv)
    wanted = hankel(profile, np.linspace(1e-6, 1.2, 20001), uv, view)
    flux = hankel(profile, np.linspace(1e-6, 1.2, 20001), (0.0, 0.0), view)
    assert abs(found - wanted) < 1e-6 * abs(flux)


def test_fft_of_a_tilted_ring() -> None:
    """The whole transform at once: every wave of the FFT below a third of Nyquist."""
    view = (60.0, 45.0, 0.0, 0.0)
    size, pixel = 256, 0.01
    steps = (np.arange(size) - size // 2) * pixel
    pa, ci = math.radians(view[1]), math.cos(math.radians(view[0]))
    east, north = -steps[None, :], steps[:, None]
    major = east * math.sin(pa) + north * math.cos(pa)
    minor = (east * math.cos(pa) - north * math.sin(pa)) / ci

    def profile(r: np.ndarray) -> np.ndarray:
        return np.asarray(ring(r, centre=np.array([0.5]), width=np.array([0.08])))

    waves = np.fft.fft2(np.fft.ifftshift(profile(np.hypot(major, minor)))) * pixel**2
    frequency = np.fft.fftfreq(size, pixel)
    radius = np.linspace(1e-6, 1.5, 6001)
    flux = abs(hankel(profile, radius, (0.0, 0.0), view))
    for j, i in ((3, 5), (10, -7), (-20, 2), (0, 30), (40, 40)):
        # Columns grow to the west: wave i of the columns is u = -frequency.
        wanted = hankel(profile, radius, (-frequency[i], frequency[j]), view)
        assert abs(waves[j, i] - wanted) < 1e-6 * flux


def axisymmetric_and_inside(count: int) -> list[int]:
    """Items without a crescent whose disk lies in the picture."""
    disks = SyntheticDisks(1000, seed=9)
    scenes = ((i, disks.scene(i)) for i in range(1000))
    good = (
        i
        for i, s in scenes
        if not s.structure["crescent_factor"] and s.structure["rout_arcsec"] < 0.22 * s.crop_arcsec
    )
    return [next(good) for _ in range(count)]


@pytest.mark.parametrize("index", axisymmetric_and_inside(12))
def test_synthetic_sky_before_the_beam(index: int) -> None:
    """Pixel means of whole disks: the transform is that of the profile times the pixel's own."""
    scene = SyntheticDisks(1000, seed=9).scene(index)
    canvas = Canvas(scene, 128)
    disk = scene.structure
    first, last = disk["floor_arcsec"], REACH_OVER_ROUT * disk["rout_arcsec"]
    radius = np.geomspace(first, last, 40001)
    bright = radial_brightness(radius, disk)[0]
    inner = np.concatenate([np.linspace(1e-9, first, 50), radius])
    values = np.concatenate([np.full(50, bright[0]), bright])
    view = (scene.incl_deg, scene.pa_deg, scene.dx_arcsec, scene.dy_arcsec)
    pixel = canvas.pixel_arcsec
    centre = (64 + canvas.margin, 64 + canvas.margin)
    sky = canvas.sky().astype(float)
    flux = hankel(lambda _: values, inner, (0.0, 0.0), view).real
    for u, v in ((0.0, 0.0), (2.0, 1.0), (-3.0, 5.0), (8.0, -8.0)):
        wave = (u / scene.crop_arcsec, v / scene.crop_arcsec)
        wanted = hankel(lambda _: values, inner, wave, view)
        wanted *= np.sinc(wave[0] * pixel) * np.sinc(wave[1] * pixel)
        found = visibility_of_picture(sky, pixel, centre, wave)
        # Pixel means: 0.03 % of the flux in the median, the smallest disks are worst.
        assert abs(found - wanted) < 0.015 * flux
