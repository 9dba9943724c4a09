"""A folder of sky models: FITS files, their truth in one table, and what is finished."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

from skyrun.files import read_json, write_json, write_text
from skyrun.fits import write_image
from skyrun.folder import ResumableFolder, locked_folder
from skyrun.workers import ordered_map, require_scheduler
from skytypes import SkyImage
from skytypes.errors import InputError

from .catalogue_rows import COLUMNS, CatalogueRow
from .skies import check_size, provenance, render_sky
from .structure import Recipe
from .truth_tables import truth_table

TRUTH_TABLE = "truth.csv"
PROVENANCE_FILE = "provenance.json"
"""What the folder's models are made with; a folder holds those of one recipe and size."""

_SEED = COLUMNS.index("seed")

_CARDS = {
    "INCL": ("incl_deg", "[deg] inclination, 0 face on"),
    "DISKPA": ("pa_deg", "[deg] major axis, east of north"),
    "DX": ("dx_arcsec", "[arcsec] centre, east positive"),
    "DY": ("dy_arcsec", "[arcsec] centre, north positive"),
    "ROUT": ("rout_arcsec", "[arcsec] outer radius"),
    "RMIN": ("rmin_arcsec", "[arcsec] cavity radius, 0 none"),
    "FLUX": ("flux_jy", "[Jy] total"),
    "TB_PEAK": ("tb_peak_k", "[K] peak brightness, Rayleigh-Jeans"),
    "RECIPE": ("recipe", "of the sky model"),
    "DISKSEED": ("seed", "of everything drawn"),
}


@dataclass(frozen=True)
class ModelJob:
    """One sky model to be made."""

    row: CatalogueRow
    folder: str
    recipe: Recipe
    size: int


@dataclass(frozen=True)
class Made:
    """What became of a row: the file and its truth, or the line that says why there is none."""

    name: str
    file: str
    truth: Mapping[str, Any]
    error: str | None = None
    reused: bool = False


def make_model(job: ModelJob) -> dict[str, Any]:
    """Render one sky model, write its FITS file and mark it as finished; its truth.

    Parameters
    ----------
    job : ModelJob

    Returns
    -------
    dict
        Truth by name, units in the names.
    """
    sky = render_sky(job.row, recipe=job.recipe, size=job.size)
    file = f"{job.row.ID}.fits"
    write_image(Path(job.folder, file), sky, cards=header_cards(sky))
    truth = dict(sky.truth)
    _folder(job).finish(job.row.ID, [file], {"row": _plain(job.row), "truth": truth})
    return truth


def _plain(row: CatalogueRow) -> list[Any]:
    return list(astuple(row))


def _folder(job: ModelJob) -> ResumableFolder:
    return ResumableFolder(job.folder, provenance(recipe=job.recipe, size=job.size))


def header_cards(sky: SkyImage) -> dict[str, tuple[Any, str]]:
    """Header cards for people who read headers; all drawn numbers are in TRUTH as well.

    Parameters
    ----------
    sky : SkyImage
        Made by `render_sky`.

    Returns
    -------
    dict of keyword to (value, comment)
        Units are in the comments.

    Examples
    --------
    >>> from skymodels import DiskSkies
    >>> sorted(header_cards(DiskSkies.example().sky(0)))[:3]
    ['DISKPA', 'DISKSEED', 'DX']
    """
    return {key: (sky.truth[name], comment) for key, (name, comment) in _CARDS.items()}


def make_models(
    rows: Sequence[CatalogueRow],
    folder: str | os.PathLike[str],
    *,
    recipe: Recipe = "published",
    size: int = 1024,
    workers: int = 1,
    dask: str | None = None,
) -> Iterator[Made]:
    """Make the sky models of a catalogue that are not finished yet, and the truth of all.

    Parameters
    ----------
    rows : sequence of CatalogueRow
    folder : path
        Gets ``<ID>.fits`` for each row, ``truth.csv`` and ``provenance.json``.
    recipe : "published" or "physical"
    size : int
        Pixels along a side.
    workers : int
    dask : str or None
        Address of a dask scheduler, instead of workers.

    Yields
    ------
    Made
        First the finished ones, then the others as they come, in the rows' order; a row that was
        changed since is made again. The table is written after the last.

    Raises
    ------
    InputError
        If the size or the number of workers is out of range, no scheduler answers, the folder
        can't be made, another run is using it, or it holds models of another recipe, size or seed;
        then nothing was written.

    Examples
    --------
    >>> import tempfile
    >>> from skymodels import draw_catalogue
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = list(make_models(draw_catalogue(2, seed=1), folder, size=64))
    ...     [one.name for one in made], sorted(p.name for p in Path(folder).glob("*.csv"))
    (['Disk_001', 'Disk_002'], ['truth.csv'])
    """
    check_size(size)
    # Before the folder is made: what is written into it says that models are made.
    require_scheduler(dask)
    with locked_folder(folder):
        yield from _make(
            [ModelJob(row, str(folder), recipe, size) for row in rows], workers=workers, dask=dask
        )


