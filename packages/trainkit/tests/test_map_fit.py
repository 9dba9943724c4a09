"""Runs on maps: small ones, with a stand-in for the dataset of popmaps."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from skytypes import encode, find
from skytypes.errors import ContractError, InputError
from skytypes.protocols import batch_of
from trainkit import MapsConfig, Runtime, fit_maps, load_network, predict
from trainkit.batches import Share
from trainkit.checkpoints import BEST_KEYS, LAST_KEYS, read_checkpoint
from trainkit.cli import main
from trainkit.loop import Loop
from trainkit.map_batches import EncodedMaps, MapBatches
from trainkit.map_cards import map_card
from trainkit.map_sets import evenly_spread, flat_maps, open_sets

QUIET = Runtime(device="cpu", quiet=True)
CONFIG = MapsConfig(epochs=3, batch_size=8, lr=2e-3)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def contents(folder: Path) -> dict[str, bytes]:
    names = ("best.pt", "best.card.json", "history.csv", "history.png")
    return {name: (folder / name).read_bytes() for name in names}


def test_it_learns_and_says_by_how_much(map_folder: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, epochs=12)
    result = fit_maps(map_folder, config, out=tmp_path / "run", runtime=QUIET)
    network, card = load_network(result.best)
    figures = {(m.name, m.baseline): m for m in card.metrics}
    assert set(figures) == {
        (f"{label}_{figure}", baseline)
        for label in ("across", "level")
        for figure in ("r2", "mae")
        for baseline in ("predict_mean", "ridge")
    }
    test = open_sets(map_folder, config).test
    assert test is not None
    said = predict(network, card, test, range(16))
    for label, truth in test.label_values().items():
        one = figures[f"{label}_r2", "ridge"]
        assert one.value > 0.6
        assert one.value == pytest.approx(1 - np.mean((said[label] - truth) ** 2) / truth.var())
        assert one.n == 16
        assert "16 samples of test that training never saw" in one.definition
        assert one.baseline_value is not None
        assert one.baseline_value > 0.5, "a ridge regression reads blobs well"
        mean = figures[f"{label}_r2", "predict_mean"].baseline_value
        assert mean is not None
        assert mean <= 0


def test_the_card_says_what_it_takes_and_what_it_was_trained_on(
    map_folder: Path, tmp_path: Path
) -> None:
    result = fit_maps(map_folder, CONFIG, out=tmp_path / "run", runtime=QUIET)
    card = result.card
    assert card.architecture == "mapnet"
    shapes = {spec.name: spec.shape for spec in card.inputs}
    assert shapes == {"maps_12x6": (1, 12, 6), "maps_8x8": (3, 8, 8)}
    chains = {c.name: [o.name for o in c.chain] for s in card.inputs for c in s.channels}
    assert chains["counts"] == chains["sky"] == ["asinh", "standardise"]
    assert chains["fluxes"] == ["standardise"]
    assert card.training["input_columns"] == ["sky", "counts", "fluxes", "even"]
    assert (card.training["train_samples"], card.training["test_samples"]) == (48, 16)
    truth = open_sets(map_folder, CONFIG).train.label_values()
    for output in card.outputs:
        assert output.offset == pytest.approx(truth[output.name].mean())
        assert output.scale == pytest.approx(truth[output.name].std())
    assert {o.name: o.unit for o in card.outputs} == {"across": "kpc", "level": ""}
    rule = next(r for r in card.usable if r.quantity == "across")
    assert (rule.at_least, rule.at_most) == (truth["across"].min(), truth["across"].max())
    best = read_checkpoint(result.best, BEST_KEYS)
    assert [name.partition("/")[0] for name in best["outputs"]] == ["across", "level"]
    rows = (tmp_path / "run" / "history.csv").read_text().splitlines()
    assert rows[0] == "epoch,lr,train_loss,val_loss,val_mse_across,val_mse_level"


@pytest.mark.parametrize("scale", ["sample", "training"])
def test_what_the_network_sees(map_folder: Path, scale: str) -> None:
    """A channel that is the same everywhere is 0; counts are stretched; each has its own scale."""
    config = replace(CONFIG, scale=scale)
    train = open_sets(map_folder, config).train
    card = map_card(load_base(), train, config)
    tensor = encode(card.inputs, batch_of(train, range(48)))["maps_8x8"]
    raw = batch_of(train, range(48)).inputs
    assert not tensor[:, 2].any()
    stretched = np.arcsinh(raw["counts"] / 0.1)
    axes = (1, 2) if scale == "sample" else (0, 1, 2)
    expected = (stretched - stretched.mean(axes, keepdims=True)) / stretched.std(
        axes, keepdims=True
    )
    np.testing.assert_allclose(tensor[:, 0], expected, atol=1e-5)
    fluxes = raw["fluxes"]
    expected = (fluxes - fluxes.mean(axes, keepdims=True)) / fluxes.std(axes, keepdims=True)
    np.testing.assert_allclose(tensor[:, 1], expected, atol=1e-5)


def load_base() -> Any:
    from skytypes import find

    return find("models", "mapnet").card


def test_targets_are_labels_standardised_by_training(map_folder: Path) -> None:
    sets = open_sets(map_folder, CONFIG)
    card = map_card(load_base(), sets.train, CONFIG)
    targets = EncodedMaps(sets.train, card).batch(range(48)).labels["targets"]
    np.testing.assert_allclose(targets.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(targets.std(axis=0), 1, atol=1e-6)


def test_channels_and_labels_are_those_asked_for(map_folder: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, epochs=1, channels=("fluxes", "counts"), labels=("level",))
    card = fit_maps(map_folder, config, out=tmp_path / "run", runtime=QUIET).card
    assert [c.name for c in card.inputs[0].channels] == ["fluxes", "counts"]
    assert card.training["input_columns"] == ["counts", "fluxes"]
    assert [o.name for o in card.outputs] == ["level"]


def test_the_same_seed_gives_the_same_bytes_kept_in_memory_or_not(
    map_folder: Path, tmp_path: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    fit_maps(map_folder, CONFIG, out=one, runtime=QUIET)
    fit_maps(map_folder, CONFIG, out=two, runtime=replace(QUIET, memory_gib=0.0))
    assert contents(one) == contents(two)
    other = fit_maps(map_folder, replace(CONFIG, seed=1), out=tmp_path / "c", runtime=QUIET)
    assert other.best.read_bytes() != (one / "best.pt").read_bytes()


def test_a_run_that_was_stopped_and_resumed_equals_one_that_was_not(
    map_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    first = fit_maps(map_folder, CONFIG, out=whole, runtime=QUIET)
    train = Loop.train

    def stop(loop: Loop, epoch: int) -> dict[str, float]:
        if epoch == 1:
            raise KeyboardInterrupt
        return train(loop, epoch)

    monkeypatch.setattr(Loop, "train", stop)
    with pytest.raises(KeyboardInterrupt):
        fit_maps(map_folder, CONFIG, out=cut, runtime=QUIET)
    assert read_checkpoint(cut / "last.pt", LAST_KEYS)["epoch"] == 1
    monkeypatch.setattr(Loop, "train", train)
    torch.rand(100)
    resumed = fit_maps(map_folder, CONFIG, out=cut, runtime=QUIET, resume=True)
    assert contents(cut) == contents(whole)
    assert resumed.history == first.history


def test_it_stops_when_nothing_better_comes(
    map_folder: Path, tmp_path: Path, change_table: Callable[..., None]
) -> None:
    """With far too high a rate the first epochs are the best; a resumed run stays stopped."""
    config = replace(CONFIG, epochs=50, patience=2, lr=0.5, warmup_epochs=0.0)
    result = fit_maps(map_folder, config, out=tmp_path / "run", runtime=QUIET)
    epochs = [row["epoch"] for row in result.history]
    losses = [row["val_loss"] for row in result.history]
    best = losses.index(min(losses))
    assert len(epochs) < 50
    assert len(epochs) == best + 1 + 2
    assert result.card.training["best_epoch"] == best + 1
    before = contents(tmp_path / "run")
    again = fit_maps(map_folder, config, out=tmp_path / "run", runtime=QUIET, resume=True)
    assert len(again.history) == len(epochs)
    assert contents(tmp_path / "run") == before


def test_without_a_test_set_the_validation_set_is_said(map_folder: Path, tmp_path: Path) -> None:
    (map_folder / "dataset_test.csv").unlink()
    config = replace(CONFIG, epochs=1)
    card = fit_maps(map_folder, config, out=tmp_path / "run", runtime=QUIET).card
    assert all("validation (which also chose the epoch)" in m.definition for m in card.metrics)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("valid", {"bins": 10}), r"dataset_valid.csv: 'sky' has 10 x 5 bins, in training 12 x 6"),
        (("test", {"first": 60}), "60 is in dataset_valid.csv and in dataset_test.csv; split anew"),
        (("valid", {"first": 0}), "0 is in dataset_train.csv and in dataset_valid.csv"),
        (("train", {"labels": ["even", "level"]}), "label 'even' is 3 in every row; leave it out"),
        (("train", {"count": 4}), "batch size 8 is larger than the 4"),
    ],
)
def test_bad_sets_are_refused_and_nothing_is_left(
    map_folder: Path,
    tmp_path: Path,
    change_table: Callable[..., None],
    change: tuple[str, dict[str, Any]],
    message: str,
) -> None:
    change_table(change[0], **change[1])
    with pytest.raises(InputError, match=message):
        fit_maps(map_folder, CONFIG, out=tmp_path / "run", runtime=QUIET)
    assert not (tmp_path / "run").exists()


def test_resuming_with_other_data_or_another_recipe_is_refused(
    map_folder: Path, tmp_path: Path, change_table: Callable[..., None]
) -> None:
    config = replace(CONFIG, epochs=1)
    fit_maps(map_folder, config, out=tmp_path / "run", runtime=QUIET)
    with pytest.raises(InputError, match=r"softening was 0\.1 and is 0\.2 now"):
        other = replace(config, softening=0.2)
        fit_maps(map_folder, other, out=tmp_path / "run", runtime=QUIET, resume=True)
    change_table("train", count=47)
    with pytest.raises(InputError, match=r"data train was '48 items .*' and is '47 items"):
        fit_maps(map_folder, config, out=tmp_path / "run", runtime=QUIET, resume=True)


def test_a_model_of_one_size_is_refused(map_folder: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, model="disconet-compact")
    with pytest.raises(ContractError, match="'disconet-compact' has one size only; give one for"):
        fit_maps(map_folder, config, out=tmp_path / "run", runtime=QUIET)


def test_flat_maps_hold_every_bin_in_the_order_of_the_channels(map_folder: Path) -> None:
    train = open_sets(map_folder, CONFIG).train
    flat = flat_maps(train, [3, 1])
    assert flat.shape == (2, 12 * 6 + 3 * 64)
    np.testing.assert_array_equal(flat[1, 72:136], train[1].inputs["counts"].ravel())


def test_the_command(
    map_folder: Path,
    tmp_path: Path,
    change_table: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    change_table("train", skipped={"000007": "a.npy: no such file"})
    argv = ["fit", "popmaps", "--data", str(map_folder), "--out", str(tmp_path / "run")]
    options = ["--channels", "counts,fluxes", "sky", "--labels", "across", "--epochs", "1"]
    assert main([*argv, *options, "--batch-size", "8", "--seed", "3", "--json"]) == 0
    out, err = capsys.readouterr()
    rows = [json.loads(line) for line in out.splitlines()]
    assert {r["name"] for r in rows} == {"across_r2", "across_mae"}
    assert {r["baseline"] for r in rows} == {"predict_mean", "ridge"}
    assert "dataset_train.csv: 1 rows are left out; the first: a.npy: no such file" in err
    _, card = load_network(tmp_path / "run" / "best.pt")
    assert card.training["recipe"]["channels"] == ["counts", "fluxes", "sky"]
    assert card.training["recipe"]["seed"] == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "nowhere"], "nowhere/dataset_train.csv: no such file; make it with popmaps"),
        (["--data", "nowhere", "--epochs", "0"], "epochs is 0; give a whole number"),
        (["--data", "nowhere", "--patience", "-1"], "patience is -1; give a whole number from 0"),
        (["--data", "nowhere", "--softening", "nan"], "softening is nan; give a number"),
        (["--data", "nowhere", "--scale", "sky"], "scale"),
        (["--data", "nowhere", "--model", "nonesuch"], "no model 'nonesuch' is installed"),
        ([], "--data"),
    ],
)
def test_bad_options_are_one_line_and_leave_nothing(
    map_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    assert main(["fit", "popmaps", "--out", str(tmp_path / "run"), *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert message in err
    assert not (tmp_path / "run").exists()


def test_help_names_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "popmaps", "--help"]) == 0
    out = capsys.readouterr().out
    for option in ("data", "channels", "labels", "epochs", "patience", "seed", "softening"):
        assert f"--{option}" in out


def test_processes_share_out_the_same_batches(map_folder: Path) -> None:
    """Each process takes its part of the batch that one alone would see, and none twice."""
    sets = open_sets(map_folder, CONFIG)
    card = map_card(load_base(), sets.train, CONFIG)

    def batches(rank: int, world: int) -> MapBatches:
        return MapBatches(
            sets.train,
            sets.valid,
            card,
            CONFIG,
            device=torch.device("cpu"),
            share=Share(rank, world),
            max_bytes=1 << 30,
        )

    alone, first, second = batches(0, 1), batches(0, 2), batches(1, 2)
    for epoch in (0, 1):
        parts = zip(*(b.training(epoch) for b in (alone, first, second)), strict=True)
        for whole, even, odd in parts:
            assert whole.items == even.items == odd.items
            assert whole.count == even.count == odd.count == 8
            assert torch.equal(whole.targets[::2], even.targets)
            assert torch.equal(whole.inputs[1][1::2], odd.inputs[1])
    orders = [[b.items for b in alone.training(epoch)] for epoch in (0, 1)]
    assert orders[0] != orders[1]
    held = torch.cat([b.targets for b in alone.validation()])
    shared = [torch.cat([b.targets for b in part.validation()]) for part in (first, second)]
    assert torch.equal(held[::2], shared[0])
    assert torch.equal(held[1::2], shared[1])
    assert alone.held_out() == len(held) == 16


def test_statistics_are_of_items_from_the_first_to_the_last() -> None:
    # 512 of 1000 at a step of one would be the first 512.
    items = evenly_spread(1000, 512)
    assert len(items) == len(set(items)) == 512
    assert (items[0], items[-1]) == (0, 999)
    assert set(np.diff(items)) <= {1, 2, 3}
    assert evenly_spread(5, 512) == [0, 1, 2, 3, 4]


def test_a_table_whose_second_half_differs_is_standardised_by_both(
    map_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainkit.map_cards.LOOKED_AT", 32)
    config = replace(CONFIG, scale="training", channels=("counts",), softening=0.0)
    train = open_sets(map_folder, config).train
    asked: list[int] = []
    batch = batch_of

    def noted(dataset: Any, indices: Any) -> Any:
        asked.extend(indices)
        return batch(dataset, indices)

    monkeypatch.setattr("trainkit.map_cards.batch_of", noted)
    map_card(find("models", "mapnet").card, train, config)
    assert len(set(asked)) == 32
    assert (min(asked), max(asked)) == (0, 47)


def test_other_maps_under_the_same_names_are_not_resumed_with(
    map_folder: Path, tmp_path: Path, change_table: Callable[..., None]
) -> None:
    fit_maps(map_folder, CONFIG, out=tmp_path / "run", runtime=QUIET)
    change_table("valid", spread=1.5)
    with pytest.raises(InputError, match=r"data valid was '16 items .*' and is '16 items"):
        fit_maps(map_folder, CONFIG, out=tmp_path / "run", runtime=QUIET, resume=True)
