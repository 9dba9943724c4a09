"""Channels run through their operations, and put together as tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ..arrays import Array, namespace
from ..errors import ContractError
from ..samples import Sample
from ..specs import Channel, Operation, TensorSpec, Value
from ..windows import Window, whole_window
from .beams import beam_covariance, beam_map, beam_over_field
from .pictures import asinh, crop, percentile_clip, resample, standardise, stretch
from .state import State

_STEPS: Mapping[str, Callable[[State, Mapping[str, Value]], State]] = {
    "crop": crop,
    "resample": resample,
    "percentile_clip": percentile_clip,
    "asinh": asinh,
    "standardise": standardise,
    "stretch": stretch,
    "beam_map": beam_map,
    "beam_over_field": beam_over_field,
    "beam_covariance": beam_covariance,
}


def _start(sample: Sample, source: str) -> State:
    if source not in sample.inputs:
        raise ContractError(f"sample has no input {source!r}; it has {sorted(sample.inputs)}")
    data = sample.inputs[source]
    xp = namespace(data)
    if not xp.isdtype(data.dtype, "real floating"):
        raise ContractError(f"input {source!r} is {data.dtype}; give floating-point numbers")
    if data.ndim != 3:
        # Numbers, vectors and stacks have no window; a unit one keeps the state whole.
        one = xp.ones(data.shape[0], dtype=data.dtype)
        return State(data, Window(one, one, one), sample)
    return State(data, whole_window(data), sample)


def _run(sample: Sample, channel: Channel, done: dict[tuple[object, ...], State]) -> State:
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


def _step(state: State, operation: Operation, key: tuple[object, ...]) -> State:
    """One operation; a window is looked for once a sample, however often it is asked for."""

    def after() -> State:
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
    done: dict[tuple[object, ...], State] = {}
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
