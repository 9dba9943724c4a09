"""One sky through the native simulator: visibilities, noise, image."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytypes import Observation, SkyImage

from ..provenance import observation_provenance
from ..settings import ObservationSettings
from ..skies import check_sky
from ..visibility_table import Visibilities
from .cache import SetupCache
from .channels import channel_baselines, channel_fluxes, channel_sigma_jy
from .clean import CleanControl, clean
from .gain_errors import antenna_phase_errors, flux_scale_factor
from .gridding import gridded_image
from .noise import draw_noise, held_airmass
from .restore import restored
from .setup import ImagingSetup, observe_tracks
from .tracks import UvTrack
from .visibilities import predict


def observe_visibilities(
    sky: SkyImage,
    settings: ObservationSettings,
    *,
    seed: int,
    tracks: Sequence[UvTrack] | None = None,
) -> Visibilities:
    """What the correlator would give: the sky's visibilities with what spoils them.

    Parameters
    ----------
    sky : SkyImage
        In Jy/pixel; its reference pixel is the phase centre.
    settings : ObservationSettings
    seed : int
        Decides noise, phases and flux scale.
    tracks : sequence of UvTrack or None
        By array; None computes them.

    Returns
    -------
    Visibilities
        Of all arrays, the first array's first; of each, the first channel's first.

    Raises
    ------
    InputError
        If the sky can't be observed so.

    Examples
    --------
    >>> sky = SkyImage(np.eye(64), 0.01, "Jy/pixel")
    >>> settings = ObservationSettings("alma.cycle9.5.cfg", time_s=60)
    >>> observe_visibilities(sky, settings, seed=1).values.shape
    (5418,)
    """
    check_sky(sky, settings)
    frequency, channels = settings.receiver.frequency_hz, settings.channels_hz
    used = tracks or observe_tracks(settings, sky.ra_deg, sky.dec_deg)
    values, sigmas = [], []
    for number, track in enumerate(used):
        true = predict(sky, channel_baselines(track.uvw_m, channels, frequency), frequency)
        if settings.spectral_index:
            true *= np.repeat(channel_fluxes(settings, sky), len(track.uvw_m))
        sigma = np.repeat(_sigma(settings, track), track.baselines).astype(np.float32)
        values.append(_spoilt(true, track, sigma, settings, seed=seed, number=number))
        sigmas.append(sigma)
    counts = [len(track.uvw_m) for track in used]
    several = len(channels) > 1
    return Visibilities(
        np.concatenate([track.uvw_m for track in used for _ in channels]),
        np.concatenate(values),
        np.concatenate(sigmas),
        frequency,
        sky.ra_deg,
        sky.dec_deg,
        np.concatenate([np.repeat(channels, count) for count in counts]) if several else None,
    )


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
        Image [Jy/beam] with the sky's truth; ``settings`` tells noise and iterations.

    Raises
    ------
    InputError
        If the sky can't be observed so.

    Examples
    --------
    >>> sky = SkyImage(np.eye(64), 0.01, "Jy/pixel")
    >>> settings = ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=256)
    >>> observe_natively(sky, settings, seed=1).image.data.shape
    (256, 256)
    """
    check_sky(sky, settings)
    setup = (cache or SetupCache()).get(settings, sky.ra_deg, sky.dec_deg)
    seen = observe_visibilities(sky, settings, seed=seed, tracks=setup.tracks)
    told = {**settings.as_dict(), "seed": seed, **_noise_told(settings, setup.tracks)}
    dirty = image_visibilities(seen, setup)
    provenance = observation_provenance("native", settings, seed=seed, sky=sky.provenance)
    picture = dirty
    if settings.stage == "clean":
        picture, counted = clean_image(dirty, setup)
        told |= counted

    def named(data: NDArray[np.float32]) -> SkyImage:
        return pictured(data, replace(sky, provenance=provenance), setup)

    return Observation(
        named(picture),
        told,
        dirty=named(dirty) if "dirty" in keep else None,
        psf=named(setup.inner_psf) if "psf" in keep else None,
    )


