"""Every command: quick help without heavy imports, its version, one-line refusals."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "astropy", "scipy", "pandas", "matplotlib", "onnxruntime", "casatasks", "dask")


def _commands() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(ROOT.glob("packages/*/pyproject.toml")):
        found |= tomllib.loads(path.read_text())["project"].get("scripts", {})
    return found


COMMANDS = _commands()


def _run_main(target: str, argv: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command's main in a new interpreter and print which heavy modules it imported."""
    module, function = target.split(":")
    code = (
        f"import sys, json; from {module} import {function} as main\n"
        f"status = main({argv!r})\n"
        f"print('HEAVY', json.dumps([m for m in {HEAVY!r} if m in sys.modules]))\n"
        "sys.exit(status)"
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )


def test_every_package_but_the_libraries_has_a_command() -> None:
    packages = {path.parent.name for path in ROOT.glob("packages/*/pyproject.toml")}
    assert set(COMMANDS) == packages - {"skytypes", "skyrun", "netzoo"}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_is_printed_without_a_heavy_import(name: str) -> None:
    done = _run_main(COMMANDS[name], ["--help"])
    assert done.returncode == 0, done.stderr
    assert "Commands" in done.stdout
    assert json.loads(done.stdout.split("HEAVY")[1]) == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_version_is_that_of_the_distribution(name: str) -> None:
    done = _run_main(COMMANDS[name], ["--version"])
    assert f"{name} {version(name)}" in done.stdout


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_an_unknown_verb_is_refused_in_one_line(name: str) -> None:
    done = _run_main(COMMANDS[name], ["nonesuch"])
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"{name}: error: ")


def test_what_is_registered_passes_its_checks() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "skytypes"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("disconet", "disconet-compact", "disks", "disks-simulated", "native", "casa"):
        assert name in done.stdout
