"""`export_checkpoint`: a checkpoint and its card as one ONNX file. Needs the ``export`` extra."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skyrun.files import write_bytes
from skytypes import ModelCard, Provenance
from skytypes.errors import InputError

from .checkpoints import (
    Checkpoint,
    build_network,
    card_beside,
    need_export,
    read_card,
    read_checkpoint,
)
from .errors import ExportError, ParityError, shorten
from .golden import Golden, golden_inputs
from .modelfile import (
    CARD_KEY,
    EXPORT_KEY,
    GOLDEN_KEY,
    MAX_MODEL_BYTES,
    PARITY_KEY,
    ModelFile,
    parse_model,
)
from .parity import TOLERANCE, Parity, measure_parity, name_outputs, run_torch
from .probes import noise_tensors, probe_tensors
from .sessions import Session, tensor_names

if TYPE_CHECKING:
    import onnx
    import torch

OPSET = 20
"""Version of the standard operator set written: onnxruntime 1.17 and later read it."""


@dataclass(frozen=True)
class Exported:
    """What was written.

    Parameters
    ----------
    path : str
    bytes : int
    parity : Parity
    """

    path: str
    bytes: int
    parity: Parity

    def row(self) -> dict[str, object]:
        """The figures as one line of a table or of JSON."""
        return {
            "file": self.path,
            "bytes": self.bytes,
            "max_abs_diff": self.parity.max_abs_diff,
            "largest_output": self.parity.largest_output,
        }


def export_checkpoint(
    checkpoint: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    card: str | os.PathLike[str] | None = None,
    tolerance: float = TOLERANCE,
) -> Exported:
    """Write a trained network as ONNX with its card, if onnxruntime answers as torch does.

    Parameters
    ----------
    checkpoint : path
        ``best.pt`` of trainkit.
    out : path
        The ONNX file; one file, written whole or not at all.
    card : path or None
        The checkpoint's card; None means ``best.card.json`` beside ``best.pt``.
    tolerance : float
        Largest difference of raw outputs allowed, dimensionless; at most 1e-4.

    Returns
    -------
    Exported

    Raises
    ------
    InputError, CheckpointError
        If the checkpoint or the card is bad, or they do not fit together.
    MissingPackageError
        If the extra, or the package with the architecture, is not installed.
    ParityError
        If the two runtimes differ by more than ``tolerance``; nothing is written.
    ExportError
        If the network has no ONNX form.
    """
    if not 0 < tolerance <= TOLERANCE:
        raise InputError(f"tolerance is {tolerance:g}; give a positive number up to {TOLERANCE:g}")
    need_export()
    found = read_card(card if card is not None else card_beside(checkpoint))
    state = read_checkpoint(checkpoint)
    network = build_network(found, state)
    data, parity = export_network(
        network, found, tolerance=tolerance, provenance=_provenance(state)
    )
    write_bytes(out, data)
    return Exported(str(out), len(data), parity)


def _provenance(checkpoint: Checkpoint) -> Provenance:
    digest = hashlib.sha256(Path(checkpoint.path).read_bytes()).hexdigest()
    return Provenance.collect(
        "edgeinfer.export",
        packages=("edgeinfer", "skytypes", "torch", "onnx", "onnxruntime", "onnxscript"),
        configuration={
            "checkpoint_sha256": digest,
            "epoch": checkpoint.epoch,
            "val_loss": checkpoint.val_loss,
            "opset": OPSET,
        },
    )


def export_network(
    network: torch.nn.Module,
    card: ModelCard,
    *,
    tolerance: float = TOLERANCE,
    provenance: Provenance | None = None,
) -> tuple[bytes, Parity]:
    """A network in memory as the bytes of an ONNX file with its card.

    Parameters
    ----------
    network : torch.nn.Module
        On the CPU; takes the tensors of ``card.inputs`` in that order. It is put into evaluation
        mode.
    card : ModelCard
    tolerance : float
        Largest difference of raw outputs allowed, dimensionless.
    provenance : Provenance or None
        Written beside the card.

    Returns
    -------
    (bytes, Parity)

    Raises
    ------
    ParityError, ExportError
        As for `export_checkpoint`.
    """
    model = _to_onnx(network, card)
    records: dict[str, Any] = {CARD_KEY: json.loads(card.to_json())}
    bare = _with_metadata(model, records)
    session = Session(bare, threads=1)
    parity = measure_parity(network, session)
    if not parity.max_abs_diff <= tolerance:
        raise ParityError(
            f"onnxruntime and torch differ by {parity.max_abs_diff:.3g} (largest output "
            f"{parity.largest_output:.3g}); at most {tolerance:g} is allowed: nothing was written"
        )
    records[PARITY_KEY] = {**parity.to_record(), "tolerance": tolerance}
    records[GOLDEN_KEY] = _golden(network, card).to_record()
    if provenance is not None:
        records[EXPORT_KEY] = asdict(provenance)
    return _with_metadata(model, records).data, parity


def _golden(network: torch.nn.Module, card: ModelCard) -> Golden:
    asked = golden_inputs(card)
    tensors = {k: np.asarray(v, np.float32) for k, v in asked.encoded(card).items()}
    told = replace(asked, raw=run_torch(network, card, tensors))
    return replace(told, answers=told.decoded(card))


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


def _to_onnx(network: torch.nn.Module, card: ModelCard) -> onnx.ModelProto:
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


def _with_metadata(model: onnx.ModelProto, records: Mapping[str, Any]) -> ModelFile:
    """The model with its records as metadata, read back as a stranger would."""
    import onnx

    model.ClearField("metadata_props")
    for key, value in records.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, json.dumps(value, allow_nan=False)
    if model.ByteSize() >= MAX_MODEL_BYTES:
        raise ExportError(f"the model has {model.ByteSize()} bytes; one ONNX file holds 2 GiB")
    onnx.checker.check_model(model)
    return parse_model(model.SerializeToString(deterministic=True), "exported model")
