"""Splits: sizes, order, and that no sample is in two sets."""

from __future__ import annotations

import csv
import json
from itertools import chain
from pathlib import Path
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popmaps.splits import draw_split, read_rows, split_dataset
from skytypes.errors import InputError


def write_dataset(folder: Path, numbers: list[int], *, stack: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "dataset_full.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(["id"] if stack else []), "input:ppdot_map", "input:xy", "a_late"])
        for row, number in enumerate(numbers):
            cells = [
                f"{n}.npy#{row}" if stack else f"{n}_{number}.npy" for n in ("ppdot_map", "xy")
            ]
            writer.writerow([*([number] if stack else []), *cells, -0.5 - number / 7])
    return folder


def numbers_in(path: Path) -> list[int]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [int(r["input:xy"].removeprefix("xy_").removesuffix(".npy")) for r in rows]


@pytest.mark.parametrize(
    ("fractions", "sizes"),
    [
        ({"test_split": 0.1, "valid_split": 0.2}, {"test": 500, "train": 3600, "valid": 900}),
        ({"test_split": 0.1}, {"test": 500, "train": 4500}),
        ({"valid_split": 0.2}, {"train": 4000, "valid": 1000}),
    ],
)
def test_three_modes(tmp_path: Path, fractions: dict[str, float], sizes: dict[str, int]) -> None:
    folder = write_dataset(tmp_path, list(range(5000)))
    assert split_dataset(folder, seed=0, **fractions) == sizes  # type: ignore[arg-type]
    sets = {name: numbers_in(folder / f"dataset_{name}.csv") for name in sizes}
    assert {name: len(rows) for name, rows in sets.items()} == sizes
    assert sorted(chain(*sets.values())) == list(range(5000))
    # What remains keeps the order of the file; what is drawn has that of the draw.
    assert sets["train"] == sorted(sets["train"])
    assert all(sets[n] != sorted(sets[n]) for n in sets if n != "train")


def test_the_draw_is_the_same_on_every_machine() -> None:
    sets = draw_split([str(i) for i in range(12)], test_split=0.25, valid_split=0.4, seed=7)
    assert sets["test"] == [10, 8, 5]
    assert sets["valid"] == [3, 0, 1]


def test_training_statistics_are_of_the_training_labels_only(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path, list(range(40)))
    split_dataset(folder, test_split=0.25, valid_split=0.25, seed=3)
    labels = [-0.5 - n / 7 for n in numbers_in(folder / "dataset_train.csv")]
    found = json.loads((folder / "statistics_train.json").read_text())["a_late"]
    assert list(found) == ["max", "mean", "min", "std"]
    assert found["max"], found["min"] == (max(labels), min(labels))
    assert found["mean"] == pytest.approx(fmean(labels), rel=1e-14)
    assert found["std"] == pytest.approx(pstdev(labels), rel=1e-14)


def test_sizes_are_cut_and_not_rounded() -> None:
    sets = draw_split([str(i) for i in range(19)], test_split=0.2, valid_split=0.2)
    assert (len(sets["test"]), len(sets["valid"]), len(sets["train"])) == (3, 3, 13)


@given(
    samples=st.lists(st.integers(0, 30), min_size=12, max_size=60),
    by_hash=st.booleans(),
    seed=st.integers(0, 50),
)
def test_a_sample_listed_twice_is_in_one_set(samples: list[int], by_hash: bool, seed: int) -> None:
    names = [str(n) for n in samples]
    try:
        sets = draw_split(names, test_split=0.4, valid_split=0.4, seed=seed, by_hash=by_hash)
    except InputError as error:
        assert "would be empty" in str(error)
        return
    assert sorted(chain(*sets.values())) == list(range(len(names)))
    held = [{names[i] for i in rows} for rows in sets.values()]
    assert not (held[0] & held[1] or held[0] & held[2] or held[1] & held[2])


def test_by_hash_a_sample_keeps_its_set_when_the_dataset_grows(tmp_path: Path) -> None:
    options = {"test_split": 0.2, "valid_split": 0.25}
    small = write_dataset(tmp_path / "small", list(range(0, 2000, 3)))
    large = write_dataset(tmp_path / "large", list(range(2000)))
    for folder in (small, large):
        split_dataset(folder, seed=4, by_hash=True, **options)
    for name in ("train", "valid", "test"):
        before = numbers_in(small / f"dataset_{name}.csv")
        after = numbers_in(large / f"dataset_{name}.csv")
        assert set(before) == {n for n in after if n % 3 == 0}
    share = len(numbers_in(large / "dataset_test.csv")) / 2000
    assert share == pytest.approx(0.2, abs=5 * (0.2 * 0.8 / 2000) ** 0.5)


def test_stacks_and_arrays_of_the_same_samples_are_split_alike(tmp_path: Path) -> None:
    numbers = list(range(3, 300, 7))
    arrays = read_rows(write_dataset(tmp_path / "a", numbers) / "dataset_full.csv")
    stacks = read_rows(write_dataset(tmp_path / "s", numbers, stack=True) / "dataset_full.csv")
    assert arrays.identities() == stacks.identities()
    assert arrays.identities()[0] == "./3"
    assert stacks.label_names == ["a_late"]


def test_samples_of_two_folders_are_not_one_another(tmp_path: Path) -> None:
    path = tmp_path / "dataset_full.csv"
    path.write_text("input:xy,a\nrun1/xy_0.npy,1\nrun2/xy_0.npy,2\nrun1/xy_0.npy,1\n")
    assert read_rows(path).identities() == ["run1/0", "run2/0", "run1/0"]


@pytest.mark.parametrize("value", [0.0, 1.0, 1.5, -0.1, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["test_split", "valid_split"])
def test_fractions_outside_are_refused(tmp_path: Path, name: str, value: float) -> None:
    folder = write_dataset(tmp_path, list(range(10)))
    with pytest.raises(InputError, match=f"split is {value}; give a fraction above 0 and below 1"):
        split_dataset(folder, **{name: value})  # type: ignore[arg-type]
    assert [p.name for p in folder.iterdir()] == ["dataset_full.csv"]


def test_what_can_not_be_split_is_refused(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path, list(range(10)))
    with pytest.raises(InputError, match="no split fraction; give --test-split"):
        split_dataset(folder)
    with pytest.raises(InputError, match="the test set of 10 samples would be empty"):
        split_dataset(folder, test_split=0.05)
    with pytest.raises(InputError, match="no such file"):
        split_dataset(tmp_path / "nowhere", test_split=0.5)
    path = folder / "dataset_full.csv"
    path.write_text("input:xy,a_late\nxy_0.npy,fast\nxy_1.npy,fast\n")
    with pytest.raises(InputError, match="a_late: 'fast' is not a finite number"):
        split_dataset(folder, test_split=0.5)
    path.write_text("input:xy,a_late\nxy_0.npy\n")
    with pytest.raises(InputError, match="row 0 has 1 fields, not 2"):
        split_dataset(folder, test_split=0.5)
    path.write_text("a_late\n1\n")
    with pytest.raises(InputError, match="no column input:NAME or no row"):
        split_dataset(folder, test_split=0.5)
    assert [p.name for p in folder.iterdir()] == ["dataset_full.csv"]


def test_a_set_of_an_earlier_split_does_not_stay(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path, list(range(20)))
    split_dataset(folder, test_split=0.2, valid_split=0.2)
    split_dataset(folder, valid_split=0.5)
    assert not (folder / "dataset_test.csv").exists()
