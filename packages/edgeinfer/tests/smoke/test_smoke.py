import tomllib
from importlib.metadata import version
from pathlib import Path

import edgeinfer


def test_every_public_name_exists() -> None:
    assert [name for name in edgeinfer.__all__ if not hasattr(edgeinfer, name)] == []
    assert dir(edgeinfer) == sorted(edgeinfer.__all__)


def test_version_matches() -> None:
    stated = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert version("edgeinfer") == stated["project"]["version"]
