from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trainkit.split import groups_of, held_out

NAMES = st.lists(st.text("abcdef0123456789", min_size=1, max_size=4), min_size=1, max_size=40)


@given(names=NAMES, seed=st.integers(0, 2**32), share=st.floats(0.05, 0.95))
def test_no_group_is_on_both_sides(names: list[str], seed: int, share: float) -> None:
    out = held_out(names, share=share, seed=seed)
    outside = {n for n, o in zip(names, out, strict=True) if o}
    inside = {n for n, o in zip(names, out, strict=True) if not o}
    assert not outside & inside


@given(names=NAMES, more=NAMES, seed=st.integers(0, 2**32))
def test_more_data_never_move_a_disk(names: list[str], more: list[str], seed: int) -> None:
    before = held_out(names, share=0.1, seed=seed)
    after = held_out([*more, *names], share=0.1, seed=seed)[len(more) :]
    assert (before == after).all()


def test_the_share_is_kept_on_average_and_the_seed_matters() -> None:
    names = [str(i) for i in range(20_000)]
    first, second = (held_out(names, share=0.1, seed=s) for s in (1, 2))
    # The scatter of a binomial of 20 000 at 0.1 is 0.0021.
    assert abs(first.mean() - 0.1) < 0.01
    assert abs((first & second).mean() - 0.01) < 0.004


def test_groups_come_from_the_dataset_where_it_has_them(gaussian_disks: Callable[..., Any]) -> None:
    dataset = gaussian_disks(3)
    assert groups_of(dataset) == ["0", "1", "2"]
    dataset.groups = np.array(["a", "a", "b"])
    assert groups_of(dataset) == ["a", "a", "b"]
