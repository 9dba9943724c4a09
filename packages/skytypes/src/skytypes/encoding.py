"""`encode`: a sample as the tensors that a network sees, as its `TensorSpec` states.

This is the only interpreter of a specification. Datasets, trainkit and edgeinfer all call it, so
training and inference cannot drift apart. Operations on pictures of shape (batch, y, x):

================= ================================================================================
crop              the window: ``mode`` whole, source or fixed (`windows.crop_window`)
resample          the window brought to ``size`` pixels (area-preserving, no aliasing)
percentile_clip   clipped at percentiles ``low`` and ``high`` of the item, mapped to 0..1
stretch           divided by the largest absolute value, then sign(x) |x|^``power``
asinh             asinh(x / ``softening``) / asinh(1 / ``softening``)
standardise       (x - ``mean``) / ``std``; the item's own where they are not given, and then 0
                  everywhere in an item that is constant to within its rounding
beam_map          unit-peak Gaussian of the restoring beam, at the middle of the window
beam_over_field   beam (geometric mean of the axes, FWHM) / window width, clipped to 1
beam_covariance   vector (3,): ln of the beam's geometric mean sigma over the half width, and
                  e cos 2BPA, e sin 2BPA with e = (a^2 - b^2) / (a^2 + b^2)
================= ================================================================================

From numpy arrays an item comes out as the same bits alone and in any batch. From torch tensors it
does so within rounding only: torch adds and multiplies in another order for another batch size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from .arrays import Array, like, namespace
from .errors import ContractError
from .samples import Sample
from .specs import Channel, Operation, TensorSpec, Value
from .windows import Window, crop_window, resample, whole_window

_BEAM_INPUTS = ("pixel_scale_arcsec", "bmaj_arcsec", "bmin_arcsec", "bpa_deg")
_FWHM_TO_SIGMA = 1 / math.sqrt(8 * math.log(2))


@dataclass(frozen=True)
class _State:
    """A channel on its way: the picture, its window, and the sample it came from."""

    data: Array
    window: Window
    sample: Sample


def _require_picture(state: _State, step: str) -> None:
    if state.data.ndim != 3:
        raise ContractError(
            f"{step} works on pictures (batch, y, x); the sample gives {tuple(state.data.shape)}"
        )


def _image_shape(data: Array) -> tuple[int, ...]:
    return (int(data.shape[0]), *(1,) * (data.ndim - 1))


def _flat(data: Array) -> Array:
    return namespace(data).reshape(data, (data.shape[0], -1))


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


def _crop(state: _State, args: Mapping[str, Value]) -> _State:
    _require_picture(state, "crop")
    return replace(state, window=crop_window(state.data, state.sample, args))


def _resample(state: _State, args: Mapping[str, Value]) -> _State:
    _require_picture(state, "resample")
    return replace(state, data=resample(state.data, state.window, int(args["size"])))


def _percentile_clip(state: _State, args: Mapping[str, Value]) -> _State:
    xp = namespace(state.data)
    ordered = xp.sort(_flat(state.data), axis=-1)
    shape = _image_shape(state.data)
    low = xp.reshape(_percentile(ordered, float(args["low"])), shape)
    high = xp.reshape(_percentile(ordered, float(args["high"])), shape)
    span = xp.where(high > low, high - low, xp.ones_like(high))
    return replace(state, data=xp.clip((state.data - low) / span, 0.0, 1.0))


def _stretch(state: _State, args: Mapping[str, Value]) -> _State:
    xp = namespace(state.data)
    top = xp.reshape(xp.max(xp.abs(_flat(state.data)), axis=-1), _image_shape(state.data))
    data = state.data / xp.where(top > 0, top, xp.ones_like(top))
    power = float(args.get("power", 1.0))
    return replace(state, data=data if power == 1 else xp.sign(data) * xp.abs(data) ** power)


def _asinh(state: _State, args: Mapping[str, Value]) -> _State:
    softening = float(args["softening"])
    data = namespace(state.data).asinh(state.data / softening) / math.asinh(1 / softening)
    return replace(state, data=data)


def _standardise(state: _State, args: Mapping[str, Value]) -> _State:
    xp = namespace(state.data)
    shape = _image_shape(state.data)
    flat = _flat(state.data)
    mean = float(args["mean"]) if "mean" in args else xp.reshape(xp.mean(flat, axis=-1), shape)
    if "std" in args:
        return replace(state, data=(state.data - mean) / float(args["std"]))
    std = xp.reshape(xp.std(flat, axis=-1), shape)
    if "mean" in args:
        return replace(state, data=(state.data - mean) / xp.where(std > 0, std, xp.ones_like(std)))
    # Not std > 0: the mean of equal numbers is rounded, and what is left would be blown up to 1.
    top, low = (xp.reshape(f(flat, axis=-1), shape) for f in (xp.max, xp.min))
    rounding = 4 * float(xp.finfo(flat.dtype).eps) * xp.maximum(xp.abs(top), xp.abs(low))
    varies = top - low > rounding
    data = (state.data - mean) / xp.where(varies, std, xp.ones_like(std))
    return replace(state, data=xp.where(varies, data, xp.zeros_like(data)))


def _beam_axes(state: _State) -> tuple[Array, Array, Array]:
    """Sigmas of the beam over the window's half width (dimensionless) and its angle [rad]."""
    inputs = state.sample.inputs
    missing = [k for k in _BEAM_INPUTS if k not in inputs]
    if missing:
        raise ContractError(f"sample has no {', '.join(missing)}; give a picture with its beam")
    half = state.window.half_px * like(inputs["pixel_scale_arcsec"], state.data)
    major = like(inputs["bmaj_arcsec"], state.data) * _FWHM_TO_SIGMA / half
    minor = like(inputs["bmin_arcsec"], state.data) * _FWHM_TO_SIGMA / half
    return major, minor, like(inputs["bpa_deg"], state.data) * (math.pi / 180)


