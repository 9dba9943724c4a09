import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cyclopts import App

from skyrun.commands import answer, exit_status, make_app, note, run
from skytypes.errors import ContractError, InputError, MissingPackageError

Captured = pytest.CaptureFixture[str]
WAIT_S = 600.0
"""Until something that must happen is given up, however slow the machine."""

PROGRAM = """
import sys, time
from skyrun.commands import answer, make_app, run
app = make_app("skyrun", "Test.")
@app.command
def wait() -> None:
    print("ready", flush=True)
    time.sleep(3600)
@app.command
def count(n: int) -> None:
    answer(({"n": i} for i in range(n)), json=True)
@app.command
def table(n: int) -> None:
    answer(({"n": i} for i in range(n)), json=False)
@app.command
def letters() -> None:
    answer([{"name": "Bétélgeuse β"}], json=False)
sys.exit(run(app))
"""


@pytest.fixture
def app() -> App:
    app = make_app("skyrun", "How a command runs.")

    @app.command
    def measure(size: int, *, json: bool = False) -> int:
        """Measure something."""
        answer([{"size": size}], json=json)
        return 0 if size else 3

    @app.command
    def fail(kind: str) -> None:
        errors: Mapping[str, Exception] = {
            "input": InputError("a.fits: no WCS;\n  give one"),
            "contract": ContractError("bad"),
            "missing": MissingPackageError("install skyrun[fits]"),
            "steer": InputError("\x1b[2Jname\x07.fits: odd"),
            "interrupt": RuntimeError(),
        }
        if kind == "interrupt":
            raise KeyboardInterrupt
        raise errors.get(kind, ZeroDivisionError("a defect"))

    @app.command
    def yes() -> bool:
        return True

    return app


def test_a_verb_that_works(app: App, capsys: Captured) -> None:
    assert run(app, ["measure", "7"]) == 0
    assert capsys.readouterr().out == "size\n7\n"


def test_a_verb_chooses_its_exit_status(app: App) -> None:
    assert run(app, ["measure", "0"]) == 3


def test_true_is_no_exit_status(app: App) -> None:
    assert run(app, ["yes"]) == 0


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("input", "skyrun: error: a.fits: no WCS; give one"),
        ("contract", "skyrun: error: bad"),
        ("missing", "skyrun: error: install skyrun[fits]"),
        ("steer", "skyrun: error: ?[2Jname?.fits: odd"),
    ],
)
def test_errors_are_one_line_and_status_2(app: App, capsys: Captured, kind: str, line: str) -> None:
    assert run(app, ["fail", kind]) == 2
    assert capsys.readouterr() == ("", line + "\n")


def test_a_defect_of_ours_keeps_its_traceback(app: App) -> None:
    with pytest.raises(ZeroDivisionError, match="a defect"):
        run(app, ["fail", "defect"])


