"""Dirty images without visibilities: skies brought to the image's cells and convolved with the PSF.

Imaging is linear, and without w it does not depend on the place, so the dirty image of a sky is the
sky convolved with the point spread function. Both are known exactly on the cells of a uv plane:
the sky by its Fourier sums, whatever its pixel, the PSF by an FFT. Whole batches go through at
once, numpy arrays or torch tensors. That a dirty image is such a convolution: Thompson, Moran &
Swenson 2017, Interferometry and Synthesis in Radio Astronomy, doi:10.1007/978-3-319-44431-4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skytypes.arrays import Array, namespace, to_numpy
from skytypes.errors import InputError

from .emission import Box, block_of, emission_box, reach_px
from .fourier_sums import fourier_sums, shift_factors
from .images import MAX_SIDE_PX, point_spread_function
from .setup import ImagingSetup
from .uv_plane import cells_per_metre, even_fast_len, half_plane_image
from .visibilities import check_sampling

Float32: TypeAlias = NDArray[np.float32]

# The PSF falls to zero over a quarter of the field on either side: its transform then ends within
# `_TAIL` cells of the longest baseline; what is beyond is 2e-4 of the image of a point at most.
_TAPER_SHARE = 0.25
_TAIL = 8
# As `emission.HALF_BLOCK`.
_WAVE_BLOCK = 16


@dataclass(frozen=True)
class ImagePlane:
    """What an imaging makes of skies; `make_image_plane` makes one.

    Parameters
    ----------
    side_px : int
        Of the images.
    full_px : int
        Side of the periodic plane that holds image, sky and the PSF between them.
    cell_arcsec : float
        Pixel of the images [arcsec].
    reach_px : int
        How far from the reference position a sky may hold emission [cell].
    upper, lower : ndarray, shape (waves, waves), float32
        Transform of the PSF at ``(+ky, kx)`` and ``(-ky, kx)``, both from 0.
    longest_m : ndarray, shape (1, 3)
        Longest baseline along u and along v [m].
    frequency_hz : float
        [Hz]
    """

    side_px: int
    full_px: int
    cell_arcsec: float
    reach_px: int
    upper: Float32
    lower: Float32
    longest_m: NDArray[np.float64]
    frequency_hz: float

    def dirty(
        self,
        skies: Array,
        pixel_arcsec: float | Sequence[float] | Array,
        *,
        centre_px: tuple[float, float] | None = None,
        box: Box | None = None,
        at_once: int = 1,
    ) -> Array:
        """The noise-free dirty images of skies.

        Parameters
        ----------
        skies : array of shape (batch, y, x)
            [Jy/pixel], numpy or torch on any device; row 0 south, column 0 east.
        pixel_arcsec : float or one a sky
            Pixel of the skies [arcsec]; it need not be a part of the cell.
        centre_px : (x, y) or None
            Where the phase centre lies in the skies, counted from 0; None means
            ``(nx // 2, ny // 2)``.
        box : Box or None
            What holds the emission of all skies; None looks (`emission.emission_box`).
        at_once : int
            Skies in memory together; more than 1 pays on a GPU. On the CPU every image has the
            same bits whatever its batch as long as this is 1.

        Returns
        -------
        array of shape (batch, side, side), float32
            [Jy/beam], of the kind and on the device of ``skies``.

        Raises
        ------
        InputError
            If the skies have another shape, their pixels are too coarse for the longest baseline,
            or there is emission beyond ``reach_px``.

        Examples
        --------
        >>> from casa_sim import ObservationSettings
        >>> from casa_sim.native.setup import make_setup
        >>> settings = ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=256)
        >>> plane = make_image_plane(make_setup(settings, 250.0, -30.0))
        >>> skies = np.zeros((1, 64, 64))
        >>> skies[0, 32, 32] = 0.5
        >>> bool(abs(plane.dirty(skies, 0.01)[0, 128, 128] - 0.5) < 1e-5)
        True
        """
        pixels = self._checked(skies, pixel_arcsec)
        xp, (ny, nx) = namespace(skies), skies.shape[1:]
        centre = centre_px or (float(nx // 2), float(ny // 2))
        starts = range(0, len(pixels), at_once)
        parts = (slice(start, start + at_once) for start in starts)
        return xp.concat([self._some(skies[part], pixels[part], centre, box) for part in parts])

    def _checked(self, skies: Array, pixel_arcsec: Any) -> NDArray[np.float64]:
        if len(skies.shape) != 3 or 0 in skies.shape:
            raise InputError(f"skies of shape {tuple(skies.shape)}; give (batch, y, x), not empty")
        pixels = np.asarray(to_numpy(pixel_arcsec), dtype=np.float64)
        if pixels.shape not in ((), (len(skies),)):
            raise InputError(
                f"{len(skies)} skies but pixels of shape {pixels.shape}; give one each"
            )
        if not (np.isfinite(pixels) & (pixels > 0)).all():
            raise InputError("a pixel is not a positive number of arcsec; give one that is")
        check_sampling(float(pixels.max()), self.longest_m, self.frequency_hz)
        return np.broadcast_to(pixels, (len(skies),))

    def _some(
        self,
        skies: Array,
        pixels: NDArray[np.float64],
        centre: tuple[float, float],
        box: Box | None,
    ) -> Array:
        """Dirty images of skies that are in memory together."""
        skies = namespace(skies).astype(skies, namespace(skies).float32, copy=False)
        box = box or emission_box(skies)
        scale = pixels / self.cell_arcsec
        reach = reach_px(box, centre, float(scale.max()))
        if reach > self.reach_px:
            raise InputError(
                f"emission {reach * self.cell_arcsec:.3g} arcsec from the reference position; "
                f"this image plane reaches {self.reach_px * self.cell_arcsec:.3g}, make a wider one"
            )
        waves = {"waves": self.upper.shape[0], "full_px": self.full_px}
        upper, lower = fourier_sums(block_of(skies, box), scale, **waves)
        xp, device = namespace(upper), getattr(skies, "device", None)
        x, y = (
            shift_factors(m - c, scale, upper, **waves)
            for m, c in zip(box.middle, centre, strict=True)
        )
        upper = upper * xp.asarray(self.upper, device=device) * x[:, None, :] * y[:, :, None]
        y = xp.conj(y)
        lower = lower * xp.asarray(self.lower, device=device) * x[:, None, :] * y[:, :, None]
        return half_plane_image(upper, lower, full_px=self.full_px, side_px=self.side_px)


def make_image_plane(setup: ImagingSetup, *, reach_px: float = 0.0) -> ImagePlane:
    """The image plane of a setup: about 0.05 s, a PSF over the full plane.

    Parameters
    ----------
    setup : ImagingSetup
        Its PSF, cell [arcsec] and longest baselines [m] decide the plane.
    reach_px : float
        How far from the phase centre there may be emission [cell]; raised as
        `raised_reach_px` says.

    Returns
    -------
    ImagePlane

    Raises
    ------
    InputError
        If the plane would take more than `MAX_SIDE_PX` a side.

    Notes
    -----
    Between two pixels of the image, or of the image and of the sky, no separation is larger than
    ``side / 2 + reach``. So far the PSF is kept as it is; beyond it falls to zero as a cosine
    within a quarter of the image, and nothing that wraps around reaches the image.
    """
    side = setup.settings.image_size_px
    reach = raised_reach_px(reach_px, side)
    kept = side // 2 + reach
    full = even_fast_len(2 * kept + 2 * round(_TAPER_SHARE * side))
    if full > MAX_SIDE_PX:
        raise InputError(
            f"a sky that reaches {reach_px * setup.cell_arcsec:.3g} arcsec needs {full} pixels a "
            f"side; allowed: {MAX_SIDE_PX}, so give a larger cell or a smaller sky"
        )
    psf = point_spread_function(
        setup.uvw_m,
        setup.weights,
        setup.frequency_hz,
        imsize_px=full,
        cell_arcsec=setup.cell_arcsec,
    )
    lag = np.abs(np.arange(full) - full // 2)
    taper = 0.5 * (1 + np.cos(np.pi * np.clip((lag - kept) / (full // 2 - kept), 0, 1)))
    spectrum = np.fft.rfft2(np.fft.ifftshift(psf * taper[:, None] * taper)).real
    longest = np.abs(setup.uvw_m).max(axis=0, keepdims=True)
    cells = float(longest[0, :2].max()) * cells_per_metre(
        setup.frequency_hz, setup.cell_arcsec, full
    )
    waves = _WAVE_BLOCK * math.ceil((cells + _TAIL + 1) / _WAVE_BLOCK)
    waves = min(waves, full // 2)
    lower = spectrum[-np.arange(waves), :waves]
    # The wave ky = 0 belongs to the upper half.
    lower[0] = 0
    return ImagePlane(
        side,
        full,
        setup.cell_arcsec,
        reach,
        spectrum[:waves, :waves].astype(np.float32),
        lower.astype(np.float32),
        longest,
        setup.frequency_hz,
    )


def raised_reach_px(reach_px: float, side_px: int) -> int:
    """The reach of the image plane that a sky gets: quarters of the image, two at least [cell].

    Examples
    --------
    >>> [raised_reach_px(reach, 256) for reach in (0.0, 128.0, 128.5)]
    [128, 128, 192]
    """
    return math.ceil(max(2, math.ceil(4 * reach_px / side_px)) * side_px / 4)
