"""The READMEs' Python blocks and the examples run, as a reader would run them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
READMES = sorted(ROOT.glob("packages/*/README.md"))
# Real CASA runs a few disks in all of CI: in casa-sim's own tests and in the main job.
REAL_CASA = {"02_first_image.py"}
EXAMPLES = sorted(p for p in ROOT.glob("packages/*/examples/*.py") if p.name not in REAL_CASA)
EXAMPLES += sorted(ROOT.glob("examples/*.py"))
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
SKELETONS = {"siteops"}


def _run(arguments: list[str], folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("path", READMES, ids=lambda p: p.parent.name)
def test_readme_blocks_run(path: Path, tmp_path: Path) -> None:
    blocks = BLOCK.findall(path.read_text(encoding="utf-8"))
    if path.parent.name not in SKELETONS:
        assert blocks, f"{path} shows no Python"
    if any(block.startswith(">>> ") for block in blocks):
        _run(["-m", "doctest", "-o", "ELLIPSIS", str(path)], tmp_path)
        return
    script = tmp_path / "readme.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    _run([str(script)], tmp_path)


@pytest.mark.parametrize("path", READMES, ids=lambda p: p.parent.name)
def test_readme_shows_a_block_by_line_twenty(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()[:20]
    assert any(line.startswith("```") for line in lines)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: f"{p.parent.parent.name}/{p.name}")
def test_examples_run(path: Path, tmp_path: Path) -> None:
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
