"""A trained network against its baselines on the disks held out, as a card has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from skytypes import ArrayDataset, ModelCard
from skytypes.cards import Metric

from .baselines import gaussian_fit, predict_mean
from .corpus import Corpus
from .metrics import score
from .predictions import Answers, labels_of, predict

SCORED = 512
"""At most so many held-out disks of a source are scored: a Gaussian fit is slow."""
AVERAGED = 2000
"""The mean is that of at most so many training disks."""


def fit_gaussians(dataset: ArrayDataset, indices: Sequence[int]) -> Answers:
    """`gaussian_fit` of some items of a dataset, whose pictures may differ in size.

    Parameters
    ----------
    dataset : ArrayDataset
    indices : sequence of int

    Returns
    -------
    dict of str to array of shape (item,)
        As `gaussian_fit` has them, ``converged`` among them; angles [deg], offsets [arcsec].
    """
    parts = [gaussian_fit(dataset[int(i)]) for i in indices]
    return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def held_out_metrics(
    network: nn.Module, card: ModelCard, corpus: Corpus, *, device: torch.device | str = "cpu"
) -> tuple[Metric, ...]:
    """Figures of a network on each source's held-out disks, once beside each baseline.

    Parameters
    ----------
    network : torch.nn.Module
    card : ModelCard
    corpus : Corpus
    device : torch.device or str
        Where the network is.

    Returns
    -------
    tuple of Metric
        For each source and figure, one with baseline ``predict_mean`` and one with
        ``gaussian_fit``.
    """
    held, trained = corpus.validation(), corpus.training(0)
    metrics: list[Metric] = []
    for number, source in enumerate(corpus.sources):
        indices = held.item[held.source == number][:SCORED].tolist()
        if not indices:
            continue
        known = np.unique(trained.item[trained.source == number])[:AVERAGED].tolist()
        dataset = source.scored()
        labels = labels_of(dataset, indices)
        gaussians = fit_gaussians(dataset, indices)
        failed = int((gaussians["converged"] == 0).sum())
        data = (
            f"{len(indices)} disks of {source.name!r} that training never saw (they also chose "
            "the epoch)"
        )
        answers = predict(network, card, dataset, indices, device=device)
        baselines = {"gaussian_fit": score(labels, gaussians)}
        if known:
            means = predict_mean(labels_of(source.dataset, known), len(indices))
            baselines["predict_mean"] = score(labels, means)
        note = {"gaussian_fit": f"; {failed} Gaussian fits did not converge"}
        metrics += [
            replace(
                figure,
                definition=figure.definition + note.get(name, ""),
                baseline=name,
                baseline_value=scores[figure.name].value,
            )
            for figure in score(labels, answers, data=data).values()
            for name, scores in sorted(baselines.items())
        ]
    return tuple(metrics)
