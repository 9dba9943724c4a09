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

_WIDE_PX = 18
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
        Full widths at half maximum [arcsec], position angle east of north in [0, 180) [deg].

    Raises
    ------
    InputError
        If the core is a pixel wide only, or has no Gaussian's shape.

    Notes
    -----
    The squared differences at all points of the core are made least. Which points these are is
    CASA's choice (`core_points`). Where they are fewer than 18 pixels wide, CASA first resamples
    the PSF by cubic convolution (Keys 1981, IEEE Trans. ASSP 29, 1153,
    doi:10.1109/TASSP.1981.1163711, a = -1/2): to half the pixel, to a third below 9 pixels, to a
    fourth below 5. This was found by changing one pixel at a time and asking CASA for the beam; it
    is met to 3e-5 as a covariance, whatever the shape of the core. A nearly round beam has no
    meaningful angle: compare ``Beam.covariance_arcsec2``.

    Examples
    --------
    >>> y, x = np.mgrid[-32:32, -32:32]
    >>> beam = fit_beam(np.exp(-((x / 4.0) ** 2) - (y / 6.0) ** 2), 0.01)
    >>> round(beam.bmaj_arcsec, 4), round(beam.bmin_arcsec, 4), round(beam.bpa_deg, 3) % 180
    (0.0999, 0.0666, 0.0)
    """
    from scipy.optimize import least_squares

    east, north, level = _core(psf)
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


def core_points(above: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The points of a PSF's core, as CASA finds them.

    Row by row from the middle one, up and down to the first that has none: the first points above
    the cut-off to the right of the middle column, as long as they touch, and the first to its left.

    Parameters
    ----------
    above : ndarray, shape (2 n + 1, 2 n + 1)
        Which points are above the cut-off; the peak is in the middle.

    Returns
    -------
    ndarray of bool, shape (2 n + 1, 2 n + 1)

    Examples
    --------
    >>> above = np.array([[0, 0, 0, 0, 1], [1, 0, 1, 1, 0], [0, 1, 1, 0, 1]] + 2 * [5 * [0]]) == 1
    >>> core_points(above).astype(int)[:3].tolist()
    [[0, 0, 0, 0, 1], [1, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
    """
    middle = len(above) // 2
    found = np.zeros(above.shape, dtype=np.bool_)
    found[:, middle:] = _first_runs(above[:, middle:])
    found[:, :middle] = _first_runs(above[:, middle - 1 :: -1])[:, ::-1]
    used = np.asarray(found.any(axis=1))
    used[middle:] = np.logical_and.accumulate(used[middle:])
    used[middle::-1] = np.logical_and.accumulate(used[middle::-1])
    return found & used[:, None]


def _first_runs(above: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of each row the first points that are true, as long as they touch."""
    entered = np.logical_or.accumulate(above, axis=1)
    left = np.logical_or.accumulate(entered & ~above, axis=1)
    return np.asarray(above & ~left)


def _core(psf: NDArray[np.floating]) -> tuple[Floats, Floats, Floats]:
    """East, north [pixel] and level of the points that are fitted."""
    half = min(_HALF_PX, psf.shape[0] // 2 - 1)
    middle = psf.shape[0] // 2
    window = psf[middle - half : middle + half + 1, middle - half : middle + half + 1]
    levels = window.astype(np.float64)
    inside = core_points(levels > CUTOFF)
    if inside[0].any() or inside[-1].any() or inside[:, 0].any() or inside[:, -1].any():
        raise InputError(
            f"the beam is more than {half} pixels wide; give a larger cell or a larger image"
        )
    if inside.sum() < 3:
        raise InputError(f"the beam covers {inside.sum()} pixels only; give a smaller cell")
    wide = max(int(inside.any(axis=axis).sum()) for axis in (0, 1))
    finer = 1 + max(0, math.ceil(math.log2(_WIDE_PX / wide)))
    if finer > 1:
        levels = _resampled(levels, finer)
        inside = core_points(levels > CUTOFF)
    rows, columns = (place / finer - half for place in np.nonzero(inside))
    return -columns, rows, levels[inside]


def _resampled(window: Floats, finer: int) -> Floats:
    """A window on a grid of ``1 / finer`` of its pixel, by cubic convolution."""
    side = len(window)
    place = np.arange((side - 1) * finer + 1) / finer
    first = np.clip(np.floor(place).astype(int), 1, side - 3)
    t = place - first
    weights = (
        (-t + 2 * t**2 - t**3) / 2,
        (2 - 5 * t**2 + 3 * t**3) / 2,
        (t + 4 * t**2 - 3 * t**3) / 2,
        (t**3 - t**2) / 2,
    )
    matrix = np.zeros((len(place), side))
    for offset, weight in enumerate(weights, start=-1):
        matrix[np.arange(len(place)), first + offset] = weight
    return np.asarray(matrix @ window @ matrix.T)


def _beam(covariance: Floats) -> Beam:
    """A beam from its second moments about (east, north)."""
    values, vectors = np.linalg.eigh(covariance)
    east, north = vectors[:, 1]
    # Twice: the first makes 180 of an angle that is just below 0.
    angle = math.degrees(math.atan2(east, north)) % 180 % 180
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
