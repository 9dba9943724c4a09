"""What the README shows, and the example, run and say what they say they do."""

import re
import runpy
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1]
EXPECTED = "which means {'dx_arcsec': 0.3, 'dy_arcsec': 0.2}"


def test_the_block_of_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    text = (PACKAGE / "README.md").read_text()
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    block = found[1]
    assert len(block.splitlines()) <= 10
    exec(compile(block, "README.md", "exec"), {})
    assert capsys.readouterr().out.strip() == block.splitlines()[-1].split("  # ")[1]


@pytest.mark.parametrize("path", sorted((PACKAGE / "examples").glob("*.py")), ids=lambda p: p.stem)
def test_examples_run(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(path), run_name="__main__")
    said = capsys.readouterr().out
    assert EXPECTED in said
