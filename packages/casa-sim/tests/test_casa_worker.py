"""The worker process, with a stand-in for CASA."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from casa_sim.casa.calls import Call, observing_calls
from casa_sim.casa.installation import check_casa_installed
from casa_sim.casa.messages import last_severe
from casa_sim.casa.worker import JOB_TIMEOUT_S, CasaWorker
from casa_sim.errors import CasaError
from casa_sim.settings import ObservationSettings
from skytypes import SkyImage
from skytypes.errors import MissingPackageError

WAIT_S = 600.0
"""Until something that must happen is given up, however slow the machine."""


def _job(folder: Path, sky: SkyImage, pwv: float = 1.0) -> list[Call]:
    folder.mkdir(parents=True)
    np.save(folder / "sky.npy", sky.data)
    settings = ObservationSettings("alma.cycle9.7.cfg", pwv_mm=pwv, imsize_px=64)
    return observing_calls(settings, sky, seed=1)


def _run(worker: CasaWorker, folder: Path, sky: SkyImage, pwv: float = 1.0) -> list[dict[str, Any]]:
    calls = _job(folder, sky, pwv)
    return worker.run(calls, folder=folder, log=folder.with_suffix(".log"))


@pytest.mark.usefixtures("fake_casa")
def test_one_process_serves_many_jobs(tmp_path: Path, sky: SkyImage) -> None:
    with CasaWorker(tmp_path / "worker") as worker:
        first = _run(worker, tmp_path / "a", sky)
        pid = worker.pid
        _run(worker, tmp_path / "b", sky)
        assert worker.pid == pid
        assert worker.versions == {"casa": "0.0 (fake)"}
    assert [r["call"] for r in first] == [
        "make_image",
        "simobserve",
        "measure_noise",
        "tclean",
        "exportfits",
    ]
    assert first[2]["value"]["sigma_jy"] == [pytest.approx(0.01, rel=0.1)]
    assert first[3]["value"] == {"iterdone": 800, "nmajordone": 1, "stopcode": 1}


@pytest.mark.usefixtures("fake_casa")
def test_messages_go_to_the_log_of_the_job(tmp_path: Path, sky: SkyImage) -> None:
    with CasaWorker(tmp_path / "worker") as worker:
        _run(worker, tmp_path / "a", sky)
    log = (tmp_path / "a.log").read_text()
    assert "observing with alma.cycle9.7.cfg" in log
    assert "simobserve talks" in log
    assert "and on standard error" in log


@pytest.mark.usefixtures("fake_casa")
def test_nothing_is_written_elsewhere(
    tmp_path: Path, sky: SkyImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, home = tmp_path / "here", tmp_path / "home"
    here.mkdir()
    home.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(home))
    with CasaWorker(tmp_path / "worker") as worker:
        _run(worker, tmp_path / "a", sky)
        assert (tmp_path / "worker" / "home" / ".casa").is_dir()
    assert not (tmp_path / "worker").exists()
    assert list(here.iterdir()) == list(home.iterdir()) == []


@pytest.mark.usefixtures("fake_casa")
def test_casa_says_why_a_call_failed_and_the_worker_lives_on(tmp_path: Path, sky: SkyImage) -> None:
    with CasaWorker(tmp_path / "worker") as worker:
        with pytest.raises(CasaError, match=r"simobserve: No overlap between model and pointings"):
            _run(worker, tmp_path / "a", sky, pwv=11)
        assert _run(worker, tmp_path / "b", sky)


@pytest.mark.usefixtures("fake_casa")
@pytest.mark.parametrize(
    ("pwv", "message"),
    [
        (12, r"the process died \(SIGKILL\) \(see .*a.log\)"),
        (14, r"the process died \(SIGSEGV\); Table is not\sthere \(see"),
    ],
)
def test_a_worker_that_dies_is_replaced(
    tmp_path: Path, sky: SkyImage, pwv: float, message: str
) -> None:
    with CasaWorker(tmp_path / "worker") as worker:
        with pytest.raises(CasaError, match=message):
            _run(worker, tmp_path / "a", sky, pwv=pwv)
        assert worker.pid is None
        assert _run(worker, tmp_path / "b", sky)


@pytest.mark.usefixtures("fake_casa")
def test_a_worker_that_hangs_is_ended(tmp_path: Path, sky: SkyImage) -> None:
    with CasaWorker(tmp_path / "worker") as worker:
        _run(worker, tmp_path / "a", sky)
        assert worker.pid is not None
        pid, worker.timeout_s = worker.pid, 0.5
        with pytest.raises(CasaError, match=r"no answer in 0.5 s; ended"):
            _run(worker, tmp_path / "b", sky, pwv=13)
        assert not _alive(pid)
        worker.timeout_s = JOB_TIMEOUT_S
        assert _run(worker, tmp_path / "c", sky)


@pytest.mark.usefixtures("fake_casa")
def test_a_broken_installation_is_told_in_casas_words(
    tmp_path: Path, sky: SkyImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_CASA_BROKEN", "1")
    with (
        CasaWorker(tmp_path / "worker") as worker,
        pytest.raises(CasaError, match="can't be started: measures data is not available"),
    ):
        _run(worker, tmp_path / "a", sky)


def test_missing_casa_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"CASA is not installed .* uv sync --extra casa"):
        check_casa_installed()


@pytest.mark.usefixtures("fake_casa")
def test_the_worker_leaves_with_its_parent(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "from casa_sim.casa.worker import CasaWorker\n"
        f"worker = CasaWorker({str(tmp_path / 'worker')!r})\n"
        "worker._start()\n"
        "print(worker.pid, flush=True)\n"
        "time.sleep(3600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as one:
        assert one.stdout is not None
        pid = int(one.stdout.readline())
        one.send_signal(signal.SIGKILL)
        one.wait()
    end = time.monotonic() + WAIT_S
    while _alive(pid) and time.monotonic() < end:
        time.sleep(0.1)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be collected does not."""
    try:
        os.kill(pid, 0)
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_last_severe_passes_over_the_leap_seconds(tmp_path: Path) -> None:
    log = tmp_path / "casa.log"
    log.write_text(
        "t\tSEVERE\ttclean::::casa\tthe reason\n"
        "t\tINFO\ttclean::::casa\tgoing on\n"
        "t\tSEVERE\tx::MeasTable::dUTC(Double) (file)\tLeap second table seems out-of-date.\n"
    )
    assert last_severe(log) == "the reason"
    assert last_severe(tmp_path / "none.log") == ""
