"""The verb ``casa-sim catalogue``."""

from __future__ import annotations

from pathlib import Path

from skyrun.commands import answer

from .options import IMAGING, SIMULATION, Flag, FlatImaging, FlatSimulation, Names, Out
from .results import Results, split_names


def catalogue(
    catalogue: Path,
    *,
    models: Path,
    out: Out,
    workers: int = 1,
    dask: str | None = None,
    keep: Names = (),
    only: Names = (),
    timeout: float = 1800.0,
    simulation: FlatSimulation = SIMULATION,
    imaging: FlatImaging = IMAGING,
    json: Flag = False,
) -> int:
    """Observe the disks of a catalogue; a second run makes only what is missing.

    Exit status 1 when some disks failed, 2 when all did.

    Parameters
    ----------
    catalogue
        CSV with a line for each disk.
    models
        Folder of the sky models, ID.fits.
    out
        Folder for the products, OUT/ID/ID_B6_simulated.fits.
    workers
        Processes.
    dask
        Address of a dask scheduler, instead of workers; native only.
    keep
        dirty, psf: write these too; work: leave CASA's visibilities.
    only
        IDs to make.
    timeout
        Longest time for one disk of CASA [s].
    json
        Print one JSON object a line instead of a table.
    """
    from ..campaign import simulate_catalogue

    results = Results(
        simulate_catalogue(
            catalogue,
            models,
            out,
            backend=simulation.backend,
            workers=workers,
            dask=dask,
            keep=split_names(keep),
            only=split_names(only),
            timeout_s=timeout,
            **imaging.settings(),
            **simulation.settings(),
        )
    )
    answer(results.rows(), json=json)
    return results.status