def image_visibilities(seen: Visibilities, setup: ImagingSetup) -> NDArray[np.float32]:
    """The dirty image of visibilities that were taken with a setup; shape (y, x) [Jy/beam].

    Gridded with CASA's rounding (`casa_sim.native.gridding`); `casa_sim.native.images.dirty_image`
    is exact.

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


def clean_image(
    dirty: NDArray[np.float32], setup: ImagingSetup
) -> tuple[NDArray[np.float32], dict[str, int | str]]:
    """The CLEAN image of a dirty one, shape (y, x) [Jy/beam], and what CLEAN counted.

    Parameters
    ----------
    dirty : ndarray, shape (y, x), float32
        [Jy/beam]
    setup : ImagingSetup
    """
    control = CleanControl(niter=setup.settings.niter)
    found = clean(
        dirty, setup.response, setup.scales, setup.sidelobe, control, mask=setup.sensitive
    )
    image = restored(found.model, found.residual, setup.beam, setup.cell_arcsec)
    if setup.sensitive is not None:
        # As CASA masks what the antennas hardly see; blank pixels are zero throughout.
        image = np.where(setup.sensitive, image, np.float32(0))
    counted: dict[str, int | str] = {
        "iterdone": found.iterations,
        "nmajordone": found.major_cycles,
        "stop": found.stop,
    }
    return image, counted


def _spoilt(
    true: NDArray[np.complex128],
    track: UvTrack,
    sigma: NDArray[np.float32],
    settings: ObservationSettings,
    *,
    seed: int,
    number: int,
) -> NDArray[np.complex64]:
    """Visibilities of one array with phase errors, a wrong flux scale and noise."""
    values = true.astype(np.complex64)
    if settings.phase_rms_deg:
        # n (n - 1) / 2 baselines belong to n antennas.
        antennas = round((1 + (1 + 8 * track.baselines) ** 0.5) / 2)
        gains = antenna_phase_errors(
            antennas, track.integrations, settings.phase_rms_deg, seed=seed, array_number=number
        )
        first, second = np.triu_indices(antennas, 1)
        turned = (gains[:, first] * gains[:, second].conj()).ravel()
        values *= np.tile(turned, settings.channels)
    if settings.flux_error_percent:
        values *= np.float32(flux_scale_factor(settings.flux_error_percent, seed=seed))
    if settings.noise == "thermal":
        values += draw_noise(sigma, seed=seed, array_number=number)
    return values


def _airmass(track: UvTrack) -> NDArray[np.float64]:
    return held_airmass((track.mjd - track.mjd[0]) * 86400, track.elevation_rad)


def _sigma(settings: ObservationSettings, track: UvTrack) -> NDArray[np.float64]:
    """Noise of Stokes I by channel and integration [Jy]."""
    if settings.noise == "none":
        return np.zeros(settings.channels * track.integrations)
    return channel_sigma_jy(settings, _airmass(track)).ravel() / math.sqrt(2)


def _noise_told(settings: ObservationSettings, tracks: Sequence[UvTrack]) -> dict[str, Any]:
    """Noise a visibility and polarisation, as the CASA backend tells it, by array."""
    counts = [len(track.uvw_m) for track in tracks]
    if settings.noise == "none":
        return {"sigma_jy": [0.0 for _ in tracks], "visibilities": counts}
    sigmas = [channel_sigma_jy(settings, _airmass(track)) for track in tracks]
    root = [float(np.sqrt(np.mean(sigma**2))) for sigma in sigmas]
    told: dict[str, Any] = {"sigma_jy": root, "visibilities": counts}
    if settings.channels > 1:
        told["channel_sigma_jy"] = [np.sqrt(np.mean(s**2, axis=1)).tolist() for s in sigmas]
    return told


def pictured(data: NDArray[np.float32], sky: SkyImage, setup: ImagingSetup) -> SkyImage:
    """Pixels of a setup's field as an image of a sky, with beam, truth and provenance.

    Parameters
    ----------
    data : ndarray, shape (y, x), float32
        [Jy/beam]
    sky : SkyImage
        What was observed.
    setup : ImagingSetup
    """
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
