"""One ordered map over processes of this machine or a dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from skytypes.errors import InputError, MissingPackageError, SkyError

from .progress import bar

A = TypeVar("A")
B = TypeVar("B")

_DASK_TIMEOUT_S = 5
_AHEAD = 8
"""Items a worker begun or done beyond the one that is asked for: what is held in memory."""
_AHEAD_ON_DASK = 256
"""At least so many on a cluster, which may grow."""


@dataclass(frozen=True)
class Outcome(Generic[B]):
    """What became of one item: its value, or the line that says why there is none."""

    index: int
    value: B | None
    error: str | None = None


def _try(function: Callable[[A], B], item: A) -> tuple[B | None, str | None]:
    try:
        return function(item), None
    except SkyError as error:
        return None, str(error)


def ordered_map(
    function: Callable[[A], B],
    items: Iterable[A],
    *,
    workers: int = 1,
    dask: str | None = None,
    label: str = "",
    quiet: bool = False,
) -> Iterator[Outcome[B]]:
    """Apply a function to each item and give the outcomes in the items' order.

    A `SkyError` in one item becomes that item's ``error`` and stops nothing; any other exception
    is a defect and is raised. The results do not depend on ``workers`` or ``dask``.

    Parameters
    ----------
    function : callable
        At the top of a module, so that it can be sent to another process.
    items : iterable
    workers : int
        Processes of this machine; 1 runs in this one.
    dask : str or None
        Address of a dask scheduler; used instead of local processes.
    label : str
        Name of the progress bar.
    quiet : bool
        Show no progress bar.

    Returns
    -------
    iterator of Outcome
        An item is worked on at the latest when its outcome is asked for, and not long before:
        a few results a worker wait in memory, never all.

    Raises
    ------
    InputError
        If ``workers`` is below 1 (at once), or no scheduler answers at the address.
    MissingPackageError
        If ``dask`` is given and dask is not installed.
    SkyError
        If a worker process dies (killed for its memory, say).

    Examples
    --------
    >>> [o.value for o in ordered_map(abs, [-1, 2, -3], quiet=True)]
    [1, 2, 3]
    """
    if workers < 1:
        raise InputError(f"workers is {workers}; give 1 or more")
    quiet = quiet or not label
    return _outcomes(function, list(items), workers=workers, dask=dask, label=label, quiet=quiet)


def require_scheduler(dask: str | None) -> None:
    """Refuse an address of which `ordered_map` could make no use.

    For those who put something into a folder before they map: what is refused here was not begun.

    Parameters
    ----------
    dask : str or None
        Address of a dask scheduler; None, for local processes, is always good.

    Raises
    ------
    InputError
        If no scheduler answers at the address.
    MissingPackageError
        If dask is not installed.

    Examples
    --------
    >>> require_scheduler(None)
    """
    if dask is not None:
        with _dask_client(dask):
            pass


def _outcomes(
    function: Callable[[A], B],
    items: Sequence[A],
    *,
    workers: int,
    dask: str | None,
    label: str,
    quiet: bool,
) -> Iterator[Outcome[B]]:
    # The cluster before the bar: nothing is under way, nor said to be, where nobody answers.
    with (
        nullcontext() if dask is None else _dask_client(dask) as client,
        bar(label, len(items), quiet=quiet) as advance,
    ):
        for index, (value, error) in enumerate(_results(function, items, workers, client)):
            advance()
            yield Outcome(index, value, error)


def _results(
    function: Callable[[A], B], items: Sequence[A], workers: int, client: Any
) -> Iterator[tuple[B | None, str | None]]:
    """What becomes of each item: on a dask cluster if there is a client, else on this machine."""
    if client is not None:
        ahead = max(_AHEAD_ON_DASK, _AHEAD * sum(client.nthreads().values()))
        yield from _gathered(
            _in_flight(lambda item: client.submit(_try, function, item, pure=False), items, ahead)
        )
    elif workers == 1 or len(items) < 2:
        for item in items:
            yield _try(function, item)
    else:
        yield from _processes(function, items, workers)


def _processes(
    function: Callable[[A], B], items: Sequence[A], workers: int
) -> Iterator[tuple[B | None, str | None]]:
    """Over spawned processes: forking under threads (torch, BLAS) can hang."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        min(workers, len(items)), mp_context=context, initializer=_leave_quietly
    )
    done = 0
    try:
        for future in _in_flight(
            lambda item: pool.submit(_try_in_worker, function, item), items, _AHEAD * workers
        ):
            yield future.result()
            done += 1
    except BrokenProcessPool as error:
        raise SkyError(
            f"a worker process died at item {done} or beside it (out of memory?); "
            "run again with fewer workers to continue"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _in_flight(submit: Callable[[A], Any], items: Sequence[A], ahead: int) -> Iterator[Any]:
    """Futures of the items in order, ``ahead`` of them submitted; one that is given is let go.

    Were all submitted at once, all results would be held until the last is taken.
    """
    waiting = deque(submit(item) for item in items[:ahead])
    for item in items[ahead:]:
        yield waiting.popleft()
        waiting.append(submit(item))
    while waiting:
        yield waiting.popleft()


_interrupted = threading.Event()


def _leave_quietly() -> None:
    """On Ctrl-C a worker leaves without a traceback; the first process says the one line."""

    def leave(*_: object) -> None:
        _interrupted.set()
        sys.exit(130)

    signal.signal(signal.SIGINT, leave)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """A worker whose first process was killed has nobody to work for."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _try_in_worker(function: Callable[[A], B], item: A) -> tuple[B | None, str | None]:
    """`_try`, but not for an item that already waited in the worker's queue at Ctrl-C."""
    if _interrupted.is_set():
        sys.exit(130)
    return _try(function, item)


def _gathered(futures: Iterable[Any]) -> Iterator[tuple[Any, str | None]]:
    """Results of dask futures in order."""
    from distributed.scheduler import KilledWorker

    for index, future in enumerate(futures):
        try:
            yield future.result()
        except KilledWorker as error:
            raise SkyError(
                f"dask workers died at item {index} (out of memory?); "
                "give the workers more memory and run again to continue"
            ) from error


def _require_listener(address: str) -> None:
    """Refuse an address where no scheduler greets: dask itself would try on, or wait for ever."""
    try:
        parts = urlsplit(address)
        if parts.scheme not in ("tcp", "tls") or not parts.hostname or parts.port is None:
            raise ValueError("it is no address")  # noqa: TRY301 - one message for both
        place = (parts.hostname, parts.port)
        with socket.create_connection(place, timeout=_DASK_TIMEOUT_S) as connection:
            # A scheduler speaks first, but for TLS, where the client does.
            if parts.scheme == "tcp" and not connection.recv(1):
                raise ValueError("it hangs up")  # noqa: TRY301
    except (OSError, ValueError) as error:
        raise InputError(
            f"no dask scheduler answers at {address!r} ({error}); give tcp://HOST:PORT"
        ) from None


@contextmanager
def _dask_client(address: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingPackageError(
            "dask is not installed; install skyrun[dask] (in the workspace: uv sync --extra dask)"
        ) from error
    _require_listener(address)
    try:
        client = Client(address, timeout=_DASK_TIMEOUT_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(
            f"no dask scheduler answers at {address!r} ({error}); give tcp://HOST:PORT"
        ) from error
    with client:
        yield client
