"""One sky through CASA: from a `SkyImage` to an `Observation`, by a worker's hand."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from skytypes import Observation, Provenance, SkyImage
from skytypes.errors import InputError

from .casa_calls import DIRTY_FITS, IMAGE_FITS, PSF_FITS, SKY_ARRAY, observing_calls
from .errors import CasaError
from .settings import ObservationSettings
from .skies import check_sky
from .worker import CasaWorker

KEEP = ("dirty", "psf", "work")


def check_keep(keep: Collection[str]) -> frozenset[str]:
    """What to keep beside the image, checked.

    Raises
    ------
    InputError
        If a name is not in `KEEP`.

    Examples
    --------
    >>> sorted(check_keep(["psf", "dirty"]))
    ['dirty', 'psf']
    """
    for name in keep:
        if name not in KEEP:
            raise InputError(f"keep is {name!r}; allowed: {', '.join(KEEP)}")
    return frozenset(keep)


def casa_provenance(
    settings: ObservationSettings, *, seed: int, sky: str | Provenance | None = None
) -> Provenance:
    """Where an image comes from: settings, seed and the versions of CASA; CASA isn't imported.

    Parameters
    ----------
    settings : ObservationSettings
    seed : int
    sky : str, Provenance or None
        Where the sky comes from, or a digest of its file.
    """
    configuration: dict[str, Any] = {"settings": settings.as_dict(), "backend": "casa"}
    if sky is not None:
        configuration["sky"] = asdict(sky) if isinstance(sky, Provenance) else sky
    return Provenance.collect(
        "casa_sim.casa",
        packages=("casa-sim", "casatools", "casatasks", "casadata"),
        configuration=configuration,
        seed=seed,
    )


def observe_with_casa(
    worker: CasaWorker,
    sky: SkyImage,
    settings: ObservationSettings,
    *,
    seed: int,
    folder: Path,
    log: Path,
    keep: Collection[str] = (),
) -> Observation:
    """Observe a sky with CASA's simobserve and image the noisy visibilities with tclean.

    Parameters
    ----------
    worker : CasaWorker
    sky : SkyImage
        In Jy/pixel, data of shape (y, x).
    settings : ObservationSettings
    seed : int
        Decides the noise.
    folder : path
        For the visibilities; made here, and removed unless ``keep`` has ``work`` in it.
    log : path
        CASA's messages are appended to it.
    keep : collection of str
        Of `KEEP`: ``dirty`` and ``psf`` come with the observation.

    Returns
    -------
    Observation
        Image [Jy/beam] with the sky's truth; what was measured on the way is in ``settings``.

    Raises
    ------
    InputError
        If the sky can't be observed so.
    CasaError
        If CASA failed; the message holds its reason.
    """
    wanted = check_keep(keep)
    check_sky(sky, settings)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        np.save(folder / SKY_ARRAY, sky.data)
        calls = observing_calls(settings, sky, seed=seed, keep=wanted)
        results = worker.run(calls, folder=folder, log=log)
        told = {**settings.as_dict(), "seed": seed, **_measured(results)}
        provenance = casa_provenance(settings, seed=seed, sky=sky.provenance)
        return _collect(folder, replace(sky, provenance=provenance), settings, told)
    finally:
        if "work" not in wanted:
            shutil.rmtree(folder, ignore_errors=True)


def _collect(
    folder: Path, sky: SkyImage, settings: ObservationSettings, told: Mapping[str, Any]
) -> Observation:
    """The images that CASA left in a folder; the sky carries position, truth and provenance."""
    from .casa_images import read_casa_image

    stages = {
        file: read_casa_image(folder / file, sky, settings)
        for file in (IMAGE_FITS, DIRTY_FITS, PSF_FITS)
        if (folder / file).is_file()
    }
    if IMAGE_FITS not in stages:
        raise CasaError("CASA: wrote no image and gave no reason")
    return Observation(
        stages[IMAGE_FITS], told, dirty=stages.get(DIRTY_FITS), psf=stages.get(PSF_FITS)
    )


def _measured(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What CASA's steps told: noise, iterations, time."""
    told: dict[str, Any] = {}
    for result in results:
        # The last tclean is the one that cleaned.
        told.update(result["value"] or {})
    told["cpu_seconds"] = sum(float(r["cpu_seconds"]) for r in results)
    return told
