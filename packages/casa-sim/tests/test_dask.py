"""A catalogue on a live dask cluster: a scheduler and a worker in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from casa_sim.cli import main
from casa_sim.native.cache import VARIABLE
from casa_sim.native.campaign import shared_cache

MakeCatalogue = Callable[..., Path]
QUICK = {"time_s": "60", "array_cfg": "alma.cycle9.5.cfg", "array_lo": "", "niter": "50"}
START_S = 600.0


def _start(folder: Path, *command: str) -> subprocess.Popen[bytes]:
    with (folder / "dask.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *command, "--no-dashboard"],
            cwd=folder,
            env={**os.environ, VARIABLE: str(folder / "cache")},
            stdout=log,
            stderr=log,
        )


def _wait_for(file: Path) -> str:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if file.is_file() and file.stat().st_size:
            return str(json.loads(file.read_text())["address"])
        time.sleep(0.05)
    raise TimeoutError(f"no scheduler in {START_S:g} s: {(file.parent / 'dask.log').read_text()}")


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a cluster whose worker runs two disks at a time, in a folder of its own."""
    pytest.importorskip("distributed")
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    options = ["--scheduler-file", str(file)]
    place = ["--host", "127.0.0.1", "--port", "0"]
    processes = [_start(folder, "scheduler", *options, *place)]
    try:
        address = _wait_for(file)
        threads = ["--nthreads", "2", "--no-nanny", "--local-directory", str(folder)]
        processes.append(_start(folder, "worker", address, *threads))
        yield address
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait()


def test_a_live_cluster_makes_the_same_bytes(
    make_catalogue: MakeCatalogue,
    scheduler: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = make_catalogue(QUICK, {**QUICK, "seed": "8"}, {**QUICK, "pwv": "19", "band": "8"})
    # The worker is somewhere else: what is given relative to here must not depend on that.
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv(VARIABLE, "off")
    shared_cache.cache_clear()
    command = ["catalogue", "catalogue.csv", "--models", "models", "--imsize", "128", "--json"]
    command += ["--keep", "psf"]
    told = []
    for place in (["--workers", "1"], ["--dask", scheduler]):
        assert main([*command, "-o", "out", *place]) == 1
        told.append([json.loads(line) for line in capsys.readouterr().out.splitlines()])
        (path.parent / "out").rename(path.parent / place[0].strip("-"))
    for one, other in zip(*told, strict=True):
        assert {**one, "seconds": 0} == {**other, "seconds": 0}
    assert [row["status"] for row in told[1]] == ["made", "made", "failed"]
    here, there = (
        {str(p.relative_to(top)): p.read_bytes() for p in sorted(top.rglob("*.fits"))}
        for top in (path.parent / "workers", path.parent / "dask")
    )
    assert len(here) == 4
    assert here == there


def test_a_second_run_on_the_cluster_makes_nothing(
    make_catalogue: MakeCatalogue, scheduler: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_catalogue(QUICK)
    command = ["catalogue", str(path), "--models", str(path.parent / "models"), "--json"]
    command += ["-o", str(path.parent / "out"), "--imsize", "128", "--dask", scheduler]
    statuses = []
    for _ in range(2):
        assert main(command) == 0
        statuses.append(json.loads(capsys.readouterr().out)["status"])
    assert statuses == ["made", "kept"]
