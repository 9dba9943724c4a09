"""Runs in processes of their own: killed and resumed, and shared between several by torchrun."""

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


# What each of torchrun's processes does, and this one by itself. Of two processes: a run of a
# network without batch norm (whose statistics would be those of each process's share), one of the
# small network as it is, one with a single disk held out, and the command. Of three: the first two,
# and a run that stops after an epoch and goes on.
SCRIPT = """
import os
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
from trainkit.sources import make_corpus
from skytypes.errors import InputError

CONFIG = FitConfig(
    model="disconet-compact", synthetic=48, epochs=2, batch_size=8, validation=0.2, lr=1e-3,
    warmup_epochs=0.5,
)
RUNTIME = Runtime(device="cpu", threads=1, quiet=True)


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
    stop = 0

    # After each epoch, and before the first process takes the best one's weights to score them.
    def _is_over(self, progress):
        torch.save(self.network.state_dict(), f"{self.folder}.rank{self.fabric.global_rank}")
        if progress.epoch == self.stop > 0:
            raise KeyboardInterrupt
        return super()._is_over(progress)


def run(out, build, config=CONFIG, *, resume=False):
    known = fit.find, runs._Run
    fit.find, runs._Run = lambda group, name: Factory(build), Watched
    try:
        fit.fit_disks(config, out=out, resume=resume, runtime=RUNTIME)
    finally:
        fit.find, runs._Run = known


def one_held_out():
    for seed in range(1000):
        config = replace(CONFIG, synthetic=24, validation=0.04, seed=seed)
        try:
            if len(make_corpus(config, Factory.card, RUNTIME).validation()) == 1:
                return config
        except InputError:
            pass


def two(folder, command):
    run(folder / "plain", Network)
    run(folder / "compact", DISCONET_COMPACT.build)
    try:
        run(folder / "few", Network, one_held_out())
    except InputError as error:
        (folder / f"few.rank{os.environ['RANK']}").write_text(str(error))
    sys.argv = ["trainkit", *command]
    runpy.run_module("trainkit.cli", run_name="__main__")


def three(folder):
    run(folder / "plain", Network)
    run(folder / "whole", DISCONET_COMPACT.build)
    Watched.stop = 1
    try:
        run(folder / "cut", DISCONET_COMPACT.build)
    except KeyboardInterrupt:
        Watched.stop = 0
    run(folder / "cut", DISCONET_COMPACT.build, resume=True)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    two(folder, sys.argv[2:]) if os.environ["WORLD_SIZE"] == "2" else three(folder)
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder and the messages of a run of two processes."""
    folder = tmp_path_factory.mktemp("shared")
    command = [*FIT, *SIZES, "--epochs", "1", "--out", str(folder / "command")]
    return folder, torchrun(2, folder, *command)


@pytest.fixture(scope="module")
def among_three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the runs of three processes."""
    folder = tmp_path_factory.mktemp("three")
    torchrun(3, folder)
    return folder


def torchrun(processes: int, folder: Path, *command: str) -> str:
    script = folder / "script.py"
    script.write_text(SCRIPT)
    start = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(processes)]
    return finish([*start, "--standalone", str(script), str(folder), *command])


def states_of(out: Path) -> list[dict[str, torch.Tensor]]:
    return [torch.load(f"{out}.rank{r}", weights_only=True) for r in (0, 1)]


def test_two_and_three_processes_train_what_one_does(
    shared: tuple[Path, str], among_three: Path, tmp_path: Path
) -> None:
    run_path = runpy.run_path(str(among_three / "script.py"))
    run_path["run"](tmp_path / "one", run_path["Network"])
    one = read_checkpoint(tmp_path / "one" / "best.pt", BEST_KEYS)
    for folder in (shared[0], among_three):
        more = read_checkpoint(folder / "plain" / "best.pt", BEST_KEYS)
        assert one["val_loss"] == pytest.approx(more["val_loss"], rel=1e-4)
        for name, value in one["model_state"].items():
            assert torch.allclose(value, more["model_state"][name], atol=2e-4), name


def test_two_processes_end_with_one_network_batch_norm_and_all(shared: tuple[Path, str]) -> None:
    for name in ("plain", "compact"):
        first, second = states_of(shared[0] / name)
        assert all(torch.equal(v, second[k]) for k, v in first.items())
    assert any("running_mean" in key for key in first)


def test_fewer_held_out_disks_than_processes_are_refused_by_all(shared: tuple[Path, str]) -> None:
    for rank in (0, 1):
        said = (shared[0] / f"few.rank{rank}").read_text()
        assert said == (
            "held out for validation: 1, fewer than the 2 processes; hold out more or "
            "give fewer processes"
        )
    assert not (shared[0] / "few" / "last.pt").exists()


def test_three_processes_stopped_and_resumed_end_with_the_same_bytes(among_three: Path) -> None:
    """Their gradients have three summands, whose sum hangs on the order."""
    whole, cut = among_three / "whole", among_three / "cut"
    for name in ("best.pt", "best.card.json", "history.csv", "history.png", "last.pt"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes(), name


def test_the_command_runs_under_torchrun_and_one_process_writes(shared: tuple[Path, str]) -> None:
    folder, said = shared
    assert said.count("epoch 1/1: training loss") == 1
    assert said.count("pa_mae_deg") == 2
    assert "deprecated" not in said
    assert sorted(p.name for p in (folder / "command").iterdir()) == [
        "best.card.json",
        "best.pt",
        "history.csv",
        "history.png",
        "last.pt",
    ]
