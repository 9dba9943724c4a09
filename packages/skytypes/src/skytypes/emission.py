"""Where the emission is in a picture: what a window is put around.

Emission is looked for at several degrees of smoothing, so that a faint ring around a bright
centre counts, and each pixel found counts once, so that the bright centre does not outweigh the
ring. All functions take a batch and numpy arrays or torch tensors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from .arrays import Array, like, namespace

SMOOTHING_PX = (0.0, 1.5, 4.0)
"""Sigmas of the Gaussians [pixel]; about one, four and ten pixels across."""

_SIGMAS = 4.5
_LEAST_OF_PEAK = 0.02
_CORE = 0.5
_LEAST_FOUND_PX = 1.0
_MAD_TO_SIGMA = 1.4826


def _median(values: Array) -> Array:
    xp = namespace(values)
    ordered = xp.sort(values, axis=-1, stable=False)
    return ordered[:, ordered.shape[-1] // 2]


def _spread(values: Array) -> tuple[Array, Array]:
    """Middle and robust standard deviation of rows, shape (batch,)."""
    middle = _median(values)
    xp = namespace(values)
    return middle, _MAD_TO_SIGMA * _median(xp.abs(values - middle[:, None]))


def _thinned(pixels: Array, count: int) -> Array:
    """About ``count`` by ``count`` of the pixels, evenly spaced, shape (batch, pixels)."""
    xp = namespace(pixels)
    rows, columns = (max(n // count, 1) for n in pixels.shape[-2:])
    part = pixels[:, rows // 2 :: rows, columns // 2 :: columns]
    return xp.reshape(part, (part.shape[0], -1))


def _background(picture: Array) -> tuple[Array, Array]:
    """Level and noise: those of the whole picture or of its frame, whichever is lower.

    A source that covers half the picture raises both; the frame is then the better witness.
    """
    xp = namespace(picture)
    n = picture.shape[-1]
    edge = max(n // 8, 1)
    sides = (
        xp.concat([picture[:, :edge, :], picture[:, n - edge :, :]], axis=1),
        xp.concat(
            [picture[:, edge : n - edge, :edge], picture[:, edge : n - edge, n - edge :]],
            axis=2,
        ),
    )
    frame = xp.concat([_thinned(side, 16) for side in sides], axis=1)
    # A few hundred pixels give the noise to 6 %, at a tenth of the sorting.
    (level, noise), (frame_level, frame_noise) = _spread(_thinned(picture, 20)), _spread(frame)
    return xp.minimum(level, frame_level), xp.minimum(noise, frame_noise)


def _smooth(picture: Array, sigma_px: float) -> Array:
    """The picture under a Gaussian of ``sigma_px``; one of 0 leaves it as it is."""
    if sigma_px == 0:
        return picture
    xp = namespace(picture)
    i = like(list(range(picture.shape[-1])), picture)
    kernel = xp.exp(-0.5 * ((i[:, None] - i[None, :]) / sigma_px) ** 2)
    kernel = kernel / xp.sum(kernel, axis=1)[:, None]
    return kernel @ picture @ xp.permute_dims(kernel, (1, 0))


@dataclass(frozen=True)
class Emission:
    """Which pixels hold emission, and where it stands out most.

    Parameters
    ----------
    found : array of shape (batch, y, x), dimensionless
        1 where there is emission, 0 where there is none, between where it is barely above.
    x_px, y_px : arrays of shape (batch,) [pixel]
        The most significant place.
    radius_px : array of shape (batch,) [pixel]
        Twice the smoothing under which that place stands out; at least 2.
    """

    found: Array
    x_px: Array
    y_px: Array
    radius_px: Array


@dataclass(frozen=True)
class _Peak:
    """The most significant place so far: its S/N, place, smoothing, and the pixels around it."""

    significance: Array
    x_px: Array
    y_px: Array
    radius_px: Array
    core: Array


def _peak(smooth: Array, noise: Array, sigma_px: float) -> _Peak:
    """The highest place of a smoothed picture, and which pixels reach half its height."""
    xp = namespace(smooth)
    flat = xp.reshape(smooth, (smooth.shape[0], -1))
    top = xp.max(flat, axis=-1)
    place = xp.argmax(flat, axis=-1)
    side = smooth.shape[-1]
    above = xp.where(top > 0, 1 / xp.where(top > 0, top, 1.0), top)
    # From half the height to 0.6, so that rounding does not decide.
    core = xp.clip(10 * (smooth * above[:, None, None] - _CORE), 0.0, 1.0)
    return _Peak(
        top / noise,
        xp.astype(place % side, smooth.dtype),
        xp.astype(place // side, smooth.dtype),
        xp.full_like(top, max(2 * sigma_px, 2.0)),
        core,
    )


def _higher(one: _Peak, other: _Peak) -> _Peak:
    """The more significant of two peaks, picture by picture."""
    xp = namespace(one.significance)
    first = one.significance >= other.significance
    return _Peak(
        xp.where(first, one.significance, other.significance),
        xp.where(first, one.x_px, other.x_px),
        xp.where(first, one.y_px, other.y_px),
        xp.where(first, one.radius_px, other.radius_px),
        xp.where(first[:, None, None], one.core, other.core),
    )


def find_emission(picture: Array) -> Emission:
    """Which pixels hold emission, looked for at each of `SMOOTHING_PX` in turn.

    A pixel counts where it stands 4.5 times the noise and 2 % of the peak above the background.
    What one degree of smoothing finds is taken out before the next, so that a bright point does
    not grow. Where nothing counts, the surroundings of the most significant place do.

    Parameters
    ----------
    picture : array of shape (batch, y, x), square, any unit

    Returns
    -------
    Emission
        With at least the brightest pixel, in a picture that is not flat.

    Notes
    -----
    Noise is 1.4826 times the median distance from the median, the sigma of normal noise: Rousseeuw
    & Croux 1993, J. Am. Stat. Assoc. 88, 1273, doi:10.1080/01621459.1993.10476408.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.zeros((1, 32, 32)); x[0, 10:14, 20:22] = 1.0
    >>> emission = find_emission(x)
    >>> int(emission.found.sum()), float(emission.x_px[0]), float(emission.y_px[0])
    (8, 20.0, 10.0)
    """
    xp = namespace(picture)
    level, noise = _background(picture)
    left = picture - level[:, None, None]
    peak = xp.max(xp.reshape(left, (left.shape[0], -1)), axis=-1)
    # A picture without noise still has a scale to count its significance in.
    least_noise = xp.where(peak > 0, 1e-9 * peak, xp.ones_like(peak))
    # A source that fills the field passes for noise, but not for noise that changes over 3 px.
    fine = _spread(_thinned(left - _smooth(left, 3.0), 20))[1]
    found, peaks = xp.zeros_like(left), []
    for sigma_px in SMOOTHING_PX:
        smooth = _smooth(left, sigma_px)
        noise = xp.minimum(noise, 2.5 * fine) if sigma_px == 0 else _background(smooth)[1]
        noise = xp.maximum(noise, least_noise)
        peaks.append(_peak(smooth, noise, sigma_px))
        least = xp.maximum(_SIGMAS * noise, _LEAST_OF_PEAK * peak)
        # From 1 to 1.2 of the least, so that rounding does not decide.
        share = xp.clip(5 * (smooth / least[:, None, None] - 1), 0.0, 1.0)
        found = xp.maximum(found, share)
        left = left * (1 - share)
    best = reduce(_higher, peaks)
    all_of_it = xp.sum(xp.reshape(found, (found.shape[0], -1)), axis=-1)
    nothing = xp.clip(_LEAST_FOUND_PX - all_of_it, 0.0, 1.0)
    found = xp.maximum(found, best.core * nothing[:, None, None])
    return Emission(found, best.x_px, best.y_px, best.radius_px)
