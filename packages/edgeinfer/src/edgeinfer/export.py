"""`export_checkpoint`: a checkpoint and its card as one ONNX file. Needs the ``export`` extra."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skyrun.files import atomic_path, check_size
from skytypes import ModelCard, Provenance
from skytypes.errors import InputError

from .architectures import build_network
from .checkpoints import (
    MAX_CHECKPOINT_BYTES,
    Checkpoint,
    card_beside,
    need_export,
    read_card,
    read_checkpoint,
)
from .errors import ExportError, ParityError
from .golden import Golden, golden_inputs
from .graphs import OPSET, to_onnx
from .modelfile import (
    CARD_KEY,
    EXPORT_KEY,
    GOLDEN_KEY,
    MAX_MODEL_BYTES,
    PARITY_KEY,
    ModelFile,
    parse_model,
)
from .parity import TOLERANCE, Parity, measure_parity, run_torch
from .sessions import Session

if TYPE_CHECKING:
    import onnx
    import torch


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
    if Path(out).is_dir():
        raise InputError(f"{out}: is a folder; give the name of the ONNX file")
    check_size(checkpoint, MAX_CHECKPOINT_BYTES)
    card = card_beside(checkpoint) if card is None else card
    _require_other_file(out, checkpoint, card)
    found = read_card(card)
    state = read_checkpoint(checkpoint)
    network = build_network(found, state)
    # Opened before the export, which takes long, so that a place that can't be written is known.
    with atomic_path(out) as place:
        data, parity = export_network(
            network, found, tolerance=tolerance, provenance=_provenance(state)
        )
        place.write_bytes(data)
    return Exported(str(out), len(data), parity)


def _require_other_file(out: str | os.PathLike[str], *inputs: str | os.PathLike[str]) -> None:
    """Refuse to write over what the ONNX file is made from."""
    for path in inputs:
        if os.path.realpath(out) == os.path.realpath(path):
            raise InputError(f"{out}: is what is to be exported; give another name, DISK.onnx say")


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
    model = to_onnx(network, card)
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
