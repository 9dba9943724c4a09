"""One sky through CASA: from a `SkyImage` to an `Observation`, by a worker's hand."""

from __future__ import annotations

import math
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytypes import Observation, SkyImage
from skytypes.errors import InputError

from ..errors import CasaError
from ..native.setup import observe_tracks
from ..products import check_keep
from ..provenance import observation_provenance
from ..settings import ObservationSettings
from ..skies import channel_fluxes, check_field, check_sky
from ..visibility_table import Visibilities
from .calls import (
    DIRTY_FITS,
    IMAGE_FITS,
    PSF_FITS,
    SKY_ARRAY,
    VISIBILITIES,
    observing_calls,
)
from .worker import CasaWorker


def check_casa_settings(settings: ObservationSettings) -> None:
    """Refuse what only the native backend can do.

    Raises
    ------
    InputError
        If antenna phases or the flux scale are to be wrong.

    Examples
    --------
    >>> check_casa_settings(ObservationSettings("alma.cycle9.7.cfg", phase_rms_deg=20))
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: phase_rms_deg is 20: the casa backend has no such error; ...
    """
    for name in ("phase_rms_deg", "flux_error_percent"):
        if getattr(settings, name):
            raise InputError(
                f"{name} is {getattr(settings, name):g}: the casa backend has no such error; "
                "leave it out, or take the native backend"
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
) -> Observation | Visibilities:
    """Observe a sky with CASA's simobserve and image the visibilities with tclean.

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
        Of `casa_sim.products.KEEP`: ``dirty`` and ``psf`` come with the observation.

    Returns
    -------
    Observation or Visibilities
        Image [Jy/beam] with the sky's truth, what was measured on the way in its ``settings``;
        the visibilities if ``settings.stage`` says so.

    Raises
    ------
    InputError
        If the sky can't be observed so, or most of it lies beyond the image.
    CasaError
        If CASA failed; the message holds its reason.
    """
    wanted = check_keep(keep)
    check_casa_settings(settings)
    check_sky(sky, settings)
    check_field(sky, settings)
    observe_tracks(settings, sky.ra_deg, sky.dec_deg)  # Refuses an array wholly in its own shadow.
    folder.mkdir(parents=True, exist_ok=True)
    try:
        np.save(folder / SKY_ARRAY, sky_channels(sky, settings))
        calls = observing_calls(settings, sky, seed=seed, keep=wanted)
        results = worker.run(calls, folder=folder, log=log)
        told = {**settings.as_dict(), "seed": seed, **_measured(results)}
        if settings.stage == "visibilities":
            return exported_visibilities(folder / VISIBILITIES, sky, settings, told)
        provenance = observation_provenance("casa", settings, seed=seed, sky=sky.provenance)
        return _collect(folder, replace(sky, provenance=provenance), settings, told)
    finally:
        if "work" not in wanted:
            shutil.rmtree(folder, ignore_errors=True)


def _collect(
    folder: Path, sky: SkyImage, settings: ObservationSettings, told: Mapping[str, Any]
) -> Observation:
    """The images that CASA left in a folder; the sky carries position, truth and provenance."""
    from .images import read_casa_image

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


def sky_channels(sky: SkyImage, settings: ObservationSettings) -> NDArray[np.floating[Any]]:
    """A sky as CASA gets it: its data, or of several channels a cube of shape (channel, y, x).

    Examples
    --------
    >>> sky = SkyImage(np.eye(8), 0.01, "Jy/pixel")
    >>> sky_channels(sky, ObservationSettings("alma.cycle9.7.cfg", channels=3)).shape
    (3, 8, 8)
    """
    if settings.channels == 1 and not settings.spectral_index:
        return sky.data
    cube = np.stack([flux * sky.data for flux in channel_fluxes(settings, sky)])
    return cube if settings.channels > 1 else cube[0]


def exported_visibilities(
    path: Path, sky: SkyImage, settings: ObservationSettings, told: Mapping[str, Any]
) -> Visibilities:
    """What the step ``export_visibilities`` of `casa_sim.casa.job` wrote.

    Parameters
    ----------
    path : path
    sky : SkyImage
        Its position is the phase centre.
    settings : ObservationSettings
    told : mapping
        The noise that CASA's steps measured, by array and channel.
    """
    with np.load(path, allow_pickle=False) as file:
        uvw, values, rows = file["uvw_m"], file["values"], file["rows"]
        channel_hz = file["channel_hz"] if settings.channels > 1 else None
    # What was measured is the noise of one polarisation; Stokes I is the mean of two.
    whole = [[sigma] for sigma in told.get("sigma_jy", [0.0] * len(rows))]
    sigmas = [np.array(s) / math.sqrt(2) for s in told.get("channel_sigma_jy", whole)]
    each = [np.repeat(s, n // len(s)) for s, n in zip(sigmas, rows, strict=True)]
    return Visibilities(
        np.ascontiguousarray(uvw),
        values.astype(np.complex64),
        np.concatenate(each),
        settings.receiver.frequency_hz,
        sky.ra_deg,
        sky.dec_deg,
        channel_hz,
    )


def _measured(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What CASA's steps told: noise, iterations, time."""
    told: dict[str, Any] = {}
    for result in results:
        # The last tclean is the one that cleaned.
        told.update(result["value"] or {})
    told["cpu_seconds"] = sum(float(r["cpu_seconds"]) for r in results)
    return told
