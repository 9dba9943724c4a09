"""What is believed of ``last.pt``."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from netzoo import DISCONET_COMPACT
from skytypes.errors import InputError
from trainkit import FitConfig, Runtime, fit_disks
from trainkit.checkpoints import LAST_KEYS, read_checkpoint
from trainkit.cli import main

QUIET = Runtime(device="cpu", threads=1, quiet=True)
CONFIG = FitConfig(
    model="disconet-compact",
    synthetic=0,
    repeats=1,
    epochs=2,
    batch_size=8,
    validation=0.2,
    warmup_epochs=0.5,
    lr=1e-3,
)


def fit(out: Path, dataset: Any, *, resume: bool) -> None:
    fit_disks(CONFIG, out=out, runtime=QUIET, extra=[("gaussians", dataset)], resume=resume)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("resuming") / "run"


@pytest.fixture
def last(folder: Path, tmp_path: Path, gaussian_disks: Callable[..., Any]) -> Path:
    """A copy of ``last.pt`` in a copy of a run's folder."""
    if not folder.exists():
        fit(folder, gaussian_disks(40), resume=False)
    shutil.copytree(folder, tmp_path / "run")
    return tmp_path / "run" / "last.pt"


def put(value: Any, *keys: Any) -> Callable[[Any], None]:
    def change(content: Any) -> None:
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = value

    return change


STATE = ("descents", "network", "optimiser", "state")
ROW = {"epoch": 1, "lr": 1e-3, "train_loss": 1.0}

DAMAGES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "epoch below 0": (put(-5, "epoch"), "epoch is -5 of 2"),
    "epoch beyond the last": (put(3, "epoch"), "epoch is 3 of 2"),
    "epoch of text": (put("2", "epoch"), "epoch is '2' of 2"),
    "epoch with too short a history": (put(1, "epoch"), "history is not one row for each of 1"),
    "history of text": (put("ab", "history"), "history is not one row for each of 2"),
    "history of other columns": (put(ROW, "history", 1), "history has other columns"),
    "history with text": (put("x", "history", 1, "lr"), "history is not numbers by name"),
    "loss not finite": (put(torch.nan, "history", 0, "val_loss"), "a loss that is not finite in"),
    "other best": (put(-1.0, "best", "val_loss"), "best is not the lowest loss of history"),
    "best of text": (put("abc", "best"), "not a state of this run"),
    "moments of another shape": (
        put(torch.zeros(7), *STATE, 0, "exp_avg"),
        r"optimiser state of '.*': exp_avg: float32 of shape \(7,\) instead of",
    ),
    "moments missing": (lambda c: c["descents"]["network"]["optimiser"]["state"].pop(0), "missing"),
    "moments of no parameter": (put({}, *STATE, 9999), r"of \[9999\], which are no parameters"),
    "a moment missing": (lambda c: c["descents"]["network"]["optimiser"]["state"][1].pop("step"),
        "is not step, exp_avg and exp_avg_sq"),
    "moments of text": (put("x", *STATE, 0, "exp_avg_sq"), "no dense tensor of real numbers"),
    "no steps": (put(torch.tensor(0.0), *STATE, 0, "step"), "below what it can be"),
    "steps of text": (put("x", "descents", "network", "step"), "step is 'x'"),
    "steps below 0": (put(-1, "descents", "network", "step"), "step is -1"),
    "no optimiser": (put({}, "descents", "network"), "not a state of this run"),
    "no network": (put({}, "networks"), "not a state of this run"),
    "weights of text": (put({"a": "b"}, "networks", "network"), "weights|not a state of this run"),
    "precision of text": (put("x", "precision"), "precision is not numbers by name"),
    "a tensor in the recipe": (put(torch.zeros(2), "config", "lr"), "not a state|lr was"),
    "a tensor in the data": (put({"gaussians": torch.zeros(2)}, "data"), "not a state|data"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_state_that_no_run_leaves_is_refused_in_one_line(
    last: Path, gaussian_disks: Callable[..., Any], damage: str
) -> None:
    change, message = DAMAGES[damage]
    content = read_checkpoint(last, LAST_KEYS)
    change(content)
    torch.save(content, last)
    before = {p.name: p.read_bytes() for p in last.parent.iterdir()}
    with pytest.raises(InputError, match=message) as e:
        fit(last.parent, gaussian_disks(40), resume=True)
    assert str(last) in str(e.value)
    assert "\n" not in str(e.value)
    assert {p.name: p.read_bytes() for p in last.parent.iterdir()} == before


def test_the_optimisers_options_are_those_of_the_recipe_whatever_the_file_says(
    last: Path, gaussian_disks: Callable[..., Any]
) -> None:
    content = read_checkpoint(last, LAST_KEYS)
    content["descents"]["network"]["optimiser"]["param_groups"] = [{"betas": (5.0, "x")}]
    torch.save(content, last)
    fit(last.parent, gaussian_disks(40), resume=True)


def test_a_parameter_that_never_had_a_gradient_needs_no_moments(
    tmp_path: Path, gaussian_disks: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Factory:
        card = DISCONET_COMPACT.card

        def build(self) -> nn.Module:
            network = DISCONET_COMPACT.build()
            next(network.parameters()).requires_grad_(False)
            network.register_parameter("unused", nn.Parameter(torch.rand(3)))
            return network

    monkeypatch.setattr("trainkit.disk_fit.find", lambda group, name: Factory())
    fit(tmp_path / "run", gaussian_disks(40), resume=False)
    fit(tmp_path / "run", gaussian_disks(40), resume=True)


def test_on_the_command_line_it_is_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    options = "fit disks --synthetic 32 --validation 0.1 --epochs 1 --batch-size 8 --threads 1"
    command = [*options.split(), "--device", "cpu", "--out", str(out)]
    assert main(command) == 0
    content = read_checkpoint(out / "last.pt", LAST_KEYS)
    content["history"] = "abc"
    torch.save(content, out / "last.pt")
    capsys.readouterr()
    assert main([*command, "--resume"]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert "not a state of this run" in said[0]
