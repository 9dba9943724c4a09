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

_COARSE = 128
_ROUNDS = 6


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


def _extent(coarse: Array) -> tuple[Array, Array, Array]:
    """Centre and rms radius of the emission in coarse pictures, shape (batch,) [coarse pixel]."""
    xp = namespace(coarse)
    batch, size, _ = coarse.shape
    flat = xp.reshape(coarse, (batch, size * size))
    middle = _median(flat)
    sigma = 1.4826 * _median(xp.abs(flat - middle[:, None]))
    peak = xp.max(flat, axis=-1) - middle
    # 3.5 sigma keeps noise out; half the peak keeps a source that fills the field in.
    level = xp.minimum(xp.maximum(3.5 * sigma, 0.1 * peak), 0.5 * peak)
    excess = coarse - middle[:, None, None]
    weight = xp.where(excess >= level[:, None, None], excess, xp.zeros_like(excess))
    axis = like(list(range(size)), coarse)
    x, y = axis[None, None, :], axis[None, :, None]
    at = xp.argmax(flat, axis=-1)
    cx, cy = xp.astype(at % size, coarse.dtype), xp.astype(at // size, coarse.dtype)
    reach = xp.ones_like(cx) * size
    for _ in range(_ROUNDS):
        r2 = (x - cx[:, None, None]) ** 2 + (y - cy[:, None, None]) ** 2
        near = xp.where(r2 <= reach[:, None, None] ** 2, weight, xp.zeros_like(weight))
        total = xp.sum(near, axis=(1, 2))
        total = xp.where(total > 0, total, xp.ones_like(total))
        cx = xp.sum(near * x, axis=(1, 2)) / total
        cy = xp.sum(near * y, axis=(1, 2)) / total
        r2 = (x - cx[:, None, None]) ** 2 + (y - cy[:, None, None]) ** 2
        radius = xp.sqrt(xp.sum(near * r2, axis=(1, 2)) / total)
        reach = xp.maximum(3 * radius, 2 * xp.ones_like(radius))
    return cx, cy, radius


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
    size = min(_COARSE, *image.shape[-2:])
    step = 2 * whole.half_px / size
    cx, cy, radius = _extent(resample(image, whole, size))
    half = margin * xp.maximum(radius, xp.ones_like(radius)) * step
    low = xp.maximum(min_arcsec / 2 / pixel_scale_arcsec, 4 * xp.ones_like(half))
    half = xp.minimum(xp.maximum(half, low), max_arcsec / 2 / pixel_scale_arcsec)
    half = xp.minimum(half, whole.half_px)
    left = whole.x_px - whole.half_px
    lower = whole.y_px - whole.half_px
    x, y = left + (cx + 0.5) * step, lower + (cy + 0.5) * step
    room = whole.half_px - half
    x = xp.minimum(xp.maximum(x, whole.x_px - room), whole.x_px + room)
    y = xp.minimum(xp.maximum(y, whole.y_px - room), whole.y_px + room)
    return Window(x, y, half)


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
