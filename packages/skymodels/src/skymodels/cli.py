"""The command ``skymodels``: draw a catalogue, make its sky models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from skyrun.commands import answer, exit_status, make_app, note, run
from skytypes.errors import InputError

if TYPE_CHECKING:
    from .model_folder import Made

_MOST_NOTES = 10
_SHOWN = ("incl_deg", "pa_deg", "dx_arcsec", "dy_arcsec", "rout_arcsec", "flux_jy", "tb_peak_k")

app = make_app("skymodels", "Synthetic truth for astronomy: protoplanetary disks.")

Output = Annotated[Path, Parameter(name=["--output", "-o"])]
Count = Annotated[int, Parameter(name=["--number", "-n"])]


@app.command
def catalogue(*, number: Count = 100, seed: int, output: Output, json: bool = False) -> None:
    """Draw a catalogue of disks.

    Parameters
    ----------
    number
        Disks to draw.
    seed
        Of every draw. A longer catalogue begins with the shorter one.
    output
        CSV file to write.
    json
        Print a line of JSON a disk instead of a table.
    """
    from dataclasses import asdict

    from .catalogue import draw_catalogue
    from .catalogue_files import write_catalogue

    rows = draw_catalogue(number, seed=seed)
    write_catalogue(output, rows)
    if json:
        answer((asdict(row) for row in rows), json=True)
    else:
        answer([{"catalogue": str(output), "disks": len(rows), "seed": seed}], json=False)


@app.command
def disks(
    table: Path,
    /,
    *,
    output: Output,
    recipe: Literal["published", "physical"] = "published",
    size: int = 1024,
    only: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    workers: int = 1,
    dask: str | None = None,
    skip_bad_rows: bool = False,
    json: bool = False,
) -> int:
    """Make the sky models of a catalogue, those that are not finished yet.

    A catalogue with a bad row is refused with a line for each of them, before anything is made.

    Parameters
    ----------
    table
        Catalogue (CSV).
    output
        Folder for the FITS files and truth.csv.
    recipe
        How the disks are made.
    size
        Pixels along a side; the field stays the same.
    only
        IDs of the disks wanted.
    workers
        Processes.
    dask
        Address of a dask scheduler, instead of workers.
    skip_bad_rows
        Report bad rows and make the others; the exit status is then 1.
    json
        Print a line of JSON a disk instead of a table.
    """
    from .catalogue_files import scan_catalogue
    from .model_folder import make_models

    if workers < 1:
        raise InputError(f"workers is {workers}; give 1 or more")
    rows, problems = scan_catalogue(table)
    if problems and not skip_bad_rows:
        return _refuse(table, problems)
    if only:
        absent = sorted(set(only) - {row.ID for row in rows})
        if absent:
            raise InputError(f"{table}: no good row {absent[0]!r}; --only takes IDs of rows")
        rows, problems = [row for row in rows if row.ID in only], []
    for problem in problems:
        note(f"skymodels: {problem}")
    made = make_models(rows, output, recipe=recipe, size=size, workers=workers, dask=dask)
    failed = list(problems)
    good: list[str] = []
    answer(_lines(made, good, failed), json=json)
    return exit_status(len(good), len(failed))


def _refuse(table: Path, problems: Sequence[str]) -> int:
    """A line for each bad row, as far as anybody reads them; the exit status."""
    for problem in problems[:_MOST_NOTES]:
        note(f"skymodels: error: {problem}")
    if len(problems) > _MOST_NOTES:
        note(f"skymodels: error: {table}: {len(problems) - _MOST_NOTES} more bad rows")
    return exit_status(0, len(problems))


def _lines(made: Iterator[Made], good: list[str], failed: list[str]) -> Iterator[dict[str, object]]:
    """A line of answer for each model made; what failed goes to standard error."""
    for one in made:
        if one.error is not None:
            failed.append(one.error)
            note(f"skymodels: {one.name}: {one.error}")
            continue
        good.append(one.name)
        yield {
            "file": one.file,
            **{name: one.truth[name] for name in _SHOWN},
            "reused": one.reused,
        }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status.

    Parameters
    ----------
    argv : sequence of str or None
        Arguments without the command's name; None reads those of the process.

    Returns
    -------
    int
        0 all done, 1 some disks failed, 2 none is done or bad input.
    """
    return run(app, argv)
