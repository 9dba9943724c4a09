"""The part of a picture that a network looks at, and resampling it.

A window is square and given in pixel coordinates (x to the west, y to the north, whole numbers at
pixel centres). All functions take a batch and numpy arrays or torch tensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .arrays import Array, like, namespace
from .errors import ContractError
from .samples import Sample
from .specs import Value

_COARSE = 64
_ROUNDS = 12
_GROWTH = 1.5


@dataclass(frozen=True)
class Window:
    """Centres and half widths of square windows, shape (batch,) [pixel]."""

    x_px: Array
    y_px: Array
    half_px: Array


def resample_weights(count: int, centre_px: Array, half_px: Array, size: int) -> Array:
    """Rows of weights that bring ``count`` pixels to ``size`` over a window.

    Area-preserving triangle filter: linear interpolation when the picture grows, averaging over
    two new pixels when it shrinks, so that nothing is aliased. Weights of a row sum to one.

    Parameters
    ----------
    count : int
        Pixels along this axis of the picture.
    centre_px, half_px : arrays of shape (batch,) [pixel]
    size : int
        Pixels wanted.

    Returns
    -------
    array of shape (batch, size, count), dimensionless

    Examples
    --------
    >>> import numpy as np
    >>> w = resample_weights(4, np.array([1.5]), np.array([2.0]), 4)
    >>> bool(np.allclose(w[0], np.eye(4)))
    True
    """
    xp = namespace(centre_px)
    step = 2 * half_px / size
    k = like(list(range(size)), centre_px)
    wanted = (centre_px - half_px)[:, None] + (k[None, :] + 0.5) * step[:, None]
    pixels = like(list(range(count)), centre_px)
    width = xp.where(step > 1, step, xp.ones_like(step))[:, None, None]
    # A sample point beyond the last pixel centre takes that pixel.
    wanted = xp.clip(wanted, 0.0, float(count - 1))
    weights = 1 - xp.abs(pixels[None, None, :] - wanted[:, :, None]) / width
    weights = xp.where(weights > 0, weights, xp.zeros_like(weights))
    return weights / xp.sum(weights, axis=-1)[:, :, None]


def resample(image: Array, window: Window, size: int) -> Array:
    """Pictures of shape (batch, y, x) brought to (batch, size, size) over their windows.

    Examples
    --------
    >>> import numpy as np
    >>> w = Window(*(np.array([v]) for v in (3.5, 3.5, 4.0)))
    >>> float(resample(np.ones((1, 8, 8)), w, 4).sum())
    16.0
    """
    xp = namespace(image)
    rows = resample_weights(image.shape[-2], window.y_px, window.half_px, size)
    columns = resample_weights(image.shape[-1], window.x_px, window.half_px, size)
    return rows @ image @ xp.permute_dims(columns, (0, 2, 1))


def whole_window(image: Array) -> Window:
    """The largest centred square of pictures of shape (batch, y, x).

    Examples
    --------
    >>> import numpy as np
    >>> float(whole_window(np.zeros((1, 8, 8))).x_px[0])
    3.5
    """
    xp = namespace(image)
    ny, nx = image.shape[-2:]
    one = xp.ones_like(image[:, 0, 0])
    return Window((nx - 1) / 2 * one, (ny - 1) / 2 * one, min(nx, ny) / 2 * one)


def _median(values: Array) -> Array:
    xp = namespace(values)
    ordered = xp.sort(values, axis=-1)
    return ordered[:, ordered.shape[-1] // 2]


def _emission(coarse: Array) -> Array:
    """Emission above the noise in coarse pictures, zero elsewhere, shape (batch, y, x)."""
    xp = namespace(coarse)
    flat = xp.reshape(coarse, (coarse.shape[0], -1))
    middle = _median(flat)
    sigma = 1.4826 * _median(xp.abs(flat - middle[:, None]))
    peak = xp.max(flat, axis=-1) - middle
    # 3.5 sigma keeps noise out; half the peak keeps a source that fills the field in.
    level = xp.minimum(xp.maximum(3.5 * sigma, 0.1 * peak), 0.5 * peak)
    excess = coarse - middle[:, None, None]
    return xp.where(excess >= level[:, None, None], excess, xp.zeros_like(excess))


def _extent(emission: Array) -> tuple[Array, Array, Array]:
    """Centre and rms radius of the brightest source, shape (batch,) [coarse pixel].

    Moments under a round Gaussian weight that starts small at the peak and follows the radius it
    finds, so that it grows over the source and leaves noise peaks elsewhere out.
    """
    xp = namespace(emission)
    batch, size, _ = emission.shape
    axis = like(list(range(size)), emission)
    at = xp.argmax(xp.reshape(emission, (batch, -1)), axis=-1)
    cx, cy = xp.astype(at % size, emission.dtype), xp.astype(at // size, emission.dtype)
    radius = xp.ones_like(cx)
    for _ in range(_ROUNDS):
        x, y = axis[None, :] - cx[:, None], axis[None, :] - cy[:, None]
        narrow = -0.5 / (_GROWTH * radius[:, None]) ** 2
        gx, gy = xp.exp(narrow * x**2), xp.exp(narrow * y**2)
        columns = emission @ xp.stack([gx, gx * x, gx * x**2], axis=-1)
        moments = xp.stack([gy, gy * y, gy * y**2], axis=1) @ columns
        total = moments[:, 0, 0]
        total = xp.where(total > 0, total, xp.ones_like(total))
        mx, my = moments[:, 0, 1] / total, moments[:, 1, 0] / total
        spread = (moments[:, 0, 2] + moments[:, 2, 0]) / total - mx**2 - my**2
        radius = xp.sqrt(xp.where(spread > 1, spread, xp.ones_like(spread)))
        cx, cy = cx + mx, cy + my
    return cx, cy, radius


def _around_source(image: Array, within: Window, margin: float) -> Window:
    """Window of ``margin`` rms radii around the brightest source inside another window."""
    size = min(_COARSE, *image.shape[-2:])
    step = 2 * within.half_px / size
    cx, cy, radius = _extent(_emission(resample(image, within, size)))
    return Window(
        within.x_px - within.half_px + (cx + 0.5) * step,
        within.y_px - within.half_px + (cy + 0.5) * step,
        margin * radius * step,
    )


def _inside(window: Window, whole: Window) -> Window:
    """The window made to lie inside another."""
    xp = namespace(window.half_px)
    half = xp.minimum(window.half_px, whole.half_px)
    room = whole.half_px - half

    def keep(centre: Array, middle: Array) -> Array:
        return xp.minimum(xp.maximum(centre, middle - room), middle + room)

    return Window(keep(window.x_px, whole.x_px), keep(window.y_px, whole.y_px), half)


def source_window(
    image: Array,
    pixel_scale_arcsec: Array,
    *,
    margin: float = 3.0,
    min_arcsec: float = 0.0,
    max_arcsec: float = 1e9,
) -> Window:
    """Windows around the brightest source of each picture.

    Parameters
    ----------
    image : array of shape (batch, y, x), any unit
    pixel_scale_arcsec : array of shape (batch,) [arcsec]
    margin : float
        Half width in units of the emission's rms radius, dimensionless.
    min_arcsec, max_arcsec : float
        Bounds of the full width [arcsec]; a window never leaves the picture.

    Returns
    -------
    Window
    """
    xp = namespace(image)
    whole = whole_window(image)
    window = _around_source(image, whole, margin)
    if min(image.shape[-2:]) > 2 * _COARSE:
        # A small source in a large field: look again, closer.
        wider = Window(window.x_px, window.y_px, 2 * window.half_px)
        window = _around_source(image, _inside(wider, whole), margin)
    least = xp.maximum(min_arcsec / 2 / pixel_scale_arcsec, 4 * xp.ones_like(window.half_px))
    half = xp.minimum(xp.maximum(window.half_px, least), max_arcsec / 2 / pixel_scale_arcsec)
    return _inside(Window(window.x_px, window.y_px, half), whole)


def crop_window(image: Array, sample: Sample, args: Mapping[str, Value]) -> Window:
    """Windows of a ``crop`` operation.

    Parameters
    ----------
    image : array of shape (batch, y, x)
    sample : Sample
        A batch; its ``pixel_scale_arcsec`` is read.
    args : mapping
        ``mode``: ``whole``; ``source`` (`source_window`); or ``fixed``, ``width_arcsec`` wide
        around the picture's centre.

    Raises
    ------
    ContractError
        If the mode is none of these.
    """
    xp = namespace(image)
    mode = str(args.get("mode", "whole"))
    scale = like(sample.inputs["pixel_scale_arcsec"], image)
    numbers = {k: float(v) for k, v in args.items() if k != "mode"}
    if mode == "whole":
        return whole_window(image)
    if mode == "source":
        return source_window(image, scale, **numbers)
    if mode == "fixed":
        whole = whole_window(image)
        half = xp.minimum(numbers["width_arcsec"] / 2 / scale, whole.half_px)
        return Window(whole.x_px, whole.y_px, half)
    raise ContractError(f"crop mode {mode!r}; allowed: whole, source, fixed")
