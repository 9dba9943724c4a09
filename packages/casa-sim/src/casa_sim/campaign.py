"""A catalogue of disks through CASA into a folder that continues where it was stopped."""

from __future__ import annotations

import math
import os
import queue
import shutil
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from skyrun.progress import bar
from skytypes.errors import InputError, SkyError

from .catalogue import read_catalogue
from .observing import check_keep
from .tasks import DiskResult, DiskTask, make_disk
from .worker import JOB_TIMEOUT_S, CasaWorker, check_casa_installed


def simulate_catalogue(
    catalogue: str | os.PathLike[str],
    models: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    workers: int = 1,
    keep: Collection[str] = (),
    only: Collection[str] = (),
    timeout_s: float = JOB_TIMEOUT_S,
    quiet: bool = False,
) -> Iterator[DiskResult]:
    """Observe the disks of a catalogue with CASA; what is finished is not made again.

    Writes ``out/ID/ID_B6_simulated.fits`` and CASA's messages to ``out/ID/casa.log``. A disk that
    fails is reported and stops no other.

    Parameters
    ----------
    catalogue : path
        CSV (`casa_sim.catalogue.read_catalogue`).
    models : path
        Folder of sky models, ``ID.fits`` [Jy/pixel].
    out : path
        Made if missing.
    workers : int
        CASA processes; each takes about 0.7 GB.
    keep : collection of str
        ``dirty``, ``psf`` (written beside the image), ``work`` (the visibilities stay).
    only : collection of str
        IDs to make; empty means all.
    timeout_s : float
        Longest time for one disk [s].
    quiet : bool
        Show no progress bar.

    Returns
    -------
    iterator of DiskResult
        In the catalogue's order, each as soon as it and those before it are ready. Checks are made
        before the first is asked for.

    Raises
    ------
    InputError
        If the catalogue, an ID or an option is bad.
    MissingPackageError
        If CASA is not installed.
    """
    rows = read_catalogue(catalogue)
    unknown = sorted(set(only) - {row.ID for row in rows})
    if unknown:
        raise InputError(f"{catalogue}: no disk {unknown[0]!r}; give IDs that are in it")
    folder = Path(models)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give the folder of the sky models")
    tasks = [
        DiskTask(row.ID, folder / f"{row.ID}.fits", row.settings(), row.seed, row)
        for row in rows
        if not only or row.ID in only
    ]
    campaign = Campaign(out, keep=keep, timeout_s=timeout_s)
    return campaign.run(tasks, workers=workers, quiet=quiet)


class Campaign:
    """A folder of simulated disks, one folder a disk.

    Parameters
    ----------
    out : path
    keep : collection of str
        As in `simulate_catalogue`.
    timeout_s : float
        Longest time for one disk [s].

    Raises
    ------
    InputError
        If ``keep`` holds an unknown name or ``out`` is a file.
    MissingPackageError
        If CASA is not installed.
    """

    def __init__(
        self,
        out: str | os.PathLike[str],
        *,
        keep: Collection[str] = (),
        timeout_s: float = JOB_TIMEOUT_S,
    ) -> None:
        check_casa_installed()
        self.keep = check_keep(keep)
        self.out = Path(out)
        if self.out.exists() and not self.out.is_dir():
            raise InputError(f"{self.out}: is a file; give a folder")
        if not (math.isfinite(timeout_s) and timeout_s > 0):
            raise InputError(f"timeout is {timeout_s:g} s; give a positive time")
        self.timeout_s = timeout_s
        self._work = self.out / f".work-{os.getpid()}"

    def run(
        self, tasks: Sequence[DiskTask], *, workers: int = 1, quiet: bool = False
    ) -> Iterator[DiskResult]:
        """Observe the disks, each in its own folder.

        Parameters
        ----------
        tasks : sequence of DiskTask
        workers : int
        quiet : bool

        Yields
        ------
        DiskResult
            In the order of the tasks.

        Raises
        ------
        InputError
            If ``workers`` is below 1, or ``out`` can't be a folder.
        """
        if workers < 1:
            raise InputError(f"workers is {workers}; give 1 or more")
        return self._run(tasks, min(workers, len(tasks)), quiet)

    def _run(self, tasks: Sequence[DiskTask], workers: int, quiet: bool) -> Iterator[DiskResult]:
        # Threads, not processes: they only wait for CASA, which has a process each already.
        self._make_folder()
        casas = [
            CasaWorker(self._work / f"worker_{n}", timeout_s=self.timeout_s) for n in range(workers)
        ]
        idle: queue.SimpleQueue[CasaWorker] = queue.SimpleQueue()
        for casa in casas:
            idle.put(casa)
        pool = ThreadPoolExecutor(workers)
        with bar("CASA disks", len(tasks), quiet=quiet) as advance:
            try:
                futures: list[Future[DiskResult]] = []
                for task in tasks:
                    futures.append(pool.submit(self._observe, task, idle))
                    futures[-1].add_done_callback(lambda f: None if f.cancelled() else advance())
                for future in futures:
                    yield future.result()
            finally:
                # Stopping CASA first lets the threads that wait for it finish.
                pool.shutdown(wait=False, cancel_futures=True)
                for casa in casas:
                    casa.stop()
                pool.shutdown(wait=True)
                for casa in casas:
                    casa.close()
                shutil.rmtree(self._work, ignore_errors=True)

    def _make_folder(self) -> None:
        try:
            self._work.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{self.out}: can't be written ({error.strerror})") from error
        for left in self.out.glob(".work-*"):
            owner = left.name.removeprefix(".work-")
            if owner.isdigit() and not _alive(int(owner)):
                shutil.rmtree(left, ignore_errors=True)

    def _observe(self, task: DiskTask, idle: queue.SimpleQueue[CasaWorker]) -> DiskResult:
        start = time.monotonic()
        casa = idle.get()
        try:
            result = make_disk(task, casa, out=self.out, work=self._work, keep=self.keep)
        except SkyError as error:
            result = DiskResult(task.name, "failed", reason=str(error))
        except OSError as error:
            # A full disk, say: this disk's failure, told in one line.
            result = DiskResult(task.name, "failed", reason=f"{task.name}: {error}")
        finally:
            idle.put(casa)
        return replace(result, seconds=time.monotonic() - start)


def _alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        try:
            os.kill(pid, 0)
        except PermissionError:
            return True
        return True
    return False
