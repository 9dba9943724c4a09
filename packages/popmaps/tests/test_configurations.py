"""What an earlier run was made with, against what this one would be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from popmaps.configurations import first_difference, read_made_with, refuse_other
from skytypes.errors import InputError


@pytest.mark.parametrize(
    ("theirs", "ours", "found"),
    [
        ({"seed": 1, "more": 2}, {"seed": 1}, None),
        ({"seed": 1}, {"seed": 2}, ("seed", 1, 2)),
        ({}, {"seed": 0}, ("seed", None, 0)),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, ("c", 1, 2)),
        # Detections that were wanted of one survey more: the innermost names are all the same.
        ({"targets": {"P": 3, "S": 5}}, {"targets": {"P": 3}},
         ("targets", {"P": 3, "S": 5}, {"P": 3})),
        ({"targets": {"P": 3}}, {"targets": {"P": 3, "S": 5}}, ("S", None, 5)),
    ],
)  # fmt: skip
def test_the_first_difference_is_found(
    theirs: dict[str, Any], ours: dict[str, Any], found: tuple[str, Any, Any] | None
) -> None:
    assert first_difference(theirs, ours) == found


def test_a_refusal_is_short_whatever_the_file_says(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"made with kind 'x{39}, not 'full'; choose"):
        refuse_other(tmp_path, {"kind": "x" * 10**6}, {"kind": "full"})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "remove it to make the maps anew, or choose another folder"),
        ("[1]", "does not say what the maps were made with; remove it"),
        ('{"configuration": 3}', "does not say what the maps were made with; remove it"),
    ],
)
def test_a_damaged_record_is_refused_with_advice(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "provenance.json"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        read_made_with(path)


def test_the_seed_is_one_of_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "provenance.json"
    assert read_made_with(path) is None
    path.write_text(json.dumps({"configuration": {"kind": "full"}, "seed": 5}))
    assert read_made_with(path) == {"kind": "full", "seed": 5}
