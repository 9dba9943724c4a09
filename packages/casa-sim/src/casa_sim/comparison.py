"""Both backends on one sky: the images of each, and what differs."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

from skyrun.progress import bar
from skytypes import Observation, SkyImage

from .casa.calls import VISIBILITIES, measurement_set
from .casa.installation import check_casa_installed
from .casa.observing import check_casa_settings, exported_visibilities, observe_with_casa
from .casa.worker import JOB_TIMEOUT_S, CasaWorker
from .comparison_table import Row, end_to_end_rows, same_visibilities_rows
from .errors import CasaError
from .native.imaging import image_observation
from .native.observing import observe_natively
from .native.setup import setup_from_baselines
from .products import KEEP, LOG, PICTURES, check_folder, check_image_stage
from .provenance import observation_provenance
from .settings import ObservationSettings
from .skies import check_sky
from .visibility_table import Visibilities


@dataclass(frozen=True)
class Comparison:
    """One sky through both backends.

    Parameters
    ----------
    sky : SkyImage
        What was observed [Jy/pixel].
    native, casa : Observation
        End to end: the same settings, each with noise of its own.
    same_visibilities : Observation
        CASA's visibilities with their noise, imaged natively.
    rows : tuple of dict
        With the keys `casa_sim.comparison_table.COLUMNS`; None where a column means nothing.
    """

    sky: SkyImage
    native: Observation
    casa: Observation
    same_visibilities: Observation
    rows: tuple[Row, ...]


def compare_backends(
    sky: SkyImage,
    settings: ObservationSettings,
    *,
    seed: int,
    folder: str | os.PathLike[str],
    timeout_s: float = JOB_TIMEOUT_S,
    quiet: bool = False,
) -> Comparison:
    """Observe a sky with both backends, and image CASA's visibilities natively too.

    Parameters
    ----------
    sky : SkyImage
        In Jy/pixel, data of shape (y, x).
    settings : ObservationSettings
    seed : int
        Decides the noise of both, which is not the same noise.
    folder : path
        Made if missing; CASA's messages are left there as ``casa.log``.
    timeout_s : float
        Longest time for CASA [s].
    quiet : bool
        Show no progress bar.

    Returns
    -------
    Comparison

    Raises
    ------
    MissingPackageError
        If CASA is not installed.
    InputError
        If the sky can't be observed so, the settings end before there is an image, or the folder
        is a file or can't be written.
    CasaError
        If CASA failed; the message holds its reason.
    """
    check_casa_installed()
    check_image_stage(settings.stage)
    check_folder(Path(folder))
    check_casa_settings(settings)
    check_sky(sky, settings)
    with bar("comparing", 3, quiet=quiet) as advance:
        native, cpu_seconds = _observe_timed(sky, settings, seed)
        advance(now="CASA")
        casa, seen = _observe_with_casa(sky, settings, seed, Path(folder), timeout_s)
        advance(now="imaging CASA's visibilities")
        same = _image_natively(sky, seen, settings, seed)
        advance()
    native = replace(native, settings={**native.settings, "cpu_seconds": cpu_seconds})
    rows = (*end_to_end_rows(sky, native, casa), *same_visibilities_rows(sky, same, casa))
    return Comparison(sky, native, casa, same, rows)


def _observe_timed(
    sky: SkyImage, settings: ObservationSettings, seed: int
) -> tuple[Observation, float]:
    """The native observation and its CPU time [s], nothing cached."""
    # The first time pays for imports and compiling; CASA has paid for its own before its calls.
    observe_natively(sky, settings, seed=seed)
    start = time.process_time()
    made = observe_natively(sky, settings, seed=seed, keep=PICTURES)
    return made, time.process_time() - start


def _observe_with_casa(
    sky: SkyImage, settings: ObservationSettings, seed: int, folder: Path, timeout_s: float
) -> tuple[Observation, Visibilities]:
    """CASA's observation, and the visibilities that it imaged."""
    folder.mkdir(parents=True, exist_ok=True)
    job, log = folder / f".work-{os.getpid()}", folder / LOG
    log.write_text("")
    vis = [measurement_set(a, noisy=settings.noise == "thermal") for a in settings.arrays]
    try:
        with CasaWorker(job / "worker", timeout_s=timeout_s) as worker:
            made = observe_with_casa(
                worker,
                sky,
                settings,
                seed=seed,
                folder=job / "sky",
                log=log,
                keep=KEEP,
            )
            export = ("export_visibilities", {"vis": vis, "file": VISIBILITIES})
            worker.run([export], folder=job / "sky", log=log)
        if not isinstance(made, Observation):
            raise CasaError("CASA: made no image; this is a defect of casa-sim")
        seen = exported_visibilities(job / "sky" / VISIBILITIES, sky, settings, made.settings)
    finally:
        shutil.rmtree(job, ignore_errors=True)
    return made, seen


def _image_natively(
    sky: SkyImage, seen: Visibilities, settings: ObservationSettings, seed: int
) -> Observation:
    """The native images of visibilities."""
    setup = setup_from_baselines(seen.middle_uvw_m, settings)
    provenance = observation_provenance("native", settings, seed=seed, sky=sky.provenance)
    made_of = replace(sky, provenance=provenance)
    return image_observation(seen, setup, made_of, settings, settings.as_dict(), keep=PICTURES)
