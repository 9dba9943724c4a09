"""The tutorials' blocks run in order, as a student would paste them, and print what is shown."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).resolve().parents[1] / "docs" / "tutorials"
BLOCK = re.compile(
    r"^```(python|sh)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL
)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")

# One session for the Python of a page; what a block prints is kept apart.
SESSION = """
import contextlib, io, json, subprocess, sys
names, printed = {"__name__": "__main__"}, []
for language, code in json.load(sys.stdin):
    out = io.StringIO()
    if language == "python":
        with contextlib.redirect_stdout(out):
            exec(compile(code, "tutorial", "exec"), names)
        printed.append(out.getvalue())
    else:
        done = subprocess.run(["bash", "-ec", code], stdout=subprocess.PIPE, text=True, check=True)
        printed.append(done.stdout)
json.dump(printed, open("printed.json", "w"))
"""


@dataclass(frozen=True)
class Block:
    """A block of a page, what the page says it prints, and what it printed."""

    language: str
    code: str
    shown: str
    printed: str


def _run(page: str, folder: Path) -> list[Block]:
    found = BLOCK.findall((TUTORIALS / page).read_text(encoding="utf-8"))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", "-c", SESSION],
        input=json.dumps([(language, code) for language, code, _ in found]),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PATH": path},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    printed = json.loads((folder / "printed.json").read_text())
    return [
        Block(language, code, shown, said)
        for (language, code, shown), said in zip(found, printed, strict=True)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where both tutorials are gone through."""
    return tmp_path_factory.mktemp("tutorials")


@pytest.fixture(scope="module")
def first_disk(folder: Path) -> list[Block]:
    """The first tutorial, gone through."""
    return _run("first_disk.md", folder)


def _hold_to_page(blocks: list[Block]) -> None:
    """Words are the page's; numbers too, but for what was trained or timed."""
    trained = False
    for block in blocks:
        trained |= "fit_disks" in block.code or block.language == "sh"
        shown = [NUMBER.sub("0", line).split() for line in block.shown.splitlines()]
        printed = [NUMBER.sub("0", line).split() for line in block.printed.splitlines()]
        starts = [n for n in range(len(printed) + 1) if printed[n : n + len(shown)] == shown]
        assert starts, f"shown: {block.shown}\nprinted: {block.printed}"
        if not trained:
            said = [float(number) for number in NUMBER.findall(block.printed)]
            wanted = [float(number) for number in NUMBER.findall(block.shown)]
            assert said == pytest.approx(wanted, rel=0.02)


def test_the_first_disk(first_disk: list[Block], folder: Path) -> None:
    assert len(first_disk) >= 7
    assert sum(bool(block.shown) for block in first_disk) >= 6
    _hold_to_page(first_disk)
    assert (folder / "disk.png").read_bytes().startswith(b"\x89PNG")


def test_the_answer_is_near_the_truth(first_disk: list[Block]) -> None:
    row = dict(zip(*(line.split() for line in first_disk[-1].printed.splitlines()), strict=False))
    assert abs(float(row["incl_deg"]) - 46.9) < 20
    assert abs(float(row["pa_deg"]) - 77.4) < 20
    assert row["usable"] == "True"


@pytest.mark.usefixtures("first_disk")
def test_own_data(folder: Path) -> None:
    blocks = _run("own_data.md", folder)
    assert len(blocks) >= 4
    _hold_to_page(blocks)
    assert len((folder / "answers.csv").read_text().splitlines()) == 4
