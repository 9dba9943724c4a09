"""A torch network as an ONNX graph. Needs the ``export`` extra."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from skytypes import ModelCard

from .errors import ExportError, shorten
from .parity import name_outputs, run_torch
from .probes import noise_tensors, probe_tensors
from .sessions import tensor_names

if TYPE_CHECKING:
    import onnx
    import torch

OPSET = 20
"""Version of the standard operator set written: onnxruntime 1.20 and later read it, with the
exporter's IR version (10)."""


def _wrap(network: torch.nn.Module, names: list[str]) -> torch.nn.Module:
    """The network with its outputs as a tuple in the card's order."""
    import torch

    class Ordered(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return tuple(name_outputs(self.network(*inputs), names).values())

    return Ordered().eval()


def to_onnx(network: torch.nn.Module, card: ModelCard) -> onnx.ModelProto:
    """A network as an ONNX model, inputs and outputs named as on the card, the batch free.

    Parameters
    ----------
    network : torch.nn.Module
        Takes the tensors of ``card.inputs`` in that order; it is put into evaluation mode.
    card : ModelCard

    Returns
    -------
    onnx.ModelProto
        Without metadata, and without any trace of the machine.

    Raises
    ------
    ExportError
        If the network fails on the card's inputs, or the exporter on the network.
    """
    import torch

    names = tensor_names(card.outputs)
    _try_network(network, card)
    # Two items: a batch of one would be taken for a constant.
    tensors = noise_tensors(card, 2, seed=0)
    inputs = tuple(torch.from_numpy(tensors[s.name]) for s in card.inputs)
    batch = torch.export.Dim("batch")
    wrapped = _wrap(network, names)
    try:
        with _quiet():
            program = torch.onnx.export(
                wrapped,
                inputs,
                dynamo=True,
                opset_version=OPSET,
                dynamic_shapes=(tuple({0: batch} for _ in inputs),),
                input_names=[s.name for s in card.inputs],
                output_names=names,
                external_data=False,
                verbose=False,
            )
    except ExportError:
        raise
    except Exception as error:  # noqa: BLE001 - the exporter's errors share no base
        # The exporter wraps the reason in advice on itself.
        reason = shorten(error.__cause__ or error)
        raise ExportError(f"{card.architecture!r} has no ONNX form here: {reason}") from None
    if program is None:
        raise ExportError(f"{card.architecture!r}: torch's exporter returned nothing")
    return _without_traces(program.model_proto)


def _try_network(network: torch.nn.Module, card: ModelCard) -> None:
    """Ask the network itself first: its own error says more than the exporter's."""
    try:
        run_torch(network.eval(), card, probe_tensors(card, 2, seed=0))
    except (RuntimeError, TypeError, IndexError) as error:
        if isinstance(error, ExportError):
            raise
        raise ExportError(
            f"{card.architecture!r} fails on the card's inputs: {shorten(error)}"
        ) from None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's talk off the terminal; what matters of it is raised."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


def _without_traces(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drop the exporter's notes: paths and source lines of the machine that exported."""
    model.ClearField("metadata_props")
    graphs = [model.graph]
    while graphs:
        graph = graphs.pop()
        values = (*graph.input, *graph.output, *graph.value_info, *graph.initializer)
        for part in (graph, *graph.node, *values):
            part.ClearField("metadata_props")
            part.ClearField("doc_string")
        for node in graph.node:
            graphs += [a.g for a in node.attribute if a.HasField("g")]
    return model
