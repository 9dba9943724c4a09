"""The table of contents holds, and starting up is light."""

import subprocess
import sys
from importlib.metadata import version

import pytest

import skyrun


@pytest.mark.parametrize("name", skyrun.__all__)
def test_every_name_exists(name: str) -> None:
    assert getattr(skyrun, name).__name__ == name
    assert name in dir(skyrun)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonesuch'"):
        _ = skyrun.nonesuch


def test_version() -> None:
    assert version("skyrun") == "0.1.0"


def test_help_loads_nothing_heavy() -> None:
    """Every command's --help goes this way."""
    code = (
        "import sys; from skyrun.commands import make_app, run; "
        "run(make_app('skyrun', 'Nothing.'), ['--help']); "
        "heavy = {'numpy', 'pydantic', 'pandas', 'astropy', 'distributed', 'rich.progress'}; "
        "print(heavy & set(sys.modules) or 'light')"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "light"
