"""Batches of disks: augmented, blended, and encoded as the network's card says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skytypes import ModelCard, Sample, encode
from skytypes.decoding import encode_labels
from skytypes.protocols import batch_of

from .augmentation import draw_moves, draw_views, move_sample
from .batches import Batch, Share, make_ahead
from .corpus import Corpus, Entries
from .disk_config import FitConfig
from .mixup import Mix, blend, draw_mix
from .views import turn_sample


class DiskBatches:
    """The `Batches` of a run on disks: a function of epoch and number, whatever came before.

    Parameters
    ----------
    corpus : Corpus
    card : ModelCard
        Its inputs and outputs.
    config : FitConfig
    device : torch.device
    share : Share
    """

    def __init__(
        self,
        corpus: Corpus,
        card: ModelCard,
        config: FitConfig,
        device: torch.device,
        share: Share,
    ) -> None:
        self.corpus, self.card, self.config = corpus, card, config
        self.device, self.share = device, share

    def steps(self, epoch: int) -> int:
        """Batches of an epoch; what is left over after the last whole one waits for another."""
        return len(self.corpus.training(epoch)) // self.config.batch_size

    def training(self, epoch: int, *, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch (counted from 0), made one or two ahead in a thread."""
        size = self.config.batch_size
        entries = self.corpus.training(epoch)
        # Every picture of the run has a number of its own; its draws hang on nothing else.
        first = epoch * (1 << 32)

        def make(step: int) -> Batch:
            places = np.arange(step * size, (step + 1) * size)
            return self._train_batch(entries[places], [first + int(p) for p in places])

        return make_ahead(make, range(start, len(entries) // size))

    def validation(self) -> Iterator[Batch]:
        """The held-out entries of this process, never augmented, never blended."""
        entries = self.corpus.validation()
        mine = entries[self.share.of(len(entries))]
        size = self.config.batch_size

        def make(start: int) -> Batch:
            part = mine[np.arange(start, min(start + size, len(mine)))]
            tensors, targets = self._encoded(part, None)
            ones = torch.ones(len(part), device=self.device)
            return Batch(self._ordered(tensors), targets, ones, len(part), self._names(part))

        return make_ahead(make, range(0, len(mine), size))

    def held_out(self) -> int:
        """How many entries are held out, over all processes."""
        return len(self.corpus.validation())

    def _train_batch(self, entries: Entries, counters: list[int]) -> Batch:
        config = self.config
        mix = draw_mix(
            config.seed,
            counters,
            probability=config.mixup_probability,
            alpha=config.mixup_alpha,
        )
        own = self.share.of(len(entries))
        # Partners may lie in another process's share; they are made here once more.
        places = np.union1d(own, mix.partner[own])
        tensors, targets = self._encoded(entries[places], [counters[p] for p in places])
        rows = torch.from_numpy(np.searchsorted(places, own)).to(self.device)
        weights = torch.from_numpy(mix.weight[own]).to(self.device)
        inputs = {name: tensor[rows] for name, tensor in tensors.items()}
        if bool((mix.weight[own] < 1).any()):
            inputs = self._blended(inputs, tensors, mix, (places, own))
        return Batch(
            self._ordered(inputs), targets[rows], weights, len(entries), self._names(entries)
        )

    def _blended(
        self,
        own_tensors: dict[str, Tensor],
        tensors: dict[str, Tensor],
        mix: Mix,
        at: tuple[NDArray[np.int64], NDArray[np.int64]],
    ) -> dict[str, Tensor]:
        places, own = at
        rows = torch.from_numpy(np.searchsorted(places, mix.partner[own])).to(self.device)
        others = {name: tensor[rows] for name, tensor in tensors.items()}
        weight = torch.from_numpy(mix.weight[own]).to(self.device)
        return blend(self.card.inputs, own_tensors, others, weight)

    def _encoded(
        self, entries: Entries, counters: Sequence[int] | None
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Input tensors and targets of entries; ``counters`` None leaves them as they are."""
        parts = []
        for number in np.unique(entries.source):
            where = np.flatnonzero(entries.source == number)
            drawn = None if counters is None else [counters[int(w)] for w in where]
            sample = self._pictures(int(number), entries.item[where], drawn)
            parts.append((where, *self._network_view(sample)))
        back = torch.from_numpy(np.argsort(np.concatenate([p[0] for p in parts])))
        back = back.to(self.device)
        names = [spec.name for spec in self.card.inputs]
        tensors = {n: torch.cat([p[1][n] for p in parts])[back] for n in names}
        return tensors, torch.cat([p[2] for p in parts])[back]

    def _network_view(self, sample: Sample) -> tuple[dict[str, Tensor], Tensor]:
        """Input tensors and targets of a batch of torch pictures."""
        if self.device.type == "cpu":
            # The same memory as numpy arrays, whose sorting is twice as fast on the CPU.
            sample = sample.map(lambda tensor: tensor.numpy())
        inputs, outputs = self.card.inputs, self.card.outputs
        tensors = {name: self._tensor(a) for name, a in encode(inputs, sample).items()}
        return tensors, self._tensor(encode_labels(inputs, outputs, sample))

    def _pictures(
        self, number: int, items: NDArray[np.int64], counters: Sequence[int] | None
    ) -> Sample:
        source = self.corpus.sources[number]
        sample = batch_of(source.dataset, [int(i) for i in items]).map(self._tensor)
        if counters is None:
            return sample
        if source.any_angle:
            size = sample.inputs["image"].shape[-1]
            moves = draw_moves(self.config.seed, counters, size=size)
            return move_sample(sample, *(self._tensor(m) for m in moves))
        return turn_sample(sample, self._tensor(draw_views(self.config.seed, counters)))

    def _tensor(self, array: Any) -> Tensor:
        if isinstance(array, Tensor):
            return array
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

    def _ordered(self, tensors: dict[str, Tensor]) -> tuple[Tensor, ...]:
        return tuple(tensors[spec.name] for spec in self.card.inputs)

    def _names(self, entries: Entries) -> str:
        by_source: dict[str, list[str]] = {}
        for number, item in zip(entries.source, entries.item, strict=True):
            by_source.setdefault(self.corpus.sources[number].name, []).append(str(item))
        return "; ".join(f"{name} {' '.join(items)}" for name, items in by_source.items())
