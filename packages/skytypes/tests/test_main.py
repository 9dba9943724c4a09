"""``python -m skytypes`` lists what is registered, and one broken package hides no other."""

import runpy
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

from skytypes import registry
from skytypes.__main__ import main

PACKAGE = """
import numpy as np
from dataclasses import replace
from skytypes import Beam, Observation, Sample, find

class Disks:
    def __init__(self, dtype):
        self.dtype = dtype
    def __len__(self):
        return 2
    def __getitem__(self, index):
        return Sample({"x": np.full(2, index, self.dtype)})

class Good(Disks):
    @classmethod
    def example(cls):
        return cls(np.float32)

class Double(Disks):
    @classmethod
    def example(cls):
        return cls(np.float64)

class Crash:
    @classmethod
    def example(cls):
        raise RuntimeError("engine on fire")

class Borrowed(Disks):
    @classmethod
    def example(cls):
        return find("skies", "absent")

class Blur:
    away_deg = 0.0
    @classmethod
    def example(cls):
        return cls()
    def observe(self, sky, /, *, seed):
        beam, ra_deg = Beam(0.1, 0.1, 0.0), sky.ra_deg + self.away_deg
        return Observation(replace(sky, unit="Jy/beam", beam=beam, ra_deg=ra_deg))

class Mispointed(Blur):
    away_deg = 1.0
"""
ENTRIES = """
[skytypes.datasets]
borrowed = madeup:Borrowed
good = madeup:Good
crash = madeup:Crash
double = madeup:Double
silent = madeup:Disks
[skytypes.simulators]
blur = madeup:Blur
mispointed = madeup:Mispointed
unseen = madeup:Disks
[skytypes.models]
gone = madeup:nonesuch
"""


def test_each_object_gets_a_line_and_failures_a_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "madeup.py").write_text(PACKAGE)
    info = tmp_path / "madeup-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: madeup\nVersion: 1\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.syspath_prepend(tmp_path)
    # What is really installed is checked by its own package, not here again.
    alone = next(iter(distributions(path=[str(tmp_path)]))).entry_points
    monkeypatch.setattr(registry, "entry_points", alone.select)

    assert main() == 1
    found = {line.split()[1]: line for line in capsys.readouterr().out.splitlines()}
    assert found["good"].endswith("checked")
    assert found["silent"].endswith("imported (no example() to check)")
    assert found["crash"].endswith("FAILED: RuntimeError: engine on fire")
    assert "imported (no example: no sky source 'absent' is installed" in found["borrowed"]
    assert found["blur"].endswith("checked")
    assert "FAILED: image points 1 deg away from the sky's" in found["mispointed"]
    assert found["unseen"].endswith("imported (no example() to check)")
    assert "FAILED: item 0: 'x' is float64, not float32" in found["double"]
    assert "FAILED: model 'gone' is registered as madeup:nonesuch" in found["gone"]


def test_nothing_registered_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda **_: ())
    monkeypatch.delitem(sys.modules, "skytypes.__main__")
    monkeypatch.setattr(sys, "argv", ["skytypes"])
    with pytest.raises(SystemExit) as left:
        runpy.run_module("skytypes", run_name="__main__")
    assert left.value.code == 0


def test_arguments_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 2
    assert capsys.readouterr().err.startswith("skytypes: error: takes no arguments")
