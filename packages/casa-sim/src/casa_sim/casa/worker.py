"""CASA as a worker process: started once, serves many jobs, and is replaced when it dies."""

from __future__ import annotations

import json
import math
import os
import selectors
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from skytypes.errors import InputError

from ..errors import CasaError
from .calls import Call
from .installation import check_casa_installed, private_environment
from .messages import last_severe, shortened

START_TIMEOUT_S = 300.0
JOB_TIMEOUT_S = 1800.0


def check_timeout(timeout_s: float) -> float:
    """The longest time for a job [s], checked.

    Raises
    ------
    InputError
        If it is not a positive number.

    Examples
    --------
    >>> check_timeout(60)
    60
    """
    if not (math.isfinite(timeout_s) and timeout_s > 0):
        raise InputError(f"timeout is {timeout_s:g} s; give a positive time")
    return timeout_s


class CasaWorker:
    """A process that has imported CASA and makes one job after another.

    Use it as a context manager, from one thread at a time. It starts with the first job.

    Parameters
    ----------
    folder : path
        Made if missing, and removed by `close`.
    timeout_s : float
        Longest time for a job [s]; the worker is then ended and the job has failed.

    Raises
    ------
    MissingPackageError
        If CASA is not installed.
    InputError
        If ``timeout_s`` is not positive.
    """

    def __init__(self, folder: str | os.PathLike[str], *, timeout_s: float = JOB_TIMEOUT_S) -> None:
        check_casa_installed()
        self.folder = Path(folder).absolute()
        self.timeout_s = check_timeout(timeout_s)
        self.versions: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._unread = b""
        self._stopped = False
        self._starting = threading.Lock()

    def __enter__(self) -> CasaWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Process id of the running worker."""
        return self._process.pid if self._process else None

    def run(self, calls: Sequence[Call], *, folder: Path, log: Path) -> list[dict[str, Any]]:
        """Make the calls of a job.

        Parameters
        ----------
        calls : sequence of Call
        folder : path
            Where they run; paths in the calls are relative to it.
        log : path
            CASA's messages are appended to it.

        Returns
        -------
        list of dict
            For each call: ``call``, ``seconds``, ``cpu_seconds`` and ``value`` (what it returned,
            if that is told).

        Raises
        ------
        CasaError
            If a call failed, or the worker died or took too long: CASA's reason, and the log.
        """
        if self._process is None:
            self._start()
        job = {"calls": calls, "folder": str(folder.absolute()), "log": str(log.absolute())}
        self._send(job)
        reply = self._receive(self.timeout_s, log)
        if "error" in reply:
            raise CasaError(f"CASA: {reply['call']}: {shortened(reply['error'])} (see {log})")
        results: list[dict[str, Any]] = reply["results"]
        return results

    def stop(self) -> None:
        """End the process for good, from any thread; a job that runs fails."""
        with self._starting:
            self._stopped = True
            if self._process is not None:
                _end_group(self._process.pid)

    def close(self) -> None:
        """End the process for good and remove the folder."""
        self.stop()
        self._kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        environment = private_environment(self.folder)
        console = self.folder / "console.log"
        with console.open("ab") as stray, self._starting:
            if self._stopped:
                raise CasaError("CASA: the worker was stopped")
            self._process = subprocess.Popen(
                [sys.executable, "-m", "casa_sim.casa.job", str(console)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stray,
                cwd=self.folder,
                env=environment,
                start_new_session=True,
                bufsize=0,
            )
        self._unread = b""
        reply = self._receive(START_TIMEOUT_S, console)
        if "error" in reply:
            self._kill()
            raise CasaError(f"CASA can't be started: {shortened(reply['error'])}")
        self.versions = dict(reply["ready"])

    def _send(self, message: dict[str, Any]) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise CasaError("the CASA worker is not running; this is a defect of casa-sim")
        # A worker that is already dead shows when its reply is awaited.
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(message).encode() + b"\n")

    def _receive(self, timeout_s: float, log: Path) -> dict[str, Any]:
        """The next reply; a worker that is silent too long, or gone, is cleared away."""
        process = self._process
        if process is None or process.stdout is None:
            raise CasaError("the CASA worker is not running; this is a defect of casa-sim")
        end = time.monotonic() + timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._unread:
                if not selector.select(max(0.0, end - time.monotonic())):
                    self._kill()
                    raise CasaError(f"CASA: no answer in {timeout_s:g} s; ended (see {log})")
                part = os.read(process.stdout.fileno(), 1 << 16)
                if not part:
                    raise CasaError(self._death(process, log))
                self._unread += part
        line, _, self._unread = self._unread.partition(b"\n")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _death(self, process: subprocess.Popen[bytes], log: Path) -> str:
        self._kill()
        code = process.returncode
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        reason = last_severe(log)
        return f"CASA: the process died ({how}){f'; {reason}' if reason else ''} (see {log})"

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        _end_group(process.pid)
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def _end_group(pid: int) -> None:
    """End a process and those it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
