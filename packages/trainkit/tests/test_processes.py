"""Runs in processes of their own: killed and resumed, and shared between two by torchrun."""

import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from trainkit.checkpoints import BEST_KEYS, LAST_KEYS, read_checkpoint
from trainkit.cli import main

FIT = ["fit", "disks", "--device", "cpu", "--threads", "1"]
SIZES = ["--synthetic", "56", "--batch-size", "8", "--validation", "0.2"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def finish(command: list[str]) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, env=ENVIRONMENT, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


# The command, killed by nobody's clock: it kills itself in the middle of its third epoch.
KILLED = """
import os
import signal
import sys

from trainkit.cli import main
from trainkit.objectives import DiskGeometry

step, done = DiskGeometry.step, []


def step_or_die(*args):
    done.append(None)
    if len(done) > int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    return step(*args)


DiskGeometry.step = step_or_die
main(sys.argv[2:])
"""


def test_a_run_killed_in_the_middle_and_resumed_ends_with_the_same_bytes(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    options = [*SIZES, "--epochs", "4"]
    assert main([*FIT, *options, "--out", str(whole)]) == 0
    # 56 disks, a fifth held out, in batches of 8: five or six steps an epoch.
    died = subprocess.run(
        [sys.executable, "-c", KILLED, "13", *FIT, *options, "--out", str(cut)],
        capture_output=True,
        env=ENVIRONMENT,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    assert read_checkpoint(cut / "last.pt", LAST_KEYS)["epoch"] == 2
    assert main([*FIT, *options, "--out", str(cut), "--resume"]) == 0
    for name in ("best.pt", "best.card.json", "history.csv", "history.png", "last.pt"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes(), name


# What each of torchrun's processes does, and this one by itself: a run of a network without batch
# norm (whose statistics would be those of each process's share), one of the small network as it
# is, and the command.
SCRIPT = """
import runpy
import sys
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

import trainkit.disk_fit as fit
import trainkit.runs as runs
from netzoo import DISCONET_COMPACT
from trainkit import FitConfig, Runtime


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(512, 32), nn.GELU())
        self.last = nn.Linear(35, 5)

    def forward(self, image, beam):
        return self.last(torch.cat([self.layers(image), beam], dim=1))


class Factory:
    card = DISCONET_COMPACT.card

    def __init__(self, build):
        self.build = build


class Watched(runs._Run):
    # After each epoch, and before the first process takes the best one's weights to score them.
    def _is_over(self, progress):
        torch.save(self.network.state_dict(), f"{self.folder}.rank{self.fabric.global_rank}")
        return super()._is_over(progress)


def run(out, build):
    config = FitConfig(
        model="disconet-compact", synthetic=48, epochs=2, batch_size=8, validation=0.2, lr=1e-3,
        warmup_epochs=0.5,
    )
    known = fit.find, runs._Run
    fit.find, runs._Run = lambda group, name: Factory(build), Watched
    try:
        fit.fit_disks(config, out=out, runtime=Runtime(device="cpu", threads=1, quiet=True))
    finally:
        fit.find, runs._Run = known


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    run(folder / "plain", Network)
    run(folder / "compact", DISCONET_COMPACT.build)
    sys.argv = ["trainkit", *sys.argv[2:]]
    runpy.run_module("trainkit.cli", run_name="__main__")
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder and the messages of a run of two processes."""
    folder = tmp_path_factory.mktemp("shared")
    script = folder / "script.py"
    script.write_text(SCRIPT)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command = [*FIT, *SIZES, "--epochs", "1", "--out", str(folder / "command")]
    return folder, finish([*torchrun, "--standalone", str(script), str(folder), *command])


def states_of(out: Path) -> list[dict[str, torch.Tensor]]:
    return [torch.load(f"{out}.rank{r}", weights_only=True) for r in (0, 1)]


def test_two_processes_train_what_one_does(shared: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = shared
    run_path = runpy.run_path(str(folder / "script.py"))
    run_path["run"](tmp_path / "one", run_path["Network"])
    one = read_checkpoint(tmp_path / "one" / "best.pt", BEST_KEYS)
    two = read_checkpoint(folder / "plain" / "best.pt", BEST_KEYS)
    assert one["val_loss"] == pytest.approx(two["val_loss"], rel=1e-4)
    for name, value in one["model_state"].items():
        assert torch.allclose(value, two["model_state"][name], atol=2e-4), name


def test_two_processes_end_with_one_network_batch_norm_and_all(shared: tuple[Path, str]) -> None:
    for name in ("plain", "compact"):
        first, second = states_of(shared[0] / name)
        assert all(torch.equal(v, second[k]) for k, v in first.items())
    assert any("running_mean" in key for key in first)


def test_the_command_runs_under_torchrun_and_one_process_writes(shared: tuple[Path, str]) -> None:
    folder, said = shared
    assert said.count("epoch 1/1: training loss") == 1
    assert said.count("pa_mae_deg") == 2
    assert sorted(p.name for p in (folder / "command").iterdir()) == [
        "best.card.json",
        "best.pt",
        "history.csv",
        "history.png",
        "last.pt",
    ]
