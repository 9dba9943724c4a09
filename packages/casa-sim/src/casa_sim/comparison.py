"""Both backends on one sky: their images, and a table of what differs."""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytypes import Observation, SkyImage

from .casa.calls import VISIBILITIES, measurement_set
from .casa.observing import check_casa_settings, exported_visibilities, observe_with_casa
from .casa.worker import JOB_TIMEOUT_S, CasaWorker, check_casa_installed
from .errors import CasaError
from .native.clean import robust_sigma
from .native.observing import clean_image, image_visibilities, observe_natively
from .native.setup import setup_from_baselines
from .products import check_image_stage
from .provenance import observation_provenance
from .settings import ObservationSettings
from .skies import check_sky
from .visibility_table import Visibilities

Image = NDArray[np.floating[Any]]
Row = dict[str, Any]

COLUMNS = ("quantity", "native", "casa", "difference", "unit")
LOG = "casa.log"

_EMISSION = 1e-3
"""Share of the sky's peak above which a pixel belongs to the source."""


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
        With the keys `COLUMNS`; None where a column means nothing.
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

    Returns
    -------
    Comparison

    Raises
    ------
    MissingPackageError
        If CASA is not installed.
    InputError
        If the sky can't be observed so, or the settings end before there is an image.
    CasaError
        If CASA failed; the message holds its reason.
    """
    check_casa_installed()
    check_image_stage(settings.stage)
    check_casa_settings(settings)
    check_sky(sky, settings)
    native, cpu_seconds = _observe_timed(sky, settings, seed)
    casa, seen = _observe_with_casa(sky, settings, seed, Path(folder), timeout_s)
    same = _image_natively(sky, seen, settings, seed)
    native = replace(native, settings={**native.settings, "cpu_seconds": cpu_seconds})
    rows = (*_end_to_end(sky, native, casa), *_same_visibilities(sky, same, casa))
    return Comparison(sky, native, casa, same, rows)


def source_box(sky: SkyImage, image: SkyImage, *, margin_beams: float) -> tuple[slice, slice]:
    """Rows and columns of an image that hold the sky's emission and some beams around it.

    Parameters
    ----------
    sky : SkyImage
        Its reference pixel and the image's are the same place.
    image : SkyImage
        With a beam.
    margin_beams : float
        Added on every side [beam major axes].

    Examples
    --------
    >>> from skytypes import Beam
    >>> data = np.zeros((64, 64))
    >>> data[40, 20] = 1
    >>> image = SkyImage(np.zeros((32, 32)), 0.02, "Jy/beam", beam=Beam(0.04, 0.03, 0.0))
    >>> source_box(SkyImage(data, 0.01, "Jy/pixel"), image, margin_beams=2)
    (slice(16, 25, None), slice(6, 15, None))
    """
    ratio = sky.pixel_scale_arcsec / image.pixel_scale_arcsec
    margin = margin_beams * (image.beam.bmaj_arcsec if image.beam else 0) / image.pixel_scale_arcsec
    bright = sky.data > _EMISSION * sky.data.max()
    slices = []
    for axis in (0, 1):
        used = np.flatnonzero(bright.any(axis=1 - axis))
        from_px, to_px = sky.centre_px[1 - axis], image.centre_px[1 - axis]
        low = math.floor((used[0] - from_px) * ratio + to_px - margin)
        high = math.ceil((used[-1] - from_px) * ratio + to_px + margin) + 1
        slices.append(slice(max(0, low), min(image.data.shape[axis], high)))
    return slices[0], slices[1]


def relative_rms(one: Image, other: Image) -> float:
    """Rms of the difference over the rms of the second, dimensionless.

    Examples
    --------
    >>> round(relative_rms(np.array([1.01, 2.0]), np.array([1.0, 2.0])), 5)
    0.00447
    """
    first, second = np.asarray(one, np.float64), np.asarray(other, np.float64)
    return float(np.sqrt(((first - second) ** 2).sum() / (second**2).sum()))


def _observe_timed(
    sky: SkyImage, settings: ObservationSettings, seed: int
) -> tuple[Observation, float]:
    """The native observation and its CPU time [s], nothing cached."""
    # The first time pays for imports and compiling; CASA has paid for its own before its calls.
    observe_natively(sky, settings, seed=seed)
    start = time.process_time()
    made = observe_natively(sky, settings, seed=seed, keep=("dirty", "psf"))
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
                keep=("dirty", "psf", "work"),
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
    dirty = image_visibilities(seen, setup)
    image, told = dirty, settings.as_dict()
    if settings.stage == "clean":
        image, counted = clean_image(dirty, setup)
        told |= counted
    about = replace(
        sky,
        data=dirty,
        pixel_scale_arcsec=setup.cell_arcsec,
        unit="Jy/beam",
        reference_px=None,
        frequency_hz=setup.frequency_hz,
        beam=setup.beam,
        provenance=observation_provenance("native", settings, seed=seed, sky=sky.provenance),
    )
    return Observation(
        replace(about, data=image), told, dirty=about, psf=replace(about, data=setup.inner_psf)
    )


def _row(quantity: str, native: float | None, casa: float | None, unit: str) -> Row:
    difference = None if native is None or casa is None else native - casa
    return dict(zip(COLUMNS, (quantity, native, casa, difference, unit), strict=True))


def _end_to_end(sky: SkyImage, native: Observation, casa: Observation) -> Iterator[Row]:
    """Statistics of two images whose noise is not the same."""
    ours, theirs = native.settings, casa.settings
    pairs = zip(ours["sigma_jy"], theirs.get("sigma_jy", ()), strict=False)
    for number, (one, other) in enumerate(pairs, start=1):
        yield _row(f"noise of a visibility, array {number}", one, other, "Jy")
    measured = [_measured(sky, observation.image) for observation in (native, casa)]
    for (quantity, unit), one in measured[0].items():
        yield _row(quantity, one, measured[1][quantity, unit], unit)
    if "iterdone" in ours:
        yield _row("CLEAN iterations", ours["iterdone"], theirs["iterdone"], "1")
    yield _row("CPU time, imports left out", ours["cpu_seconds"], theirs["cpu_seconds"], "s")


def _measured(sky: SkyImage, image: SkyImage) -> Mapping[tuple[str, str], float]:
    """What is read off an image, by quantity and unit."""
    beam = image.beam
    if beam is None:
        raise CasaError(f"the image of {image.name} has no beam; this is a defect of casa-sim")
    inside = image.data[source_box(sky, image, margin_beams=2)]
    per_beam = beam.area_arcsec2 / image.pixel_scale_arcsec**2
    return {
        ("peak", "Jy/beam"): float(inside.max()),
        ("flux within 2 beams of the source", "Jy"): float(inside.sum(dtype=float)) / per_beam,
        ("noise of the image (1.4826 MAD)", "Jy/beam"): robust_sigma(image.data),
        ("beam major axis", "arcsec"): beam.bmaj_arcsec,
        ("beam minor axis", "arcsec"): beam.bmin_arcsec,
        ("beam position angle", "deg"): (beam.bpa_deg + 90) % 180 - 90,
    }


def _same_visibilities(sky: SkyImage, same: Observation, casa: Observation) -> Iterator[Row]:
    """How far two images of the same visibilities are apart."""
    stages = [("PSF", same.psf, casa.psf), ("dirty image", same.dirty, casa.dirty)]
    if "iterdone" in same.settings:
        stages.append(("CLEAN image", same.image, casa.image))
    for name, one, other in stages:
        if one is None or other is None:
            raise CasaError(f"CASA: left no {name}; this is a defect of casa-sim")
        apart = relative_rms(one.data, other.data)
        quantity = f"same visibilities: {name}, relative rms of the difference"
        yield _row(quantity, None, None, "1") | {"difference": apart}
    box = source_box(sky, casa.image, margin_beams=2)
    ours, theirs = same.image.data[box], casa.image.data[box]
    for measure, value in (
        ("relative rms of the difference", relative_rms(ours, theirs)),
        ("correlation", float(np.corrcoef(ours.ravel(), theirs.ravel())[0, 1])),
    ):
        quantity = f"same visibilities: within 2 beams of the source, {measure}"
        yield _row(quantity, None, None, "1") | {"difference": value}
    if "iterdone" in same.settings:
        done = same.settings["iterdone"], casa.settings["iterdone"]
        yield _row("same visibilities: CLEAN iterations", *done, "1")
