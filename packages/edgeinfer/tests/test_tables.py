from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edgeinfer import Answer
from edgeinfer.tables import write_answers
from skytypes import ModelCard
from skytypes.errors import InputError
from skytypes.specs import OutputSpec

CARD = ModelCard(
    "m",
    "0",
    "m",
    (),
    (
        OutputSpec("incl_deg", "deg", "linear", (0,)),
        OutputSpec("kind", "", "softmax", (1, 2), classes=("disk", "star")),
    ),
)
ANSWERS = [
    Answer("a.fits", {"incl_deg": 30.5, "kind": {"disk": 0.75, "star": 0.25}}, (), 0.01),
    Answer("b.fits", {"incl_deg": None, "kind": None}, ("too faint", "too small"), 0.02),
    Answer("c.fits", error="no such file"),
]


def test_csv_has_a_column_for_each_field(tmp_path: Path) -> None:
    write_answers(tmp_path / "a.csv", ANSWERS, CARD)
    with (tmp_path / "a.csv").open(newline="") as file:
        first, second, third = csv.DictReader(file)
    assert first["incl_deg"] == "30.5"
    assert first["kind:star"] == "0.25"
    assert second["reasons"] == "too faint; too small"
    assert second["incl_deg"] == ""
    assert third["error"] == "no such file"
    assert third["usable"] == ""


def test_json_lines_are_the_rows(tmp_path: Path) -> None:
    write_answers(tmp_path / "a.jsonl", ANSWERS, CARD)
    lines = (tmp_path / "a.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [a.row() for a in ANSWERS]


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in '.xls'; give a name in .csv or .jsonl"):
        write_answers(tmp_path / "a.xls", ANSWERS, CARD)


def test_nothing_is_left_when_the_answers_stop(tmp_path: Path) -> None:
    def stopping() -> Iterator[Answer]:
        yield ANSWERS[0]
        raise InputError("the disk is gone")

    with pytest.raises(InputError, match="the disk is gone"):
        write_answers(tmp_path / "a.csv", stopping(), CARD)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_no_utf8_is_escaped(tmp_path: Path) -> None:
    strange = replace(ANSWERS[0], file=os.fsdecode(b"\xff.fits"))
    write_answers(tmp_path / "a.csv", [strange], CARD)
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["file"] == r"\udcff.fits"
