"""A sky observed at the baselines of another data set, with its noise."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from skytypes import Observation, SkyImage
from skytypes.errors import InputError

from ..settings import ObservationSettings
from ..skies import check_field, check_sky, is_same_frequency
from ..visibility_table import Visibilities
from .gain_errors import flux_scale_factor
from .imaging import image_observation
from .noise import draw_noise
from .setup import setup_from_baselines
from .visibilities import predict

Floats = NDArray[np.float64]


def visibilities_at(
    sky: SkyImage, where: Visibilities, settings: ObservationSettings, *, seed: int
) -> Visibilities:
    """What a data set would hold if this sky had been observed.

    Parameters
    ----------
    sky : SkyImage
        In Jy/pixel; its reference pixel takes the place of the data set's phase centre.
    where : Visibilities
        Baselines and noise of each; its own values are not used.
    settings : ObservationSettings
        The band, or ``frequency_ghz``, must be the data's; ``noise`` matters, time, water vapour
        and bandwidth do not. The array does not observe; it decides cell, image size and scales of
        `observe_at` where the settings leave these to the rules. Several channels are the table's.
    seed : int
        Decides the noise.

    Returns
    -------
    Visibilities
        In the order of ``where``.

    Raises
    ------
    InputError
        If the data are of another band, hold no noise though some is asked for, phase errors are
        asked for (a table does not say which antennas), or the sky can't be observed so.

    Examples
    --------
    >>> one = np.ones(3)
    >>> where = Visibilities(np.eye(3) * 100.0, one + 0j, 0.01 * one, 230e9, 0.0, 0.0)
    >>> sky = SkyImage(np.eye(64), 0.01, "Jy/pixel")
    >>> settings = ObservationSettings("alma.cycle9.5.cfg", noise="none")
    >>> visibilities_at(sky, where, settings, seed=1).values.shape
    (3,)
    """
    check_sky(sky, replace(settings, hour_angle_h=0.0, time_s=60.0))
    band = settings.receiver
    if not is_same_frequency(where.frequency_hz, settings):
        raise InputError(
            f"the visibilities are at {where.frequency_hz / 1e9:.4g} GHz but band {settings.band} "
            f"is at {band.frequency_hz / 1e9:.4g} GHz; choose the band or frequency of the data"
        )
    if settings.channels > 1:
        raise InputError(
            f"channels is {settings.channels}, but a table of visibilities has its own; give 1"
        )
    if settings.phase_rms_deg:
        raise InputError(
            f"phase_rms_deg is {settings.phase_rms_deg:g}, but a table of visibilities does not "
            "say which antennas; give 0"
        )
    # A table's middle frequency may be a little off the one asked for; its channels go with it.
    seen = replace(where, frequency_hz=band.frequency_hz, channel_hz=_channels(where, settings))
    values = predict(sky, seen.middle_uvw_m, band.frequency_hz).astype(np.complex64)
    if settings.spectral_index:
        values *= _fluxes(seen, sky, settings)
    if settings.flux_error_percent:
        values *= np.float32(flux_scale_factor(settings.flux_error_percent, seed=seed))
    sigma = np.zeros(len(values)) if settings.noise == "none" else where.sigma_jy
    if settings.noise != "none":
        if not np.all(np.asarray(sigma) > 0):
            raise InputError("some visibilities have no SIGMA above 0; give --noise none")
        values += draw_noise(sigma, seed=seed, array_number=0)
    return replace(seen, values=values, sigma_jy=sigma, ra_deg=sky.ra_deg, dec_deg=sky.dec_deg)


def _channels(where: Visibilities, settings: ObservationSettings) -> Floats | None:
    if where.channel_hz is None:
        return None
    return where.channel_hz * (settings.receiver.frequency_hz / where.frequency_hz)


def _fluxes(seen: Visibilities, sky: SkyImage, settings: ObservationSettings) -> Floats:
    """How bright the sky is at each visibility's frequency, over what its pixels say."""
    every = np.full(len(seen.values), seen.frequency_hz)
    channels = every if seen.channel_hz is None else seen.channel_hz
    own = sky.frequency_hz or seen.frequency_hz
    return np.asarray((channels / own) ** settings.spectral_index)


def observe_at(
    sky: SkyImage,
    where: Visibilities,
    settings: ObservationSettings,
    *,
    seed: int,
    keep: Collection[str] = (),
) -> Observation:
    """Observe a sky at the baselines of another data set and image it.

    Parameters
    ----------
    sky, where, settings, seed
        As `visibilities_at`; visibilities are weighted by 1 / sigma^2 before ``weighting``.
    keep : collection of str
        ``dirty`` and ``psf`` come with the observation.

    Returns
    -------
    Observation
        Images of shape (y, x) [Jy/beam], row 0 south, column 0 east. ``settings`` tells of the
        imaging and of the table, not of the array and the track that did not observe.

    Raises
    ------
    InputError
        As `visibilities_at`, or if most of the sky lies beyond the image.
    """
    seen = visibilities_at(sky, where, settings, seed=seed)
    check_field(sky, settings)
    own = np.asarray(where.sigma_jy, dtype=np.float64)
    weights = 1 / own**2 * np.mean(own**2) if np.all(own > 0) else None
    setup = setup_from_baselines(seen.middle_uvw_m, settings, weights=weights)
    channels = 1 if seen.channel_hz is None else len(np.unique(seen.channel_hz))
    told = {
        **settings.imaging_dict(),
        "channels": channels,
        "seed": seed,
        "sigma_jy": [float(np.sqrt(2 * np.mean(np.square(seen.sigma_jy))))],
        "visibilities": [len(seen.values) // channels],
    }
    return image_observation(seen, setup, sky, settings, told, keep=keep)
