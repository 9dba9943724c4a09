"""Samples of a population in a folder: tables, what was changed, and what they were made with."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from popmaps.columns import DYNAMICS, FULL, INITIAL, MAGNETO_ROTATION, Column
from popmaps.sample_files import ABORTED, CONFIGURATION, OVERRIDE
from popmaps.table_writer import PARQUET, PICKLE, table_writer
from skyrun.files import write_json
from skyrun.folder import ResumableFolder, locked_folder
from skyrun.workers import ordered_map
from skytypes import Provenance
from skytypes.errors import InputError

from .detections import Columns, group_columns, joined
from .places import check_folder, check_place, record
from .settings import VARIABLES
from .tasks import Format, SampleResult, SampleTask, check_task

FINAL_COLUMNS: Final = {"full": FULL, "dyn": DYNAMICS, "magrot": MAGNETO_ROTATION}


def make_samples(
    tasks: Sequence[SampleTask], *, workers: int = 1, dask: str | None = None, quiet: bool = False
) -> Iterator[SampleResult]:
    """Make samples; what is finished is not made again.

    Parameters
    ----------
    tasks : sequence of SampleTask
    workers : int
        Processes of this machine.
    dask : str or None
        Address of a scheduler, whose workers must see the same folder.
    quiet : bool
        Show no progress bar.

    Yields
    ------
    SampleResult
        In the order of the tasks.

    Raises
    ------
    InputError
        If a task can't be done, or another run is using the folder, before the first is begun.
    """
    if workers < 1:
        raise InputError(f"workers is {workers}; give 1 or more")
    for task in tasks:
        check_task(task)
    for out in {task.out for task in tasks}:
        check_folder(out)
    with ExitStack() as locks:
        for out in sorted({task.out for task in tasks}):
            locks.enter_context(locked_folder(out))
        for task in tasks:
            check_place(task)
        outcomes = ordered_map(
            make_sample, tasks, workers=workers, dask=dask, label="samples", quiet=quiet
        )
        for task, outcome in zip(tasks, outcomes, strict=True):
            yield outcome.value or SampleResult(
                task.name, "failed", values=task.values, reason=outcome.error or ""
            )


def make_sample(task: SampleTask) -> SampleResult:
    """Make one sample in this process, unless it is finished.

    Parameters
    ----------
    task : SampleTask

    Returns
    -------
    SampleResult

    Raises
    ------
    InputError
        If the folder can't be written.
    """
    provenance = task.provenance()
    folder = ResumableFolder(task.out, provenance)
    if folder.is_done(task.name):
        done = folder.records()[task.name]
        status: Any = "aborted" if done["reason"] else "reused"
        counts = {n: done["counts"][n] for n in task.surveys.groups if n in done["counts"]}
        return SampleResult(task.name, status, done["stars"], counts, task.values,
                            done["reason"])  # fmt: skip
    place = task.out / task.name
    check_place(task)
    if place.exists():
        # A killed run left it, or a file of it was damaged since.
        shutil.rmtree(place)
    try:
        place.mkdir(parents=True)
    except OSError as error:
        raise InputError(f"{place}: can't be made ({error.strerror})") from error
    result = _write_tables(task, place, provenance)
    write_json(place / OVERRIDE, dict(sorted(task.values.items())))
    changed = task.settings.with_values(task.values)
    parameters = {name: changed.value(name) for name in VARIABLES}
    write_json(place / CONFIGURATION, {"parameters": parameters, **record(provenance)})
    files = sorted(str(path.relative_to(task.out)) for path in place.iterdir())
    made = {"stars": result.stars, "counts": dict(result.counts), "reason": result.reason}
    folder.finish(task.name, files, made)
    return result


def _write_tables(task: SampleTask, place: Path, provenance: Provenance) -> SampleResult:
    if task.kind == "surveys":
        return _write_surveys(task, place, provenance)
    from .full import full_population

    blocks = full_population(
        task.settings.with_values(task.values),
        task.surveys,
        stars=task.stars or 0,
        seed=task.population_seed,
        kind=task.kind,
    )
    path = _Place(place, task.format, provenance)
    found: dict[str, list[Columns]] = {}
    with (
        path.writer("initial_population", INITIAL) as write_initial,
        path.writer("final_population", FINAL_COLUMNS[task.kind]) as write_final,
    ):
        for block in blocks:
            write_initial(block.initial)
            write_final(block.final)
            for name, table in block.surveys.items():
                found.setdefault(name, []).append(table)
    tables = {name: joined(parts) for name, parts in found.items()}
    counts = _write_groups(task, tables, path)
    return SampleResult(task.name, "made", task.stars or 0, counts, task.values)


def _write_surveys(task: SampleTask, place: Path, provenance: Provenance) -> SampleResult:
    from .survey_draw import TargetsOutOfReachError, draw_until_detected, most_stars

    settings = task.settings.with_values(task.values)
    try:
        population = draw_until_detected(
            settings, task.surveys, task.targets, seed=task.population_seed, stars=task.stars
        )
    except TargetsOutOfReachError as error:
        stars = most_stars(settings, task.stars)
        write_json(place / ABORTED, {"reason": str(error), "stars": stars})
        return SampleResult(task.name, "aborted", stars, {}, task.values, str(error))
    path = _Place(place, task.format, provenance)
    counts = _write_groups(task, population.tables, path)
    return SampleResult(task.name, "made", population.stars, counts, task.values)


@dataclass(frozen=True)
class _Place:
    """Where and how the tables of one sample are written."""

    folder: Path
    format: Format
    provenance: Provenance

    def writer(
        self, stem: str, columns: Sequence[Column]
    ) -> AbstractContextManager[Callable[[Columns], None]]:
        """A writer of one table, block by block."""
        ending = PARQUET if self.format == "parquet" else PICKLE
        return table_writer(self.folder / f"{stem}{ending}", columns, self.provenance)


def _write_groups(task: SampleTask, tables: Mapping[str, Columns], place: _Place) -> dict[str, int]:
    for name, table in tables.items():
        columns = group_columns(task.surveys.groups[name])
        with place.writer(f"survey_{name}_results", columns) as write:
            write(table)
    return {name: len(table["idx"]) for name, table in tables.items()}
