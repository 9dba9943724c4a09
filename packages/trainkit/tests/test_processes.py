"""Runs in processes of their own: killed and resumed, and shared between two by torchrun."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from trainkit.checkpoints import BEST_KEYS, LAST_KEYS, read_checkpoint

COMMAND = ["-m", "trainkit.cli", "fit", "disks", "--device", "cpu"]
SIZES = ["--synthetic", "80", "--batch-size", "8", "--validation", "0.2"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def fit(out: Path, *options: str) -> list[str]:
    return [sys.executable, *COMMAND, *SIZES, "--out", str(out), *options]


def finish(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=120)
    assert done.returncode == 0, done.stderr


def epoch_of(path: Path) -> int:
    return int(read_checkpoint(path, LAST_KEYS)["epoch"]) if path.exists() else 0


def test_a_run_killed_in_the_middle_and_resumed_ends_with_the_same_bytes(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    finish(fit(whole, "--epochs", "4"))
    process = subprocess.Popen(
        fit(cut, "--epochs", "4"),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    deadline = time.monotonic() + 100
    while epoch_of(cut / "last.pt") < 1:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 1 <= epoch_of(cut / "last.pt") < 4
    finish(fit(cut, "--epochs", "4", "--resume"))
    for name in ("best.pt", "best.card.json", "history.csv", "history.png"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes(), name
    states = [
        read_checkpoint(f / "last.pt", LAST_KEYS)["networks"]["network"] for f in (whole, cut)
    ]
    assert all(torch.equal(v, states[1][k]) for k, v in states[0].items())


SCRIPT = '''
import sys
import torch
from torch import nn
import trainkit.fit as fit
from netzoo import DISCONET_COMPACT
from trainkit import FitConfig, Runtime, fit_disks
from dataclasses import replace

class Network(nn.Module):
    """No batch norm: its statistics would be those of each process's share."""
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(512, 32), nn.GELU())
        self.last = nn.Linear(35, 5)
    def forward(self, image, beam):
        return self.last(torch.cat([self.layers(image), beam], dim=1))

class Factory:
    card = DISCONET_COMPACT.card
    @staticmethod
    def build():
        return NETWORK()

NETWORK = Network if sys.argv[2] == "plain" else DISCONET_COMPACT.build
fit.find = lambda group, name: Factory
config = FitConfig(model="disconet-compact", synthetic=60, epochs=2, batch_size=8, validation=0.2,
                   lr=1e-3, warmup_epochs=0.5)
kept = {}
class Watched(fit._Run):
    def go(self, progress):
        card = super().go(progress)
        torch.save(self.network.state_dict(), f"{sys.argv[1]}.rank{self.fabric.global_rank}")
        return card
fit._Run = Watched
fit_disks(config, out=sys.argv[1], runtime=Runtime(device="cpu", quiet=True))
'''


def spread(script: Path, *arguments: str) -> None:
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    finish([*torchrun, "--master-port", "0", "--standalone", str(script), *arguments])


def states_of(out: Path) -> list[dict[str, torch.Tensor]]:
    return [torch.load(f"{out}.rank{r}", weights_only=True) for r in (0, 1)]


def test_two_processes_train_what_one_does(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    finish([sys.executable, str(script), str(tmp_path / "one"), "plain"])
    spread(script, str(tmp_path / "two"), "plain")
    one = read_checkpoint(tmp_path / "one" / "best.pt", BEST_KEYS)
    two = read_checkpoint(tmp_path / "two" / "best.pt", BEST_KEYS)
    assert one["val_loss"] == pytest.approx(two["val_loss"], rel=1e-4)
    for name, value in one["model_state"].items():
        assert torch.allclose(value, two["model_state"][name], atol=2e-4), name
    first, second = states_of(tmp_path / "two")
    assert all(torch.equal(v, second[k]) for k, v in first.items())


def test_two_processes_end_with_one_network_batch_norm_and_all(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    spread(script, str(tmp_path / "two"), "compact")
    first, second = states_of(tmp_path / "two")
    assert any("running_mean" in name for name in first)
    assert all(torch.equal(v, second[k]) for k, v in first.items())


def test_the_command_runs_under_torchrun_and_one_process_writes(tmp_path: Path) -> None:
    out = tmp_path / "run"
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command = [*torchrun, "--standalone", *COMMAND, *SIZES, "--epochs", "1", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("epoch 1/1: training loss") == 1
    assert done.stdout.count("incl_mae_deg") == 2
    assert sorted(p.name for p in out.iterdir()) == [
        "best.card.json",
        "best.pt",
        "history.csv",
        "history.png",
        "last.pt",
    ]
