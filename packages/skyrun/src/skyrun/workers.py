"""One ordered map over processes of this machine or a dask cluster."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from skytypes.errors import InputError, MissingPackageError, SkyError

from .progress import bar

A = TypeVar("A")
B = TypeVar("B")


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

    Yields
    ------
    Outcome

    Raises
    ------
    InputError
        If ``workers`` is below 1 or no scheduler answers at the address.
    MissingPackageError
        If ``dask`` is given and dask is not installed.

    Examples
    --------
    >>> [o.value for o in ordered_map(abs, [-1, 2, -3], quiet=True)]
    [1, 2, 3]
    """
    if workers < 1:
        raise InputError(f"workers is {workers}; give 1 or more")
    listed = list(items)
    quiet = quiet or not label
    with bar(label, len(listed), quiet=quiet) as advance:
        for index, (value, error) in enumerate(_results(function, listed, workers, dask)):
            advance()
            yield Outcome(index, value, error)


def _results(
    function: Callable[[A], B], items: Sequence[A], workers: int, dask: str | None
) -> Iterator[tuple[B | None, str | None]]:
    if dask is not None:
        with _dask_client(dask) as client:
            futures = [client.submit(_try, function, item, pure=False) for item in items]
            for future in futures:
                yield future.result()
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
    pool = ProcessPoolExecutor(min(workers, len(items)), mp_context=context)
    try:
        futures: list[Future[tuple[B | None, str | None]]] = [
            pool.submit(_try, function, item) for item in items
        ]
        for index, future in enumerate(futures):
            try:
                yield future.result()
            except BrokenProcessPool as error:
                raise SkyError(
                    f"a worker process died at item {index} or beside it (out of memory?); "
                    "run again with fewer workers to continue"
                ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _dask_client(address: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingPackageError(
            "dask is not installed; install skyrun[dask] (in the workspace: uv sync --extra dask)"
        ) from error
    try:
        client = Client(address, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(
            f"no dask scheduler answers at {address!r} ({error}); give tcp://HOST:PORT"
        ) from error
    with client:
        yield client
