import subprocess
import sys
from importlib.metadata import version

import pytest

import popmaps
from popmaps.cli import main


def test_version_is_that_of_the_distribution() -> None:
    assert popmaps.__version__ == version("popmaps")
    assert all(hasattr(popmaps, name) for name in popmaps.__all__)


def test_an_unknown_verb_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonesuch"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "nonesuch" in err


def test_help_is_light() -> None:
    code = (
        "import sys; from popmaps.cli import main; main(['--help']);"
        "heavy = {'torch', 'astropy', 'scipy', 'matplotlib', 'numba', 'pandas', 'pyarrow'}"
        " & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
