"""From visibilities to images: dirty, CLEAN, and both as an observation of a sky."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytypes import Observation, SkyImage

from ..settings import ObservationSettings
from ..visibility_table import Visibilities
from .clean import CleanControl, clean
from .gridding import gridded_image
from .restore import restored
from .setup import ImagingSetup


def image_visibilities(seen: Visibilities, setup: ImagingSetup) -> NDArray[np.float32]:
    """The dirty image of visibilities that were taken with a setup; shape (y, x) [Jy/beam].

    Gridded with CASA's rounding (`casa_sim.native.gridding`); `casa_sim.native.images.dirty_image`
    is exact. This is what CLEAN starts from; what is shown of it is `masked`.

    Parameters
    ----------
    seen : Visibilities
    setup : ImagingSetup
        Of the same tracks.
    """
    return gridded_image(
        seen.values,
        seen.middle_uvw_m,
        setup.weights,
        seen.frequency_hz,
        imsize_px=setup.settings.image_size_px,
        cell_arcsec=setup.cell_arcsec,
    )


def masked(image: NDArray[np.float32], sensitive: NDArray[np.bool_] | None) -> NDArray[np.float32]:
    """An image, zero where the antennas hardly see.

    CASA masks these pixels, and blank ones are zero throughout.

    Parameters
    ----------
    image : ndarray, shape (y, x), float32
        [Jy/beam]
    sensitive : ndarray of bool, shape (y, x), or None
        `casa_sim.native.setup.ImagingSetup.sensitive`; None leaves the image as it is.

    Examples
    --------
    >>> masked(np.ones((1, 2), np.float32), np.array([[True, False]])).tolist()
    [[1.0, 0.0]]
    """
    return image if sensitive is None else np.where(sensitive, image, np.float32(0))


def clean_image(
    dirty: NDArray[np.float32], setup: ImagingSetup, *, niter: int
) -> tuple[NDArray[np.float32], dict[str, int | str]]:
    """The CLEAN image of a dirty one, shape (y, x) [Jy/beam], and what CLEAN counted.

    Parameters
    ----------
    dirty : ndarray, shape (y, x), float32
        As `image_visibilities` makes it, not masked [Jy/beam].
    setup : ImagingSetup
    niter : int
        Most CLEAN iterations; a setup serves observations that differ in it.
    """
    control = CleanControl(niter=niter)
    found = clean(
        dirty, setup.response, setup.scales, setup.sidelobe, control, mask=setup.sensitive
    )
    image = restored(found.model, found.residual, setup.beam, setup.cell_arcsec)
    image = masked(image, setup.sensitive)
    counted: dict[str, int | str] = {
        "iterdone": found.iterations,
        "nmajordone": found.major_cycles,
        "stop": found.stop,
    }
    return image, counted


def image_observation(
    seen: Visibilities,
    setup: ImagingSetup,
    sky: SkyImage,
    settings: ObservationSettings,
    told: Mapping[str, Any],
    *,
    keep: Collection[str] = (),
) -> Observation:
    """Visibilities imaged as settings say.

    Parameters
    ----------
    seen : Visibilities
    setup : ImagingSetup
        Of the same baselines.
    sky : SkyImage
        What was observed: its position, name, truth and provenance go with the images.
    settings : ObservationSettings
        ``stage`` and ``niter`` are theirs, not the setup's.
    told : mapping
        What the observation tells of itself; what CLEAN counts is added.
    keep : collection of str
        ``dirty`` and ``psf`` come with the observation.

    Returns
    -------
    Observation
        The CLEAN image, or with ``stage`` ``dirty`` the dirty one; shape (y, x) [Jy/beam]. Both are
        zero where the primary beam is below `casa_sim.native.setup.PB_LIMIT`.
    """
    whole = image_visibilities(seen, setup)
    dirty = picture = masked(whole, setup.sensitive)
    counted: Mapping[str, Any] = {}
    if settings.stage == "clean":
        picture, counted = clean_image(whole, setup, niter=settings.niter)
    return Observation(
        _pictured(picture, sky, setup),
        {**told, **counted},
        dirty=_pictured(dirty, sky, setup) if "dirty" in keep else None,
        psf=_pictured(setup.inner_psf, sky, setup) if "psf" in keep else None,
    )


def _pictured(data: NDArray[np.float32], sky: SkyImage, setup: ImagingSetup) -> SkyImage:
    """Pixels of a setup's field as an image of a sky, with beam, truth and provenance."""
    return SkyImage(
        data,
        setup.cell_arcsec,
        "Jy/beam",
        ra_deg=sky.ra_deg,
        dec_deg=sky.dec_deg,
        frequency_hz=setup.frequency_hz,
        beam=setup.beam,
        name=sky.name,
        truth=dict(sky.truth),
        provenance=sky.provenance,
    )