@pytest.mark.parametrize(
    "argv",
    [["measure"], ["measure", "wide"], ["measure", "1", "--colour"], ["nonesuch"], ["--nonesuch"]],
)
def test_wrong_usage_is_one_line_and_status_2(app: App, capsys: Captured, argv: list[str]) -> None:
    assert run(app, argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("skyrun: error: ")
    assert err.endswith("see skyrun --help\n")
    assert err.count("\n") == 1


def test_version_and_help_go_to_standard_output(app: App, capsys: Captured) -> None:
    assert run(app, ["--version"]) == 0
    assert capsys.readouterr() == ("skyrun 0.1.0\n", "")
    assert run(app, ["--help"]) == 0
    out, err = capsys.readouterr()
    assert "How a command runs." in out
    assert "measure" in out
    assert err == ""
    assert run(app, ["measure", "--help"]) == 0
    assert "Measure something." in capsys.readouterr().out


def test_a_package_says_how_to_go_on_after_ctrl_c(app: App, capsys: Captured) -> None:
    assert run(app, ["fail", "interrupt"], to_continue="run it again with --resume") == 130
    assert capsys.readouterr().err == "skyrun: stopped; run it again with --resume\n"


@pytest.mark.parametrize(("done", "failed", "status"), [(0, 0, 0), (3, 0, 0), (2, 1, 1), (0, 3, 2)])
def test_exit_status_of_many_items(done: int, failed: int, status: int) -> None:
    assert exit_status(done, failed) == status


def test_ctrl_c_is_one_line_and_status_130(app: App, capsys: Captured) -> None:
    assert run(app, ["fail", "interrupt"]) == 130
    assert capsys.readouterr().err == "skyrun: stopped; run it again to continue where it can\n"


def start(*argv: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_a_real_ctrl_c() -> None:
    process = start("wait")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    try:
        _, err = process.communicate(timeout=WAIT_S)
    finally:
        process.kill()
    assert process.returncode == 130
    assert err == "skyrun: stopped; run it again to continue where it can\n"


@pytest.mark.parametrize("argv", [("count", "100000"), ("table", "100000"), ("table", "3")])
def test_a_reader_that_leaves_early_is_no_error(argv: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", PROGRAM, *argv]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("argv", ["letters", "table 3", "count 3", "--help", "--version"])
def test_a_closed_standard_output_is_no_error(argv: str) -> None:
    command = f'exec "$0" -c "$1" {argv} >&-'
    done = subprocess.run(
        ["/bin/sh", "-c", command, sys.executable, PROGRAM],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_both_streams_closed_keep_the_status() -> None:
    command = 'exec "$0" -c "$1" count many >&- 2>&-'
    done = subprocess.run(["/bin/sh", "-c", command, sys.executable, PROGRAM], check=False)
    assert done.returncode == 2


def test_another_broken_pipe_is_an_error(capsys: Captured) -> None:
    app = make_app("skyrun", "Test.")

    @app.command
    def feed() -> None:
        reader, writer = os.pipe()
        os.close(reader)
        try:
            os.write(writer, b"to nobody")
        finally:
            os.close(writer)

    assert run(app, ["feed"]) == 2
    assert capsys.readouterr().err == "skyrun: error: output: Broken pipe\n"


def test_a_name_of_a_stranger_steers_no_terminal(app: App, capsys: Captured) -> None:
    @app.command
    def read() -> None:
        Path("a\nb\x1b[31mc").read_bytes()

    assert run(app, ["read"]) == 2
    assert capsys.readouterr().err == "skyrun: error: a b?[31mc: No such file or directory\n"


def test_a_line_is_not_as_long_as_what_was_given(app: App, capsys: Captured) -> None:
    assert run(app, ["measure", "9" * 100_000]) == 2
    line = capsys.readouterr().err
    assert len(line) < 2100
    assert line.endswith("see skyrun --help\n")


def test_a_terminal_without_our_letters() -> None:
    process = start("letters", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert out.splitlines()[-1] == r"B\xe9t\xe9lgeuse \u03b2"


def test_json_is_one_strict_object_a_line(capsys: Captured) -> None:
    rows: list[dict[str, object]] = [
        {
            "file": Path("a.fits"),
            "incl_deg": np.float32(0.5),
            "n": np.int64(3),
            "usable": np.True_,
            "reasons": ("dim", "small"),
            "peak": float("inf"),
            "rms": np.float64("nan"),
            "profile": np.array([[1.0, np.nan]]),
            "zero": np.array(2.0),
            "nested": {"a": {1: np.float32(0.25)}},
            "none": None,
            "name": "β\n",
        },
        {"file": "b.fits"},
    ]
    answer(rows, json=True)
    first, second = capsys.readouterr().out.splitlines()

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is not JSON")

    assert json.loads(first, parse_constant=refuse) == {
        "file": "a.fits",
        "incl_deg": 0.5,
        "n": 3,
        "usable": True,
        "reasons": ["dim", "small"],
        "peak": None,
        "rms": None,
        "profile": [[1.0, None]],
        "zero": 2.0,
        "nested": {"a": {"1": 0.25}},
        "none": None,
        "name": "β\n",
    }
    assert list(json.loads(first))[:2] == ["file", "incl_deg"]
    assert json.loads(second) == {"file": "b.fits"}


def test_json_rows_are_printed_as_they_come(capsys: Captured) -> None:
    def rows() -> Any:
        yield {"n": 1}
        assert capsys.readouterr().out == '{"n": 1}\n'
        yield {"n": 2}

    answer(rows(), json=True)
    assert capsys.readouterr().out == '{"n": 2}\n'


def test_tables_have_a_column_for_every_key(capsys: Captured) -> None:
    answer(
        [
            {"file": "a.fits", "incl_deg": 30.123456},
            {"file": "longer.fits", "reasons": ["dim", 1.25], "incl_deg": float("nan")},
        ],
        json=False,
    )
    assert capsys.readouterr().out.splitlines() == [
        "file         incl_deg  reasons",
        "a.fits       30.123",
        "longer.fits            dim; 1.25",
    ]


def test_tables_do_not_pass_terminal_codes_on(capsys: Captured) -> None:
    answer([{"name": "\x1b[31mred\nline"}], json=False)
    assert capsys.readouterr().out == "name\n?[31mred line\n"


@pytest.mark.parametrize("json_wanted", [True, False])
def test_nothing_found_prints_nothing(capsys: Captured, json_wanted: bool) -> None:
    answer([], json=json_wanted)
    assert capsys.readouterr().out == ""


def test_notes_go_to_standard_error(capsys: Captured) -> None:
    note("3 of 4")
    assert capsys.readouterr() == ("", "3 of 4\n")


@pytest.mark.parametrize("text", ["1.5", "1e3", "0x10", "1_0", "\u0661", "nan", ""])
def test_whole_numbers_are_not_rounded(text: str, capsys: Captured) -> None:
    app = make_app("skyrun", "Test.")

    @app.command
    def count(*, seed: int, limits: tuple[int, ...] = (), size: int | None = None) -> None:
        """Count."""

    assert run(app, ["count", "--seed", text]) == 2
    assert "no whole number; give digits only" in capsys.readouterr().err
    assert run(app, ["count", "--seed", "1", "--size", text]) == 2
    assert run(app, ["count", "--seed", "-3", "--limits", "4", "--size", "5"]) == 0


def test_whole_numbers_inside_pairs_are_not_rounded(capsys: Captured) -> None:
    app = make_app("skyrun", "Test.")
    got: list[object] = []

    @app.command
    def grid(*, axis: list[tuple[str, float, int]] | None = None) -> None:
        """Grid."""
        got.append(axis)

    assert run(app, ["grid", "--axis", "h", "0.5", "3", "--axis", "k", "1e3", "2"]) == 0
    assert got == [[("h", 0.5, 3), ("k", 1000.0, 2)]]
    assert run(app, ["grid", "--axis", "h", "0.5", "2.5"]) == 2
    assert "'2.5' is no whole number" in capsys.readouterr().err


def test_real_numbers_and_paths_are_read_as_before(capsys: Captured) -> None:
    app = make_app("skyrun", "Test.")
    seen: list[object] = []

    @app.command
    def measure(*files: Path, scale: float = 1.0, fast: bool = False, name: str = "a") -> None:
        """Measure."""
        seen.extend([files, scale, fast, name])

    assert run(app, ["measure", "x", "y z", "--scale", "1e-3", "--fast", "--name", "1.5"]) == 0
    assert seen == [(Path("x"), Path("y z")), 1e-3, True, "1.5"]


def test_a_full_disk_is_one_line(capsys: Captured) -> None:
    app = make_app("skyrun", "Test.")

    @app.command
    def fill() -> None:
        """Fill."""
        raise OSError(28, "No space left on device", "out.csv")

    assert run(app, ["fill"]) == 2
    assert capsys.readouterr().err == "skyrun: error: out.csv: No space left on device\n"
