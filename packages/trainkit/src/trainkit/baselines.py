"""What a network must beat: predicting the mean, and fitting an elliptical Gaussian.

The fit's covariance is exp(2 s) exp(E) with E = [[e1, e2], [e2, -e1]] in pixel (x, y): every value
of (s, e1, e2) is an ellipse, and none is special.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skytypes import Beam, Sample
from skytypes.arrays import Array, to_numpy
from skytypes.windows import source_window

from .metrics import axial_distance_deg

Floats = NDArray[np.float64]

_FIT_PX = 64
_FALL_BACK_LEVEL = 0.2


def predict_mean(labels: Mapping[str, Array], count: int) -> dict[str, Floats]:
    """The training labels' mean as the answer for every disk.

    Parameters
    ----------
    labels : mapping of str to array of shape (item,)
        Of the training disks: ``incl_deg``, ``pa_deg`` [deg], ``dx_arcsec``, ``dy_arcsec``
        [arcsec].
    count : int
        Answers wanted.

    Returns
    -------
    dict of str to array of shape (count,)
        The same names and units. For the position angle, the constant with the smallest mean axial
        distance.

    Examples
    --------
    >>> labels = {"incl_deg": [30, 50], "pa_deg": [178, 4]}
    >>> labels |= {"dx_arcsec": [0, 1], "dy_arcsec": [0, 0]}
    >>> {k: round(float(v[0]), 1) for k, v in predict_mean(labels, 1).items()}
    {'incl_deg': 40.0, 'pa_deg': 0.0, 'dx_arcsec': 0.5, 'dy_arcsec': 0.0}
    """
    means = {
        name: float(np.mean(to_numpy(labels[name]), dtype=np.float64))
        for name in ("incl_deg", "dx_arcsec", "dy_arcsec")
    }
    angles = np.arange(0.0, 180.0, 0.5)
    pa = to_numpy(labels["pa_deg"])
    means["pa_deg"] = float(angles[np.argmin([axial_distance_deg(pa, a).mean() for a in angles])])
    order = ("incl_deg", "pa_deg", "dx_arcsec", "dy_arcsec")
    return {name: np.full(count, means[name]) for name in order}


@dataclass(frozen=True)
class _Patch:
    """Pixels that are fitted: values over the peak, and where they are [pixel]."""

    values: Floats
    x: Floats
    y: Floats
    block: int


def gaussian_fit(sample: Sample) -> dict[str, Floats]:
    """Disk geometry from a least-squares fit of an elliptical Gaussian, the beam taken off.

    Inclination is arccos(minor / major) of the deconvolved axes, position angle that of the major
    one. Where the minor axis is narrower than the beam, it counts as zero (90 deg); where both
    are, the source is unresolved and counts as round (0 deg).

    Parameters
    ----------
    sample : Sample
        One item or a batch, numpy: pictures of shape (batch, y, x) with beam and reference pixel.

    Returns
    -------
    dict of str to array of shape (batch,)
        ``incl_deg``, ``pa_deg`` [deg], ``dx_arcsec``, ``dy_arcsec`` [arcsec, east and north
        positive], always finite, and ``converged``, 1 or 0; a fit that did not converge is
        answered by the source's moments.

    Notes
    -----
    Gaussians convolve by adding covariances: Condon 1997, PASP 109, 166, doi:10.1086/133871 (the
    errors of such fits); the algebra is that of AIPS JMFIT and CASA imfit.
    """
    batch = sample.as_batch()
    rows = [_fit_one(batch[i]) for i in range(batch.size or 0)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _fit_one(sample: Sample) -> dict[str, float]:
    patch = _cut(sample)
    start = _moments(patch)
    fitted = _least_squares(patch, start)
    x, y, covariance = _ellipse(start if fitted is None else fitted)
    # A mean over a block is wider than the sample in its middle.
    covariance = covariance - (patch.block**2 - 1) / 12 * np.eye(2)
    pixel = float(sample.inputs["pixel_scale_arcsec"])
    flip = np.diag([-1.0, 1.0])
    on_sky = flip @ covariance @ flip * pixel**2
    beam = Beam(*(float(sample.inputs[k]) for k in ("bmaj_arcsec", "bmin_arcsec", "bpa_deg")))
    incl_deg, pa_deg = _geometry(on_sky - beam.covariance_arcsec2())
    return {
        "incl_deg": incl_deg,
        "pa_deg": pa_deg,
        "dx_arcsec": -(x - float(sample.inputs["reference_x_px"])) * pixel,
        "dy_arcsec": (y - float(sample.inputs["reference_y_px"])) * pixel,
        "converged": float(fitted is not None),
    }


def _geometry(covariance: Floats) -> tuple[float, float]:
    """Inclination and position angle [deg] of a thin disk with this (east, north) covariance."""
    variances, axes = np.linalg.eigh(covariance)
    minor, major = max(float(variances[0]), 0.0), float(variances[1])
    east, north = axes[:, 1]
    incl_deg = math.degrees(math.acos(math.sqrt(minor / major))) if major > 0 else 0.0
    return incl_deg, math.degrees(math.atan2(east, north)) % 180.0


def _cut(sample: Sample) -> _Patch:
    """The source's window, averaged in blocks where it has more than ``_FIT_PX`` pixels a side."""
    image = np.asarray(sample.inputs["image"], dtype=np.float64)
    scale = np.asarray([sample.inputs["pixel_scale_arcsec"]], dtype=np.float64)
    window = source_window(image[None], scale)
    x, y, half = (float(v[0]) for v in (window.x_px, window.y_px, window.half_px))
    x0, x1 = max(round(x - half + 0.5), 0), min(round(x + half + 0.5), image.shape[1])
    y0, y1 = max(round(y - half + 0.5), 0), min(round(y + half + 0.5), image.shape[0])
    block = max(1, math.ceil(max(x1 - x0, y1 - y0) / _FIT_PX))
    nx, ny = (x1 - x0) // block, (y1 - y0) // block
    part = image[y0 : y0 + ny * block, x0 : x0 + nx * block]
    values = part.reshape(ny, block, nx, block).mean(axis=(1, 3))
    peak = float(np.abs(values).max()) or 1.0
    middle = (block - 1) / 2
    xs, ys = x0 + block * np.arange(nx) + middle, y0 + block * np.arange(ny) + middle
    grid_y, grid_x = np.meshgrid(ys, xs, indexing="ij")
    return _Patch((values / peak).ravel(), grid_x.ravel(), grid_y.ravel(), block)


