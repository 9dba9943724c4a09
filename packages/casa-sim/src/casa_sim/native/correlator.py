"""What the correlator would give: the visibilities of a sky with all that spoils them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from skytypes import SkyImage

from ..settings import ObservationSettings
from ..skies import channel_fluxes, check_sky
from ..visibility_table import Visibilities
from .channels import channel_baselines, stokes_i_noise_jy
from .gain_errors import antenna_phase_errors, flux_scale_factor
from .noise import draw_noise, track_airmass
from .setup import observe_tracks
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
        Of all arrays, the first array's first; of each, the first channel's first. Without
        baselines of shadowed antennas.

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
        sigma = _sigma(settings, track)
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
        turned = (gains[:, first] * gains[:, second].conj()).ravel()[track.seen]
        values *= np.tile(turned, settings.channels)
    if settings.flux_error_percent:
        values *= np.float32(flux_scale_factor(settings.flux_error_percent, seed=seed))
    if settings.noise == "thermal":
        values += draw_noise(sigma, seed=seed, array_number=number)
    return values


def _sigma(settings: ObservationSettings, track: UvTrack) -> NDArray[np.float32]:
    """Noise of each visibility, Stokes I [Jy]."""
    if settings.noise == "none":
        return np.zeros(settings.channels * len(track.uvw_m), dtype=np.float32)
    sigma = stokes_i_noise_jy(settings, track_airmass(track), track.seen_each)
    return sigma.astype(np.float32)
