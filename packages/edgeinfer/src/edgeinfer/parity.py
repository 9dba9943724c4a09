"""How far onnxruntime and torch are apart on the same inputs; asking torch needs ``export``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skytypes import ModelCard

from .errors import ExportError
from .probes import probe_tensors
from .sessions import Session, tensor_names

if TYPE_CHECKING:
    import torch

TOLERANCE = 1e-4
BATCHES = (1, 3, 8)
SEED = 7

Tensors = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Parity:
    """Largest difference between onnxruntime and torch, over all raw outputs.

    Parameters
    ----------
    max_abs_diff : float
        Dimensionless, as the raw outputs are.
    largest_output : float
        Largest absolute raw output of torch, to read the difference against.
    batches : tuple of int
        Sizes of the batches compared.
    """

    max_abs_diff: float
    largest_output: float
    batches: tuple[int, ...]

    def to_record(self) -> dict[str, Any]:
        """The figures as a JSON object."""
        return {**asdict(self), "batches": list(self.batches)}


def run_torch(network: torch.nn.Module, card: ModelCard, tensors: Tensors) -> dict[str, Any]:
    """Raw outputs of the torch network, by the names that the card gives them.

    Parameters
    ----------
    network : torch.nn.Module
        Takes the tensors of ``card.inputs`` in that order; returns one tensor, several in the
        order of the card's output tensors, or a mapping by their names.
    card : ModelCard
    tensors : mapping of str to array of shape (batch, ...), dimensionless

    Returns
    -------
    dict of str to array of shape (batch, column, ...), dimensionless
    """
    import torch

    with torch.inference_mode():
        out = network(*(torch.from_numpy(tensors[s.name]) for s in card.inputs))
    named = name_outputs(out, tensor_names(card.outputs))
    return {k: v.numpy() for k, v in named.items()}


def name_outputs(out: Any, names: Sequence[str]) -> dict[str, Any]:
    """What a network returned, by tensor name.

    Raises
    ------
    ExportError
        If the network returns another number of tensors than the card reads, or other names.
    """
    if isinstance(out, Mapping):
        if not set(names) <= set(out):
            raise ExportError(f"the network returns {sorted(out)}, the card reads {list(names)}")
        return {n: out[n] for n in names}
    parts = tuple(out) if isinstance(out, tuple | list) else (out,)
    if len(parts) != len(names):
        raise ExportError(f"the network returns {len(parts)} tensors, the card reads {list(names)}")
    return dict(zip(names, parts, strict=True))


def measure_parity(network: torch.nn.Module, session: Session) -> Parity:
    """Compare a network in torch and in onnxruntime.

    Batches of 1, 3 and 8 items: encoded random pictures where the card reads pictures, else
    normal noise in the shapes of the inputs.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode.
    session : Session

    Returns
    -------
    Parity
        Infinite where one side answers with something that is not a number.
    """
    card = session.file.card
    worst, largest = 0.0, 0.0
    for place, count in enumerate(BATCHES):
        tensors = probe_tensors(card, count, seed=SEED + place)
        ours, theirs = session(tensors), run_torch(network, card, tensors)
        worst = max(worst, largest_difference(ours, theirs))
        largest = max(largest, *(float(np.abs(v).max()) for v in theirs.values()))
    return Parity(worst, largest, BATCHES)


def largest_difference(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> float:
    """Largest absolute difference over all tensors; infinite where shapes or NaN forbid one.

    Examples
    --------
    >>> largest_difference({"y": np.zeros(2)}, {"y": np.array([0.0, 0.5])})
    0.5
    """
    worst = 0.0
    for name, array in theirs.items():
        if name not in ours or ours[name].shape != array.shape:
            return float("inf")
        with np.errstate(invalid="ignore"):
            difference = np.abs(np.asarray(ours[name], np.float64) - np.asarray(array, np.float64))
        if not np.all(np.isfinite(difference)):
            return float("inf")
        worst = max(worst, float(difference.max(initial=0.0)))
    return worst
