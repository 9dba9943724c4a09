"""Command line of casa-sim."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from skyrun.commands import FAILED, answer, make_app, note, run

if TYPE_CHECKING:
    from .tasks import DiskResult

app = make_app("casa-sim", "What ALMA would see of a sky model.")

Backend = Literal["native", "casa"]
Noise = Literal["thermal", "none"]
Stage = Literal["visibilities", "dirty", "clean"]
Weighting = Literal["natural", "uniform", "briggs"]
Out = Annotated[Path, Parameter(name=["--out", "-o"])]
Names = Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")]
Flag = Annotated[bool, Parameter(negative="")]


def _name(sky: Path) -> str:
    """A file's name without what is no good in names."""
    import re

    return re.sub(r"[^A-Za-z0-9._+-]+", "_", sky.stem).lstrip("._+-") or "sky"


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


@dataclass(frozen=True)
class Imaging:
    """How the observation is made and imaged; shared by the verbs that observe."""

    backend: Backend = "native"
    """native, or casa: the installed CASA."""
    noise: Noise = "thermal"
    """thermal, or none."""
    stage: Stage = "clean"
    """How far to go: visibilities, dirty or clean."""
    weighting: Weighting = "briggs"
    """Of the visibilities: natural, uniform or briggs."""
    robust: float = 0.5
    """Briggs parameter, -2 to 2."""
    taper_arcsec: float = 0.0
    """Full width of a Gaussian taper in the image [arcsec]; 0 for none."""
    cell_mas: float | None = None
    """Pixel of the image [mas]; by default the published rule."""
    imsize: int | None = None
    """Side of the image in pixels; by default the published rule."""
    hour_angle: float = 0.0
    """Of the track's middle [h]."""
    phase_rms: float = 0.0
    """Wandering of the antennas' phases [deg]; native only."""
    flux_error: float = 0.0
    """One standard deviation of the flux scale's error [%]; native only."""
    frequency_ghz: float | None = None
    """Middle of what is observed [GHz]; by default the band's."""
    bandwidth_ghz: float | None = None
    """Of all channels together [GHz]; by default 7.5."""
    channels: int = 1
    """Of equal width, imaged together."""
    spectral_index: float = 0.0
    """Of the sky's brightness; 0 is the same in all channels."""

    def settings(self) -> dict[str, Any]:
        """Fields of ObservationSettings."""
        return {
            "noise": self.noise,
            "stage": self.stage,
            "weighting": self.weighting,
            "robust": self.robust,
            "taper_arcsec": self.taper_arcsec,
            "cell_mas": self.cell_mas,
            "imsize_px": self.imsize,
            "hour_angle_h": self.hour_angle,
            "phase_rms_deg": self.phase_rms,
            "flux_error_percent": self.flux_error,
            "frequency_ghz": self.frequency_ghz,
            "bandwidth_ghz": self.bandwidth_ghz,
            "channels": self.channels,
            "spectral_index": self.spectral_index,
        }


Flat = Annotated[Imaging, Parameter(name="*")]


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
    uv_table: Path | None = None,
    seed: int = 0,
    keep: Names = (),
    timeout: float = 1800.0,
    imaging: Flat = Imaging(),
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
        Antenna list; casa-sim arrays lists them.
    array_lo
        A second, smaller array; both are imaged together.
    band
        3 to 9.
    pwv
        Precipitable water vapour [mm].
    time
        Total time of each array [s], a multiple of 10.
    niter
        Most CLEAN iterations.
    uv_table
        FITS table of visibilities (U, V, W, REAL, IMAG, SIGMA; --stage visibilities writes one):
        its baselines and noise instead of the array's; native only.
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

    from .campaign import observe_disks
    from .errors import CasaSimError
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
        **imaging.settings(),
    )
    item_rng(seed, 0, "casa_sim.noise")  # refuses a bad seed before anything is written
    check_sky(read_sky(sky), settings)
    if uv_table is not None:
        from .native.visibility_table import read_visibilities

        read_visibilities(uv_table)
    name = _name(sky)
    results = observe_disks(
        [DiskTask(name, sky, settings, seed, uv_table=uv_table)],
        out,
        backend=imaging.backend,
        keep=_names(keep),
        timeout_s=timeout,
        quiet=True,
    )
    (result,) = results
    if result.status == "failed":
        raise CasaSimError(result.reason)
    if name != sky.stem:
        note(f"casa-sim: {sky.stem!r} is written as {name!r}, which is safe in file names")
    answer(_rows([result], []), json=json)
    return 0


@app.command
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
    imaging: Flat = Imaging(),
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
    from .campaign import simulate_catalogue

    failed: list[str] = []
    results = simulate_catalogue(
        catalogue,
        models,
        out,
        backend=imaging.backend,
        workers=workers,
        dask=dask,
        keep=_names(keep),
        only=_names(only),
        timeout_s=timeout,
        **imaging.settings(),
    )
    answer(_rows(results, failed), json=json)
    return FAILED if failed else 0


@app.command
def compare(
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
    timeout: float = 1800.0,
    json: Flag = False,
) -> int:
    """Observe one sky with both backends; writes a picture and a table of the differences.

    Parameters
    ----------
    sky
        FITS, one picture in Jy/pixel with a WCS.
    out
        Folder for comparison.png, comparison.csv, comparison.json and casa.log.
    array
        Antenna list; casa-sim arrays lists them.
    array_lo
        A second, smaller array; both are imaged together.
    band
        3 to 9.
    pwv
        Precipitable water vapour [mm].
    time
        Total time of each array [s], a multiple of 10.
    niter
        Most CLEAN iterations.
    robust
        Briggs parameter, -2 to 2.
    cell_mas
        Pixel of the image [mas]; by default the published rule.
    imsize
        Side of the image in pixels; by default the published rule.
    seed
        Decides the noise.
    timeout
        Longest time for CASA [s].
    json
        Print one JSON object a line instead of a table.
    """
    from .comparison_files import compare_sky
    from .settings import ObservationSettings

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
    answer(compare_sky(sky, out, settings, seed=seed, timeout_s=timeout).rows, json=json)
    return 0


@app.command
def arrays(*, json: Flag = False) -> int:
    """List the antenna arrays: longest baseline, beam and pixel at 230 GHz.

    Parameters
    ----------
    json
        Print one JSON object a line instead of a table.
    """
    from .antennas import antenna_positions, longest_baseline_m
    from .arrays import ARRAYS

    rows = []
    for array in ARRAYS.values():
        positions = antenna_positions(array.name)
        rows.append(
            {
                "array": array.name,
                "antennas": len(positions),
                "longest_baseline_m": round(longest_baseline_m(positions), 1),
                "beam_mas": array.beam_mas,
                "cell_mas": array.cell_mas,
            }
        )
    answer(rows, json=json)
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run ``casa-sim`` and give its exit status."""
    return run(app, argv)
