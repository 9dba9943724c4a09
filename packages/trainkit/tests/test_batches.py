from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from netzoo import DISCONET_COMPACT
from skytypes import decode, encode
from skytypes.samples import stack_samples
from trainkit.batches import Batch, Share
from trainkit.corpus import Corpus, Source
from trainkit.cutouts import CutDataset, KeptDataset
from trainkit.disk_batches import DiskBatches
from trainkit.disk_config import FitConfig

CARD = DISCONET_COMPACT.card
CONFIG = FitConfig(batch_size=8, mixup_probability=0.0)
CPU = torch.device("cpu")
ALONE = Share()


@pytest.fixture
def corpus(gaussian_disks: Callable[..., Any]) -> Corpus:
    large = KeptDataset(CutDataset(gaussian_disks(4, size=96), CARD.inputs), max_bytes=10**8)
    sources = [Source("a", gaussian_disks(30)), Source("b", large, repeats=3, any_angle=True)]
    return Corpus(sources, validation=0.2, seed=0)


def maker(corpus: Corpus, config: FitConfig = CONFIG, share: Share = ALONE) -> DiskBatches:
    return DiskBatches(corpus, CARD, config, CPU, share)


def same(a: Batch, b: Batch) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.inputs, b.inputs, strict=True)) and torch.equal(
        a.targets, b.targets
    )


def test_a_batch_is_the_same_bits_wherever_one_starts(corpus: Corpus) -> None:
    whole = list(maker(corpus).training(3))
    assert same(whole[2], next(iter(maker(corpus).training(3, start=2))))
    assert not same(whole[2], list(maker(corpus).training(4))[2])
    assert len(whole) == maker(corpus).steps(3)


def test_targets_decode_to_the_labels_of_the_picture_that_is_shown(corpus: Corpus) -> None:
    # The same entries without augmentation: inclinations can't differ, whatever the view.
    for batch in maker(corpus).training(0):
        incl = sorted((batch.targets[:, 0] * 90).tolist())
        names = [part.split(" ") for part in batch.items.split("; ")]
        items = [(n, int(i)) for n, *rest in names for i in rest]
        datasets = {s.name: s.dataset for s in corpus.sources}
        known = sorted(float(datasets[n][i].labels["incl_deg"]) for n, i in items)
        assert np.allclose(incl, known, atol=1e-3)


def test_validation_is_neither_turned_nor_blended(corpus: Corpus) -> None:
    config = replace(CONFIG, mixup_probability=1.0)
    batches = list(maker(corpus, config).validation())
    held = corpus.validation()
    assert sum(b.count for b in batches) == len(held)
    first = int(held.item[0])
    assert held.source[0] == 0
    sample = corpus.sources[0].dataset[first]
    shown = encode(CARD.inputs, sample)["image"][0]
    assert np.abs(batches[0].inputs[0][0].numpy() - shown).max() < 1e-5
    said = decode(CARD, batches[0].targets[:1].numpy(), sample)
    assert said["pa_deg"][0] == pytest.approx(float(sample.labels["pa_deg"]), abs=1e-2)
    assert all(bool((b.weights == 1).all()) for b in batches)


def test_mixup_changes_the_picture_and_no_target(corpus: Corpus) -> None:
    plain = list(maker(corpus).training(0))
    mixed = list(maker(corpus, replace(CONFIG, mixup_probability=1.0)).training(0))
    changed = 0
    for a, b in zip(plain, mixed, strict=True):
        assert torch.equal(a.targets, b.targets)
        assert torch.equal(a.inputs[1], b.inputs[1])  # the beam
        assert bool(((b.weights >= 0.5) & (b.weights <= 1)).all())
        apart = (a.inputs[0] - b.inputs[0]).abs().amax(dim=(1, 2, 3))
        assert bool(((apart > 0) == (b.weights < 1)).all())
        changed += int((apart > 0).sum())
    assert changed > 20


def test_the_shares_of_two_processes_make_the_batch_of_one(corpus: Corpus) -> None:
    config = replace(CONFIG, mixup_probability=0.7)
    whole = list(maker(corpus, config).training(1))
    shares = [list(maker(corpus, config, Share(r, 2)).training(1)) for r in (0, 1)]
    for step, batch in enumerate(whole):
        for rank in (0, 1):
            part = shares[rank][step]
            assert part.count == batch.count == 8
            assert torch.equal(part.targets, batch.targets[rank::2])
            assert torch.allclose(part.inputs[0], batch.inputs[0][rank::2], atol=1e-5)


def test_what_a_thread_raises_reaches_the_loop() -> None:
    class Broken:
        def __len__(self) -> int:
            return 20

        def __getitem__(self, index: int) -> Any:
            raise RuntimeError("unreadable")

    corpus = Corpus([Source("a", Broken())], validation=0.2, seed=0)
    with pytest.raises(RuntimeError, match="unreadable"):
        list(maker(corpus).training(0))


def test_views_are_all_used(corpus: Corpus, gaussian: Callable[..., Any]) -> None:
    class One:
        def __len__(self) -> int:
            return 64

        def __getitem__(self, index: int) -> Any:
            return gaussian(32)

    batches = maker(Corpus([Source("a", One())], validation=0.1, seed=0)).training(0)
    shown = {b.inputs[0][k].numpy().round(3).tobytes() for b in batches for k in range(8)}
    assert len(shown) == 8
    assert stack_samples([gaussian(32)]).size == 1
