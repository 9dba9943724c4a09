import gc
import multiprocessing
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import skyrun.workers
from skyrun.workers import ordered_map, require_scheduler
from skytypes import item_rng
from skytypes.errors import (
    ContractError,
    InputError,
    MissingPackageError,
    SkyError,
)

WAIT_S = 600.0
"""Until something that must happen is given up, however slow the machine."""


class DiskError(SkyError):
    """An error of another package, with more than a message."""

    def __init__(self, disk: str, reason: str) -> None:
        super().__init__(f"{disk}: {reason}")
        self.disk = disk


def late_square(n: int) -> float:
    """Early items take longest, so that they end in the wrong order."""
    time.sleep(0.2 if n == 0 else 0.0)
    if n == 3:
        raise DiskError("Disk_003", "no flux")
    return float(n + item_rng(1, n, "test").normal())


def crash(n: int) -> int:
    return 1 // (n - 1)


def die(n: int) -> int:
    if n == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def where(_: int) -> tuple[int, str]:
    return os.getpid(), multiprocessing.get_start_method()


def outcomes(**options: Any) -> list[tuple[int, float | None, str | None]]:
    found = ordered_map(late_square, range(6), quiet=True, **options)
    return [(o.index, o.value, o.error) for o in found]


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Address of a dask cluster inside this process."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        dashboard_address=None,
        protocol="tcp",
        host="127.0.0.1",
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def scheduler(cluster: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same address, waited for however slow the machine."""
    monkeypatch.setattr(skyrun.workers, "_DASK_TIMEOUT_S", WAIT_S)
    return cluster


def test_results_are_in_order_and_errors_stay_with_their_item() -> None:
    found = outcomes()
    assert [o[0] for o in found] == list(range(6))
    assert found[3] == (3, None, "Disk_003: no flux")
    assert all(error is None for i, _, error in found if i != 3)


def test_the_same_results_with_two_workers() -> None:
    assert outcomes(workers=2) == outcomes()


def test_the_same_results_on_dask(scheduler: str) -> None:
    assert outcomes(dask=scheduler) == outcomes()


def test_workers_are_spawned_processes_of_their_own() -> None:
    seen = [o.value for o in ordered_map(where, range(4), workers=2, quiet=True)]
    assert all(v is not None and v[0] != os.getpid() for v in seen)


def test_one_worker_is_this_process() -> None:
    (outcome,) = ordered_map(where, [0], workers=4, quiet=True)
    assert outcome.value is not None
    assert outcome.value[0] == os.getpid()


def test_items_are_made_as_they_are_asked_for() -> None:
    made: list[int] = []
    results = ordered_map(made.append, iter([1, 2, 3]), quiet=True)
    next(results)
    assert made == [1]


class Kept:
    """A value that knows how many of its kind are alive."""

    alive = 0

    def __init__(self, index: int) -> None:
        self.index = index
        Kept.alive += 1

    def __del__(self) -> None:
        Kept.alive -= 1

    def __reduce__(self) -> tuple[type["Kept"], tuple[int]]:
        return Kept, (self.index,)


def keep(n: int) -> Kept:
    return Kept(n)


def most_alive(**options: Any) -> int:
    """Largest number of values held while 100 are asked for one after another."""
    most = 0
    for index, outcome in enumerate(ordered_map(keep, range(100), quiet=True, **options)):
        assert outcome.value is not None
        assert outcome.value.index == index
        gc.collect()
        most = max(most, Kept.alive)
    return most


def test_processes_do_not_keep_all_values() -> None:
    assert most_alive(workers=2) <= 2 * skyrun.workers._AHEAD + 4


def test_a_cluster_does_not_keep_all_values(
    scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(skyrun.workers, "_AHEAD_ON_DASK", 1)
    assert most_alive(dask=scheduler) <= 2 * 2 * skyrun.workers._AHEAD + 4


@pytest.mark.parametrize("workers", [1, 2])
def test_a_defect_is_raised(workers: int) -> None:
    with pytest.raises(ZeroDivisionError):
        list(ordered_map(crash, range(3), workers=workers, quiet=True))


def test_a_defect_on_dask_is_raised(scheduler: str) -> None:
    with pytest.raises(ZeroDivisionError):
        list(ordered_map(crash, range(3), dask=scheduler, quiet=True))


def test_a_killed_worker_is_one_line() -> None:
    with pytest.raises(SkyError, match=r"a worker process died at item .*fewer workers"):
        list(ordered_map(die, range(4), workers=2, quiet=True))


@pytest.mark.parametrize("workers", [0, -1])
def test_no_workers_is_refused_at_once(workers: int) -> None:
    with pytest.raises(InputError, match=f"workers is {workers}; give 1 or more"):
        ordered_map(abs, [1], workers=workers)


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:9", "nonsense", "", "smoke://x:1", "tcp://:1", "tcp://x:y", "x:1"]
)
def test_an_address_where_nobody_answers_is_refused_without_dask_trying_on(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    distributed = pytest.importorskip("distributed")
    tried: list[object] = []
    monkeypatch.setattr(distributed, "Client", lambda *given, **_: tried.append(given))
    refusal = r"no dask scheduler answers at .*give tcp://HOST:PORT"
    with pytest.raises(InputError, match=refusal):
        list(ordered_map(abs, [1], dask=address, label="counting"))
    with pytest.raises(InputError, match=refusal):
        require_scheduler(address)
    # No bar either, not even one that says 0/1.
    assert (tried, capsys.readouterr().err) == ([], "")


def test_a_scheduler_that_answers_is_not_refused(scheduler: str) -> None:
    require_scheduler(scheduler)
    require_scheduler(None)


def test_a_listener_that_is_no_scheduler_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    # It never speaks: the wait is always the whole one.
    monkeypatch.setattr(skyrun.workers, "_DASK_TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(InputError, match="no dask scheduler answers at "):
            list(ordered_map(abs, [1], dask=address, quiet=True))


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingPackageError, match=r"install skyrun\[dask\]"):
        list(ordered_map(abs, [1], dask="tcp://127.0.0.1:9", quiet=True))


def test_nothing_to_do_is_no_error() -> None:
    assert list(ordered_map(abs, [], workers=2, quiet=True)) == []


def test_a_label_gives_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    list(ordered_map(abs, [1, 2], label="counting"))
    assert capsys.readouterr().err.startswith("counting: 2/2 in")
    list(ordered_map(abs, [1, 2]))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("kind", [SkyError, InputError, ContractError, MissingPackageError])
def test_our_errors_survive_pickling(kind: type[SkyError]) -> None:
    back = pickle.loads(pickle.dumps(kind("a.fits: no WCS; give one")))
    assert type(back) is kind
    assert str(back) == "a.fits: no WCS; give one"


INTERRUPTED = """
import sys, time
from skyrun.commands import make_app, run
from skyrun.workers import ordered_map
def slow(n):
    print("busy", flush=True)
    time.sleep(3600)
app = make_app("skyrun", "Test.")
@app.command
def go() -> None:
    list(ordered_map(slow, range(8), workers=2))
if __name__ == "__main__":
    sys.exit(run(app))
"""


def test_ctrl_c_stops_busy_workers_without_their_tracebacks(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(INTERRUPTED)
    process = subprocess.Popen(
        [sys.executable, str(program), "go"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = ""
    while said.count("busy") < 2:
        said += process.stdout.read(1)
    # As a terminal does: to the command and its workers.
    os.killpg(process.pid, signal.SIGINT)
    try:
        _, err = process.communicate(timeout=WAIT_S)
    finally:
        process.kill()
    assert process.returncode == 130
    assert err == "skyrun: stopped; run it again to continue where it can\n"


def test_workers_leave_when_the_first_process_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(INTERRUPTED)
    process = subprocess.Popen(
        [sys.executable, str(program), "go"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = ""
    while said.count("busy") < 2:
        said += process.stdout.read(1)
    process.kill()
    # Standard output closes when the last process that holds it has left.
    rest, _ = process.communicate(timeout=WAIT_S)
    assert "busy" not in rest
