"""The part of a picture that a network looks at, and resampling it.

A window is square and given in pixel coordinates (x to the west, y to the north, whole numbers at
pixel centres). All functions take a batch and numpy arrays or torch tensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .arrays import Array, like, namespace
from .emission import find_emission
from .errors import ContractError
from .extent import measure_extent
from .samples import Sample
from .specs import Value

_COARSE = 64


@dataclass(frozen=True)
class Window:
    """Square windows.

    Parameters
    ----------
    x_px, y_px : arrays of shape (batch,) [pixel]
        Centres, to the west and to the north.
    half_px : array of shape (batch,) [pixel]
        Half widths.
    """

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
    """Pictures brought to ``size`` pixels a side over their windows.

    Parameters
    ----------
    image : array of shape (batch, y, x), any unit
        A brightness (per beam or per solid angle): values are averaged, not summed.
    window : Window
    size : int
        Pixels wanted.

    Returns
    -------
    array of shape (batch, size, size)
        In the unit of ``image``.

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


def _around_source(image: Array, within: Window, margin: float) -> Window:
    """Window of ``margin`` radii around the source inside another window."""
    size = min(_COARSE, *image.shape[-2:])
    step = 2 * within.half_px / size
    cx, cy, radius = measure_extent(find_emission(resample(image, within, size)))
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
    margin: float = 1.6,
    min_arcsec: float = 0.0,
    max_arcsec: float = 1e9,
) -> Window:
    """Windows around the source of each picture.

    The emission is found and measured (`skytypes.emission`) on 64 x 64 pixels, first of the whole
    picture, then of the surroundings of what was found.

    Parameters
    ----------
    image : array of shape (batch, y, x), any unit
    pixel_scale_arcsec : array of shape (batch,) [arcsec]
    margin : float
        Half width in units of the emission's radius, dimensionless.
    min_arcsec, max_arcsec : float
        Bounds of the full width [arcsec]; a window never leaves the picture.

    Returns
    -------
    Window
    """
    xp = namespace(image)
    whole = whole_window(image)
    window = _around_source(image, whole, margin)
    if min(image.shape[-2:]) > _COARSE:
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
    image : array of shape (batch, y, x), any unit
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
