"""The Python of the README runs and prints what it says."""

from __future__ import annotations

import doctest
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_readme() -> None:
    result = doctest.testfile(str(README), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert result.attempted > 0
    assert result.failed == 0


def test_the_first_block_comes_early_and_is_short() -> None:
    lines = README.read_text().splitlines()
    fences = [n for n, line in enumerate(lines) if line.startswith("```")]
    assert fences[0] < 20
    assert fences[1] - fences[0] - 1 <= 10
