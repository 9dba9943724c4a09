"""The READMEs' Python blocks and the examples run, as a reader would run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
READMES = sorted(ROOT.glob("packages/*/README.md"))
EXAMPLES = [*sorted(ROOT.glob("packages/*/examples/*.py")), *sorted(ROOT.glob("examples/*.py"))]
# Real CASA observes a few disks in all of CI: this one, and two in casa-sim's own tests.
REAL_CASA = {"02_first_image.py"}
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
SKELETONS = {"siteops"}


def _run(arguments: list[str], folder: Path) -> list[str]:
    """Run Python; what it printed, by line."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()


def _first_block(path: Path) -> tuple[str, list[str], list[str], int]:
    """Language, lines and shown result of a README's first block, and the line it ends at.

    The result is the block right below, or the comment at the end of the first one.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    fences = [n for n, line in enumerate(lines) if line.startswith("```")]
    block = lines[fences[0] + 1 : fences[1]]
    below = fences[2] if len(fences) > 2 else len(lines) - 1
    apart = any(lines[fences[1] + 1 : below])
    if not apart and lines[below] in {"```", "```text"}:
        shown, end = lines[below + 1 : fences[3]], fences[3]
    else:
        shown, end = [block[-1].partition("  # ")[2]], fences[1]
    return lines[fences[0]][3:], block, [line for line in shown if line], end + 1


def _without_numbers(line: str) -> list[str]:
    return NUMBER.sub("0", line).split()


@pytest.mark.parametrize("path", READMES, ids=lambda p: p.parent.name)
def test_readme_begins_with_a_short_block_and_its_result(path: Path) -> None:
    _, block, shown, end = _first_block(path)
    assert 1 <= len(block) <= 10
    assert shown, f"{path} shows no result of its first block"
    assert end - len(shown) <= 20


def _hold_to_shown(printed: list[str], shown: list[str], *, numbers: bool) -> None:
    """The shown lines are among those printed: their words, and their numbers within 5 %."""
    words = [_without_numbers(line) for line in printed]
    wanted = [_without_numbers(line) for line in shown]
    starts = [n for n in range(len(words)) if words[n : n + len(wanted)] == wanted]
    assert starts, f"shown: {shown}; printed: {printed}"
    if numbers:
        there = "\n".join(printed[starts[0] : starts[0] + len(shown)])
        expected = [float(found) for found in NUMBER.findall("\n".join(shown))]
        found = [float(found) for found in NUMBER.findall(there)]
        assert found == pytest.approx(expected, rel=0.05, abs=0.051)


@pytest.mark.parametrize("path", READMES, ids=lambda p: p.parent.name)
def test_readme_python_runs(path: Path, tmp_path: Path) -> None:
    """All of it in one session; what the first block prints is what is shown."""
    blocks = BLOCK.findall(path.read_text(encoding="utf-8"))
    if path.parent.name not in SKELETONS:
        assert blocks, f"{path} shows no Python"
    plain = [block for block in blocks if not block.startswith(">>> ")]
    if len(plain) < len(blocks):
        _run(["-m", "doctest", "-o", "ELLIPSIS", str(path)], tmp_path)
    script = tmp_path / "readme.py"
    script.write_text("\n".join(plain), encoding="utf-8")
    printed = _run([str(script)], tmp_path)
    language, _, shown, _ = _first_block(path)
    if language == "python":
        _hold_to_shown(printed, shown, numbers=True)


def _first_fence(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((line for line in lines if line.startswith("```")), "")


SHELL_FIRST = [path for path in READMES if _first_fence(path) in {"```sh", "```bash"}]


@pytest.mark.parametrize("path", SHELL_FIRST, ids=lambda p: p.parent.name)
def test_first_commands_print_what_is_shown(path: Path, tmp_path: Path) -> None:
    _, block, shown, _ = _first_block(path)
    # The commands are those of this environment: uv would make another one.
    text = re.sub(r"uv run --package \S+ ", "", "\n".join(block))
    home = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-ec", text],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | home,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    # What is trained or timed differs from machine to machine.
    _hold_to_shown(done.stdout.splitlines(), shown, numbers=False)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: f"{p.parent.parent.name}/{p.name}")
def test_examples_run(path: Path, tmp_path: Path) -> None:
    if path.name in REAL_CASA and find_spec("casatasks") is None:
        pytest.skip("CASA is not installed (extra casa)")
    _run([str(path)], tmp_path)


def test_there_are_examples_of_every_package() -> None:
    have = {path.parent.parent.name for path in EXAMPLES}
    assert have >= {path.parent.name for path in READMES} - SKELETONS


def test_the_root_readme_gives_both_commands_by_line_twenty() -> None:
    top = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:20])
    assert "uv run tools/disk_to_edge.py" in top
    assert "uv run --all-extras pytest" in top
    assert "![" in top


def _cited(held_by: str) -> Iterator[tuple[Path, str]]:
    """File and name of each test in ``package `file::test`, `::test` ``.

    A package or file that is left out is the one before.
    """
    package, file = "", ""
    for named, path, test in re.findall(r"(?:([a-z][a-z-]+) )?`([\w/.]*)::(test_\w+)`", held_by):
        package, file = named or package, path or file
        yield ROOT / "packages" / package / "tests" / file, test


def test_a_citation_is_read_with_its_package_and_file() -> None:
    cited = list(_cited("skyrun `a.py::test_x`, `::test_y`; casa-sim `b/c.py::test_z`"))
    assert cited == [
        (ROOT / "packages/skyrun/tests/a.py", "test_x"),
        (ROOT / "packages/skyrun/tests/a.py", "test_y"),
        (ROOT / "packages/casa-sim/tests/b/c.py", "test_z"),
    ]


def test_each_convention_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "conventions.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "held by" not in line]
    assert len(rows) > 20
    for row in rows:
        held_by = row.rstrip(" |").rsplit(" | ", 1)[1]
        cited = list(_cited(held_by))
        assert len(cited) == held_by.count("::test_") > 0, row
        for path, test in cited:
            assert path.is_file(), f"{path} of {row}"
            source = path.read_text(encoding="utf-8")
            assert re.search(rf"^def {test}\(", source, re.MULTILINE), f"{path}::{test}"
