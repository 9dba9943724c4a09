from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from skytypes import item_rng
from skytypes.errors import InputError
from skytypes.seeds import seed_of_name


def test_the_same_item_is_the_same_draws_whatever_came_before() -> None:
    first = item_rng(42, 7, "noise").normal(size=5)
    item_rng(42, 6, "noise").normal(size=1000)
    np.random.default_rng(0).normal(size=3)
    assert np.array_equal(first, item_rng(42, 7, "noise").normal(size=5))


@pytest.mark.parametrize("other", [(43, 7, "noise"), (42, 8, "noise"), (42, 7, "disks")])
def test_seed_index_and_stream_each_change_the_draws(other: tuple[int, int, str]) -> None:
    a = item_rng(42, 7, "noise").integers(0, 2**63, size=16)
    b = item_rng(*other).integers(0, 2**63, size=16)
    assert not set(a.tolist()) & set(b.tolist())


def test_neighbouring_items_are_uncorrelated() -> None:
    draws = np.stack([item_rng(1, i, "noise").normal(size=4000) for i in range(8)])
    off_diagonal = np.corrcoef(draws) - np.eye(8)
    # 28 coefficients of standard deviation 1/sqrt(4000) = 0.016.
    assert np.abs(off_diagonal).max() < 5 / np.sqrt(4000)
    assert abs(draws.mean()) < 5 / np.sqrt(draws.size)
    assert abs(draws.std() - 1) < 5 / np.sqrt(2 * draws.size)


def test_first_draws_of_many_items_are_uniform() -> None:
    """A seed of each item by arithmetic would show here as a pattern."""
    first = np.array([item_rng(3, i, "u").random() for i in range(2000)])
    counts = np.histogram(first, bins=20, range=(0, 1))[0]
    chi2 = float(((counts - 100) ** 2 / 100).sum())
    assert chi2 < 19 + 5 * np.sqrt(2 * 19)
    assert all(a != b for a, b in pairwise(first))


def test_numpy_whole_numbers_are_whole_numbers() -> None:
    a = item_rng(int(np.int64(5)), int(np.uint64(2**63)), "x").random()
    assert a == item_rng(np.int64(5), np.uint64(2**63), "x").random()  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["seed", "index"])
@pytest.mark.parametrize("value", [-1, 2**64, 1.0, 1.5, "1", None, float("nan")])
def test_what_is_no_64_bit_number_is_refused(name: str, value: Any) -> None:
    good: dict[str, Any] = {"seed": 1, "index": 2}
    with pytest.raises(InputError, match=rf"{name} is .*; give a whole number from 0 to 2\*\*64"):
        item_rng(**{**good, name: value}, stream="x")


def test_global_state_is_untouched() -> None:
    before = np.random.get_state(legacy=False)  # noqa: NPY002 - it is what must not change
    item_rng(1, 2, "x").normal(size=10)
    after = np.random.get_state(legacy=False)  # noqa: NPY002
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert before["state"]["pos"] == after["state"]["pos"]
    assert np.array_equal(before["state"]["key"], after["state"]["key"])


def test_seeds_of_names_have_48_bits() -> None:
    """Fewer would soon give two disks the same features; a spreadsheet keeps 15 digits."""
    seeds = {seed_of_name(f"Disk_{i}") for i in range(20000)}
    assert len(seeds) == 20000 and 2**47 < max(seeds) < 2**48
    # blake2b(b"Disk_001", digest_size=6), the lowest byte first: pinned, it names skies.
    assert seed_of_name("Disk_001") == 182418495219822
