"""`decode`: raw network output as answers in physical units; `encode_labels`: its inverse.

Window fractions: columns grow to the west and rows to the north, so a source at fraction (fx, fy)
of the half width from the middle of the window lies, from the reference position,
``dx_arcsec = -(middle_x + fx half - reference_x) pixel`` to the east and
``dy_arcsec = +(middle_y + fy half - reference_y) pixel`` to the north.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .arrays import Array, like, namespace
from .encoding import window_of
from .errors import ContractError
from .samples import Sample
from .specs import OutputSpec, TensorSpec
from .windows import Window

if TYPE_CHECKING:
    from .cards import ModelCard


def _reference(output: OutputSpec, sample: Sample, array: Array) -> Array:
    """Reference pixel along the output's axis, shape (batch,); N // 2 where none is given."""
    name = f"reference_{output.axis}_px"
    if name in sample.inputs:
        return like(sample.inputs[name], array)
    count = sample.inputs["image"].shape[-1 if output.axis == "x" else -2]
    return like(float(count // 2), array)


def _field_terms(output: OutputSpec, sample: Sample, window: Window, array: Array) -> list[Array]:
    """Sign, middle minus reference [pixel], half width [pixel], pixel [arcsec]."""
    middle = like(window.x_px if output.axis == "x" else window.y_px, array)
    sign = -1.0 if output.axis == "x" else 1.0
    offset = middle - _reference(output, sample, array)
    pixel = like(sample.inputs["pixel_scale_arcsec"], array)
    return [like(sign, array), offset, like(window.half_px, array), pixel]


def _softmax(logits: Array) -> Array:
    xp = namespace(logits)
    e = xp.exp(logits - xp.max(logits, axis=1, keepdims=True))
    return e / xp.sum(e, axis=1, keepdims=True)


def _sigmoid(logits: Array) -> Array:
    xp = namespace(logits)
    return 0.5 * (1 + xp.tanh(0.5 * logits))


def _answer(output: OutputSpec, raw: Array, sample: Sample, window: Window) -> Array:
    xp = namespace(raw)
    first = raw[:, output.columns[0], ...]
    if output.decoder in ("linear", "image"):
        value = first * output.scale + output.offset
    elif output.decoder == "double_angle":
        angle = xp.atan2(first, raw[:, output.columns[1], ...]) * (90 / math.pi) % 180.0
        # A tiny negative angle rounds up to 180 itself, which is 0.
        value = xp.where(angle >= 180.0, xp.zeros_like(angle), angle)
    elif output.decoder == "field_fraction":
        sign, offset, half, pixel = _field_terms(output, sample, window, raw)
        if output.sigma_of is not None:
            value = xp.abs(first * output.scale) * half * pixel
        else:
            value = sign * (offset + first * output.scale * half) * pixel
    elif output.decoder in ("logit", "mask"):
        value = _sigmoid(first)
    else:
        value = _softmax(xp.stack([raw[:, c, ...] for c in output.columns], axis=1))
    if output.bounds is not None:
        value = xp.clip(value, output.bounds[0], output.bounds[1])
    return value


def decode(card: ModelCard, raw: Mapping[str, Array] | Array, sample: Sample) -> dict[str, Array]:
    """Answers in physical units.

    Parameters
    ----------
    card : ModelCard
        Its ``outputs`` say how; its ``inputs`` give the window the network looked through.
    raw : mapping of tensor name to array, or one array, shape (batch, column[, y, x])
        What the network returned.
    sample : Sample
        The sample that was encoded.

    Returns
    -------
    dict of str to array of shape (batch, ...)
        By output name, in the output's unit, as `OutputSpec` has it: angles [deg], east of north;
        offsets [arcsec], east and north positive. Outputs with several classes: (batch, class).

    Raises
    ------
    ContractError
        If a raw tensor is missing, has too few columns, or is not of the sample's batch.

    Examples
    --------
    >>> import numpy as np
    >>> from skytypes import ModelCard
    >>> out = OutputSpec("pa_deg", "deg", "double_angle", (0, 1))
    >>> card = ModelCard("toy", "0", "toy", (), (out,))
    >>> s = Sample({"image": np.zeros((4, 4))})
    >>> float(decode(card, np.array([[0.0, -1.0]]), s)["pa_deg"][0])
    90.0
    """
    batch = sample.as_batch()
    names = {o.tensor for o in card.outputs}
    if not isinstance(raw, Mapping) and len(names) > 1:
        raise ContractError(f"the card reads tensors {sorted(names)}; give them by name")
    tensors = raw if isinstance(raw, Mapping) else dict.fromkeys(names, raw)
    window = _window(card.inputs, card.outputs, batch)
    return {o.name: _answer(o, _tensor(o, tensors, batch), batch, window) for o in card.outputs}


def _window(specs: Sequence[TensorSpec], outputs: Sequence[OutputSpec], batch: Sample) -> Window:
    """The network's window where an output is measured in it; else one that is not read."""
    if any(o.decoder == "field_fraction" for o in outputs):
        return window_of(specs, batch)
    return Window(0.0, 0.0, 0.0)


def _tensor(output: OutputSpec, tensors: Mapping[str, Array], batch: Sample) -> Array:
    """The raw tensor of an output, its shape checked, in single precision or better."""
    tensor = tensors.get(output.tensor)
    if tensor is None or tensor.ndim < 2 or tensor.shape[1] <= max(output.columns):
        shape = None if tensor is None else tuple(tensor.shape)
        raise ContractError(
            f"output {output.name!r} reads columns {output.columns} of tensor "
            f"{output.tensor!r}, which has shape {shape}; the card does not fit the network"
        )
    if tensor.shape[0] != batch.size:
        raise ContractError(
            f"tensor {output.tensor!r} holds {tensor.shape[0]} items, the sample {batch.size}; "
            "give the sample that was encoded"
        )
    xp = namespace(tensor)
    wide = tensor.dtype in (xp.float32, xp.float64)
    return tensor if wide else xp.astype(tensor, xp.float32)


def _target(output: OutputSpec, sample: Sample, window: Window, reference: Array) -> list[Array]:
    xp = namespace(reference)
    label = like(sample.labels[output.name], reference)
    if output.decoder == "linear":
        return [(label - output.offset) / output.scale]
    if output.decoder == "double_angle":
        twice = label * (math.pi / 90)
        return [xp.sin(twice), xp.cos(twice)]
    if output.decoder == "field_fraction":
        sign, offset, half, pixel = _field_terms(output, sample, window, reference)
        return [(sign * label / pixel - offset) / (half * output.scale)]
    raise ContractError(
        f"output {output.name!r}: no column holds the target of a {output.decoder!r} output; "
        "give the label itself to the objective"
    )


def encode_labels(
    specs: Sequence[TensorSpec], outputs: Sequence[OutputSpec], sample: Sample
) -> Array:
    """Raw output that decodes to the sample's labels: what a regression network is taught.

    Parameters
    ----------
    specs : sequence of TensorSpec
    outputs : sequence of OutputSpec
        Decoders ``linear``, ``double_angle`` and ``field_fraction``, of one raw tensor. Standard
        deviations (``sigma_of``) are passed over: nobody knows their truth.
    sample : Sample
        One item or a batch, with a label for each output.

    Returns
    -------
    array of shape (batch, column), dimensionless

    Raises
    ------
    ContractError
        If a label is missing, a decoder has no inverse, or the columns leave gaps.

    Examples
    --------
    >>> import numpy as np
    >>> out = OutputSpec("incl_deg", "deg", "linear", (0,), scale=90.0)
    >>> s = Sample({"image": np.zeros((4, 4))}, {"incl_deg": np.float64(45)})
    >>> float(encode_labels((), (out,), s)[0, 0])
    0.5
    """
    batch = sample.as_batch()
    taught = [o for o in outputs if o.sigma_of is None]
    missing = [o.name for o in taught if o.name not in batch.labels]
    if missing:
        raise ContractError(f"sample has no label {missing}; it has {sorted(batch.labels)}")
    places = sorted(c for o in taught for c in o.columns)
    if len({o.tensor for o in taught}) != 1 or places != list(range(len(places))):
        raise ContractError(
            f"outputs read columns {places} of tensors {sorted({o.tensor for o in taught})}; "
            "labels are encoded for columns 0, 1, 2 … of one tensor, each read once"
        )
    reference = next(iter(batch.inputs.values()))
    window = _window(specs, taught, batch)
    columns: dict[int, Array] = {}
    for output in taught:
        columns.update(zip(output.columns, _target(output, batch, window, reference), strict=True))
    return namespace(reference).stack([columns[c] for c in places], axis=1)
