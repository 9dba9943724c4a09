"""Disks through CASA: several worker processes, one folder a disk."""

from __future__ import annotations

import os
import queue
import shutil
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from skyrun.progress import bar
from skytypes import Observation, Provenance, SkyImage
from skytypes.errors import InputError

from ..errors import CasaError
from ..products import LOG, WORK, check_folder, check_keep
from ..provenance import observation_provenance
from ..skies import check_sky
from ..tasks import DiskResult, DiskTask, try_disk
from ..visibility_table import Visibilities
from .installation import check_casa_installed
from .observing import check_casa_settings, observe_with_casa
from .worker import JOB_TIMEOUT_S, CasaWorker, check_timeout


@dataclass(frozen=True)
class CasaObserver:
    """One CASA process as a backend of `casa_sim.tasks.make_disk`.

    Parameters
    ----------
    casa : CasaWorker
    work : path
        For CASA's files, on the same file system as the products.
    """

    casa: CasaWorker
    work: Path

    def provenance(self, task: DiskTask, sky: str) -> Provenance:
        """Settings, seed, labels, versions of CASA; ``sky`` is a digest of the sky's file."""
        return observation_provenance(
            "casa", task.settings, seed=task.seed, sky=sky, labels=task.labels
        )

    def observe(
        self, task: DiskTask, sky: SkyImage, folder: Path, keep: Collection[str]
    ) -> Observation | Visibilities:
        """Observe a sky; CASA's messages go to ``folder / casa.log``."""
        check_sky(sky, task.settings)
        log = folder / LOG
        log.write_text("")
        job = self.work / f"disk_{task.name}"
        made = observe_with_casa(
            self.casa, sky, task.settings, seed=task.seed, folder=job, log=log, keep=keep
        )
        if isinstance(made, Observation) and made.image.data.max() <= 0:
            raise CasaError(f"CASA: the image of {task.name} has no positive pixel (see its {LOG})")
        if "work" in keep:
            job.rename(folder / WORK)
        return made


class CasaCampaign:
    """A folder of simulated disks, one folder a disk.

    Parameters
    ----------
    out : path
    keep : collection of str
        As in `casa_sim.campaign.simulate_catalogue`.
    timeout_s : float
        Longest time for one disk [s].

    Raises
    ------
    InputError
        If ``keep`` holds an unknown name, or ``out`` is a file or can't be written.
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
        check_folder(self.out)
        self.timeout_s = check_timeout(timeout_s)
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
            If ``workers`` is below 1, or settings are such that CASA can't follow them.
        """
        if workers < 1:
            raise InputError(f"workers is {workers}; give 1 or more")
        for task in tasks:
            check_casa_settings(task.settings)
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
        """A folder for CASA's files; what runs that were killed left of theirs is removed."""
        self._work.mkdir(parents=True, exist_ok=True)
        for left in self.out.glob(".work-*"):
            owner = left.name.removeprefix(".work-")
            if owner.isdigit() and not _alive(int(owner)):
                shutil.rmtree(left, ignore_errors=True)

    def _observe(self, task: DiskTask, idle: queue.SimpleQueue[CasaWorker]) -> DiskResult:
        casa = idle.get()
        try:
            return try_disk(task, CasaObserver(casa, self._work), out=self.out, keep=self.keep)
        finally:
            idle.put(casa)


def _alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        try:
            os.kill(pid, 0)
        except PermissionError:
            return True
        return True
    return False
