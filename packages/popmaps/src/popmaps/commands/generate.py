"""``popmaps generate``: maps of simulated samples, and the CSV that lists them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from skyrun.commands import answer, exit_status, note

from .options import Flag

if TYPE_CHECKING:
    from ..maps.datasets import Dataset


def generate(
    *,
    kind: Literal["full", "surveys", "single"],
    data: Path,
    save_dir: Path | None = None,
    data_type: Literal["array", "image", "stack"] = "array",
    resolution_dyn: int = 64,
    resolution_ppdot: int = 64,
    seed: int = 0,
    workers: int = 1,
    dask: str | None = None,
    strict: Flag = False,
    json: Flag = False,
) -> int:
    """Make the maps of simulated samples, those that are not made yet, and list them in a CSV.

    Parameters
    ----------
    kind
        Ten maps of each whole population (full), fifteen of what the surveys detect of each
        (surveys), or fifteen of one sample (single).
    data
        Folder of the samples 000000, 000001 ...; for single the folder of the one.
    save_dir
        Folder for the maps, dataset_full.csv and statistics_full.json; output/gen_KIND if not
        given.
    data_type
        A .npy a map (array), a PNG a map (image), or one .npy a channel for all samples (stack).
    resolution_dyn
        Bins along x, y, z and right ascension; declination has half as many.
    resolution_ppdot
        Bins along the period and along its derivative.
    seed
        Of the stars drawn for the surveys' flux maps.
    workers
        Processes; the bytes written do not depend on them.
    dask
        Address of a dask scheduler, instead of workers.
    strict
        Stop at the first sample that can't be read, or has other labels than most, instead of
        leaving it out.
    json
        Print one JSON object a line instead of a table.
    """
    from ..maps.generation import generate_maps

    made = generate_maps(
        kind,
        data,
        Path("output") / f"gen_{kind}" if save_dir is None else save_dir,
        data_type=data_type,
        resolution_dyn=resolution_dyn,
        resolution_ppdot=resolution_ppdot,
        seed=seed,
        workers=workers,
        dask=dask,
        strict=strict,
        quiet=False,
    )
    outside = {n: lost for n, maps in made.empty.items() if (lost := _with_stars(maps))}
    blind = sum(0 in maps.values() for maps in made.empty.values())
    _tell(made, outside, blind)
    row = {
        "dataset": str(made.path),
        "kind": kind,
        "samples": made.samples,
        "skipped": len(made.skipped),
        "aborted": made.aborted,
        "dropped_stars": sum(made.dropped.values()),
        "empty_samples": len(outside),
        "without_detections": blind,
    }
    answer([row], json=json)
    return exit_status(made.samples, len(made.skipped))


def _tell(made: Dataset, outside: Mapping[int, Mapping[str, int]], blind: int) -> None:
    """What is left out of the maps, a line each."""
    for number, reason in made.skipped.items():
        note(f"popmaps: sample {number} is left out: {reason}")
    if made.aborted:
        note(f"popmaps: {made.aborted} samples were aborted by the simulator and are left out")
    for name, stars in made.dropped.items():
        note(f"popmaps: {name}: {stars} stars without a finite weight are left out")
    for number, lost in outside.items():
        stars = max(lost.values())
        note(
            f"popmaps: sample {number}: no star in {', '.join(lost)}: all {stars} are outside the "
            "axes, or their coordinates are no numbers"
        )
    if blind:
        note(f"popmaps: in {blind} samples a survey detects no star; its maps are empty")


def _with_stars(empty: Mapping[str, int]) -> dict[str, int]:
    """Empty maps of tables that have stars."""
    return {name: stars for name, stars in empty.items() if stars}
