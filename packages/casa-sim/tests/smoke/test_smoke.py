"""Each public name exists, and the version is the installed one."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

import casa_sim
from casa_sim.cli import main


@pytest.mark.parametrize("name", casa_sim.__all__)
def test_public_name(name: str) -> None:
    assert getattr(casa_sim, name) is not None
    assert name in dir(casa_sim)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"casa-sim {version('casa-sim')}\n"


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    heavy = ("casatools", "casatasks", "casadata", "astropy", "pydantic_settings", "scipy")
    code = (
        "import sys; from casa_sim.cli import main; main(['--help'])\n"
        f"sys.exit(str([m for m in {heavy} if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"
