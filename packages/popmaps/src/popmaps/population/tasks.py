"""One sample of a sweep: what is asked for, whether it can be done, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from popmaps.radio.surveys import SurveyTable, built_in_surveys
from skytypes import Provenance, item_rng
from skytypes.errors import InputError

from .settings import VARIABLES, PopulationSettings

Kind = Literal["full", "surveys", "dyn", "magrot"]
Format = Literal["parquet", "pickle"]

PACKAGES: Final = ("popmaps", "numpy", "scipy", "numba", "pyarrow", "pandas")
MAX_STARS: Final = 20_000_000
MAX_PICKLED_STARS: Final = 2_000_000
"""Of a whole population: a pickle is in memory until it is written, Parquet is streamed."""
PICKLED_BYTES_A_STAR: Final = 1300
"""Memory that the tables of a population of kind ``full`` take at most, measured."""


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


def check_task(task: SampleTask) -> None:
    """Refuse a task that can't be done.

    Parameters
    ----------
    task : SampleTask

    Raises
    ------
    InputError
        If the number of stars, a parameter, a target or the seed is out of its range, or the
        pickles of so many stars would not fit into memory.
    """
    if task.stars is None and task.kind != "surveys":
        raise InputError(f"kind {task.kind!r} without a number of stars; give one")
    if task.stars is not None and not 1 <= task.stars <= MAX_STARS:
        raise InputError(f"{task.stars} stars; give 1 to {MAX_STARS}")
    if task.kind == "surveys":
        _check_targets(task)
    elif task.format == "pickle" and (task.stars or 0) > MAX_PICKLED_STARS:
        need = (task.stars or 0) * PICKLED_BYTES_A_STAR / 1e9
        raise InputError(
            f"{task.stars} stars in pickles need {need:.1f} GB of memory; give format 'parquet', "
            f"which is streamed, or at most {MAX_PICKLED_STARS} stars a sample"
        )
    task.settings.with_values(task.values)
    check_effect(task.kind, task.values)
    item_rng(task.seed, task.number, "popmaps.samples")


def _check_targets(task: SampleTask) -> None:
    """Refuse targets of groups that there are not, and such below 1."""
    unknown = sorted(set(task.targets) - set(task.surveys.groups))
    if unknown or not task.targets:
        given = repr(unknown[0]) if unknown else "nothing"
        raise InputError(f"target of {given}; give one of {', '.join(task.surveys.groups)}")
    for name, target in task.targets.items():
        if target < 1:
            raise InputError(f"target of {name} is {target}; give 1 or more detections")


def check_effect(kind: Kind, names: Iterable[str]) -> None:
    """Refuse parameters that a kind of run does not use: they would be labels of nothing.

    Parameters
    ----------
    kind : {"full", "surveys", "dyn", "magrot"}
    names : iterable of str

    Raises
    ------
    InputError
        If orbits alone are asked for with a parameter of spins or beams, or spins with others.

    Examples
    --------
    >>> check_effect("dyn", ["a_late"])
    Traceback (most recent call last):
        ...
    skytypes.errors.InputError: a_late changes nothing in a run of kind 'dyn'; \
it belongs to kinds full, surveys, magrot
    """
    used = _PARTS_USED.get(kind)
    for name in names:
        part = VARIABLES[name].part
        if used is not None and part != used:
            kinds = ["full", "surveys", *(k for k, p in _PARTS_USED.items() if p == part)]
            raise InputError(
                f"{name} changes nothing in a run of kind {kind!r}; "
                f"it belongs to kinds {', '.join(kinds)}"
            )


_PARTS_USED: Final[dict[Kind, str]] = {"dyn": "galaxy", "magrot": "spin"}
