"""What is imported when: the command runs where torch is not installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BLOCKED = '''
import sys
from importlib.machinery import PathFinder
class NotInstalled(PathFinder):
    """Finds what is on the path, but for the packages that are not to be there."""
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        found = name.partition(".")[0] not in {blocked!r}
        return PathFinder.find_spec(name, path, target) if found else None
sys.meta_path[sys.meta_path.index(PathFinder)] = NotInstalled
'''
RUN = "from edgeinfer.cli import main; sys.exit(main({argv!r}))"
TRAINING = ("torch", "onnx", "onnxscript", "netzoo", "trainkit", "scipy", "matplotlib")


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def without(blocked: tuple[str, ...], *argv: str) -> subprocess.CompletedProcess[str]:
    return python(BLOCKED.format(blocked=blocked) + RUN.format(argv=list(argv)))


def test_run_and_verify_need_no_torch(exported: Path, sky_folder: Path) -> None:
    done = without(TRAINING, "run", str(exported), str(sky_folder), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 3
    done = without(TRAINING, "verify", str(exported), "--json")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("verb", ["export", "verify"])
def test_without_torch_the_extra_is_named(exported: Path, run_folder: Path, verb: str) -> None:
    checkpoint = str(run_folder / "best.pt")
    argv = {
        "export": ("export", checkpoint, "-o", str(run_folder / "never.onnx")),
        "verify": ("verify", str(exported), "--checkpoint", checkpoint),
    }[verb]
    done = without(TRAINING, *argv)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "uv sync --extra export" in done.stderr
    assert not (run_folder / "never.onnx").exists()


def test_a_missing_architecture_is_one_line(run_folder: Path) -> None:
    """The fake network is registered in this process only."""
    out = run_folder / "never.onnx"
    done = without((), "export", str(run_folder / "best.pt"), "-o", str(out))
    assert (done.returncode, done.stdout) == (2, "")
    assert "no model 'moments' is installed" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not out.exists()


def test_heavy_packages_wait_until_they_are_needed() -> None:
    heavy = {"torch", "onnx", "onnxruntime", "astropy"}
    done = python(f"import sys, edgeinfer; print({heavy} & set(sys.modules))")
    assert done.stdout.strip() == "set()"
    code = f"import sys, edgeinfer.cli as c; c.main(['--help']); print({heavy} & set(sys.modules))"
    assert python(code).stdout.splitlines()[-1] == "set()"


def test_running_imports_no_torch_though_it_is_installed(exported: Path, sky_folder: Path) -> None:
    argv = ["run", str(exported), str(sky_folder), "--json"]
    code = (
        f"import sys; from edgeinfer.cli import main; main({argv!r}); print('torch' in sys.modules)"
    )
    assert python(code).stdout.splitlines()[-1] == "False"