def _make(jobs: Sequence[ModelJob], *, workers: int, dask: str | None) -> Iterator[Made]:
    """`make_models` in a folder that no other run is using."""
    _refuse_other(jobs)
    truths = _finished(jobs)
    todo = [job for job in jobs if job.row.ID not in truths]
    label = "sky models" if todo else ""
    outcomes = ordered_map(make_model, todo, workers=workers, dask=dask, label=label)
    _say_made_with(jobs)
    for job in jobs:
        if job.row.ID in truths:
            yield _made(job, truths[job.row.ID], reused=True)
    for outcome in outcomes:
        job = todo[outcome.index]
        if outcome.value is None:
            yield Made(job.row.ID, "", {}, outcome.error)
            continue
        truths[job.row.ID] = outcome.value
        yield _made(job, outcome.value)
    # The table is that of the whole folder: models of other rows keep their place in it.
    failed = {job.row.ID for job in jobs} - set(truths)
    known = _folder(jobs[0]).records() if truths else {}
    if truths:
        table = {name: record["truth"] for name, record in known.items() if name not in failed}
        write_text(Path(jobs[0].folder, TRUTH_TABLE), truth_table(table))


def _made(job: ModelJob, truth: Mapping[str, Any], *, reused: bool = False) -> Made:
    return Made(job.row.ID, str(Path(job.folder, f"{job.row.ID}.fits")), truth, reused=reused)


def _refuse_other(jobs: Sequence[ModelJob]) -> None:
    """Refuse to mix models of other options into a folder."""
    if not jobs:
        return
    path = Path(jobs[0].folder, PROVENANCE_FILE)
    ours = provenance(recipe=jobs[0].recipe, size=jobs[0].size)
    theirs = _made_with(path) or ours.configuration
    for name, value in ours.configuration.items():
        if theirs.get(name) != value:
            raise _other(path.parent, f"sky models made with {name}", theirs.get(name), value)
    folder = _folder(jobs[0])
    records = folder.records()
    for job in jobs:
        row = records.get(job.row.ID, {}).get("row", _plain(job.row))
        if row[_SEED] != job.row.seed and folder.is_done(job.row.ID):
            raise _other(path.parent, f"{job.row.ID} made with seed", row[_SEED], job.row.seed)


def _say_made_with(jobs: Sequence[ModelJob]) -> None:
    """Write what the models of a folder are made with, before the first of them is."""
    if jobs:
        ours = provenance(recipe=jobs[0].recipe, size=jobs[0].size)
        write_json(Path(jobs[0].folder, PROVENANCE_FILE), asdict(ours))


def _made_with(path: Path) -> Mapping[str, Any] | None:
    """Options that a folder's models were made with; None where nothing says it."""
    if not path.exists():
        return None
    advice = "remove it to make the sky models anew, or choose another folder"
    try:
        earlier = read_json(path)
    except InputError as error:
        raise InputError(f"{error}; {advice}") from None
    theirs = earlier.get("configuration") if isinstance(earlier, dict) else None
    if not isinstance(theirs, dict):
        raise InputError(f"{path}: does not say what the sky models were made with; {advice}")
    return theirs


def _other(folder: Path, what: str, earlier: object, value: object) -> InputError:
    return InputError(
        f"{folder}: holds {what} {repr(earlier)[:40]}, not {repr(value)[:40]}; "
        "choose another folder, or empty this one"
    )


def _finished(jobs: Sequence[ModelJob]) -> dict[str, Mapping[str, Any]]:
    """Truth of the rows whose model is there, whole, and of this very row."""
    if not jobs:
        return {}
    folder = _folder(jobs[0])
    records = folder.records()
    return {
        job.row.ID: records[job.row.ID]["truth"]
        for job in jobs
        if job.row.ID in records
        and records[job.row.ID].get("row") == _plain(job.row)
        and folder.is_done(job.row.ID)
    }
