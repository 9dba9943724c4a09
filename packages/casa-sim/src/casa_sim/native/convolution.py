"""The exact response of an imaging to a model: convolution with the PSF over twice the field."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skytypes.errors import InputError

Image = NDArray[np.float32]


class Response:
    """Convolves models of a field with a point spread function; nothing wraps around.

    Parameters
    ----------
    psf : ndarray, shape (2 side, 2 side), float32
        [Jy/beam] of a point of 1 Jy; its peak is at ``(side, side)``.

    Raises
    ------
    InputError
        If the PSF is not square with an even side.

    Notes
    -----
    Imaging is linear, and without w it does not depend on the place: the dirty image of a model's
    visibilities is the model convolved with the PSF, at every pixel of the field, as long as the
    PSF is known for every shift that occurs, which is twice the field. This replaces two
    transforms over all visibilities in a major cycle; both give the same to 1e-5.

    Examples
    --------
    >>> psf = np.zeros((64, 64), np.float32)
    >>> psf[32, 32], psf[33, 32] = 1, 0.5
    >>> model = np.zeros((32, 32), np.float32)
    >>> model[31, 4] = 2
    >>> Response(psf)(model)[30:, 4].round(5).tolist()
    [0.0, 2.0]
    """

    def __init__(self, psf: Image) -> None:
        from ducc0 import fft

        if psf.ndim != 2 or psf.shape[0] != psf.shape[1] or psf.shape[0] % 4:
            raise InputError(f"a PSF of shape {psf.shape}; give a square of twice an even side")
        self.side = psf.shape[0] // 2
        centred = np.fft.ifftshift(psf.astype(np.float32, copy=False))
        self._spectrum = fft.r2c(centred, nthreads=1)

    def __call__(self, model: Image) -> Image:
        """The image that the model would give, noise-free.

        Parameters
        ----------
        model : ndarray, shape (side, side)
            [Jy/pixel]

        Returns
        -------
        ndarray, shape (side, side), float32
            [Jy/beam]
        """
        from ducc0 import fft

        side, used = self.side, np.flatnonzero(model.any(axis=1))
        if not len(used):
            return np.zeros((side, side), dtype=np.float32)
        # Only rows that hold something, and only rows that are wanted, are transformed.
        rows = np.zeros((used[-1] + 1 - used[0], 2 * side), dtype=np.float32)
        rows[:, :side] = model[used[0] : used[-1] + 1]
        plane = np.zeros((2 * side, side + 1), dtype=np.complex64)
        plane[used[0] : used[-1] + 1] = fft.r2c(rows, axes=(1,), nthreads=1)
        fft.c2c(plane, axes=(0,), out=plane, nthreads=1)
        plane *= self._spectrum
        fft.c2c(plane, axes=(0,), forward=False, out=plane, inorm=2, nthreads=1)
        wide = fft.c2r(
            plane[:side], axes=(1,), lastsize=2 * side, forward=False, inorm=2, nthreads=1
        )
        return np.ascontiguousarray(wide[:, :side])
