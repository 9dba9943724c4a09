"""Thermal noise of dirty images, drawn on a grid of the uv plane instead of on each visibility."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from skytypes import item_rng
from skytypes.arrays import Array, namespace

from ..settings import ObservationSettings
from .channels import stokes_i_noise_jy
from .images import MAX_SIDE_PX
from .noise import track_airmass
from .setup import ImagingSetup
from .uv_plane import cells_per_metre, even_fast_len, half_plane_image

STREAM = "casa_sim.native.uv_noise"
FINER = 4
"""Side of the noise's periodic plane in sides of the image; see the notes of `UvNoise`."""

Float32: TypeAlias = NDArray[np.float32]
Complex64: TypeAlias = NDArray[np.complex64]


class UvNoise:
    """The noise that visibilities leave in a dirty image, without visibilities.

    Parameters
    ----------
    setup : ImagingSetup
        Weights and tracks decide how the noise is correlated.

    Notes
    -----
    The noise of a dirty image is Gaussian; its covariance at a separation ``d`` of two pixels is
    ``sum w^2 sigma^2 cos(2 pi u d) / (sum w)^2`` over the visibilities. Here every visibility's
    share is put into the nearest cell of the uv plane of an image `FINER` times as wide, and each
    cell draws one complex number. The variance is exact. Moving a visibility by up to half a cell
    changes the covariance at large separations: for 256 pixels and half an hour by 0.0013 of the
    variance at most within an eighth of the image, by 0.0026 rms over all pairs of pixels
    (`covariance` tells it of any setup). Taking the transform of the exact covariance instead
    needs clipping, since that of a part of the plane is negative in places: this raises the
    variance itself by 10 to 90 %.

    Examples
    --------
    >>> from casa_sim.native.setup import make_setup
    >>> settings = ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=256)
    >>> noise = UvNoise(make_setup(settings, 250.0, -30.0))
    >>> noise.images(noise.draw(settings, seeds=[1, 2])).shape
    (2, 256, 256)
    """

    def __init__(self, setup: ImagingSetup) -> None:
        self.side_px, self.cell_arcsec = setup.settings.image_size_px, setup.cell_arcsec
        self.full_px = min(even_fast_len(FINER * self.side_px), MAX_SIDE_PX)
        cells = setup.uvw_m[:, :2] * cells_per_metre(
            setup.frequency_hz, setup.cell_arcsec, self.full_px
        )
        # Columns run to the west and rows to the north: the wave of (u, v) is (u, -v).
        kx, ky = np.rint(cells * (1, -1)).astype(np.int64).T
        turn = np.where(kx < 0, -1, 1)
        kx, ky = turn * kx, turn * ky
        self.waves = min(int(max(kx.max(), np.abs(ky).max())) + 1, self.full_px // 2)
        kx = np.minimum(kx, self.waves - 1)
        ky = np.clip(ky, 1 - self.waves, self.waves - 1)
        cell = ((ky < 0) * self.waves + np.abs(ky)) * self.waves + kx
        self._occupied, self._cell = np.unique(cell, return_inverse=True)
        # The transform back to a real image counts each wave with kx > 0 twice.
        self._counted = np.where(self._occupied % self.waves == 0, 1, 2)
        weights = setup.weights.astype(np.float64)
        self._share = (weights / weights.sum()) ** 2
        self._airmass = [(track_airmass(track), track.seen_each) for track in setup.tracks]
        self._last: tuple[object, Float32] | None = None

    def rms_jy_beam(self, settings: ObservationSettings) -> float:
        """Root mean square of the noise in the dirty image, exactly [Jy/beam].

        Parameters
        ----------
        settings : ObservationSettings
            Band and water vapour matter.

        Returns
        -------
        float
            ``sqrt(sum w^2 sigma^2) / sum w`` over the visibilities.
        """
        return math.sqrt(float(self._variances(settings).sum()))

    def covariance(self, settings: ObservationSettings) -> NDArray[np.float64]:
        """Covariance of two pixels of the noise that `draw` draws, over its variance.

        Parameters
        ----------
        settings : ObservationSettings
            Band and water vapour matter.

        Returns
        -------
        ndarray of shape (2 side, 2 side)
            By separation (y, x), separation 0 at ``(side, side)``; 1 there, dimensionless.
        """
        shares = np.zeros(2 * self.waves**2)
        shares[self._occupied] = self._variances(settings) / self._counted
        upper, lower = shares.reshape(2, 1, self.waves, self.waves).astype(np.complex128)
        found = half_plane_image(upper, lower, full_px=self.full_px, side_px=2 * self.side_px)[0]
        return np.asarray(found / found[self.side_px, self.side_px])

    def draw(self, settings: ObservationSettings, *, seeds: Sequence[int]) -> Complex64:
        """Noise in the uv plane.

        Parameters
        ----------
        settings : ObservationSettings
            Of the setup; band and water vapour decide the strength.
        seeds : sequence of int
            One an image; the same seed gives the same bits.

        Returns
        -------
        ndarray of shape (seed, 2, waves, waves), complex64
            [Jy/beam] times pixels of the plane, at ``(+ky, kx)`` and at ``(-ky, kx)``; numpy, for
            `images` to be brought to the sky.

        Raises
        ------
        InputError
            If a seed is not allowed, or band or water vapour are beyond the table of atmospheres.
        """
        amplitude = self._amplitude(settings)
        drawn = np.zeros((len(seeds), 2 * self.waves**2), dtype=np.complex64)
        for row, seed in zip(drawn, seeds, strict=True):
            rng = item_rng(seed, 0, STREAM)
            normals = rng.standard_normal(2 * len(amplitude), dtype=np.float32)
            row[self._occupied] = normals.view(np.complex64) * amplitude
        return drawn.reshape(-1, 2, self.waves, self.waves)

    def images(self, drawn: Array) -> Array:
        """Noise of the uv plane as images.

        Parameters
        ----------
        drawn : array of shape (batch, 2, waves, waves), complex64
            From `draw`; as a torch tensor to have the images as one.

        Returns
        -------
        array of shape (batch, side, side), float32
            [Jy/beam]
        """
        xp = namespace(drawn)
        # One by one: the bits of an image never depend on its batch.
        return xp.concat(
            [
                half_plane_image(one[:1], one[1:], full_px=self.full_px, side_px=self.side_px)
                for one in (drawn[i] for i in range(drawn.shape[0]))
            ]
        )

    def _variances(self, settings: ObservationSettings) -> NDArray[np.float64]:
        """Share of each occupied cell in the image's variance [Jy^2/beam^2]."""
        sigma = [
            stokes_i_noise_jy(settings, airmass, baselines) for airmass, baselines in self._airmass
        ]
        every = self._share * np.concatenate(sigma) ** 2
        return np.bincount(self._cell, every).astype(np.float64, copy=False)

    def _amplitude(self, settings: ObservationSettings) -> Float32:
        """Factor of the unit normals of each occupied cell."""
        key = (settings.channels_hz, settings.channel_width_hz, settings.pwv_mm)
        if self._last is None or self._last[0] != key:
            # The transform back divides by the pixels of the plane.
            root = np.sqrt(self._variances(settings)) * self.full_px**2 / self._counted
            self._last = (key, root.astype(np.float32))
        return self._last[1]
