"""One sky through the native simulator: visibilities, noise, image."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from skytypes import Observation, SkyImage

from ..provenance import observation_provenance
from ..settings import ObservationSettings
from ..skies import check_field, check_sky
from .cache import SetupCache
from .channels import channel_sigma_jy
from .correlator import observe_visibilities
from .imaging import image_observation
from .noise import track_airmass
from .tracks import UvTrack


def observe_natively(
    sky: SkyImage,
    settings: ObservationSettings,
    *,
    seed: int,
    keep: Collection[str] = (),
    cache: SetupCache | None = None,
) -> Observation:
    """Observe a sky and image it, without CASA.

    Parameters
    ----------
    sky : SkyImage
        In Jy/pixel, data of shape (y, x).
    settings : ObservationSettings
        With ``stage`` ``dirty`` the image is the dirty one.
    seed : int
        Decides the noise; the same seed gives the same bits.
    keep : collection of str
        ``dirty`` and ``psf`` come with the observation.
    cache : SetupCache or None
        Where what depends only on the settings is kept; None computes it now.

    Returns
    -------
    Observation
        Image of shape (y, x) [Jy/beam] with the sky's truth; ``settings`` tells noise and
        iterations.

    Raises
    ------
    InputError
        If the sky can't be observed so, or most of it lies beyond the image.

    Examples
    --------
    >>> sky = SkyImage(np.eye(64), 0.01, "Jy/pixel")
    >>> settings = ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=256)
    >>> observe_natively(sky, settings, seed=1).image.data.shape
    (256, 256)
    """
    check_sky(sky, settings)
    check_field(sky, settings)
    setup = (cache or SetupCache()).get(settings, sky.ra_deg, sky.dec_deg)
    seen = observe_visibilities(sky, settings, seed=seed, tracks=setup.tracks)
    told = {**settings.as_dict(), "seed": seed, **_noise_told(settings, setup.tracks)}
    provenance = observation_provenance("native", settings, seed=seed, sky=sky.provenance)
    return image_observation(
        seen, setup, replace(sky, provenance=provenance), settings, told, keep=keep
    )


def _noise_told(settings: ObservationSettings, tracks: Sequence[UvTrack]) -> dict[str, Any]:
    """Noise a visibility and polarisation, as the CASA backend tells it, by array."""
    counts = [len(track.uvw_m) for track in tracks]
    if settings.noise == "none":
        sigmas = [np.zeros((settings.channels, len(track_airmass(track)))) for track in tracks]
    else:
        sigmas = [channel_sigma_jy(settings, track_airmass(track)) for track in tracks]
    # Of the visibilities there are: an integration with many shadowed ones counts less.
    channels = [
        np.sqrt(np.average(sigma**2, axis=1, weights=track.seen_each))
        for sigma, track in zip(sigmas, tracks, strict=True)
    ]
    root = [float(np.sqrt(np.mean(sigma**2))) for sigma in channels]
    told: dict[str, Any] = {"sigma_jy": root, "visibilities": counts}
    if settings.channels > 1:
        told["channel_sigma_jy"] = [sigma.tolist() for sigma in channels]
    return told
