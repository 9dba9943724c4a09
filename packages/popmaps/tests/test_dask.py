"""Samples and maps on a live dask cluster: a scheduler and a worker in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from popmaps.cli import main

START_S = 600.0


def _start(folder: Path, *command: str) -> subprocess.Popen[bytes]:
    with (folder / "dask.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *command, "--no-dashboard"],
            cwd=folder,
            stdout=log,
            stderr=log,
        )


def _address(file: Path) -> str:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if file.is_file() and file.stat().st_size:
            return str(json.loads(file.read_text())["address"])
        time.sleep(0.05)
    raise TimeoutError(f"no scheduler in {START_S:g} s: {(file.parent / 'dask.log').read_text()}")


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a cluster whose worker runs two items at a time, in a folder of its own."""
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    place = ["--host", "127.0.0.1", "--port", "0"]
    processes = [_start(folder, "scheduler", "--scheduler-file", str(file), *place)]
    try:
        address = _address(file)
        threads = ["--nthreads", "2", "--no-nanny", "--local-directory", str(folder)]
        processes.append(_start(folder, "worker", address, *threads))
        yield address
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait()


def _bytes(folder: Path) -> dict[str, bytes]:
    files = (p for p in sorted(folder.rglob("*")) if p.is_file())
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


def test_a_live_cluster_makes_the_same_bytes(
    scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The worker is somewhere else: what is given relative to here must not depend on that.
    monkeypatch.chdir(tmp_path)
    sweep = ["--seed", "1", "-n", "300", "--samples", "3", "--vary", "h_c", "0.1", "0.3"]
    maps = ["--kind", "full", "--resolution-dyn", "8", "--resolution-ppdot", "8"]
    for name, where in (("here", ["--workers", "1"]), ("there", ["--dask", scheduler])):
        assert main(["simulate", "-o", name, *sweep, *where]) == 0
        made = ["--data", name, "--save-dir", f"maps_{name}", *maps]
        assert main(["generate", *made, *where]) == 0
    assert _bytes(tmp_path / "here") == _bytes(tmp_path / "there")
    arrays = _bytes(tmp_path / "maps_here")
    assert len([name for name in arrays if name.endswith(".npy")]) == 30
    there = _bytes(tmp_path / "maps_there")
    assert {
        n: b for n, b in arrays.items() if not n.startswith(".") and n != "provenance.json"
    } == {n: b for n, b in there.items() if not n.startswith(".") and n != "provenance.json"}
