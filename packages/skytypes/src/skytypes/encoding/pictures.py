"""Operations on the pixels of a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from .. import windows
from ..arrays import Array, namespace
from ..specs import Value
from .state import State, flat, one_an_item, require_picture


def _percentile(ordered: Array, percent: float) -> Array:
    """Linear-interpolated percentile of rows already in order (numpy's default method)."""
    place = percent / 100 * (ordered.shape[-1] - 1)
    low = math.floor(place)
    high = min(low + 1, ordered.shape[-1] - 1)
    part = place - low
    # From the nearer neighbour, as numpy does: exact where both are equal.
    step = ordered[:, high] - ordered[:, low]
    if part < 0.5:
        return ordered[:, low] + step * part
    return ordered[:, high] - step * (1 - part)


def crop(state: State, args: Mapping[str, Value]) -> State:
    """The window: ``mode`` whole, source or fixed (`windows.crop_window`)."""
    require_picture(state, "crop")
    return replace(state, window=windows.crop_window(state.data, state.sample, args))


def resample(state: State, args: Mapping[str, Value]) -> State:
    """The window brought to ``size`` pixels (area-preserving, no aliasing)."""
    require_picture(state, "resample")
    return replace(state, data=windows.resample(state.data, state.window, int(args["size"])))


def percentile_clip(state: State, args: Mapping[str, Value]) -> State:
    """Clipped at percentiles ``low`` and ``high`` of the item, mapped to 0..1."""
    xp = namespace(state.data)
    ordered = xp.sort(flat(state.data), axis=-1)
    shape = one_an_item(state.data)
    low = xp.reshape(_percentile(ordered, float(args["low"])), shape)
    high = xp.reshape(_percentile(ordered, float(args["high"])), shape)
    span = xp.where(high > low, high - low, xp.ones_like(high))
    return replace(state, data=xp.clip((state.data - low) / span, 0.0, 1.0))


def stretch(state: State, args: Mapping[str, Value]) -> State:
    """Divided by the largest absolute value, then sign(x) |x|^``power``."""
    xp = namespace(state.data)
    top = xp.reshape(xp.max(xp.abs(flat(state.data)), axis=-1), one_an_item(state.data))
    data = state.data / xp.where(top > 0, top, xp.ones_like(top))
    power = float(args.get("power", 1.0))
    return replace(state, data=data if power == 1 else xp.sign(data) * xp.abs(data) ** power)


def asinh(state: State, args: Mapping[str, Value]) -> State:
    """asinh(x / ``softening``) / asinh(1 / ``softening``)."""
    softening = float(args["softening"])
    data = namespace(state.data).asinh(state.data / softening) / math.asinh(1 / softening)
    return replace(state, data=data)


def standardise(state: State, args: Mapping[str, Value]) -> State:
    """(x - ``mean``) / ``std``, each the item's own where it is not given."""
    xp = namespace(state.data)
    shape = one_an_item(state.data)
    values = flat(state.data)
    mean = float(args["mean"]) if "mean" in args else xp.reshape(xp.mean(values, axis=-1), shape)
    if "std" in args:
        return replace(state, data=(state.data - mean) / float(args["std"]))
    std = xp.reshape(xp.std(values, axis=-1), shape)
    if "mean" in args:
        return replace(state, data=(state.data - mean) / xp.where(std > 0, std, xp.ones_like(std)))
    # Not std > 0: the mean of equal numbers is rounded, and what is left would be blown up to 1.
    top, low = (xp.reshape(f(values, axis=-1), shape) for f in (xp.max, xp.min))
    rounding = 4 * float(xp.finfo(values.dtype).eps) * xp.maximum(xp.abs(top), xp.abs(low))
    varies = top - low > rounding
    data = (state.data - mean) / xp.where(varies, std, xp.ones_like(std))
    return replace(state, data=xp.where(varies, data, xp.zeros_like(data)))
