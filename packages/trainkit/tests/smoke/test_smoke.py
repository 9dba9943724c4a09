"""The package is what its table of contents says, and importing it is cheap."""

import subprocess
import sys
from importlib.metadata import version

import trainkit


def test_every_public_name_exists() -> None:
    for name in trainkit.__all__:
        assert getattr(trainkit, name) is not None
    assert set(trainkit.__all__) == set(dir(trainkit))


def test_version_is_that_of_the_distribution() -> None:
    assert version("trainkit") == "0.1.0"


def test_neither_the_package_nor_its_command_imports_torch() -> None:
    code = "import sys, trainkit, trainkit.cli; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
