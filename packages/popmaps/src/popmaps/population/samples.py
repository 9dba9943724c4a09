"""Samples of a population in a folder: tables, what was changed, and what they were made with."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from popmaps.columns import DYNAMICS, FULL, INITIAL, MAGNETO_ROTATION, Column
from popmaps.radio.surveys import SurveyTable, built_in_surveys
from popmaps.tables import PARQUET, PICKLE, write_table
from skyrun.files import write_json
from skyrun.folder import ResumableFolder
from skyrun.workers import ordered_map
from skytypes import Provenance, item_rng
from skytypes.errors import InputError

from .detections import Columns, group_columns, joined
from .settings import VARIABLES, PopulationSettings

Kind = Literal["full", "surveys", "dyn", "magrot"]
Format = Literal["parquet", "pickle"]

FINAL_COLUMNS: Final = {"full": FULL, "dyn": DYNAMICS, "magrot": MAGNETO_ROTATION}
PACKAGES: Final = ("popmaps", "numpy", "scipy", "numba", "pyarrow", "pandas")
MAX_STARS: Final = 20_000_000
ABORTED: Final = "aborted.json"
OVERRIDE: Final = "override.json"
CONFIGURATION: Final = "configuration.json"


@dataclass(frozen=True)
class SampleTask:
    """One sample to be made.

    Parameters
    ----------
    number : int
        Of the sample; its folder is the number with six digits.
    out : path
        Folder of all samples.
    kind : {"full", "surveys", "dyn", "magrot"}
    stars : int or None
        Stars of the population; of a survey population the most that are drawn.
    seed : int
        Of all samples.
    values : mapping of str to float
        Parameters changed in this sample.
    settings : PopulationSettings
        What they are changed in.
    surveys : SurveyTable
    targets : mapping of group to int
        Detections wanted in a survey population.
    format : {"parquet", "pickle"}
    """

    number: int
    out: Path
    kind: Kind = "full"
    stars: int | None = None
    seed: int = 0
    values: Mapping[str, float] = field(default_factory=dict)
    settings: PopulationSettings = field(default_factory=PopulationSettings)
    surveys: SurveyTable = field(default_factory=built_in_surveys)
    targets: Mapping[str, int] = field(default_factory=dict)
    format: Format = "parquet"

    @property
    def name(self) -> str:
        """Name of the sample's folder."""
        return f"{self.number:06d}"

    @property
    def population_seed(self) -> int:
        """Seed of this sample's stars; those of other samples are others."""
        return int(item_rng(self.seed, self.number, "popmaps.samples").integers(2**63))

    def provenance(self) -> Provenance:
        """What the sample is made with."""
        changed = self.settings.with_values(self.values)
        configuration = {
            "kind": self.kind,
            "sample": self.number,
            "stars": self.stars,
            "settings": changed.record(),
            "surveys": self.surveys.model_dump(mode="json", by_alias=True),
            "targets": dict(self.targets),
            "format": self.format,
            "population_seed": self.population_seed,
        }
        return Provenance.collect(
            f"popmaps.simulate.{self.kind}",
            packages=PACKAGES,
            configuration=configuration,
            seed=self.seed,
        )


