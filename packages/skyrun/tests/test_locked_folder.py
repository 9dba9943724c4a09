"""One run in a folder at a time; a killed run keeps nobody out."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from skyrun.folder import locked_folder
from skytypes.errors import InputError

HOLD = (
    "import sys, time; from skyrun.folder import locked_folder\n"
    "with locked_folder(sys.argv[1]):\n    print('held', flush=True); time.sleep(3600)"
)


def test_a_second_run_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    with (
        locked_folder(tmp_path / "new"),
        pytest.raises(InputError, match="new: another run is using it; wait for it"),
        locked_folder(tmp_path / "new"),
    ):
        pass
    with locked_folder(tmp_path / "new") as folder:
        assert folder == tmp_path / "new"


def test_another_process_is_kept_out_and_a_killed_one_is_forgotten(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="another run"), locked_folder(tmp_path):
            pass
        other.send_signal(signal.SIGKILL)
    with locked_folder(tmp_path):
        pass


def test_a_folder_that_it_made_goes_if_nothing_was_put_into_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="refused"), locked_folder(tmp_path / "new"):
        raise InputError("refused")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("found", [True, False])
def test_a_folder_that_was_there_or_holds_something_stays(tmp_path: Path, found: bool) -> None:
    folder = tmp_path / "out"
    if found:
        folder.mkdir()
    with locked_folder(folder):
        if not found:
            (folder / ".hidden").touch()
    assert {".lock"} <= {path.name for path in folder.iterdir()}


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with (
        pytest.raises(InputError, match="file: can't be a folder"),
        locked_folder(tmp_path / "file"),
    ):
        pass
