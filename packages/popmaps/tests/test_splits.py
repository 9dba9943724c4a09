"""Splits: sizes, order, and that no sample is in two sets."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from contextlib import suppress
from itertools import chain
from pathlib import Path
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popmaps.cli import main
from popmaps.dataset_rows import read_rows
from popmaps.splits import draw_split, split_dataset
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
    with pytest.raises(InputError, match=r"csv: line [23], a_late: 'fast' is not a finite number"):
        split_dataset(folder, test_split=0.5)
    path.write_text('input:xy,a_late\n\n"xy\n_0.npy",1\nxy_1.npy,\nxy_2.npy,2\n')
    assert read_rows(path).lines == (4, 5, 6)
    path.write_text("input:xy,a_late\nxy_0.npy\n")
    with pytest.raises(InputError, match="line 2 has 1 fields, not 2"):
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


def held(folder: Path) -> dict[str, str]:
    """What the files of the sets hold; hidden ones are what a killed run was writing."""
    names = ("dataset_train.csv", "dataset_valid.csv", "dataset_test.csv", "statistics_train.json")
    return {n: (folder / n).read_text() for n in names if (folder / n).is_file()}


@pytest.mark.parametrize("name", ["dataset_valid.csv", "dataset_test.csv", "statistics_train.json"])
@pytest.mark.parametrize(
    "fractions", [{"test_split": 0.3, "valid_split": 0.2}, {"test_split": 0.3}]
)
def test_a_place_that_can_not_be_written_leaves_the_earlier_split(
    tmp_path: Path, name: str, fractions: dict[str, float], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_dataset(tmp_path, list(range(40)))
    split_dataset(folder, test_split=0.3, valid_split=0.2)
    (folder / name).unlink()
    (folder / name).mkdir()
    before = held(folder)
    words = [f"--{k.replace('_', '-')}={v}" for k, v in fractions.items()]
    assert main(["split", "--dataset-path", str(folder), *words, "--seed", "1"]) == 2
    err = capsys.readouterr().err
    assert f"{name}: is a folder; move it" in err
    assert err.count("\n") == 1
    assert held(folder) == before
    assert len(before) == 3


class KilledError(BaseException):
    """Stands for the end of the program at that moment."""


def test_no_moment_of_a_split_leaves_sets_that_share_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program ends before its 1st, 2nd ... step on the disk, and nothing tidies up."""
    steps = [(Path, "unlink"), (Path, "replace"), (Path, "write_bytes")]
    before: dict[str, str] = {}
    seen = set()
    for last in range(100):
        folder = write_dataset(tmp_path / str(last), list(range(40)))
        split_dataset(folder, test_split=0.3, valid_split=0.2)
        before = held(folder)
        left = [last]

        def dies(real: Callable[..., object], left: list[int] = left) -> Callable[..., object]:
            def step(*words: object, **options: object) -> object:
                left[0] -= 1
                if left[0] < 0:
                    raise KilledError
                return real(*words, **options)

            return step

        with monkeypatch.context() as patch:
            for owner, name in steps:
                patch.setattr(owner, name, dies(getattr(owner, name)))
            with suppress(KilledError):
                split_dataset(folder, test_split=0.3, valid_split=0.2, seed=1)
        sets = {n: numbers_in(folder / n) for n in held(folder) if n.endswith(".csv")}
        listed = list(chain(*sets.values()))
        assert len(listed) == len(set(listed)), f"killed before step {last}"
        if "dataset_train.csv" in sets:
            assert len(held(folder)) == 4
            assert sorted(listed) == list(range(40))
        seen.add(tuple(sorted(sets)))
        if left[0] >= 0:
            break
    assert left[0] >= 0
    assert held(folder) != before
    assert {(), ("dataset_test.csv",), ("dataset_test.csv", "dataset_valid.csv")} < seen


def test_sets_behind_links_are_replaced_where_they_are(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "set", list(range(40)))
    (folder / "dataset_train.csv").symlink_to(tmp_path / "elsewhere.csv")
    for seed in (0, 1):
        split_dataset(folder, test_split=0.3, seed=seed)
    rest = set(range(40)) - set(numbers_in(folder / "dataset_test.csv"))
    assert set(numbers_in(tmp_path / "elsewhere.csv")) == rest


def test_the_file_may_be_given_for_its_folder(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path, list(range(10)))
    assert split_dataset(folder / "dataset_full.csv", test_split=0.3) == {"test": 3, "train": 7}
    assert len(numbers_in(folder / "dataset_test.csv")) == 3
    with pytest.raises(InputError, match=r"nowhere.dataset_full\.csv: no such file"):
        split_dataset(folder / "nowhere" / "dataset_full.csv", test_split=0.3)
    with pytest.raises(InputError, match=r"dataset_test\.csv: is a file; give the folder of"):
        split_dataset(folder / "dataset_test.csv", test_split=0.3)
