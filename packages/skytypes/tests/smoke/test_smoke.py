"""The table of contents holds, and starting up is light."""

import subprocess
import sys
from importlib.metadata import version

import pytest

import skytypes


@pytest.mark.parametrize("name", skytypes.__all__)
def test_every_name_exists(name: str) -> None:
    assert getattr(skytypes, name).__name__ == name
    assert name in dir(skytypes)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonesuch'"):
        _ = skytypes.nonesuch


def test_version() -> None:
    assert version("skytypes") == "0.1.0"


def test_errors_load_neither_numpy_nor_pydantic() -> None:
    """`X --help` of every package passes through here."""
    code = "import sys, skytypes.errors; print({'numpy', 'pydantic'} & set(sys.modules) or 'light')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "light\n"
