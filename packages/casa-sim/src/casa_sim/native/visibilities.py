"""Visibilities of a sky: its Fourier transform at the baselines of a track."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skytypes import SkyImage
from skytypes.errors import InputError

from ..constants import ARCSEC_RAD, SPEED_OF_LIGHT_M_S

_SIDE_PX = 32  # ducc0 wants even sides of at least this many pixels.


def predict(
    sky: SkyImage,
    uvw_m: NDArray[np.float64],
    frequency_hz: float,
    *,
    epsilon: float = 1e-6,
    w_terms: bool = False,
) -> NDArray[np.complex128]:
    """The visibilities of a sky model [Jy], by non-uniform FFT (ducc0).

    ``V = sum I exp(+2 pi i (u l + v m))`` with l to the east and m to the north of the reference
    pixel: the sign of CASA's measurement sets for baselines antenna 1 minus antenna 2. The primary
    beam is not applied, as simobserve does not.

    Parameters
    ----------
    sky : SkyImage
        Data of shape (y, x) [Jy/pixel]; phases are relative to its reference pixel.
    uvw_m : ndarray, shape (n, 3)
        Baselines [m].
    frequency_hz : float
        [Hz]
    epsilon : float
        Relative accuracy, root mean square.
    w_terms : bool
        Take the sky's curvature into account. For the fields of ALMA's arrays that changes the
        visibilities by less than 2e-6 and takes ten times as long.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    InputError
        If the sky's pixels are too coarse for the longest baseline; the message says which pixel
        is needed.

    Notes
    -----
    The relation of sky and visibilities is that of Thompson, Moran & Swenson 2017, Interferometry
    and Synthesis in Radio Astronomy, chapter 3, with CASA's sign. The transform is ducc0's: Arras
    et al. 2021, A&A 646, A58, arXiv:2010.10122.

    Examples
    --------
    >>> data = np.zeros((64, 64))
    >>> data[32, 32] = 0.5
    >>> vis = predict(SkyImage(data, 0.01, "Jy/pixel"), np.array([[300.0, 40.0, 0.0]]), 230e9)
    >>> bool(abs(vis[0] - 0.5) < 1e-6)
    True
    """
    from ducc0 import wgridder

    check_sampling(sky.pixel_scale_arcsec, uvw_m, frequency_hz)
    data, centre = _padded(sky)
    pixel = sky.pixel_scale_arcsec * ARCSEC_RAD
    nx, ny = data.shape
    visibilities: NDArray[np.complex128] = wgridder.dirty2vis(
        uvw=uvw_m,
        freq=np.array([frequency_hz]),
        dirty=data,
        pixsize_x=pixel,
        pixsize_y=pixel,
        # ducc0 turns v with flip_v and leaves the centre as it is: its sign is turned here.
        center_x=(nx // 2 - centre[0]) * pixel,
        center_y=(centre[1] - ny // 2) * pixel,
        epsilon=epsilon,
        do_wgridding=w_terms,
        nthreads=1,
        flip_v=True,
        flip_w=True,
        divide_by_n=False,
    )[:, 0]
    return visibilities


def check_sampling(pixel_arcsec: float, uvw_m: NDArray[np.float64], frequency_hz: float) -> None:
    """Refuse pixels that can't hold what the longest baseline sees.

    Parameters
    ----------
    pixel_arcsec : float
        [arcsec]
    uvw_m : ndarray, shape (n, 3)
        [m]
    frequency_hz : float
        [Hz]

    Raises
    ------
    InputError
        If a pixel is larger than half the finest fringe: the largest allowed pixel is told.

    Examples
    --------
    >>> check_sampling(0.1, np.array([[2000.0, 0, 0]]), 230e9)
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: pixels of 100 mas are too coarse for a baseline of 2000 m at 230 ...
    """
    longest = float(np.abs(uvw_m[:, :2]).max())
    finest = SPEED_OF_LIGHT_M_S / frequency_hz / longest / 2 / ARCSEC_RAD
    if pixel_arcsec > finest:
        raise InputError(
            f"pixels of {1e3 * pixel_arcsec:.4g} mas are too coarse for a baseline of "
            f"{longest:.0f} m at {frequency_hz / 1e9:g} GHz; give at most {1e3 * finest:.3g} mas"
        )


def _padded(sky: SkyImage) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """The data as (x, y) with even sides, and the reference pixel in it."""
    data = np.asarray(sky.data, dtype=np.float64).T
    nx, ny = (max(_SIDE_PX, side + side % 2) for side in data.shape)
    if (nx, ny) != data.shape:
        wider = np.zeros((nx, ny))
        wider[: data.shape[0], : data.shape[1]] = data
        data = wider
    return np.ascontiguousarray(data), sky.centre_px
