"""The verb ``casa-sim observe``."""

from __future__ import annotations

import sys
from pathlib import Path

from skyrun.commands import answer, note

from .options import (
    IMAGING,
    SIMULATION,
    TARGET,
    Flag,
    FlatImaging,
    FlatSimulation,
    FlatTarget,
    Names,
    Out,
)
from .results import Results, split_names


def observe(
    sky: Path,
    *,
    out: Out,
    target: FlatTarget = TARGET,
    uv_table: Path | None = None,
    seed: int = 0,
    keep: Names = (),
    timeout: float = 1800.0,
    simulation: FlatSimulation = SIMULATION,
    imaging: FlatImaging = IMAGING,
    json: Flag = False,
) -> int:
    """Observe one sky model; writes OUT/NAME/NAME_B6_simulated.fits, NAME being the file's.

    Parameters
    ----------
    sky
        FITS, one picture in Jy/pixel with a WCS.
    out
        Folder for the products; made if missing.
    uv_table
        FITS table of visibilities (U, V, W, REAL, IMAG, SIGMA; --stage visibilities writes one):
        its baselines and noise instead of the array's, which still decides cell, size and scales of
        the image; native only.
    seed
        Decides the noise.
    keep
        dirty, psf: write these too; work: leave CASA's visibilities.
    timeout
        Longest time for CASA [s].
    json
        Print one JSON object instead of a table.
    """
    from skytypes import item_rng

    from ..campaign import observe_disks
    from ..errors import CasaSimError
    from ..settings import ObservationSettings
    from ..skies import check_sky, read_sky
    from ..tasks import DiskTask

    settings = ObservationSettings(
        **target.settings(), **imaging.settings(), **simulation.settings()
    )
    item_rng(seed, 0, "casa_sim.noise")  # refuses a bad seed before anything is written
    check_sky(read_sky(sky), settings)
    if uv_table is not None:
        from ..visibility_table import read_visibilities

        read_visibilities(uv_table)
    name = _name(sky)
    results = observe_disks(
        [DiskTask(name, sky, settings, seed, uv_table=uv_table)],
        out,
        backend=simulation.backend,
        keep=split_names(keep),
        timeout_s=timeout,
        # One sky needs no line of its own in a log; on a terminal its time is seen to pass.
        quiet=not sys.stderr.isatty(),
    )
    (result,) = results
    if result.status == "failed":
        raise CasaSimError(result.reason)
    if name != sky.stem:
        note(f"casa-sim: {sky.stem!r} is written as {name!r}, which is safe in file names")
    answer(Results([result]).rows(), json=json)
    return 0


def _name(sky: Path) -> str:
    """A file's name without what is no good in names."""
    import re

    return re.sub(r"[^A-Za-z0-9._+-]+", "_", sky.stem).lstrip("._+-") or "sky"
