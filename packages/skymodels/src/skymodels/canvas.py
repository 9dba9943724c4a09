"""Pictures of scenes: a disk through a beam, and noise of the beam's shape.

The blurring is done on a periodic grid with a margin of the beam's reach, where emission is
rendered too, so that nothing wraps around into the picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy.fft

from .beams import REACH_SIGMAS, beam_kernel, inverse_crop, transfer
from .noise import Complex64, Float32, add_slow_noise, white_spectrum
from .pixels import render_means
from .radial_tables import Table, tabulate
from .scenes import Scene
from .views import View

_GROUP = 8
"""Scenes whose profiles are computed at once: few enough for the cache."""


def view_of(scene: Scene, size: int, margin: int = 0) -> View:
    """How a scene's disk lies on ``size`` pixels with ``margin`` more on every side.

    Parameters
    ----------
    scene : Scene
    size : int
        Pixels along a side of the picture.
    margin : int
        [pixel]

    Returns
    -------
    View

    Examples
    --------
    >>> from skymodels.scenes import draw_scene
    >>> scene = draw_scene(np.random.default_rng(1))
    >>> view_of(scene, 64, margin=9).y_px - view_of(scene, 64).y_px
    9.0
    """
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
        return self.sky_of(self.table())

    def table(self) -> Table:
        """Radial profiles of the disk."""
        return tabulate(self.scene.structure, self.pixel_arcsec)

    def sky_of(self, table: Table) -> Float32:
        """The disk before the beam where its table is known already.

        Parameters
        ----------
        table : Table
            `table` of this canvas.

        Returns
        -------
        array of shape (full, full), float32 [K]
        """
        view = view_of(self.scene, self.size, self.margin)
        return render_means(table, view, size=self.full)

    def noise_spectrum(self, rng: np.random.Generator, beam: Float32, rms: float) -> Complex64:
        """Half plane of the noise: white noise through the beam, scaled to an rms of 1.

        Parameters
        ----------
        rng : numpy.random.Generator
        beam : array of shape (full, full // 2 + 1), dimensionless
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

    def paint(
        self, image: Float32, table: Table, kernel: Float32, rng: np.random.Generator
    ) -> None:
        """Put disk and noise through the beam into a picture [Jy/beam].

        Parameters
        ----------
        image : array of shape (size, size)
            Gets the picture [Jy/beam].
        table : Table
            Of the disk.
        kernel : array of shape (2 margin + 1, 2 margin + 1)
            `kernel` of this canvas.
        rng : numpy.random.Generator
            Of the noise.
        """
        inner = (self.margin, self.margin + self.size)
        beam = transfer(kernel, self.full)
        spectrum = scipy.fft.rfft2(self.sky_of(table), overwrite_x=True)
        spectrum *= beam
        disk = inverse_crop(spectrum, *inner)
        rms = math.sqrt(float(np.vdot(kernel, kernel)))
        noise = inverse_crop(self.noise_spectrum(rng, beam, rms), *inner)
        peak = self.scene.peak_jy_beam
        disk *= np.float32(peak / float(disk.max()))
        noise *= np.float32(peak / self.scene.peak_over_rms)
        np.add(disk, noise, out=image)


def render_scenes(
    scenes: Sequence[Scene], rngs: Sequence[np.random.Generator], *, size: int
) -> Float32:
    """Pictures of scenes as an interferometer would restore them, noise and all.

    Parameters
    ----------
    scenes : sequence of Scene
    rngs : sequence of numpy.random.Generator
        Of the noise, one a scene.
    size : int
        Pixels along a side.

    Returns
    -------
    array of shape (batch, size, size), float32 [Jy/beam]
        Row 0 south, column 0 east. A picture has the same bits whatever scenes are beside it.

    Notes
    -----
    What is small (profiles, beams) is made for a group of scenes at once, to spare calls. What is
    as large as a picture is made one by one: its working set stays in the cache, and vectorised
    functions treat the ends of arrays differently, which would tie bits to the batch.

    Examples
    --------
    >>> from skymodels.scenes import draw_scene
    >>> rngs = [np.random.default_rng(seed) for seed in (1, 2)]
    >>> render_scenes([draw_scene(rng) for rng in rngs], rngs, size=32).shape
    (2, 32, 32)
    """
    images = np.empty((len(scenes), size, size), np.float32)
    for start in range(0, len(scenes), _GROUP):
        group = range(start, min(start + _GROUP, len(scenes)))
        canvases = [Canvas(scenes[i], size) for i in group]
        tables = [canvas.table() for canvas in canvases]
        kernels = [canvas.kernel() for canvas in canvases]
        for i, canvas, table, kernel in zip(group, canvases, tables, kernels, strict=True):
            canvas.paint(images[i], table, kernel, rngs[i])
    return images


def render_scene(scene: Scene, rng: np.random.Generator, *, size: int) -> Float32:
    """Picture of one scene: `render_scenes` of a batch of one.

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

    Examples
    --------
    >>> from skymodels.scenes import draw_scene
    >>> rng = np.random.default_rng(1)
    >>> render_scene(draw_scene(rng), rng, size=32).shape
    (32, 32)
    """
    return np.asarray(render_scenes([scene], [rng], size=size)[0])
