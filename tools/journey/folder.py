"""The folder of a journey: its options, and stages that are done once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from skyrun import ResumableFolder, note, read_json, write_json
from skytypes import Provenance
from skytypes.errors import InputError

_PACKAGES = ("skymodels", "casa-sim", "ducc0", "netzoo", "trainkit", "edgeinfer", "torch")


@dataclass(frozen=True)
class Options:
    """What decides the results of a journey.

    Parameters
    ----------
    disks : int
        Disks of the catalogue that are observed.
    preset : "quick" or "full"
        Of the training.
    backend : "native" or "casa"
        What observes them.
    seed : int
        Of every draw.

    Raises
    ------
    InputError
        If there are too few disks to train on some and hold others out, or the seed is negative.
    """

    disks: int
    preset: Literal["quick", "full"]
    backend: Literal["native", "casa"]
    seed: int

    def __post_init__(self) -> None:
        if not 2 <= self.disks <= 10_000:
            raise InputError(f"--disks is {self.disks}; give 2 to 10000 (some are held out)")
        if not 0 <= self.seed < 1 << 31:
            raise InputError(f"--seed is {self.seed}; give 0 to 2147483647")


class JourneyFolder:
    """A folder whose finished stages are not done again.

    Parameters
    ----------
    path : path
    options : Options

    Raises
    ------
    InputError
        If the folder holds a journey with other options, or other versions of the packages.
    """

    def __init__(self, path: Path, options: Options) -> None:
        self.path = path
        self.options = options
        packages = (*_PACKAGES, *(("casatasks",) if options.backend == "casa" else ()))
        self.provenance = Provenance.collect(
            "disk_to_edge", packages=packages, configuration=asdict(options), seed=options.seed
        )
        self._marks = ResumableFolder(path, self.provenance)
        self._refuse_another(path / "journey.json")

    def _refuse_another(self, path: Path) -> None:
        own = asdict(self.provenance)
        if path.exists():
            before = read_json(path)
            if before != own:
                raise InputError(
                    f"{self.path}: holds a journey with {_difference(before, own)}; "
                    "give the same options, or another --out"
                )
        else:
            write_json(path, own)

    def stage(
        self, name: str, work: Callable[[], Mapping[str, Any]], files: Callable[[], list[Path]]
    ) -> dict[str, Any]:
        """The record of a stage; it is done now unless it was before.

        Parameters
        ----------
        name : str
        work : callable
            Does the stage and returns its record, as JSON has it.
        files : callable
            What the stage leaves behind; a file that changes or goes makes the stage undone.
        """
        if self._marks.is_done(name):
            note(f"{name}: done before")
        else:
            start = time.monotonic()
            record = dict(work())
            record["seconds"] = round(time.monotonic() - start, 2)
            self._marks.finish(name, [str(f.relative_to(self.path)) for f in files()], record)
        return self.record(name)

    def record(self, name: str) -> dict[str, Any]:
        """The record of a stage that is done."""
        return self._marks.records()[name]


def _difference(before: Any, own: Mapping[str, Any]) -> str:
    """The first field in which two journeys differ, for a message."""
    if not isinstance(before, dict):
        return "an unreadable journey.json"
    for part in ("configuration", "versions"):
        old, new = before.get(part, {}), own[part]
        for key in new:
            if old.get(key) != new[key]:
                return f"{key} {old.get(key)}, not {new[key]}"
    return "other contents of journey.json"
