"""``popmaps show``: a page of pictures about a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from skyrun.commands import answer, exit_status, note

from .options import Flag

_MOST_NOTES = 5


def show(
    dataset: Path,
    *,
    out: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    sample: int = 0,
    mean_of: int = 500,
    json: Flag = False,
) -> int:
    """Draw a dataset on one page: its maps by channel, its labels and its sets.

    Parameters
    ----------
    dataset
        Folder that generate or observed wrote, or a table of one.
    out
        Page, .html or .png; everything is inside the one file. By default beside the table, with
        its name.
    sample
        Row of the table, from 0, whose maps are shown by themselves.
    mean_of
        Most samples that the mean maps are taken over, evenly from the table.
    json
        Print one JSON object a line instead of a table.
    """
    from ..overview import find_table, read_overview
    from ..show import require_ending, write_page

    page = find_table(dataset).with_suffix(".html") if out is None else out
    require_ending(page)
    overview = read_overview(dataset, sample=sample, mean_of=mean_of)
    for line in overview.skipped[:_MOST_NOTES]:
        note(f"popmaps: {line}")
    if len(overview.skipped) > _MOST_NOTES:
        note(f"popmaps: {len(overview.skipped) - _MOST_NOTES} more maps are left out")
    if overview.outdated:
        note(f"popmaps: the sets are not the rows of {overview.table}; split again")
    write_page(overview, page)
    known = sum(values.size > 0 for values in overview.labels.values())
    row: dict[str, object] = {
        "page": str(page),
        "samples": overview.rows,
        "channels": len(overview.channels),
        "labels": len(overview.labels),
        "labels_known": known,
        "maps_left_out": len(overview.skipped),
    }
    row |= {f"samples_{name}": rows for name, (rows, _) in overview.sets.items()}
    row |= {"samples_shared": overview.shared} if overview.sets else {}
    answer([row], json=json)
    return exit_status(len(overview.channels), len(overview.skipped))
