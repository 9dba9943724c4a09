"""Imaging weights: natural, uniform, Briggs, and a taper."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from skytypes.errors import InputError

from ..constants import ARCSEC_RAD, SPEED_OF_LIGHT_M_S
from ..settings import WEIGHTINGS

Floats = NDArray[np.float64]


def imaging_weights(
    uvw_m: Floats,
    frequency_hz: float,
    *,
    imsize_px: int,
    cell_arcsec: float,
    weighting: str = "briggs",
    robust: float = 0.5,
    taper_arcsec: float = 0.0,
    weights: Floats | None = None,
) -> Floats:
    """The weight of each visibility in an image.

    Parameters
    ----------
    uvw_m : ndarray, shape (n, 3)
        Baselines [m].
    frequency_hz : float
        [Hz]
    imsize_px : int
        Side of the image; the density of the visibilities is counted in cells of one over the
        field.
    cell_arcsec : float
        Pixel of the image [arcsec].
    weighting : str
        ``natural``, ``uniform`` or ``briggs``.
    robust : float
        Briggs' parameter, 2 (nearly natural) to -2 (nearly uniform).
    taper_arcsec : float
        Full width of the Gaussian that the taper alone would make of a point [arcsec]; 0 for none.
    weights : ndarray, shape (n,) or None
        Of the visibilities themselves, 1/sigma^2 in any unit; None for equal ones.

    Returns
    -------
    ndarray, shape (n,)
        In the unit of ``weights``; only their ratios matter to an image.

    Raises
    ------
    InputError
        If an option is not allowed.

    Notes
    -----
    Briggs (1995, High fidelity deconvolution of moderately resolved sources, thesis, New Mexico
    Institute of Mining and Technology, eq. 3.19 and 3.20) as CASA counts: every visibility and its
    conjugate are put into the cell ``int(u N cell + N/2)``, W is the sum there, and with
    ``f^2 = (5 * 10^-R)^2 / (sum W^2 / sum w)``, both sums over both halves of the plane, the weight
    is ``w / (1 + W f^2)``.

    Examples
    --------
    >>> uvw = np.array([[100.0, 0, 0], [100.0, 0, 0], [-300.0, 200.0, 0]])
    >>> imaging_weights(uvw, 230e9, imsize_px=256, cell_arcsec=0.02, weighting="uniform")
    array([0.5, 0.5, 1. ])
    """
    if weighting not in WEIGHTINGS:
        raise InputError(f"weighting is {weighting!r}; allowed: {', '.join(WEIGHTINGS)}")
    if not -2 <= robust <= 2:
        raise InputError(f"robust is {robust:g}; allowed: -2 to 2")
    if not (math.isfinite(taper_arcsec) and taper_arcsec >= 0):
        raise InputError(f"taper is {taper_arcsec:g} arcsec; give 0 or more")
    own = np.ones(len(uvw_m)) if weights is None else np.asarray(weights, dtype=np.float64)
    uv = uvw_m[:, :2] * (frequency_hz / SPEED_OF_LIGHT_M_S)
    given = own
    if weighting != "natural":
        here, squares, total = _density(uv, own, imsize_px, cell_arcsec * ARCSEC_RAD)
        if weighting == "uniform":
            given = own / here
        else:
            given = own / (1 + here * ((5 * 10**-robust) ** 2 * total / squares))
    return given if taper_arcsec == 0 else given * _taper(uv, taper_arcsec * ARCSEC_RAD)


def _density(
    uv: Floats, own: Floats, imsize_px: int, cell_rad: float
) -> tuple[Floats, float, float]:
    """Summed weight in each visibility's cell; the sum of its squares; the sum of all weights."""
    # CASA counts in single precision along axes that grow to the west and to the north; which
    # cell a visibility on an edge falls into depends on that, and with it the weights of hundreds.
    half, span = np.float32(imsize_px / 2), np.float32(imsize_px * cell_rad)
    scaled = uv.astype(np.float32) * np.array([-span, span])
    direct = _cells(half + scaled, imsize_px)
    mirrored = _cells(half - scaled, imsize_px)
    size = imsize_px * imsize_px
    density: Floats = np.bincount(direct, own, size).astype(np.float64)
    density += np.bincount(mirrored, own, size)
    return density[direct], float(np.vdot(density, density)), 2 * float(own.sum())


def _cells(position: NDArray[np.float32], imsize_px: int) -> NDArray[np.int64]:
    """Index of the cell that holds each position; what lies outside is a coarse image's fault."""
    index = position.astype(np.int64)
    if len(index) and (index.min() < 0 or index.max() >= imsize_px):
        raise InputError(
            "the image's pixels are too coarse for the longest baseline; give a smaller cell"
        )
    return index[:, 0] * imsize_px + index[:, 1]


def _taper(uv: Floats, width_rad: float) -> Floats:
    """Transform of a Gaussian of a given full width at half maximum."""
    radius2 = (uv**2).sum(axis=1)
    return np.asarray(np.exp(-(math.pi**2) * width_rad**2 / (4 * math.log(2)) * radius2))
