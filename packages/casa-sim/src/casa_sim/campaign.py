"""A catalogue of disks into a folder of images, continued where it was stopped."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from skyrun.folder import locked_folder
from skytypes.errors import InputError

from .casa.worker import JOB_TIMEOUT_S, check_timeout
from .catalogue import read_catalogue
from .tasks import DiskResult, DiskTask

Backend = Literal["native", "casa"]
BACKENDS: tuple[Backend, ...] = ("native", "casa")


def simulate_catalogue(
    catalogue: str | os.PathLike[str],
    models: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    backend: Backend = "native",
    workers: int = 1,
    dask: str | None = None,
    keep: Collection[str] = (),
    only: Collection[str] = (),
    timeout_s: float = JOB_TIMEOUT_S,
    quiet: bool = False,
    **settings: Any,
) -> Iterator[DiskResult]:
    """Observe the disks of a catalogue; what is finished is not made again.

    Writes ``out/ID/ID_B6_simulated.fits``. A disk that fails is reported and stops no other.

    Parameters
    ----------
    catalogue : path
        CSV (`casa_sim.catalogue.read_catalogue`).
    models : path
        Folder of sky models, ``ID.fits`` [Jy/pixel].
    out : path
        Made if missing.
    backend : str
        ``native``, or ``casa`` for the installed CASA, whose messages go to ``out/ID/casa.log``.
    workers : int
        Processes; one of CASA takes about 0.7 GB, a native one 0.3 GB.
    dask : str or None
        Address of a dask scheduler, instead of ``workers``; the native backend only.
    keep : collection of str
        ``dirty``, ``psf`` (written beside the image), ``work`` (CASA's visibilities stay).
    only : collection of str
        IDs to make; empty means all.
    timeout_s : float
        Longest time for one disk of CASA [s].
    quiet : bool
        Show no progress bar.
    **settings
        Fields of `casa_sim.settings.ObservationSettings` that replace those of all rows.

    Returns
    -------
    iterator of DiskResult
        In the catalogue's order, each as soon as it and those before it are ready. Checks are made
        before the first is asked for.

    Raises
    ------
    InputError
        If the catalogue, an ID or an option is bad; when the first disk is asked for, if another
        run is using the folder.
    MissingPackageError
        If CASA is asked for and not installed.
    """
    rows = read_catalogue(catalogue)
    unknown = sorted(set(only) - {row.ID for row in rows})
    if unknown:
        raise InputError(f"{catalogue}: no disk {unknown[0]!r}; give IDs that are in it")
    folder = Path(models)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give the folder of the sky models")
    tasks = [
        DiskTask(
            row.ID, folder / f"{row.ID}.fits", replace(row.settings(), **settings), row.seed, row
        )
        for row in rows
        if not only or row.ID in only
    ]
    results = observe_disks(
        tasks,
        out,
        backend=backend,
        workers=workers,
        dask=dask,
        keep=keep,
        timeout_s=timeout_s,
        quiet=quiet,
    )
    return _alone_in(out, results)


def _alone_in(out: str | os.PathLike[str], results: Iterator[DiskResult]) -> Iterator[DiskResult]:
    """The results, with other runs of catalogues kept out of their folder."""
    with locked_folder(out):
        yield from results


def observe_disks(
    tasks: Sequence[DiskTask],
    out: str | os.PathLike[str],
    *,
    backend: Backend = "native",
    workers: int = 1,
    dask: str | None = None,
    keep: Collection[str] = (),
    timeout_s: float = JOB_TIMEOUT_S,
    quiet: bool = False,
) -> Iterator[DiskResult]:
    """Observe disks, each into its own folder of ``out``; arguments as `simulate_catalogue`.

    Raises
    ------
    InputError
        If an option is bad.
    MissingPackageError
        If CASA is asked for and not installed.
    """
    if backend not in BACKENDS:
        raise InputError(f"backend is {backend!r}; allowed: {', '.join(BACKENDS)}")
    if workers < 1:
        raise InputError(f"workers is {workers}; give 1 or more")
    check_timeout(timeout_s)
    pictures = sorted(set(keep) & {"dirty", "psf"})
    if pictures and any(task.settings.stage == "visibilities" for task in tasks):
        raise InputError(
            f"keep is {pictures[0]!r}, but visibilities have no pictures; leave it out"
        )
    if backend == "native":
        from .native.campaign import NativeCampaign

        native = NativeCampaign(Path(out), tuple(keep))
        return native.run(tasks, workers=workers, dask=dask, quiet=quiet)
    if any(task.uv_table is not None for task in tasks):
        raise InputError("--uv-table is for the native backend; CASA observes with an array")
    if dask is not None:
        raise InputError("--dask is for the native backend; give --workers with --backend casa")
    from .casa.campaign import CasaCampaign

    campaign = CasaCampaign(out, keep=keep, timeout_s=timeout_s)
    return campaign.run(tasks, workers=workers, quiet=quiet)
