"""How a command runs: errors of one line, exit status 2, answers for people or as JSON."""

from __future__ import annotations

import json as json_module
import math
import os
import re
import select
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args, get_origin

from cyclopts import App, CycloptsError, Parameter, Token, convert

from skytypes.errors import SkyError

_WHOLE = re.compile(r"[+-]?[0-9]+")
FAILED = 1
USAGE = 2
INTERRUPTED = 130
_LONGEST = 2000
"""Characters of a line on standard error; what stands at its end, the advice, is kept."""


def make_app(package: str, help: str) -> App:  # noqa: A002 - the name cyclopts gives it
    """The command-line application of a package.

    Parameters
    ----------
    package : str
        Name of the distribution and of the command; ``--version`` looks it up.
    help : str
        One sentence.

    Returns
    -------
    cyclopts.App
        Add verbs with ``@app.command``; run it with `run`.

    Examples
    --------
    >>> make_app("skyrun", "Nothing.").name
    ('skyrun',)
    """
    return App(
        name=package,
        help=help,
        version=lambda: f"{package} {version(package)}",
        result_action="return_value",
        suppress_keyboard_interrupt=False,
        help_format="plaintext",
        default_parameter=Parameter(converter=_convert),
    )


def _convert(hint: Any, tokens: Sequence[Token]) -> Any:
    """As cyclopts converts, but whole numbers are not rounded: 1.5 is no seed."""
    parts = _parts(hint) or (hint,)
    for place, token in enumerate(tokens):
        kinds = set(_kinds(parts[place % len(parts)]))
        whole = int in kinds and not kinds & {float, str, Path}
        if whole and _WHOLE.fullmatch(token.value) is None:
            raise ValueError(f"{token.value!r} is no whole number; give digits only")
    return convert(hint, tokens)


def _parts(hint: Any) -> tuple[Any, ...]:
    """The hints of a tuple of fixed length inside a hint: of ``list[tuple[str, int]]``, both."""
    inside = get_args(hint)
    if get_origin(hint) is tuple and Ellipsis not in inside:
        return inside
    return next((found for part in inside if (found := _parts(part))), ())


def _kinds(hint: Any) -> Iterator[Any]:
    """The plain types inside a type hint: of ``int | None`` and ``list[int]``, ``int``."""
    inside = get_args(hint)
    if not inside:
        yield hint
    for part in inside:
        yield from _kinds(part)


def run(
    app: App,
    argv: Sequence[str] | None = None,
    *,
    to_continue: str = "run it again to continue where it can",
) -> int:
    """Run a command line and give its exit status.

    Parameters
    ----------
    app : cyclopts.App
    argv : sequence of str or None
        Arguments without the command's name; None reads those of the process.
    to_continue : str
        What to do after Ctrl-C, where the same command again is not the way to go on.

    Returns
    -------
    int
        0, or what the verb returned; 2 for bad input or usage, with one line on standard error;
        130 when interrupted.

    Examples
    --------
    >>> app = make_app("skyrun", "Nothing.")
    >>> run(app, ["--version"])
    skyrun 0.1.0
    0
    """
    name = app.name[0]
    _open_closed_streams()
    try:
        # Bound in a variable: cyclopts prints and exits by itself unless told otherwise.
        result = app(
            sys.argv[1:] if argv is None else list(argv),
            exit_on_error=False,
            print_error=False,
        )
        # Here, not at the interpreter's exit, where a closed pipe would be complained about.
        sys.stdout.flush()
    except CycloptsError as error:
        return _refuse(name, f"{error}; see {name} --help")
    except SkyError as error:
        return _refuse(name, str(error))
    except KeyboardInterrupt:
        note(f"{name}: stopped; {to_continue}")
        return INTERRUPTED
    except OSError as error:
        if not (isinstance(error, BrokenPipeError) and _reader_left()):
            return _refuse(name, f"{error.filename or 'output'}: {error.strerror or error}")
        # The reader (head, say) has what it wanted; what is left is written to nowhere.
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        return 0
    except MemoryError:
        return _refuse(name, "out of memory; give less at once, or fewer workers")
    return result if isinstance(result, int) and not isinstance(result, bool) else 0


def _open_closed_streams() -> None:
    """Give a process that was started without standard output or error one that leads nowhere."""
    # In this order, so that each gets its own number, and no file that is opened later does.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - for as long as we run


def exit_status(done: int, failed: int) -> int:
    """Exit status of a verb over many items, each of which stands for itself.

    Parameters
    ----------
    done : int
        Items made, or found made.
    failed : int

    Returns
    -------
    int
        0 when none failed, 1 when some did, 2 when none is done.

    Examples
    --------
    >>> exit_status(3, 0), exit_status(2, 1), exit_status(0, 3)
    (0, 1, 2)
    """
    if not failed:
        return 0
    return FAILED if done else USAGE


def _reader_left() -> bool:
    """Whether standard output is a pipe that nobody reads; pipes to other processes break too."""
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), select.POLLOUT)
    except (OSError, ValueError):
        return False
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def _one_line(text: str) -> str:
    """The text on one line, without what could steer a terminal (file names are strangers')."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))


def _refuse(name: str, message: str) -> int:
    note(f"{name}: error: {message}")
    return USAGE


def note(text: str) -> None:
    """One line on standard error.

    Parameters
    ----------
    text : str
        Line breaks and letters that are none (a terminal's commands, say) are taken out.

    Examples
    --------
    >>> note("3 of 4 disks are done")
    """
    line = _one_line(text)
    if len(line) > _LONGEST:
        line = f"{line[: _LONGEST // 2]} ... {line[-_LONGEST // 2 :]}"
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _plain(value: object) -> object:
    """A value as JSON has it; numbers that are not finite become null."""
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)


def answer(rows: Iterable[Mapping[str, object]], *, json: bool) -> None:
    """Print what a verb found out: a table for people, or one JSON object a line.

    Parameters
    ----------
    rows : iterable of mappings
        Keys are field names with units. With ``json`` each row is printed as it comes.
    json : bool

    Examples
    --------
    >>> answer([{"file": "a.fits", "incl_deg": 30.0}], json=True)
    {"file": "a.fits", "incl_deg": 30.0}
    """
    if json:
        for row in rows:
            sys.stdout.write(json_module.dumps(_plain(row), allow_nan=False) + "\n")
            sys.stdout.flush()
        return
    listed = list(rows)
    columns = list(dict.fromkeys(key for row in listed for key in row))
    if columns:
        cells = [[_cell(row.get(c, "")) for c in columns] for row in listed]
        widths = [max(len(t) for t in column) for column in zip(columns, *cells, strict=True)]
        for line in [columns, *cells]:
            text = "  ".join(t.ljust(w) for t, w in zip(line, widths, strict=True)).rstrip()
            _print(text)


def _print(text: str) -> None:
    """A line on standard output, whatever letters the terminal knows."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _cell(value: object) -> str:
    plain = _plain(value)
    if isinstance(plain, float):
        return f"{plain:.5g}"
    if isinstance(plain, list):
        return "; ".join(_cell(v) for v in plain)
    return "" if plain is None else _one_line(str(plain))
