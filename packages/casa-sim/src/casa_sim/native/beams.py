"""The restoring beam: a Gaussian fitted to the core of the point spread function."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from skytypes import Beam
from skytypes.errors import InputError

Floats = NDArray[np.float64]

CUTOFF = 0.35
"""What lies below this level is no part of the core (CASA's default)."""

_FINER = 2
_HALF_PX = 48
_FWHM = 2 * math.sqrt(2 * math.log(2))


def fit_beam(psf: NDArray[np.floating], cell_arcsec: float) -> Beam:
    """The elliptical Gaussian of unit peak that fits a point spread function above `CUTOFF`.

    Parameters
    ----------
    psf : ndarray, shape (y, x)
        Peak 1 at ``(side // 2, side // 2)``; row 0 south, column 0 east.
    cell_arcsec : float
        Pixel [arcsec].

    Returns
    -------
    Beam
        Full widths at half maximum [arcsec], position angle east of north [deg].

    Raises
    ------
    InputError
        If the core is a pixel wide only, or has no Gaussian's shape.

    Notes
    -----
    As CASA does, the core is first resampled to half the pixel by cubic splines, and the squared
    differences at all its points are made least. A nearly round beam has no meaningful angle:
    compare ``Beam.covariance_arcsec2``.

    Examples
    --------
    >>> y, x = np.mgrid[-32:32, -32:32]
    >>> beam = fit_beam(np.exp(-((x / 4.0) ** 2) - (y / 6.0) ** 2), 0.01)
    >>> round(beam.bmaj_arcsec, 4), round(beam.bmin_arcsec, 4), round(abs(beam.bpa_deg), 3)
    (0.0999, 0.0666, 0.0)
    """
    from scipy.optimize import least_squares

    east, north, level = _core(psf)
    if len(level) < 3 * _FINER**2:
        raise InputError(
            f"the beam covers {len(level) / _FINER**2:.0f} pixels only; give a smaller cell"
        )
    terms = np.stack([east**2, 2 * east * north, north**2], axis=1) / -2

    def difference(form: Floats) -> Floats:
        return np.asarray(np.exp(terms @ form) - level)

    def slope(form: Floats) -> Floats:
        return np.asarray(np.exp(terms @ form)[:, None] * terms)

    start = np.linalg.lstsq(terms, np.log(level), rcond=None)[0]
    a, b, c = least_squares(difference, start, jac=slope, x_scale=abs(start).max()).x
    if not (a > 0 and c > 0 and a * c > b * b):
        raise InputError("the core of the point spread function is no Gaussian; use another array")
    return _beam(np.linalg.inv([[a, b], [b, c]]) * cell_arcsec**2)


def _core(psf: NDArray[np.floating]) -> tuple[Floats, Floats, Floats]:
    """East, north [pixel] and level of the points above the cut-off that touch the peak."""
    from scipy.ndimage import label, map_coordinates

    half = min(_HALF_PX, psf.shape[0] // 2 - 1)
    middle = psf.shape[0] // 2
    steps = np.arange(-half * _FINER, half * _FINER + 1) / _FINER
    window = psf[middle - half : middle + half + 1, middle - half : middle + half + 1]
    rows, columns = np.meshgrid(steps, steps, indexing="ij")
    fine = map_coordinates(window.astype(np.float64), [rows + half, columns + half], order=3)
    islands, _ = label(fine > CUTOFF)
    inside = islands == islands[half * _FINER, half * _FINER]
    if inside[0].any() or inside[-1].any() or inside[:, 0].any() or inside[:, -1].any():
        raise InputError(
            f"the beam is more than {half} pixels wide; give a larger cell or a larger image"
        )
    return -columns[inside], rows[inside], fine[inside]


def _beam(covariance: Floats) -> Beam:
    """A beam from its second moments about (east, north)."""
    values, vectors = np.linalg.eigh(covariance)
    east, north = vectors[:, 1]
    angle = math.degrees(math.atan2(east, north))
    angle -= 180 * round(angle / 180)
    major, minor = _FWHM * np.sqrt(values[::-1])
    return Beam(float(major), float(minor), float(angle))


def beam_image(beam: Beam, side_px: int, cell_arcsec: float) -> NDArray[np.float32]:
    """A beam as a picture of peak 1 at ``(side_px // 2, side_px // 2)``; shape (y, x).

    Examples
    --------
    >>> picture = beam_image(Beam(0.2, 0.1, 0.0), 64, 0.02)
    >>> [round(float(v), 3) for v in (picture[37, 32], picture[32, 37])]
    [0.5, 0.062]
    """
    axis = (np.arange(side_px) - side_px // 2) * cell_arcsec
    form = np.linalg.inv(beam.covariance_arcsec2()) / -2
    # Separable but for the mixed term: three one-dimensional exponents.
    own = form[0, 0] * axis**2 + form[1, 1] * axis[:, None] ** 2
    mixed = -2 * form[0, 1] * axis[:, None] * axis
    return np.asarray(np.exp((own + mixed).astype(np.float32)))


def sidelobe_level(psf: NDArray[np.float32], beam: Beam, cell_arcsec: float) -> float:
    """The largest sidelobe of a PSF, positive or negative, its Gaussian core taken away.

    Parameters
    ----------
    psf : ndarray, shape (side, side)
        Of the size of the image; peak 1.
    beam : Beam
        Its restoring beam.
    cell_arcsec : float
        [arcsec]

    Examples
    --------
    >>> beam = Beam(0.2, 0.1, 0.0)
    >>> sidelobe_level(beam_image(beam, 64, 0.02), beam, 0.02)
    0.0
    """
    rest = psf - beam_image(beam, psf.shape[0], cell_arcsec)
    return max(0.0, float(-psf.min()), float(rest.max()))
