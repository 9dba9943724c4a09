"""The verb ``simulate``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from skyrun.commands import answer, exit_status, note
from skytypes.errors import InputError

from .options import Flag

if TYPE_CHECKING:
    from popmaps.population.settings import PopulationSettings
    from popmaps.population.tasks import SampleResult
    from popmaps.radio.surveys import SurveyTable

_COLUMNS = ("sample", "status", "stars")
FULL_STARS = 300_000
"""One birth a century when nothing else is said."""

Ranges = Annotated[list[tuple[str, float, float]] | None, Parameter(negative=())]
Grids = Annotated[list[tuple[str, float, float, int]] | None, Parameter(negative=())]
Values = Annotated[list[tuple[str, float]] | None, Parameter(negative=())]
Targets = Annotated[list[tuple[str, int]] | None, Parameter(negative=())]


def simulate(
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    seed: int,
    stars: Annotated[int | None, Parameter(name=["--stars", "-n"])] = None,
    samples: int = 1,
    kind: Literal["full", "surveys", "dyn", "magrot"] = "full",
    vary: Ranges = None,
    grid: Grids = None,
    set_: Annotated[Values, Parameter(name="--set")] = None,
    settings: Path | None = None,
    surveys: Path | None = None,
    target: Targets = None,
    t_max_yr: float | None = None,
    format: Literal["parquet", "pickle"] = "parquet",  # noqa: A002 - the option's name
    workers: int = 1,
    dask: str | None = None,
    json: Flag = False,
) -> int:
    """Make populations of neutron stars; a second run makes only what is missing.

    Parameters
    ----------
    output
        Folder for the samples: 000000, 000001 and so on.
    seed
        Of every draw. A longer run begins with the shorter one.
    stars
        Stars of each sample, 300000 unless given; of kind surveys the most that are drawn, as
        many as 5 births a century unless given.
    samples
        Samples; with --grid, samples at each of its points.
    kind
        full: every star, and who detects it; surveys: draw until each survey has its detections;
        dyn: orbits only; magrot: fields and spins only.
    vary
        NAME LOW HIGH: draw this parameter for each sample. Again for another.
    grid
        NAME LOW HIGH N: the same on a grid of N values.
    set_
        NAME VALUE: change a parameter in all samples.
    settings
        TOML file with [galaxy], [spin], [radio]: everything that can be changed.
    surveys
        TOML file of further surveys.
    target
        GROUP COUNT: detections wanted, instead of those of the real surveys.
    t_max_yr
        Stars are born evenly over so long [yr].
    format
        pickle: .pkl.gz with two-level columns, for exchange; in memory until it is whole, so of at
        most 2 million stars a sample.
    workers
        Processes.
    dask
        Address of a dask scheduler, instead of workers.
    json
        Print one JSON object a line instead of a table.
    """
    from popmaps.population.samples import make_samples
    from popmaps.population.sampling import Sweep, plan_samples
    from popmaps.population.tasks import SampleTask, check_effect

    sweeps = [Sweep(*one) for one in vary or ()] + [Sweep(*one) for one in grid or ()]
    fixed = _once(set_ or (), "--set")
    clash = sorted({sweep.name for sweep in sweeps} & set(fixed))
    if clash:
        raise InputError(f"{clash[0]} is set and varies; give one of the two")
    check_effect(kind, fixed)
    base = _settings(settings, t_max_yr).with_values(fixed)
    table, targets = _surveys(surveys, _once(target or (), "--target"), kind)
    if stars is None and kind != "surveys":
        stars = FULL_STARS
    out = output.absolute()  # a worker of dask may be in another folder
    tasks = [
        SampleTask(number, out, kind, stars, seed, values, base, table, targets, format)
        for number, values in enumerate(plan_samples(sweeps, samples, seed))
    ]
    lost: list[str] = []
    results = make_samples(tasks, workers=workers, dask=dask)
    answer(_rows(results, lost), json=json)
    return exit_status(len(tasks) - len(lost), len(lost))


def _once(given: Iterable[tuple[str, float]], option: str) -> dict[str, float]:
    pairs = list(given)
    if len(dict(pairs)) < len(pairs):
        raise InputError(f"{option} names one thing twice; give each once")
    return dict(pairs)


def _settings(path: Path | None, t_max_yr: float | None) -> PopulationSettings:
    from dataclasses import replace

    from popmaps.population.settings import PopulationSettings, read_settings

    base = PopulationSettings() if path is None else read_settings(path)
    if t_max_yr is None:
        return base
    return replace(base, galaxy=replace(base.galaxy, t_max_yr=t_max_yr))


def _surveys(
    path: Path | None, targets: dict[str, float], kind: str
) -> tuple[SurveyTable, dict[str, int]]:
    """The surveys, and the detections wanted of them."""
    from popmaps.population.settings import VARIABLES
    from popmaps.radio.survey_files import read_surveys
    from popmaps.radio.surveys import built_in_surveys

    table = built_in_surveys() if path is None else read_surveys(path)
    taken = next((name for name in table.groups if name in (*_COLUMNS, *VARIABLES)), None)
    if taken is not None:
        raise InputError(f"{path}: group {taken} is named as a column of the answer; rename it")
    if kind != "surveys":
        if targets:
            raise InputError(f"a target with kind {kind!r}; it is for kind 'surveys'")
        return table, {}
    if targets:
        return table, {name: int(count) for name, count in targets.items()}
    counted = {n: g.detections for n, g in table.groups.items() if g.detections is not None}
    return table, counted


def _rows(results: Iterator[SampleResult], lost: list[str]) -> Iterator[dict[str, object]]:
    """A line of answer for each sample; what failed or was aborted goes to standard error."""
    aborted = 0
    for result in results:
        if result.status == "aborted":
            aborted += 1
            note(f"popmaps: {result.name}: aborted: {result.reason}")
        elif result.status == "failed":
            lost.append(result.name)
            note(f"popmaps: {result.name}: {result.reason}")
        yield {
            "sample": result.name,
            "status": result.status,
            "stars": result.stars,
            **result.counts,
            **result.values,
        }
    if aborted:
        note(f"popmaps: {aborted} samples aborted; popmaps generate leaves them out")
