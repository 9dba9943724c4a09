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
from skytypes import Sample

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
"""
ENTRIES = """
[skytypes.datasets]
good = madeup:Good
crash = madeup:Crash
double = madeup:Double
silent = madeup:Disks
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
