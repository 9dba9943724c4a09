"""The CLEAN image: components seen with the restoring beam, and what CLEAN left."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from skytypes import Beam

Image = NDArray[np.float32]


def restored(model: Image, residual: Image, beam: Beam, cell_arcsec: float) -> Image:
    """A model convolved with its beam, plus the residual.

    Parameters
    ----------
    model : ndarray, shape (y, x), float32
        [Jy/pixel]
    residual : ndarray, shape (y, x), float32
        [Jy/beam]
    beam : Beam
        Peak 1, so that the sum is in Jy/beam.
    cell_arcsec : float
        [arcsec]

    Returns
    -------
    ndarray, shape (y, x), float32
        [Jy/beam]

    Notes
    -----
    The last step of CLEAN (Högbom 1974, A&AS 15, 417). The convolution is a product with the
    beam's transform, which is known in closed form.

    Examples
    --------
    >>> model = np.zeros((64, 64), np.float32)
    >>> model[20, 30] = 3
    >>> image = restored(model, np.zeros_like(model), Beam(0.1, 0.1, 0.0), 0.02)
    >>> round(float(image.max()), 5), np.unravel_index(image.argmax(), image.shape)
    (3.0, (np.int64(20), np.int64(30)))
    """
    from ducc0 import fft

    side = model.shape[0]
    # Room for the beam's wings, so that nothing wraps around to the other edge.
    room = fft.good_size(side + 2 * math.ceil(2.5 * beam.bmaj_arcsec / cell_arcsec), True)
    plane = np.zeros((room, room), dtype=np.float32)
    plane[:side, :side] = model
    spectrum = fft.r2c(plane, nthreads=1)
    spectrum *= _beam_spectrum(beam, room, cell_arcsec)
    seen = fft.c2r(spectrum, lastsize=room, forward=False, inorm=2, nthreads=1)
    return np.asarray(seen[:side, :side] + residual)


def _beam_spectrum(beam: Beam, side_px: int, cell_arcsec: float) -> Image:
    """Fourier transform of a beam of peak 1, over half the plane; shape (v, u)."""
    covariance = beam.covariance_arcsec2() / cell_arcsec**2
    v, u = np.fft.fftfreq(side_px)[:, None], np.fft.rfftfreq(side_px)
    scale = -2 * math.pi**2
    own = scale * (covariance[0, 0] * u**2 + covariance[1, 1] * v**2)
    # East is against the columns.
    mixed = -2 * scale * covariance[0, 1] * (u * v)
    area = 2 * math.pi * math.sqrt(np.linalg.det(covariance))
    return np.asarray(area * np.exp((own + mixed).astype(np.float32)), dtype=np.float32)
