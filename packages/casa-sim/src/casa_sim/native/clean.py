"""Multiscale CLEAN under the control that CASA's tclean has.

CLEAN is Högbom's (1974, A&AS 15, 417), over scales as Cornwell (2008, IEEE J. Sel. Topics Signal
Process. 2, 793, arXiv:0806.2228) has it, in Clark's (1980, A&A 89, 377) major and minor cycles:
minor ones take components by the PSF, major ones make the residual anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from skytypes.errors import InputError

from .convolution import Response
from .minor_cycle import TILE_PX, minor_cycle
from .scales import ScaleResponses, convolved

Image = NDArray[np.float32]
Stop = Literal["niter", "nsigma", "no component"]

_MAD_TO_SIGMA = 1.4826
# A peak within 1 % of the noise threshold counts as having reached it, as in CASA.
_TOLERANCE = 0.01
# A tile that holds nothing above this share of the threshold, nor has such a neighbour, is left
# alone until the next major cycle: on the reference cases no component changes for 0.75 or less.
_ACTIVE_SHARE = 0.75


@dataclass(frozen=True)
class CleanControl:
    """When CLEAN stops, and how carefully it goes; CASA's names and the pipeline's values.

    Parameters
    ----------
    niter : int
        Most components.
    gain : float
        Share of a component's strength that is subtracted; above 0, at most 1.
    nsigma : float
        Stop at so many robust standard deviations of the residual (`robust_sigma`).
    cyclefactor : float
        A minor cycle ends at ``cyclefactor * sidelobe`` of its first peak, dimensionless.
    min_psf_fraction, max_psf_fraction : float
        Between which that share is kept, dimensionless.

    Raises
    ------
    InputError
        If a number is not allowed.
    """

    niter: int = 800
    gain: float = 0.1
    nsigma: float = 4.5
    cyclefactor: float = 2.0
    min_psf_fraction: float = 0.05
    max_psf_fraction: float = 0.8

    def __post_init__(self) -> None:
        if self.niter < 0:
            raise InputError(f"niter is {self.niter}; give 0 or more")
        for name, low, high in (("gain", 0, 1), ("nsigma", 0, 1e3), ("cyclefactor", 0, 1e3)):
            value = getattr(self, name)
            if not (math.isfinite(value) and low < value <= high):
                raise InputError(f"{name} is {value:g}; give more than {low}, at most {high:g}")


@dataclass(frozen=True)
class Cleaned:
    """What CLEAN found and left.

    Parameters
    ----------
    model : ndarray, shape (y, x), float32
        Components [Jy/pixel].
    residual : ndarray, shape (y, x), float32
        [Jy/beam]
    iterations : int
        As CASA counts them: each minor cycle that ends at its threshold counts one more.
    major_cycles : int
    stop : str
        Why it ended.
    """

    model: Image
    residual: Image
    iterations: int
    major_cycles: int
    stop: Stop


def clean(
    dirty: Image,
    response: Response,
    scales: ScaleResponses,
    sidelobe: float,
    control: CleanControl,
    *,
    mask: NDArray[np.bool_] | None = None,
) -> Cleaned:
    """Take a dirty image apart into components and a residual.

    Parameters
    ----------
    dirty : ndarray, shape (y, x), float32
        [Jy/beam]
    response : Response
        Of the same weights; it makes the residual anew in each major cycle, exactly.
    scales : ScaleResponses
        From `casa_sim.native.scales.scale_responses`, of the same PSF.
    sidelobe : float
        Largest sidelobe of the PSF (`casa_sim.native.beams.sidelobe_level`).
    control : CleanControl
    mask : ndarray, shape (y, x) or None
        Where components may be; None means everywhere, as CASA does without a mask.

    Returns
    -------
    Cleaned

    Raises
    ------
    InputError
        If the dirty image does not fit the response.

    Notes
    -----
    Given CASA's own dirty image and PSF it finds CASA's components, and the CLEAN images agree to
    1e-5, where no two pixels are so nearly of one height that rounding decides which is cleaned
    first; otherwise to 0.8 % (tools/bench/alma.md).
    """
    if dirty.shape != (response.side, response.side):
        raise InputError(f"the image is {dirty.shape} pixels but its PSF is for {response.side}")
    allowed = np.zeros((0, 0), np.float32) if mask is None else mask.astype(np.float32)
    seen = dirty if mask is None else dirty[mask]
    share = min(
        max(control.cyclefactor * sidelobe, control.min_psf_fraction), control.max_psf_fraction
    )
    model, residual = np.zeros_like(dirty), dirty
    done = cycles = 0
    while True:
        seen = residual if mask is None else residual[mask]
        noise = control.nsigma * robust_sigma(seen)
        peak = float(max(seen.max(), -seen.min()))
        if peak <= noise * (1 + _TOLERANCE):
            return Cleaned(model, residual, done, cycles, "nsigma")
        if done >= control.niter:
            return Cleaned(model, residual, done, cycles, "niter")
        threshold = max(noise, share * peak)
        left = control.niter - done
        found = _cycle(residual, scales, allowed, threshold=threshold, gain=control.gain, most=left)
        if not len(found):
            return Cleaned(model, residual, done, cycles, "no component")
        _add(model, found, scales)
        residual = dirty - response(model)
        done += min(left, len(found) + 1)
        cycles += 1


def robust_sigma(values: NDArray[np.float32]) -> float:
    """1.4826 times the median distance from the median: the sigma of normal noise.

    Parameters
    ----------
    values : ndarray, shape (y, x) or any other
        In any unit, which is the result's too.

    Returns
    -------
    float

    Notes
    -----
    1.4826 is 1 over the normal law's upper quartile: Rousseeuw & Croux 1993, J. Am. Stat. Assoc.
    88, 1273, doi:10.1080/01621459.1993.10476408. CASA's ``nsigma`` counts in it.

    Examples
    --------
    >>> robust_sigma(np.array([1, 2, 3, 4, 1000], np.float32))
    1.4826
    """
    flat = values.ravel()
    return _MAD_TO_SIGMA * _median(np.abs(flat - np.float32(_median(flat))))


def _median(flat: NDArray[np.float32]) -> float:
    half = len(flat) // 2
    places = [half] if len(flat) % 2 else [half - 1, half]
    return float(np.partition(flat, places)[places].mean(dtype=np.float64))


def _cycle(
    residual: Image,
    scales: ScaleResponses,
    allowed: Image,
    *,
    threshold: float,
    gain: float,
    most: int,
) -> NDArray[np.float64]:
    """One minor cycle: its components as rows (scale, row, column, flux)."""
    planes = np.stack([convolved(residual, kernel) for kernel in scales.kernels])
    tiles = _tiles(planes, scales.gains, _ACTIVE_SHARE * threshold)
    found = np.empty((most, 4))
    count = minor_cycle(
        planes,
        scales.cross,
        scales.pair,
        scales.gains,
        allowed,
        tiles,
        threshold,
        gain,
        most,
        found,
    )
    return found[:count]


def _tiles(planes: Image, gains: NDArray[np.float32], level: float) -> NDArray[np.int64]:
    """Tiles with a strength above a level, and their neighbours."""
    from scipy.ndimage import binary_dilation

    starts = np.arange(0, planes.shape[1], TILE_PX)
    peaks = np.zeros((len(starts), len(starts)), dtype=np.float32)
    for plane, gain in zip(planes, gains, strict=True):
        highest = np.maximum.reduceat(np.maximum.reduceat(plane, starts, axis=0), starts, axis=1)
        lowest = np.minimum.reduceat(np.minimum.reduceat(plane, starts, axis=0), starts, axis=1)
        peaks = np.maximum(peaks, gain * np.maximum(highest, -lowest))
    rows, columns = np.nonzero(binary_dilation(peaks > level, np.ones((3, 3), dtype=bool)))
    ends = np.minimum(starts + TILE_PX, planes.shape[1]) - starts
    return np.stack([starts[rows], starts[columns], ends[rows], ends[columns]], axis=1)


def _add(model: Image, found: NDArray[np.float64], scales: ScaleResponses) -> None:
    """Put components into a model; what reaches beyond the field is cut."""
    points = found[:, 0] == 0
    rows, columns = found[points, 1].astype(int), found[points, 2].astype(int)
    np.add.at(model, (rows, columns), found[points, 3].astype(np.float32))
    for scale, row, column, flux in found[~points]:
        kernel = scales.kernels[int(scale)]
        half, y, x = kernel.shape[0] // 2, int(row), int(column)
        top, left = max(0, half - y), max(0, half - x)
        into = model[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1]
        into += flux * kernel[top : top + into.shape[0], left : left + into.shape[1]]
