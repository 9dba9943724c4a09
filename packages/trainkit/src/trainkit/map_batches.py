"""Batches of maps, encoded once: nothing is drawn for them but their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from skytypes import ArrayDataset, ModelCard, Sample, encode, item_rng
from skytypes.decoding import encode_labels
from skytypes.protocols import batch_of

from .batches import Batch, Share, make_ahead
from .cutouts import KeptDataset
from .map_config import MapsConfig

_TARGETS = "targets"


class EncodedMaps:
    """A dataset as a network sees it: its input tensors, and its targets in place of labels.

    Parameters
    ----------
    dataset : ArrayDataset
    card : ModelCard
    """

    def __init__(self, dataset: ArrayDataset, card: ModelCard) -> None:
        self.dataset, self.card = dataset, card

    def __len__(self) -> int:
        """Number of items."""
        return len(self.dataset)

    def __getitem__(self, index: int) -> Sample:
        """Item ``index``."""
        return self.batch([index])[0]

    def batch(self, indices: Sequence[int]) -> Sample:
        """The items ``indices`` as one batch."""
        sample = batch_of(self.dataset, indices)
        targets = encode_labels(self.card.inputs, self.card.outputs, sample)
        return Sample(encode(self.card.inputs, sample), {_TARGETS: targets}, sample.size)


class MapBatches:
    """The `Batches` of a run on maps.

    Parameters
    ----------
    train, valid : ArrayDataset
    card : ModelCard
    config : MapsConfig
    device : torch.device
    share : Share
    max_bytes : int
        Bound of the encoded items that are kept in memory; the others are made anew.
    """

    def __init__(
        self,
        train: ArrayDataset,
        valid: ArrayDataset,
        card: ModelCard,
        config: MapsConfig,
        *,
        device: torch.device,
        share: Share,
        max_bytes: int,
    ) -> None:
        self.card, self.config, self.device, self.share = card, config, device, share
        room = max_bytes * len(train) // (len(train) + len(valid))
        self.train = KeptDataset(EncodedMaps(train, card), max_bytes=room)
        self.valid = KeptDataset(EncodedMaps(valid, card), max_bytes=max_bytes - room)

    def steps(self, epoch: int) -> int:
        """Whole batches of an epoch; the items left over wait for another."""
        return len(self.train) // self.config.batch_size

    def training(self, epoch: int) -> Iterator[Batch]:
        """The batches of an epoch (counted from 0), shuffled by seed and epoch."""
        size = self.config.batch_size
        order = item_rng(self.config.seed, epoch, "trainkit.order").permutation(len(self.train))

        def make(step: int) -> Batch:
            items = order[step * size : (step + 1) * size]
            return self._batch(self.train, items[self.share.of(len(items))], items)

        return make_ahead(make, range(self.steps(epoch)))

    def validation(self) -> Iterator[Batch]:
        """The validation items that this process has, in order."""
        size = self.config.batch_size
        mine = self.share.of(len(self.valid))

        def make(start: int) -> Batch:
            items = mine[start : start + size]
            return self._batch(self.valid, items, items)

        return make_ahead(make, range(0, len(mine), size))

    def held_out(self) -> int:
        """Number of validation items."""
        return len(self.valid)

    def _batch(self, dataset: KeptDataset, items: Any, all_items: Any) -> Batch:
        sample = dataset.batch([int(i) for i in items])
        return Batch(
            tuple(self._tensor(sample.inputs[spec.name]) for spec in self.card.inputs),
            self._tensor(sample.labels[_TARGETS]),
            torch.ones(len(items), device=self.device),
            len(all_items),
            " ".join(str(int(i)) for i in all_items),
        )

    def _tensor(self, array: Any) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)