@dataclass(frozen=True)
class SampleResult:
    """What became of a sample.

    Parameters
    ----------
    name : str
        Of its folder.
    status : {"made", "reused", "aborted", "failed"}
    stars : int
        Stars drawn; 0 where the sample failed.
    counts : mapping of group to int
        Detections.
    values : mapping of str to float
        Parameters of the sample.
    reason : str
        Why it was aborted or failed.
    """

    name: str
    status: Literal["made", "reused", "aborted", "failed"]
    stars: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""


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
        If a task can't be done, before the first is begun.
    """
    if workers < 1:
        raise InputError(f"workers is {workers}; give 1 or more")
    for task in tasks:
        check_task(task)
    for out in {task.out for task in tasks}:
        _check_folder(out)
    outcomes = ordered_map(
        make_sample, tasks, workers=workers, dask=dask, label="samples", quiet=quiet
    )
    for task, outcome in zip(tasks, outcomes, strict=True):
        yield outcome.value or SampleResult(
            task.name, "failed", values=task.values, reason=outcome.error or ""
        )


def check_task(task: SampleTask) -> None:
    """Refuse a task that can't be done.

    Raises
    ------
    InputError
        If the number of stars, a parameter, a target or the seed is out of its range.
    """
    if task.stars is None and task.kind != "surveys":
        raise InputError(f"kind {task.kind!r} without a number of stars; give one")
    if task.stars is not None and not 1 <= task.stars <= MAX_STARS:
        raise InputError(f"{task.stars} stars; give 1 to {MAX_STARS}")
    if task.kind == "surveys":
        check_targets(task)
    task.settings.with_values(task.values)
    item_rng(task.seed, task.number, "popmaps.samples")


def _check_folder(out: Path) -> None:
    """Refuse a place that no folder can be made at, before anything is."""
    existing = next(p for p in (out, *out.absolute().parents) if p.exists())
    if not existing.is_dir():
        raise InputError(f"{out}: {existing} is a file; give a folder")
    if not os.access(existing, os.W_OK):
        raise InputError(f"{out}: can't be written; choose another place")


def check_targets(task: SampleTask) -> None:
    """Refuse targets of groups that there are not, and such below 1."""
    unknown = sorted(set(task.targets) - set(task.surveys.groups))
    if unknown or not task.targets:
        given = repr(unknown[0]) if unknown else "nothing"
        raise InputError(f"target of {given}; give one of {', '.join(task.surveys.groups)}")
    for name, target in task.targets.items():
        if target < 1:
            raise InputError(f"target of {name} is {target}; give 1 or more detections")


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
        record = folder.records()[task.name]
        status: Any = "aborted" if record["reason"] else "reused"
        counts = {n: record["counts"][n] for n in task.surveys.groups if n in record["counts"]}
        return SampleResult(task.name, status, record["stars"], counts, task.values,
                            record["reason"])  # fmt: skip
    place = task.out / task.name
    if place.exists():
        # What another configuration or a killed run left there would mix with what is made now.
        shutil.rmtree(place)
    try:
        place.mkdir(parents=True)
    except OSError as error:
        raise InputError(f"{place}: can't be made ({error.strerror})") from error
    result = _write_tables(task, place, provenance)
    write_json(place / OVERRIDE, dict(sorted(task.values.items())))
    changed = task.settings.with_values(task.values)
    parameters = {name: changed.value(name) for name in VARIABLES}
    write_json(place / CONFIGURATION, {"parameters": parameters, **dataclasses.asdict(provenance)})
    files = sorted(str(path.relative_to(task.out)) for path in place.iterdir())
    record = {"stars": result.stars, "counts": dict(result.counts), "reason": result.reason}
    folder.finish(task.name, files, record)
    return result


def _write_tables(task: SampleTask, place: Path, provenance: Provenance) -> SampleResult:
    if task.kind == "surveys":
        return _write_surveys(task, place, provenance)
    from .full import full_population

    blocks = list(
        full_population(
            task.settings.with_values(task.values),
            task.surveys,
            stars=task.stars or 0,
            seed=task.population_seed,
            kind=task.kind,
        )
    )
    write = _Writer(place, task.format, provenance)
    write("initial_population", joined([b.initial for b in blocks]), INITIAL)
    write("final_population", joined([b.final for b in blocks]), FINAL_COLUMNS[task.kind])
    groups = task.surveys.groups if task.kind == "full" else {}
    tables = {name: joined([b.surveys[name] for b in blocks]) for name in groups}
    counts = _write_groups(task, tables, write)
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
    write = _Writer(place, task.format, provenance)
    counts = _write_groups(task, population.tables, write)
    return SampleResult(task.name, "made", population.stars, counts, task.values)


@dataclass(frozen=True)
class _Writer:
    """Writes the tables of one sample."""

    place: Path
    format: Format
    provenance: Provenance

    def __call__(self, stem: str, table: Columns, columns: Sequence[Column]) -> None:
        ending = PARQUET if self.format == "parquet" else PICKLE
        write_table(self.place / f"{stem}{ending}", table, columns, self.provenance)


def _write_groups(
    task: SampleTask, tables: Mapping[str, Columns], write: _Writer
) -> dict[str, int]:
    for name, table in tables.items():
        write(f"survey_{name}_results", table, group_columns(task.surveys.groups[name]))
    return {name: len(table["idx"]) for name, table in tables.items()}
