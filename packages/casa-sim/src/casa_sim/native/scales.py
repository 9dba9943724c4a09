"""The scales of multiscale CLEAN: their kernels, weights, and which of them can ever win."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skytypes.errors import InputError

from .spheroidal import spheroidal

Floats = NDArray[np.float64]


def scale_kernel(scale_px: float) -> Floats:
    """A component of a scale: a tapered paraboloid of unit sum.

    Parameters
    ----------
    scale_px : float
        Radius at which it vanishes [pixel]; 0 is a point.

    Returns
    -------
    ndarray, shape (2 scale + 1, 2 scale + 1)
        ``(1 - r^2)`` times the taper, ``r`` in units of the scale; 0 from ``r = 1`` on.

    Notes
    -----
    Source: Cornwell 2008, IEEE J. Sel. Topics Signal Process. 2, 793, section III,
    arXiv:0806.2228. The taper is the function that gridding uses (`casa_sim.native.spheroidal`).

    Examples
    --------
    >>> scale_kernel(5).shape, round(float(scale_kernel(5).sum()), 12)
    ((11, 11), 1.0)
    """
    if not (math.isfinite(scale_px) and scale_px >= 0):
        raise InputError(f"scale is {scale_px}; give 0 or more pixels")
    if scale_px == 0:
        return np.ones((1, 1))
    half = math.ceil(scale_px)
    axis = np.arange(-half, half + 1) / scale_px
    radius2 = axis[:, None] ** 2 + axis**2
    inside = radius2 < 1
    kernel = np.zeros(radius2.shape)
    kernel[inside] = (1 - radius2[inside]) * spheroidal(np.sqrt(radius2[inside]))
    return np.asarray(kernel / kernel.sum())


def scale_bias(scales_px: Sequence[float], small_scale_bias: float) -> Floats:
    """How much each scale's strength counts: ``1 - bias * scale / largest``, as in CASA.

    Parameters
    ----------
    scales_px : sequence of float
        [pixel]
    small_scale_bias : float
        0 (all count alike) to 1, dimensionless.

    Returns
    -------
    ndarray, shape (scales,)

    Raises
    ------
    InputError
        If the bias is not within 0 to 1.

    Notes
    -----
    Cornwell 2008, arXiv:0806.2228, has the factor with a bias of 0.6.

    Examples
    --------
    >>> scale_bias([0, 3, 6, 12], 0.9)
    array([1.   , 0.775, 0.55 , 0.1  ])
    """
    if not 0 <= small_scale_bias <= 1:
        raise InputError(f"small-scale bias is {small_scale_bias:g}; allowed: 0 to 1")
    largest = max(scales_px) or 1
    return 1 - small_scale_bias * np.asarray(scales_px, dtype=float) / largest


@dataclass(frozen=True)
class ScaleResponses:
    """What a point spread function makes of components, for the scales that can win.

    Parameters
    ----------
    kernels : tuple of ndarray
        `scale_kernel` of each.
    gains : ndarray, shape (scales,), float32
        Strength per peak of the convolved residual, the bias included; dimensionless.
    cross : ndarray, shape (pairs, side, side), float32
        The PSF convolved with two kernels; the peak is at ``side // 2``.
    pair : ndarray, shape (scales, scales)
        Which of ``cross`` belongs to two scales.
    dropped : tuple of float
        Scales that can't win (`scale_responses`).
    """

    kernels: tuple[Floats, ...]
    gains: NDArray[np.float32]
    cross: NDArray[np.float32]
    pair: NDArray[np.int64]
    dropped: tuple[float, ...]


def scale_responses(
    psf: NDArray[np.float32], scales_px: Sequence[float], small_scale_bias: float
) -> ScaleResponses:
    """The responses to the scales of a CLEAN.

    Parameters
    ----------
    psf : ndarray, shape (side, side)
        Over twice the field, so that it reaches every pixel from every other.
    scales_px : sequence of float
        The first is 0 [pixel].
    small_scale_bias : float
        0 to 1, dimensionless.

    Returns
    -------
    ScaleResponses

    Notes
    -----
    The strength of scale s at a pixel is ``bias_s (K_s * R) / max(K_s * K_s * PSF)``, R being the
    residual. A kernel is nowhere negative and sums to 1, so ``|K_s * R|`` nowhere exceeds the
    largest ``|R|``; where ``bias_s <= max(K_s * K_s * PSF)`` a point is always at least as strong.
    Such a scale is dropped: the result is the same. With the published scales and a bias of 0.9
    that is every scale but the point, for all reference cases.

    Examples
    --------
    >>> y, x = np.mgrid[-32:32, -32:32]
    >>> psf = np.exp(-(x**2 + y**2) / 8.0).astype(np.float32)
    >>> scale_responses(psf, [0, 3, 6], 0.9).dropped
    (3, 6)
    >>> scale_responses(psf, [0, 3, 6], 0.2).dropped
    ()
    """
    if not len(scales_px) or scales_px[0] != 0:
        raise InputError(f"scales are {list(scales_px)}; the first must be 0, a point")
    bias = scale_bias(scales_px, small_scale_bias)
    kernels = [scale_kernel(scale) for scale in scales_px]
    peaks = np.array([1.0, *(_peak(psf, kernel) for kernel in kernels[1:])])
    kept = [0, *(n for n in range(1, len(kernels)) if bias[n] > peaks[n])]
    pairs = [(a, b) for i, a in enumerate(kept) for b in kept[i:]]
    cross = np.stack([_crossed(psf, kernels[a], kernels[b]) for a, b in pairs])
    pair = np.zeros((len(kept), len(kept)), dtype=np.int64)
    for number, (a, b) in enumerate(pairs):
        i, j = kept.index(a), kept.index(b)
        pair[i, j] = pair[j, i] = number
    return ScaleResponses(
        tuple(kernels[n] for n in kept),
        (bias[kept] / peaks[kept]).astype(np.float32),
        cross,
        pair,
        tuple(scales_px[n] for n in range(len(kernels)) if n not in kept),
    )


def convolved(image: NDArray[np.float32], kernel: Floats) -> NDArray[np.float32]:
    """An image convolved with a small kernel; zero beyond its edges.

    Examples
    --------
    >>> float(convolved(np.ones((32, 32), np.float32), scale_kernel(3))[16, 16].round(5))
    1.0
    """
    from scipy.signal import oaconvolve

    if kernel.size == 1:
        return image
    return np.asarray(oaconvolve(image, kernel.astype(np.float32), mode="same"), dtype=np.float32)


def _peak(psf: NDArray[np.float32], kernel: Floats) -> float:
    """``max(K * K * PSF)``, which is at the middle."""
    from scipy.signal import fftconvolve

    twice = fftconvolve(kernel, kernel)
    half, middle = twice.shape[0] // 2, psf.shape[0] // 2
    window = psf[middle - half : middle + half + 1, middle - half : middle + half + 1]
    if window.shape != twice.shape:
        raise InputError("a scale is larger than the image; give smaller scales")
    return float((window * twice).sum())


def _crossed(psf: NDArray[np.float32], first: Floats, second: Floats) -> NDArray[np.float32]:
    return convolved(convolved(psf, first), second)
