"""A network's answers for items of a dataset, in physical units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from skytypes import ArrayDataset, ModelCard, Sample, decode, encode
from skytypes.arrays import to_numpy
from skytypes.protocols import batch_of
from skytypes.samples import stack_samples

Answers = dict[str, NDArray[np.floating]]


def labels_of(dataset: ArrayDataset, indices: Sequence[int]) -> Answers:
    """Truth of some items, by field name, arrays of shape (item,).

    Examples
    --------
    >>> class Two:
    ...     def __len__(self): return 2
    ...     def __getitem__(self, i): return Sample({}, {"incl_deg": np.float32(i)})
    >>> labels_of(Two(), [1, 0])["incl_deg"].tolist()
    [1.0, 0.0]
    """
    rows = [dataset[int(i)].labels for i in indices]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def predict(
    network: nn.Module,
    card: ModelCard,
    dataset: ArrayDataset,
    indices: Sequence[int],
    *,
    device: torch.device | str = "cpu",
    batch_size: int = 64,
) -> Answers:
    """Answers of a network for some items; their pictures may differ in size.

    Parameters
    ----------
    network : torch.nn.Module
        Takes the tensors of ``card.inputs`` in that order; used in evaluation mode.
    card : ModelCard
    dataset : ArrayDataset
    indices : sequence of int
    device : torch.device or str
        Where the network is.
    batch_size : int

    Returns
    -------
    dict of str to array of shape (item,)
        By output name, in the output's unit: for disks angles [deg], offsets [arcsec].
    """
    trained = network.training
    network.eval()
    try:
        parts = [
            _answers(network, card, _batches(dataset, indices[i : i + batch_size]), device)
            for i in range(0, len(indices), batch_size)
        ]
    finally:
        network.train(trained)
    return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def _batches(dataset: ArrayDataset, indices: Sequence[int]) -> list[Sample]:
    """The items in order: as one batch where all have one shape, else runs of equal ones."""
    if callable(getattr(dataset, "batch", None)):
        return [batch_of(dataset, [int(i) for i in indices])]
    runs: list[list[Sample]] = []
    for sample in (dataset[int(i)] for i in indices):
        if runs and _shapes(runs[-1][0]) == _shapes(sample):
            runs[-1].append(sample)
        else:
            runs.append([sample])
    return [stack_samples(run) for run in runs]


def _shapes(sample: Sample) -> dict[str, tuple[int, ...]]:
    return {name: tuple(np.shape(array)) for name, array in sample.inputs.items()}


def _answers(
    network: nn.Module, card: ModelCard, batches: Sequence[Sample], device: torch.device | str
) -> Answers:
    parts = []
    for sample in batches:
        tensors = encode(card.inputs, sample)
        inputs = [torch.from_numpy(np.ascontiguousarray(tensors[s.name])) for s in card.inputs]
        with torch.no_grad():
            raw = network(*(t.to(device) for t in inputs))
        parts.append(decode(card, raw.float().cpu().numpy(), sample))
    return {name: np.concatenate([to_numpy(p[name]) for p in parts]) for name in parts[0]}
