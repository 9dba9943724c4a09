"""Catalogues as CSV files: writing, and reading what someone else wrote.

Accepted: UTF-8 (a byte-order mark is dropped), a header, columns in any order, spaces around what
is in a column. Numbers are decimal, 12, -0.5 or 1e-05, in the digits 0 to 9. The columns of ours
may be missing: `array_lo` is then alma.cycle9.5.cfg, `dx_arcsec` and `dy_arcsec` are 0, `pixel_mas`
follows the rule of `skymodels.alma`, and `seed` is 48 bits of the ID's BLAKE2b hash.
Columns with other names are ignored, unless the name looks like a misspelt one of ours.
"""

from __future__ import annotations

import csv
import difflib
import io
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import astuple

from pydantic import TypeAdapter, ValidationError

from skyrun.files import read_text, write_text
from skytypes.seeds import seed_of_name

from .alma import sky_pixel_mas
from .catalogue_rows import COLUMNS, MAX_ROWS, CatalogueRow, wrong_value
from .errors import CatalogueError
from .extents import misfit

MAX_BYTES = 256 << 20
OPTIONAL = ("array_lo", "dx_arcsec", "dy_arcsec", "pixel_mas", "seed")
_ROW = TypeAdapter(CatalogueRow)
_TEXTS = ("ID", "array_cfg", "array_lo")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def write_catalogue(path: str | os.PathLike[str], rows: Sequence[CatalogueRow]) -> None:
    """Write a catalogue, whole or not at all.

    Parameters
    ----------
    path : path
    rows : sequence of CatalogueRow
        At least one.

    Raises
    ------
    CatalogueError
        If there is no row, or an ID is given twice.

    Examples
    --------
    >>> import tempfile
    >>> from skymodels import draw_catalogue
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_catalogue(folder + "/c.csv", draw_catalogue(2, seed=1))
    ...     read_catalogue(folder + "/c.csv") == draw_catalogue(2, seed=1)
    True
    """
    write_text(path, format_catalogue(rows, source=str(path)))


def format_catalogue(rows: Sequence[CatalogueRow], *, source: str = "catalogue") -> str:
    """A catalogue as CSV text; numbers are written so that reading gives the same bits.

    Parameters
    ----------
    rows : sequence of CatalogueRow
    source : str
        What an error's message begins with.

    Returns
    -------
    str

    Raises
    ------
    CatalogueError
        If there is no row, or an ID is given twice.

    Examples
    --------
    >>> from skymodels import draw_catalogue
    >>> format_catalogue(draw_catalogue(1, seed=42)).splitlines()[1][:16]
    'Disk_001,27.649,'
    """
    if not rows:
        raise CatalogueError(f"{source}: no row to write; give at least one")
    seen = set[str]()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        values = astuple(_new(row, seen))
        writer.writerow(v if isinstance(v, str) else repr(v) for v in values)
    return out.getvalue()


def read_catalogue(path: str | os.PathLike[str]) -> list[CatalogueRow]:
    """All rows of a catalogue, every one of them good.

    Parameters
    ----------
    path : path

    Returns
    -------
    list of CatalogueRow

    Raises
    ------
    CatalogueError
        At the first fault: the line, the column, what it holds and what is allowed.
    InputError
        If the file is missing, too large or not UTF-8.

    Examples
    --------
    >>> import tempfile
    >>> from skymodels import draw_catalogue
    >>> with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
    ...     _ = file.write(format_catalogue(draw_catalogue(2, seed=1)))
    ...     file.flush()
    ...     [row.ID for row in read_catalogue(file.name)]
    ['Disk_001', 'Disk_002']
    """
    rows, problems = scan_catalogue(path)
    if problems:
        raise CatalogueError(problems[0])
    return rows