def _beam_map(state: _State, _: Mapping[str, Value]) -> _State:
    _require_picture(state, "beam_map")
    xp = namespace(state.data)
    major, minor, angle = (a[:, None, None] for a in _beam_axes(state))
    ny, nx = state.data.shape[-2:]
    if ny != nx:
        raise ContractError(f"beam_map on {nx} x {ny} pixels; resample to a square before it")
    west = like([(2 * i + 1 - nx) / nx for i in range(nx)], state.data)[None, None, :]
    north = like([(2 * i + 1 - ny) / ny for i in range(ny)], state.data)[None, :, None]
    # Along the major axis (east of north), and across it; east is minus west.
    along = north * xp.cos(angle) - west * xp.sin(angle)
    across = north * xp.sin(angle) + west * xp.cos(angle)
    data = xp.exp(-0.5 * ((along / major) ** 2 + (across / minor) ** 2))
    peak = xp.reshape(xp.max(_flat(data), axis=-1), (-1, 1, 1))
    return replace(state, data=data / xp.where(peak > 0, peak, xp.ones_like(peak)))


def _beam_over_field(state: _State, _: Mapping[str, Value]) -> _State:
    _require_picture(state, "beam_over_field")
    xp = namespace(state.data)
    major, minor, _angle = _beam_axes(state)
    ratio = xp.clip(xp.sqrt(major * minor) / _FWHM_TO_SIGMA / 2, 0.0, 1.0)
    return replace(state, data=xp.zeros_like(state.data) + ratio[:, None, None])


def _beam_covariance(state: _State, _: Mapping[str, Value]) -> _State:
    xp = namespace(state.data)
    major, minor, angle = _beam_axes(state)
    e = (major**2 - minor**2) / (major**2 + minor**2)
    parts = [0.5 * xp.log(major * minor), e * xp.cos(2 * angle), e * xp.sin(2 * angle)]
    return replace(state, data=xp.stack(parts, axis=-1))


_STEPS: Mapping[str, Callable[[_State, Mapping[str, Value]], _State]] = {
    "crop": _crop,
    "resample": _resample,
    "percentile_clip": _percentile_clip,
    "asinh": _asinh,
    "standardise": _standardise,
    "stretch": _stretch,
    "beam_map": _beam_map,
    "beam_over_field": _beam_over_field,
    "beam_covariance": _beam_covariance,
}


