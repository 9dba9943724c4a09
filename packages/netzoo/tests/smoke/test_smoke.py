import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import netzoo


def test_every_public_name_exists() -> None:
    assert all(getattr(netzoo, name) is not None for name in netzoo.__all__)
    assert dir(netzoo) == sorted(netzoo.__all__)


def test_version_matches() -> None:
    stated = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert version("netzoo") == stated["project"]["version"]


def test_importing_the_package_does_not_import_torch() -> None:
    code = "import sys, netzoo; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
