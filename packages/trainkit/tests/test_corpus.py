from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skytypes.errors import InputError
from trainkit.corpus import Corpus, Source


def entries(corpus: Corpus, epoch: int) -> list[tuple[int, int]]:
    part = corpus.training(epoch)
    return list(zip(part.source.tolist(), part.item.tolist(), strict=True))


def test_what_is_held_out_is_never_trained_on_whole_groups_at_a_time(
    gaussian_disks: Callable[..., Any],
) -> None:
    dataset = gaussian_disks(300)
    dataset.groups = [f"disk {i // 3}" for i in range(300)]
    corpus = Corpus([Source("a", dataset, repeats=4)], validation=0.2, seed=1)
    out = {dataset.groups[i] for i in corpus.validation().item}
    inside = {dataset.groups[i] for i in corpus.training(0).item}
    assert out
    assert not out & inside
    assert len(out | inside) == 100


def test_an_epoch_goes_through_every_disk_as_often_as_asked_in_its_own_order(
    gaussian_disks: Callable[..., Any],
) -> None:
    sources = [Source("a", gaussian_disks(50)), Source("b", gaussian_disks(30), repeats=5)]
    corpus = Corpus(sources, validation=0.1, seed=0)
    first, second = entries(corpus, 0), entries(corpus, 1)
    assert first != second
    assert sorted(first) == sorted(second)
    assert first == entries(corpus, 0)
    assert {first.count(e) for e in first if e[0] == 0} == {1}
    assert {first.count(e) for e in first if e[0] == 1} == {5}


def test_blocks_give_new_disks_each_epoch_and_one_validation_set(
    gaussian_disks: Callable[..., Any],
) -> None:
    corpus = Corpus([Source("a", gaussian_disks(300), blocks=3)], validation=0.1, seed=0)
    seen = [set(corpus.training(e).item.tolist()) for e in range(3)]
    assert not (seen[0] & seen[1] or seen[1] & seen[2] or seen[0] & seen[2])
    assert not any(s & set(corpus.validation().item.tolist()) for s in seen)
    assert corpus.validation().item.max() < 100


def test_two_sources_with_the_same_numbers_are_split_apart(
    gaussian_disks: Callable[..., Any],
) -> None:
    sources = [Source(n, gaussian_disks(500)) for n in ("a", "b")]
    held = Corpus(sources, validation=0.2, seed=0).validation()
    parts = [set(held.item[held.source == k].tolist()) for k in (0, 1)]
    assert parts[0] != parts[1]


def test_a_disk_of_two_sources_is_on_one_side_whatever_they_are_called(
    gaussian_disks: Callable[..., Any],
) -> None:
    one, other = gaussian_disks(200), gaussian_disks(150)
    one.groups = [f"Disk_{i:03d}" for i in range(200)]
    # Another array's view of the same disks, some of them twice, in another order.
    other.groups = [f"Disk_{(7 * i) % 100:03d}" for i in range(150)]
    sources = [Source("cycle9.7", one, repeats=2), Source("cycle9.8", other)]
    corpus = Corpus(sources, validation=0.2, seed=0)
    names = (one.groups, other.groups)
    held, trained = (
        {names[s][i] for s, i in zip(part.source, part.item, strict=True)}
        for part in (corpus.validation(), corpus.training(0))
    )
    assert 20 <= len(held) <= 60
    assert not held & trained
    renamed = Corpus([Source("else", one)], validation=0.2, seed=0).validation()
    assert {one.groups[i] for i in renamed.item} == held


def test_disks_without_a_name_keep_the_side_they_always_had(
    gaussian_disks: Callable[..., Any],
) -> None:
    # Of the synthetic disks of seed 0: published figures were measured with this split.
    held = Corpus([Source("synthetic", gaussian_disks(60))], validation=0.1, seed=0).validation()
    assert held.item.tolist() == [25, 31, 38]


def test_nothing_to_validate_on_is_refused(gaussian_disks: Callable[..., Any]) -> None:
    with pytest.raises(InputError, match="no disk to validate on: 3 disks, validation share"):
        Corpus([Source("a", gaussian_disks(3))], validation=0.01, seed=0)
    with pytest.raises(InputError, match="no disk to train on: 3 disks, validation share"):
        Corpus([Source("a", gaussian_disks(3))], validation=0.99, seed=0)


def test_the_description_changes_with_the_disks(gaussian_disks: Callable[..., Any]) -> None:
    told = [
        Corpus([Source("a", gaussian_disks(n))], validation=0.2, seed=0).describe()
        for n in (50, 50, 51)
    ]
    assert told[0] == told[1] != told[2]
    assert np.all([list(t) == ["a"] for t in told])


def test_the_description_changes_with_a_byte_of_a_file_and_not_with_its_place(
    gaussian_disks: Callable[..., Any], tmp_path: Path
) -> None:
    def told(path: Path) -> dict[str, str]:
        source = Source("a", gaussian_disks(50), files=(path,))
        return Corpus([source], validation=0.2, seed=0).describe()

    one, moved, changed = (tmp_path / name for name in ("one", "moved", "changed"))
    for path, data in ((one, b"pixels"), (moved, b"pixels"), (changed, b"pixelt")):
        path.write_bytes(data)
    assert told(one) == told(moved) != told(changed)
    with pytest.raises(InputError, match="none: can't be read: No such file"):
        told(tmp_path / "none")