def _start(sample: Sample, source: str) -> _State:
    if source not in sample.inputs:
        raise ContractError(f"sample has no input {source!r}; it has {sorted(sample.inputs)}")
    data = sample.inputs[source]
    xp = namespace(data)
    if not xp.isdtype(data.dtype, "real floating"):
        raise ContractError(f"input {source!r} is {data.dtype}; give floating-point numbers")
    if data.ndim != 3:
        # Numbers, vectors and stacks have no window; a unit one keeps the state whole.
        one = xp.ones(data.shape[0], dtype=data.dtype)
        return _State(data, Window(one, one, one), sample)
    return _State(data, whole_window(data), sample)


def _run(sample: Sample, channel: Channel, done: dict[tuple[object, ...], _State]) -> _State:
    """State at the end of a channel; chains that begin alike share their first steps."""
    key: tuple[object, ...] = (channel.source,)
    state = done.get(key) or _start(sample, channel.source)
    done[key] = state
    for operation in channel.chain:
        key = (*key, operation.key())
        known = done.get(key)
        state = known if known is not None else _step(state, operation, key)
        done[key] = state
    return state


def _step(state: _State, operation: Operation, key: tuple[object, ...]) -> _State:
    """One operation; a window is looked for once a sample, however often it is asked for."""

    def after() -> _State:
        return _STEPS[operation.name](state, operation.args)

    if operation.name != "crop":
        return after()
    return replace(state, window=state.sample.remember(key, lambda: after().window))


def _assemble(spec: TensorSpec, parts: Sequence[Array]) -> Array:
    xp = namespace(parts[0])
    # A number an item, shape (batch,), is a vector of one.
    parts = [p[:, None] if p.ndim == 1 else p for p in parts]
    stack = len(spec.shape) == 3 and parts[0].ndim == 3
    start = 1 if stack else 2
    if len({(p.ndim, tuple(p.shape[start:])) for p in parts}) > 1:
        shapes = ", ".join(str(tuple(p.shape[1:])) for p in parts)
        raise ContractError(f"tensor {spec.name!r}: channels have shapes {shapes}; give equal ones")
    tensor = xp.stack(parts, axis=1) if stack else xp.concat(parts, axis=1)
    if tuple(tensor.shape[1:]) != spec.shape:
        raise ContractError(
            f"tensor {spec.name!r}: the sample gives shape {tuple(tensor.shape[1:])}, the network "
            f"takes {spec.shape}; give data of that resolution and channel order"
        )
    return tensor


def encode(specs: Sequence[TensorSpec], sample: Sample) -> dict[str, Array]:
    """Input tensors of a network for a sample.

    Parameters
    ----------
    specs : sequence of TensorSpec
        Usually ``card.inputs``.
    sample : Sample
        One item or a batch, numpy arrays or torch tensors; pictures of shape (batch, y, x).

    Returns
    -------
    dict of str to array, shape (batch, ...), dimensionless
        By tensor name, always with a batch axis, in the kind and on the device of the sample.

    Raises
    ------
    ContractError
        If the sample lacks an input, or gives another shape than a spec states.

    Examples
    --------
    >>> import numpy as np
    >>> from skytypes.specs import Channel, Operation
    >>> chain = (Operation("resample", {"size": 4}), Operation("stretch"))
    >>> spec = TensorSpec("image", (1, 4, 4), (Channel("sky", chain),))
    >>> s = Sample({"image": np.full((8, 8), 3.0)})
    >>> float(encode([spec], s)["image"].max())
    1.0
    """
    batch = sample.as_batch()
    done: dict[tuple[object, ...], _State] = {}
    tensors = {}
    for spec in specs:
        tensors[spec.name] = _assemble(
            spec, [_run(batch, channel, done).data for channel in spec.channels]
        )
    return tensors


def window_of(specs: Sequence[TensorSpec], sample: Sample) -> Window:
    """The window that a network looks through: that of the first channel with a ``crop``.

    Parameters
    ----------
    specs : sequence of TensorSpec
    sample : Sample
        One item or a batch.

    Returns
    -------
    Window
        Arrays of shape (batch,) [pixel of the sample's picture].
    """
    batch = sample.as_batch()
    for spec in specs:
        for channel in spec.channels:
            for place, operation in enumerate(channel.chain):
                if operation.name == "crop":
                    part = replace(channel, chain=channel.chain[: place + 1])
                    return _run(batch, part, {}).window
    return whole_window(batch.inputs["image"])
