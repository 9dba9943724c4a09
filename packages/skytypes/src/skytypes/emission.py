"""Where the emission is in a picture, and how far it reaches: what a window is put around.

Emission is looked for at several degrees of smoothing, so that a faint ring around a bright
centre counts, and each pixel found counts once, so that the bright centre does not outweigh the
ring. All functions take a batch and numpy arrays or torch tensors.
"""

from __future__ import annotations

from .arrays import Array, like, namespace

SMOOTHING_PX = (0.0, 1.5, 4.0)
"""Sigmas of the Gaussians [pixel]; about one, four and ten pixels across."""

_SIGMAS = 4.5
_LEAST_OF_PEAK = 0.02
_MOST_OF_PEAK = 0.5
_ROUNDS = 6
_REACH = 3.0
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


def find_emission(picture: Array) -> Array:
    """Which pixels hold emission, looked for at each of `SMOOTHING_PX` in turn.

    A pixel counts where it stands 4.5 times the noise and 2 % of the peak above the background.
    What one degree of smoothing finds is taken out before the next, so that a bright point does
    not grow.

    Parameters
    ----------
    picture : array of shape (batch, y, x), square, any unit

    Returns
    -------
    array of shape (batch, y, x), dimensionless
        1 where there is emission, 0 where there is none, between where it is barely above; at
        least the brightest pixel, in a picture that is not flat.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.zeros((1, 32, 32)); x[0, 10:14, 20:22] = 1.0
    >>> int(find_emission(x).sum())
    8
    """
    xp = namespace(picture)
    level, noise = _background(picture)
    left = picture - level[:, None, None]
    peak = xp.max(xp.reshape(left, (left.shape[0], -1)), axis=-1)
    # A source that fills the field passes for noise, but not for noise that changes over 3 px.
    fine = _spread(_thinned(left - _smooth(left, 3.0), 20))[1]
    found = xp.zeros_like(left)
    for sigma_px in SMOOTHING_PX:
        smooth = _smooth(left, sigma_px)
        noise = xp.minimum(noise, 2.5 * fine) if sigma_px == 0 else _background(smooth)[1]
        least = xp.maximum(_SIGMAS * noise, _LEAST_OF_PEAK * peak)
        if sigma_px == 0:
            least = xp.minimum(least, _MOST_OF_PEAK * peak)
        # From 1 to 1.2 of the least, so that rounding does not decide.
        slope = xp.where(least > 0, 5 / xp.where(least > 0, least, 1.0), least)
        share = xp.clip((smooth - least[:, None, None]) * slope[:, None, None], 0.0, 1.0)
        found = xp.maximum(found, share)
        left = left * (1 - share)
    return found


def _sums(weight: Array, cx: Array, cy: Array, radius: Array) -> Array:
    """Sums of weight times y^j x^k around a centre, shape (batch, 4, 4), j and k of 0, 1, 2, 4.

    Under a round Gaussian of 3 radii, so that what lies far away counts little.
    """
    xp = namespace(weight)
    axis = like(list(range(weight.shape[-1])), weight)
    x, y = axis[None, :] - cx[:, None], axis[None, :] - cy[:, None]
    narrow = -0.5 / (_REACH * radius[:, None]) ** 2
    gx, gy = xp.exp(narrow * x**2), xp.exp(narrow * y**2)
    columns = weight @ xp.stack([gx, gx * x, gx * x**2, gx * x**4], axis=-1)
    return xp.stack([gy, gy * y, gy * y**2, gy * y**4], axis=1) @ columns


def measure_extent(found: Array) -> tuple[Array, Array, Array]:
    """Centre and radius of the emission.

    The search starts from the whole picture and closes in, so that false pixels far from the
    source lose their weight.

    Parameters
    ----------
    found : array of shape (batch, y, x), square
        As `find_emission` returned it.

    Returns
    -------
    x, y, radius : arrays of shape (batch,) [pixel]
        The radius is that of the filled circle with the same fourth moment; at least 1.

    Notes
    -----
    A filled circle of radius R has a mean r^4 of R^4 / 3, a line of half length a of a^4 / 5, a
    ring of R^4: the fourth root differs by 1.5 between them, the rms radius by 1.7.

    Examples
    --------
    >>> import numpy as np
    >>> y, x = np.mgrid[:64, :64]
    >>> disk = ((x - 20) ** 2 + (y - 30) ** 2 <= 10**2)[None] * 1.0
    >>> [round(float(v[0]), 1) for v in measure_extent(disk)]
    [20.0, 30.0, 10.0]
    """
    xp = namespace(found)
    one = xp.ones_like(found[:, 0, 0])
    size = found.shape[-1]
    cx, cy, radius = one * (size - 1) / 2, one * (size - 1) / 2, one * size
    sums = _sums(found, cx, cy, radius)
    for _ in range(_ROUNDS):
        total = xp.where(sums[:, 0, 0] > 0, sums[:, 0, 0], one)
        mx, my = sums[:, 0, 1] / total, sums[:, 1, 0] / total
        spread = (sums[:, 0, 2] + sums[:, 2, 0]) / total - mx**2 - my**2
        cx, cy = cx + mx, cy + my
        radius = xp.sqrt(xp.where(spread > 1, spread, one))
        sums = _sums(found, cx, cy, radius)
    total = xp.where(sums[:, 0, 0] > 0, sums[:, 0, 0], one)
    fourth = 3 * (sums[:, 0, 3] + 2 * sums[:, 2, 2] + sums[:, 3, 0]) / total
    return cx, cy, xp.where(fourth > 1, fourth, one) ** 0.25