def scan_catalogue(path: str | os.PathLike[str]) -> tuple[list[CatalogueRow], list[str]]:
    """The good rows of a catalogue, and one line for each bad one.

    Parameters
    ----------
    path : path

    Returns
    -------
    rows : list of CatalogueRow
    problems : list of str

    Raises
    ------
    CatalogueError
        If the file as a whole is no catalogue: no row, a missing or doubtful column.
    InputError
        If the file is missing, too large or not UTF-8.
    """
    source = str(path)
    lines = _lines(source, read_text(path, max_bytes=MAX_BYTES))
    header = _check_header(source, next(lines, (1, []))[1])
    rows, problems, seen = [], [], set[str]()
    for number, fields in lines:
        try:
            row = _new(_fitting(_row(header, fields)), seen)
        except CatalogueError as error:
            problems.append(f"{source}: line {number}, {error}")
            continue
        rows.append(row)
    if not rows and not problems:
        raise CatalogueError(f"{source}: has a header and no row; give at least one disk")
    return rows, problems


def _lines(source: str, text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        for count, fields in enumerate(reader):
            if count > MAX_ROWS:
                raise CatalogueError(f"{source}: more than {MAX_ROWS} rows; split the file")
            if fields:
                yield reader.line_num, [f.strip(" \t") for f in fields]
    except csv.Error as error:
        raise CatalogueError(
            f"{source}: line {reader.line_num} is not CSV ({error}); give comma-separated text"
        ) from None


def _check_header(source: str, header: list[str]) -> list[str]:
    missing = [c for c in COLUMNS if c not in header and c not in OPTIONAL]
    if missing:
        raise CatalogueError(
            f"{source}: column {missing[0]} is missing (it has: {', '.join(header)[:200]}); "
            f"give all of {', '.join(c for c in COLUMNS if c not in OPTIONAL)}"
        )
    for name in header:
        if header.count(name) > 1:
            raise CatalogueError(f"{source}: column {name} is given twice; give it once")
        close = difflib.get_close_matches(name, OPTIONAL, n=1, cutoff=0.8)
        if name not in COLUMNS and close:
            raise CatalogueError(
                f"{source}: column {name[:60]!r} is not known; did you mean {close[0]}?"
            )
    return header


def _row(header: list[str], fields: list[str]) -> CatalogueRow:
    if len(fields) != len(header):
        raise CatalogueError(f"{len(fields)} fields; give {len(header)}, as in the header")
    given = {k: v for k, v in zip(header, fields, strict=True) if k in COLUMNS}
    defaults = {"array_lo": "alma.cycle9.5.cfg", "dx_arcsec": "0", "dy_arcsec": "0"}
    values = defaults | given
    values.setdefault("seed", str(seed_of_name(values["ID"])))
    pixel_by_rule = "pixel_mas" not in values
    if pixel_by_rule:
        values["pixel_mas"] = "1"
    row = _validated(values)
    if not pixel_by_rule:
        return row
    pixel = sky_pixel_mas(row.rout_arcsec, row.array_cfg, row.band)
    return _validated(values | {"pixel_mas": repr(round(pixel, 6))})


def _fitting(row: CatalogueRow) -> CatalogueRow:
    """The row itself, if its grid can show its disk."""
    line = misfit(row)
    if line is not None:
        raise CatalogueError(line)
    return row


def _new(row: CatalogueRow, seen: set[str]) -> CatalogueRow:
    """The row itself, if its ID was not seen before."""
    # Without regard to case: some file systems would put two disks into one file.
    if row.ID.lower() in seen:
        raise CatalogueError(wrong_value("ID", row.ID))
    seen.add(row.ID.lower())
    return row


def _validated(values: dict[str, str]) -> CatalogueRow:
    for column, value in values.items():
        # Python would also read 1_0, nan and the digits of other scripts.
        if column not in _TEXTS and not _NUMBER.fullmatch(value):
            raise CatalogueError(wrong_value(column, value))
    try:
        return _ROW.validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        if first["loc"]:
            column = str(first["loc"][0])
            raise CatalogueError(wrong_value(column, values[column])) from None
        raise CatalogueError(str(first["ctx"]["error"])) from None
