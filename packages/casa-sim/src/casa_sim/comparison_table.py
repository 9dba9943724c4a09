"""What differs between two backends' images of one sky, as the rows of a table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytypes import Observation, SkyImage

from .errors import CasaError
from .native.clean import robust_sigma

Image = NDArray[np.floating[Any]]
Row = dict[str, Any]

COLUMNS = ("quantity", "native", "casa", "difference", "unit")

_EMISSION = 1e-3
"""Share of the sky's peak above which a pixel belongs to the source."""


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

    Parameters
    ----------
    one, other : ndarray, shape (y, x)
        In one unit.

    Examples
    --------
    >>> round(relative_rms(np.array([1.01, 2.0]), np.array([1.0, 2.0])), 5)
    0.00447
    """
    first, second = np.asarray(one, np.float64), np.asarray(other, np.float64)
    return float(np.sqrt(((first - second) ** 2).sum() / (second**2).sum()))


def end_to_end_rows(sky: SkyImage, native: Observation, casa: Observation) -> Iterator[Row]:
    """Statistics of two images whose noise is not the same.

    Parameters
    ----------
    sky : SkyImage
        What both observed [Jy/pixel].
    native, casa : Observation
        Their settings tell noise and iterations; the native one's its CPU time too.

    Yields
    ------
    dict
        With the keys `COLUMNS`.
    """
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


def same_visibilities_rows(sky: SkyImage, same: Observation, casa: Observation) -> Iterator[Row]:
    """How far two images of the same visibilities are apart.

    Parameters
    ----------
    sky : SkyImage
        What was observed [Jy/pixel].
    same, casa : Observation
        CASA's visibilities as imaged natively, and by CASA; with dirty image and PSF.

    Yields
    ------
    dict
        With the keys `COLUMNS`.
    """
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


def _row(quantity: str, native: float | None, casa: float | None, unit: str) -> Row:
    difference = None if native is None or casa is None else native - casa
    return dict(zip(COLUMNS, (quantity, native, casa, difference, unit), strict=True))


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
