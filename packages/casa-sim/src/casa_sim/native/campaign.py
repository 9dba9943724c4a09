"""Disks through the native backend: any number of processes, or a dask cluster."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from skyrun.workers import ordered_map
from skytypes import Observation, Provenance, SkyImage
from skytypes.errors import InputError

from ..antennas import is_antenna_list
from ..products import check_folder, check_keep
from ..provenance import observation_provenance
from ..tasks import DiskResult, DiskTask, try_disk
from ..visibility_table import Visibilities, read_visibilities
from .cache import SetupCache, default_cache
from .correlator import observe_visibilities
from .observing import observe_natively
from .other_baselines import observe_at, visibilities_at

shared_cache = cache(default_cache)
"""The setups of this process."""


@dataclass(frozen=True)
class NativeObserver:
    """The native simulator as a backend of `casa_sim.tasks.make_disk`."""

    setups: SetupCache

    def provenance(self, task: DiskTask, sky: str) -> Provenance:
        """Settings, seed, labels, versions of libraries; ``sky`` is a digest of the sky's file."""
        if task.uv_table is not None:
            sky += f", baselines {hashlib.sha256(task.uv_table.read_bytes()).hexdigest()}"
        return observation_provenance(
            "native", task.told_settings, seed=task.seed, sky=sky, labels=task.labels
        )

    def observe(
        self,
        task: DiskTask,
        sky: SkyImage,
        folder: Path,
        keep: Collection[str],
    ) -> Observation | Visibilities:
        """Observe a sky."""
        if task.uv_table is not None:
            return self._observe_at(task, sky, task.uv_table, keep)
        if task.settings.stage == "visibilities":
            return observe_visibilities(sky, task.settings, seed=task.seed)
        return observe_natively(sky, task.settings, seed=task.seed, keep=keep, cache=self.setups)

    def _observe_at(
        self, task: DiskTask, sky: SkyImage, table: Path, keep: Collection[str]
    ) -> Observation | Visibilities:
        where = read_visibilities(table)
        if task.settings.stage == "visibilities":
            return visibilities_at(sky, where, task.settings, seed=task.seed)
        digest = hashlib.sha256(task.sky.read_bytes()).hexdigest()
        made_of = replace(sky, provenance=self.provenance(task, digest))
        return observe_at(made_of, where, task.settings, seed=task.seed, keep=keep)


@dataclass(frozen=True)
class NativeCampaign:
    """A folder of disks that the native backend observes.

    Parameters
    ----------
    out : path
    keep : collection of str
        ``dirty``, ``psf``.

    Raises
    ------
    InputError
        If ``keep`` holds another name, or ``out`` is a file or can't be written.
    """

    out: Path
    keep: Collection[str] = ()

    def __post_init__(self) -> None:
        if "work" in check_keep(self.keep):
            raise InputError(
                "keep is 'work', which only CASA leaves; give --stage visibilities to get those"
            )
        check_folder(self.out)

    def run(
        self,
        tasks: Sequence[DiskTask],
        *,
        workers: int = 1,
        dask: str | None = None,
        quiet: bool = False,
    ) -> Iterator[DiskResult]:
        """Observe the disks; what is finished is not made again.

        Parameters
        ----------
        tasks : sequence of DiskTask
        workers : int
            Processes of this machine.
        dask : str or None
            Address of a scheduler, whose workers must see the same folders by the same names.
        quiet : bool
            Show no progress bar.

        Yields
        ------
        DiskResult
            In the order of the tasks.
        """
        # The workers of a cluster may be in another folder than this process.
        here, out = (tasks, self.out) if dask is None else (_absolute(tasks), self.out.absolute())
        jobs = [(task, out, tuple(self.keep)) for task in here]
        outcomes = ordered_map(
            make_one, jobs, workers=workers, dask=dask, label="disks", quiet=quiet
        )
        for task, outcome in zip(tasks, outcomes, strict=True):
            result = outcome.value or DiskResult(task.name, "failed", reason=outcome.error or "")
            yield replace(result, file=_below(self.out, out, result.file))


def _absolute(tasks: Sequence[DiskTask]) -> list[DiskTask]:
    """The tasks with paths that mean the same in any folder."""
    return [
        replace(
            task,
            sky=task.sky.absolute(),
            uv_table=task.uv_table and task.uv_table.absolute(),
            settings=replace(
                task.settings,
                array_cfg=_absolute_list(task.settings.array_cfg),
                array_lo=task.settings.array_lo and _absolute_list(task.settings.array_lo),
            ),
        )
        for task in tasks
    ]


def _absolute_list(array: str) -> str:
    return str(Path(array).absolute()) if is_antenna_list(array) else array


def _below(wanted: Path, used: Path, file: str) -> str:
    """A file below one name of a folder, below another name of it."""
    return str(wanted / Path(file).relative_to(used)) if file else file


def make_one(job: tuple[DiskTask, Path, tuple[str, ...]]) -> DiskResult:
    """Make one disk in this process.

    Parameters
    ----------
    job : tuple
        The task, the folder of all products, and what to keep.
    """
    task, out, keep = job
    return try_disk(task, NativeObserver(shared_cache()), out=out, keep=keep)
