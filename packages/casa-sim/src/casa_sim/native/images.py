"""Dirty image and point spread function: weighted visibilities brought back to the sky."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from skytypes.errors import InputError

from ..constants import ARCSEC_RAD
from .visibilities import check_sampling

Image = NDArray[np.float32]

MAX_SIDE_PX = 8192


def dirty_image(
    visibilities: NDArray[np.number],
    uvw_m: NDArray[np.float64],
    weights: NDArray[np.floating],
    frequency_hz: float,
    *,
    imsize_px: int,
    cell_arcsec: float,
    epsilon: float = 2e-5,
) -> Image:
    """The dirty image of visibilities, by non-uniform FFT (ducc0).

    Parameters
    ----------
    visibilities : ndarray, shape (n,)
        Stokes I [Jy], with the signs of `predict`.
    uvw_m : ndarray, shape (n, 3)
        Baselines [m].
    weights : ndarray, shape (n,)
        From `imaging_weights`.
    frequency_hz : float
        [Hz]
    imsize_px : int
        Side, even; the phase centre is pixel ``imsize_px // 2``, counted from 0.
    cell_arcsec : float
        [arcsec]
    epsilon : float
        Relative accuracy.

    Returns
    -------
    ndarray, shape (y, x), float32
        [Jy/beam]: a point source of 1 Jy has a peak of 1. Row 0 south, column 0 east.

    Raises
    ------
    InputError
        If the cell is too coarse, the weights vanish, or the side is odd, tiny, or would take more
        memory than is reasonable.

    Notes
    -----
    The non-uniform FFT is ducc0's: Arras et al. 2021, A&A 646, A58, arXiv:2010.10122. As CASA's
    default gridder, w is left out: over these fields that shifts nothing by more than 1e-4 of the
    image's root mean square.

    Examples
    --------
    >>> uvw = np.array([[100.0, 0, 0], [0, 150.0, 0]])
    >>> image = dirty_image(np.ones(2), uvw, np.ones(2), 230e9, imsize_px=64, cell_arcsec=0.05)
    >>> float(image[32, 32].round(5))
    1.0
    """
    from ducc0 import wgridder

    shares = visibility_shares(
        weights, uvw_m, frequency_hz, imsize_px=imsize_px, cell_arcsec=cell_arcsec
    )
    pixel = cell_arcsec * ARCSEC_RAD
    image = wgridder.vis2dirty(
        uvw=uvw_m,
        freq=np.array([frequency_hz]),
        vis=visibilities.astype(np.complex64)[:, None],
        wgt=shares.astype(np.float32)[:, None],
        npix_x=imsize_px,
        npix_y=imsize_px,
        pixsize_x=pixel,
        pixsize_y=pixel,
        epsilon=epsilon,
        do_wgridding=False,
        nthreads=1,
        flip_v=True,
        flip_w=True,
        divide_by_n=False,
        double_precision_accumulation=True,
    )
    return np.ascontiguousarray(image.T)


def visibility_shares(
    weights: NDArray[np.floating],
    uvw_m: NDArray[np.float64],
    frequency_hz: float,
    *,
    imsize_px: int,
    cell_arcsec: float,
) -> NDArray[np.float64]:
    """The share of each visibility in an image, which is seen to be one that can be made.

    Parameters
    ----------
    weights : ndarray, shape (n,)
        From `imaging_weights`, none negative.
    uvw_m, frequency_hz, imsize_px, cell_arcsec
        As `dirty_image`.

    Returns
    -------
    ndarray, shape (n,)
        They add up to 1, so that a point of 1 Jy has a peak of 1.

    Raises
    ------
    InputError
        As `dirty_image`.

    Examples
    --------
    >>> uvw = np.array([[100.0, 0, 0], [0, 150.0, 0]])
    >>> visibility_shares(np.array([1, 3]), uvw, 230e9, imsize_px=64, cell_arcsec=0.05).tolist()
    [0.25, 0.75]
    """
    if imsize_px % 2 or not 32 <= imsize_px <= MAX_SIDE_PX:
        raise InputError(
            f"an image of {imsize_px} pixels a side; give an even number, 32 to {MAX_SIDE_PX}"
        )
    check_sampling(cell_arcsec, uvw_m, frequency_hz)
    total = np.sum(weights, dtype=np.float64)
    if not (math.isfinite(total) and total > 0):
        raise InputError(f"the weights add up to {total:g}; give positive ones")
    # A numpy number, not Python's: single-precision weights are divided in double precision.
    return np.asarray(weights / total, dtype=np.float64)


def point_spread_function(
    uvw_m: NDArray[np.float64],
    weights: NDArray[np.floating],
    frequency_hz: float,
    *,
    imsize_px: int,
    cell_arcsec: float,
) -> Image:
    """The dirty image of a point of 1 Jy at the phase centre.

    Parameters
    ----------
    uvw_m, weights, frequency_hz, imsize_px, cell_arcsec
        As `dirty_image`.

    Returns
    -------
    ndarray, shape (y, x), float32
        [Jy/beam]; peak 1 at pixel ``imsize_px // 2``, row 0 south, column 0 east.

    Examples
    --------
    >>> uvw = np.array([[100.0, 0, 0], [0, 150.0, 0]])
    >>> psf = point_spread_function(uvw, np.ones(2), 230e9, imsize_px=64, cell_arcsec=0.05)
    >>> np.unravel_index(psf.argmax(), psf.shape)
    (np.int64(32), np.int64(32))
    """
    ones = np.ones(len(uvw_m), dtype=np.complex64)
    return dirty_image(
        ones, uvw_m, weights, frequency_hz, imsize_px=imsize_px, cell_arcsec=cell_arcsec
    )