def _moments(patch: _Patch) -> Floats:
    """Parameters (amplitude, x, y, s, e1, e2, offset) from the moments of the brighter pixels."""
    weight = np.clip(patch.values - _FALL_BACK_LEVEL, 0.0, None)
    if not weight.any():
        weight = np.ones_like(weight)
    weight = weight / weight.sum()
    x, y = float(weight @ patch.x), float(weight @ patch.y)
    dx, dy = patch.x - x, patch.y - y
    xx, yy, xy = (float(weight @ v) for v in (dx * dx, dy * dy, dx * dy))
    floor = 0.25 * patch.block**2
    xx, yy = max(xx, floor), max(yy, floor)
    xy = math.copysign(min(abs(xy), 0.95 * math.sqrt(xx * yy)), xy)
    variances, axes = np.linalg.eigh(np.array([[xx, xy], [xy, yy]]))
    logs = np.log(variances)
    stretch = axes @ np.diag(logs - logs.mean()) @ axes.T
    return np.array([1.0, x, y, logs.mean() / 2, stretch[0, 0], stretch[0, 1], 0.0])


def _ellipse(p: Floats) -> tuple[float, float, Floats]:
    """Centre [pixel] and covariance [pixel^2] in (x, y)."""
    e = math.hypot(p[4], p[5])
    stretch = np.array([[p[4], p[5]], [p[5], -p[4]]])
    share = math.sinh(e) / e if e > 1e-9 else 1.0
    covariance = math.exp(2 * p[3]) * (math.cosh(e) * np.eye(2) + share * stretch)
    return float(p[1]), float(p[2]), covariance


def _model(p: Floats, patch: _Patch) -> tuple[Floats, Floats]:
    """The Gaussian on the patch, shape (pixel,), and its derivatives, shape (pixel, 7)."""
    amplitude, x, y, s, e1, e2, offset = p
    s, e = min(max(s, -20.0), 20.0), min(math.hypot(e1, e2), 20.0)
    dx, dy = patch.x - x, patch.y - y
    shrink = math.exp(-2 * s)
    cosh, sinh = math.cosh(e), math.sinh(e)
    share = sinh / e if e > 1e-6 else 1.0
    slope = (e * cosh - sinh) / e**3 if e > 1e-3 else 1 / 3
    square, plus, cross = dx * dx + dy * dy, dx * dx - dy * dy, 2 * dx * dy
    along = e1 * plus + e2 * cross
    q = shrink * (cosh * square - share * along)
    shape = np.exp(-0.5 * q)
    g = amplitude * shape
    px = shrink * (cosh * dx - share * (e1 * dx + e2 * dy))
    py = shrink * (cosh * dy - share * (e2 * dx - e1 * dy))
    dq1 = shrink * (share * e1 * square - slope * e1 * along - share * plus)
    dq2 = shrink * (share * e2 * square - slope * e2 * along - share * cross)
    columns = [shape, g * px, g * py, g * q, -0.5 * g * dq1, -0.5 * g * dq2, np.ones_like(g)]
    return g + offset, np.stack(columns, axis=1)


def _least_squares(patch: _Patch, start: Floats) -> Floats | None:
    """Fitted parameters, or None where the fit did not converge to a source in the patch."""
    from scipy.optimize import least_squares

    if len(patch.values) < len(start):
        return None
    fit = least_squares(
        lambda p: _model(p, patch)[0] - patch.values,
        start,
        jac=lambda p: _model(p, patch)[1],
        method="lm",
        xtol=1e-10,
        ftol=1e-10,
        gtol=1e-10,
        max_nfev=200,
    )
    p = np.asarray(fit.x, dtype=np.float64)
    inside = (
        patch.x.min() <= p[1] <= patch.x.max()
        and patch.y.min() <= p[2] <= patch.y.max()
        and p[0] > 0
        # A width of more than the patch is background, not a source.
        and p[3] + math.hypot(p[4], p[5]) / 2 < math.log(2 * float(np.ptp(patch.x)) + 1)
        and math.hypot(p[4], p[5]) < 10
    )
    return p if fit.success and np.isfinite(p).all() and inside else None
