"""Answers written to a file: CSV for spreadsheets, JSON lines for programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from skyrun.files import atomic_path
from skytypes import ModelCard
from skytypes.errors import InputError

from .answers import Answer

_ENDINGS = (".csv", ".jsonl")


def check_ending(path: Path) -> None:
    """Check that the file's name says in which form to write.

    Raises
    ------
    InputError
        If it ends in neither ``.csv`` nor ``.jsonl``.

    Examples
    --------
    >>> check_ending(Path("answers.csv"))
    """
    if path.suffix.lower() not in _ENDINGS:
        raise InputError(f"{path}: ends in {path.suffix!r}; give a name in {' or '.join(_ENDINGS)}")


def columns_of(card: ModelCard) -> list[str]:
    """Columns of a CSV of answers; an output with classes has one for each.

    Examples
    --------
    >>> from skytypes.specs import OutputSpec
    >>> kind = OutputSpec("kind", "", "softmax", (0, 1), classes=("disk", "star"))
    >>> columns_of(ModelCard("toy", "0", "toy", (), (kind,)))[:3]
    ['file', 'kind:disk', 'kind:star']
    """
    names = [n for o in card.outputs for n in ([f"{o.name}:{c}" for c in o.classes] or [o.name])]
    return ["file", *names, "usable", "reasons", "seconds", "error"]


def _flat(row: Mapping[str, object], card: ModelCard) -> dict[str, object]:
    cells: dict[str, object] = {}
    classes = {o.name for o in card.outputs if o.classes}
    for name, value in row.items():
        if value is None and name in classes:
            continue
        if isinstance(value, Mapping):
            cells.update({f"{name}:{c}": v for c, v in value.items()})
        else:
            cells[name] = "; ".join(map(str, value)) if isinstance(value, list) else value
    return cells


def write_answers(path: Path, answers: Iterable[Answer], card: ModelCard) -> None:
    """Write answers as they come; the file appears when it is whole.

    Parameters
    ----------
    path : Path
        Ending in ``.csv`` or ``.jsonl``.
    answers : iterable of Answer
    card : ModelCard
        Names the columns.

    Raises
    ------
    InputError
        If the ending is another, or the place can't be written to.
    """
    check_ending(path)
    with (
        atomic_path(path) as temporary,
        # A file's name need not be UTF-8; the table is.
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        if path.suffix.lower() == ".jsonl":
            for one in answers:
                file.write(json.dumps(one.row(), allow_nan=False) + "\n")
            return
        table = csv.DictWriter(file, columns_of(card), lineterminator="\n")
        table.writeheader()
        for one in answers:
            table.writerow(_flat(one.row(), card))
