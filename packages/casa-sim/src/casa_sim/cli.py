"""Command line of casa-sim."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from skyrun.commands import FAILED, answer, make_app, note, run

if TYPE_CHECKING:
    from .tasks import DiskResult

app = make_app("casa-sim", "What ALMA would see of a sky model.")

Backend = Literal["casa"]
Out = Annotated[Path, Parameter(name=["--out", "-o"])]
Names = Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")]
Flag = Annotated[bool, Parameter(negative="")]


def _names(texts: Iterable[str]) -> tuple[str, ...]:
    """Names given apart or with commas between them."""
    return tuple(name for text in texts for name in text.split(",") if name)


def _rows(results: Iterable[DiskResult], failed: list[str]) -> Iterable[dict[str, object]]:
    for result in results:
        if result.status == "failed":
            failed.append(result.name)
            note(f"casa-sim: {result.name}: {result.reason}")
        yield {
            "ID": result.name,
            "status": result.status,
            "file": result.file,
            "seconds": round(result.seconds, 2),
            "reason": result.reason,
        }


@app.command
def observe(
    sky: Path,
    *,
    out: Out,
    array: str = "alma.cycle9.7.cfg",
    array_lo: str | None = None,
    band: int = 6,
    pwv: float = 1.0,
    time: float = 1800.0,
    niter: int = 800,
    robust: float = 0.5,
    cell_mas: float | None = None,
    imsize: int | None = None,
    seed: int = 0,
    keep: Names = (),
    timeout: float = 1800.0,
    backend: Backend = "casa",
    json: Flag = False,
) -> int:
    """Observe one sky model; writes OUT/NAME/NAME_B6_simulated.fits, NAME being the file's.

    Parameters
    ----------
    sky
        FITS, one picture in Jy/pixel with a WCS.
    out
        Folder for the products; made if missing.
    array
        Antenna list, alma.cycle9.5.cfg to alma.cycle9.9.cfg.
    array_lo
        A second, smaller array; both are imaged together.
    band
        6 (230 GHz) or 8 (405 GHz).
    pwv
        Precipitable water vapour [mm].
    time
        Total time of each array [s], a multiple of 10.
    niter
        Most CLEAN iterations.
    robust
        Briggs weighting, -2 to 2.
    cell_mas
        Pixel of the image [mas]; by default the published rule.
    imsize
        Side of the image in pixels; by default the published rule.
    seed
        Decides the noise.
    keep
        dirty, psf: write these too; work: leave the visibilities.
    timeout
        Longest time for CASA [s].
    backend
        What makes the image.
    json
        Print one JSON object instead of a table.
    """
    import re

    from skytypes import item_rng

    from .campaign import Campaign
    from .errors import CasaError
    from .settings import ObservationSettings
    from .skies import check_sky, read_sky
    from .tasks import DiskTask

    settings = ObservationSettings(
        array,
        array_lo=array_lo,
        band=band,
        pwv_mm=pwv,
        time_s=time,
        niter=niter,
        robust=robust,
        cell_mas=cell_mas,
        imsize_px=imsize,
    )
    item_rng(seed, 0, "casa_sim.noise")  # refuses a bad seed before anything is written
    check_sky(read_sky(sky), settings)
    name = re.sub(r"[^A-Za-z0-9._+-]+", "_", sky.stem).lstrip("._+-") or "sky"
    campaign = Campaign(out, keep=_names(keep), timeout_s=timeout)
    (result,) = campaign.run([DiskTask(name, sky, settings, seed)], quiet=True)
    if result.status == "failed":
        raise CasaError(result.reason)
    answer(_rows([result], []), json=json)
    return 0


@app.command
def catalogue(
    catalogue: Path,
    *,
    models: Path,
    out: Out,
    workers: int = 1,
    keep: Names = (),
    only: Names = (),
    timeout: float = 1800.0,
    backend: Backend = "casa",
    json: Flag = False,
) -> int:
    """Observe the disks of a catalogue; a second run makes only what is missing.

    Parameters
    ----------
    catalogue
        CSV with a line for each disk.
    models
        Folder of the sky models, ID.fits.
    out
        Folder for the products, OUT/ID/ID_B6_simulated.fits and OUT/ID/casa.log.
    workers
        CASA processes.
    keep
        dirty, psf: write these too; work: leave the visibilities.
    only
        IDs to make.
    timeout
        Longest time for one disk [s].
    backend
        What makes the images.
    json
        Print one JSON object a line instead of a table.
    """
    from .campaign import simulate_catalogue

    failed: list[str] = []
    results = simulate_catalogue(
        catalogue,
        models,
        out,
        workers=workers,
        keep=_names(keep),
        only=_names(only),
        timeout_s=timeout,
    )
    answer(_rows(results, failed), json=json)
    return FAILED if failed else 0


def main(argv: list[str] | None = None) -> int:
    """Run ``casa-sim`` and give its exit status."""
    return run(app, argv)
