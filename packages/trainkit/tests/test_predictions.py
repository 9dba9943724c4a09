from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from netzoo import DISCONET_COMPACT
from skytypes import Sample
from skytypes.samples import stack_samples
from trainkit.predictions import labels_of, predict

CARD = DISCONET_COMPACT.card


class Mixed:
    """Pictures of two sizes."""

    def __init__(self, gaussian: Callable[..., Sample]) -> None:
        self.gaussian = gaussian

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> Sample:
        return self.gaussian(64 if index % 3 else 96, incl_deg=10.0 * index)


def test_answers_are_in_order_whatever_the_size_and_the_batch(
    gaussian: Callable[..., Sample],
) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = DISCONET_COMPACT.build()
    dataset = Mixed(gaussian)
    whole = predict(network, CARD, dataset, [5, 3, 0, 1])
    assert network.training
    for place, index in enumerate([5, 3, 0, 1]):
        alone = predict(network, CARD, dataset, [index], batch_size=1)
        for name, values in alone.items():
            assert np.allclose(values[0], whole[name][place], atol=1e-3)
    assert labels_of(dataset, [5, 0])["incl_deg"].tolist() == [50.0, 0.0]


def test_a_network_that_knows_the_targets_answers_the_labels(
    gaussian_disks: Callable[..., Any],
) -> None:
    from skytypes.decoding import encode_labels

    dataset = gaussian_disks(5)
    batch = stack_samples([dataset[i] for i in range(5)])
    targets = torch.from_numpy(encode_labels(CARD.inputs, CARD.outputs, batch))

    class Oracle(nn.Module):
        def forward(self, image: torch.Tensor, beam: torch.Tensor) -> torch.Tensor:
            return targets

    answers = predict(Oracle(), CARD, dataset, range(5))
    for name, values in answers.items():
        assert np.allclose(values, batch.labels[name], atol=2e-3), name
