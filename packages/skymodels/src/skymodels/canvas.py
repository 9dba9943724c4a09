"""Pictures of scenes: a disk through a beam, and noise of the beam's shape.

The blurring is done on a periodic grid with a margin of the beam's reach, where emission is
rendered too, so that nothing wraps around into the picture.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.fft

from .beams import (
    REACH_SIGMAS,
    Complex64,
    Float32,
    add_slow_noise,
    beam_kernel,
    inverse_crop,
    transfer,
    white_spectrum,
)
from .pixels import View, render_means
from .scenes import Scene


def view_of(scene: Scene, size: int, margin: int = 0) -> View:
    """How a scene's disk lies on ``size`` pixels with ``margin`` more on every side."""
    pixel = scene.crop_arcsec / size
    x, y = (size // 2 + margin + v / pixel for v in (-scene.dx_arcsec, scene.dy_arcsec))
    return View(scene.incl_deg, scene.pa_deg, x, y)


class Canvas:
    """The periodic grid on which a scene is blurred: the picture and a margin of the beam's reach.

    Parameters
    ----------
    scene : Scene
    size : int
        Pixels along a side of the picture.

    Attributes
    ----------
    pixel_arcsec : float
        [arcsec]
    margin : int
        Pixels between the grid's edge and the picture; emission is rendered there too.
    full : int
        Pixels along a side of the grid.
    """

    def __init__(self, scene: Scene, size: int) -> None:
        self.scene = scene
        self.size = size
        self.pixel_arcsec = scene.crop_arcsec / size
        self.beam_sigma_px = scene.beam_sigma_arcsec / self.pixel_arcsec
        self.margin = math.ceil(REACH_SIGMAS * self.beam_sigma_px)
        self.full = int(scipy.fft.next_fast_len(size + 2 * self.margin, real=True))

    def kernel(self) -> Float32:
        """The beam, shape (2 margin + 1, 2 margin + 1), its sum 1."""
        return beam_kernel(
            self.beam_sigma_px, self.scene.beam_ratio, self.scene.beam_pa_deg, half=self.margin
        )

    def sky(self) -> Float32:
        """The disk before the beam, shape (full, full) [K]."""
        return render_means(
            self.scene.structure,
            view_of(self.scene, self.size, self.margin),
            size=self.full,
            pixel_arcsec=self.pixel_arcsec,
        )

    def noise_spectrum(self, rng: np.random.Generator, beam: Float32, rms: float) -> Complex64:
        """Half plane of the noise: white noise through the beam, scaled to an rms of 1.

        Parameters
        ----------
        rng : numpy.random.Generator
        beam : array of shape (full, full // 2 + 1)
            `transfer` of the kernel.
        rms : float
            Of white noise of unit variance through the beam: the root of the kernel's summed
            squares.

        Returns
        -------
        array of shape (full, full // 2 + 1), complex64
        """
        spectrum = white_spectrum(rng, self.full)
        spectrum *= beam * np.float32(self.full / (math.sqrt(2) * rms))
        if self.scene.slow_over_rms:
            sigma = self.scene.slow_sigma_arcsec / self.pixel_arcsec
            add_slow_noise(spectrum, rng, sigma, self.scene.slow_over_rms)
        return spectrum


def render_scene(scene: Scene, rng: np.random.Generator, *, size: int) -> Float32:
    """Picture of a scene as an interferometer would restore it, noise and all.

    Parameters
    ----------
    scene : Scene
    rng : numpy.random.Generator
        Of the noise.
    size : int
        Pixels along a side.

    Returns
    -------
    array of shape (size, size), float32 [Jy/beam]
        Row 0 south, column 0 east.

    Examples
    --------
    >>> from skymodels.scenes import draw_scene
    >>> rng = np.random.default_rng(1)
    >>> render_scene(draw_scene(rng), rng, size=32).shape
    (32, 32)
    """
    canvas = Canvas(scene, size)
    kernel = canvas.kernel()
    beam = transfer(kernel, canvas.full)
    inner = (canvas.margin, canvas.margin + size)
    disk = inverse_crop(scipy.fft.rfft2(canvas.sky()) * beam, *inner)
    rms = math.sqrt(float(np.sum(kernel.astype(np.float64) ** 2)))
    noise = inverse_crop(canvas.noise_spectrum(rng, beam, rms), *inner)
    disk *= np.float32(scene.peak_jy_beam / float(disk.max()))
    noise *= np.float32(scene.peak_jy_beam / scene.peak_over_rms)
    return disk + noise
