import os
import pty
import subprocess
import sys

import pytest

from skyrun.progress import bar, track

PROGRAM = """
import json, sys
from skyrun.commands import answer
from skyrun.progress import bar
with bar("fitting [full]", 3) as advance:
    for i in range(3):
        advance(loss=0.5, note="[x]")
        answer([{"n": i}], json=True)
"""


def test_off_a_terminal_there_is_one_line_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    with bar("fitting", 3) as advance:
        advance()
        advance(2, loss=0.5)
        assert capsys.readouterr().err == ""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("fitting: 3/3 in 0.0 s (")
    assert err.count("\n") == 1


def test_the_line_says_how_far_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="stop"), bar("fitting", 3) as advance:
        advance()
        raise ValueError("stop")
    assert capsys.readouterr().err.startswith("fitting: 1/3 in")


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track(range(3), "x", quiet=True)) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")


def test_track_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track((c for c in "ab"), "letters", total=2)) == ["a", "b"]
    assert capsys.readouterr().err.startswith("letters: 2/2 in")


def test_on_a_terminal_the_bar_moves_and_answers_stay_in_their_pipe() -> None:
    """A bar must not draw print() over to its own stream, nor read [..] as markup."""
    reader, writer = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=writer, text=True
    )
    os.close(writer)
    shown = b""
    try:
        while part := os.read(reader, 65536):
            shown += part
    except OSError:
        pass  # Linux says so when the other end is closed
    os.close(reader)
    out, _ = process.communicate()
    assert out.splitlines() == ['{"n": 0}', '{"n": 1}', '{"n": 2}']
    text = shown.decode()
    assert "fitting [full]" in text
    assert "3/3" in text
    assert "loss 0.5" in text
    assert '{"n"' not in text
