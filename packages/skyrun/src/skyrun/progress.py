"""Progress bars on standard error: count, rate and time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")


class Advance(Protocol):
    """Moves a bar on by ``n`` and shows ``fields`` (a loss, say) beside it."""

    def __call__(self, n: int = 1, **fields: object) -> None:
        """Move the bar."""
        ...


def _rate(per_second: float) -> str:
    if per_second <= 0:
        return "-/s"
    return f"{per_second:.1f}/s" if per_second >= 1 else f"{1 / per_second:.1f} s each"


def _make_bar() -> Progress:
    """A bar with count, rate, time left and free text; rich is imported only when one is shown."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
        TimeRemainingColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=Console(stderr=True),
        # A bar moves print() to its own stream; answers in a pipe must stay where they were.
        redirect_stdout=sys.stdout.isatty(),
    )


@contextmanager
def bar(label: str, total: int, *, quiet: bool = False) -> Iterator[Advance]:
    """A progress bar for work of ``total`` steps.

    On a terminal it moves; elsewhere one line is written at the end. Standard output is untouched.

    Parameters
    ----------
    label : str
    total : int
    quiet : bool
        Show nothing.

    Yields
    ------
    callable
        ``advance(n=1, **fields)``.

    Examples
    --------
    >>> with bar("fitting", 3, quiet=True) as advance:
    ...     advance(loss=0.5)
    """
    start, done = time.monotonic(), 0
    terminal = sys.stderr.isatty() and not quiet
    shown: Any = _make_bar() if terminal else None
    task = shown.add_task(label, total=total, rate="", note="") if shown else None

    def advance(n: int = 1, **fields: object) -> None:
        nonlocal done
        done += n
        if shown:
            rate = _rate(done / max(time.monotonic() - start, 1e-9))
            note = "  ".join(f"{k} {_short(v)}" for k, v in fields.items())
            shown.update(task, advance=n, rate=rate, note=note)

    if shown:
        shown.start()
    try:
        yield advance
    finally:
        if shown:
            shown.stop()
        elif not quiet:
            seconds = time.monotonic() - start
            rate = _rate(done / max(seconds, 1e-9))
            sys.stderr.write(f"{label}: {done}/{total} in {seconds:.1f} s ({rate})\n")


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def track(
    items: Iterable[T], label: str, total: int | None = None, *, quiet: bool = False
) -> Iterator[T]:
    """The items, one by one, with a progress bar.

    Parameters
    ----------
    items : iterable
    label : str
    total : int or None
        Needed when ``items`` has no length.
    quiet : bool

    Examples
    --------
    >>> list(track([1, 2], "counting", quiet=True))
    [1, 2]
    """
    count = total if total is not None else len(items)  # type: ignore[arg-type]
    with bar(label, count, quiet=quiet) as advance:
        for item in items:
            yield item
            advance()
