"""Sky models that an observation starts from: read, checked, and how bright in each channel."""

from __future__ import annotations

import math
import os

from skytypes import SkyImage
from skytypes.errors import InputError

from .settings import ObservationSettings

MAX_PIXELS = 1 << 24
_MIN_SIDE = 8
_SAME_FREQUENCY = 0.05
_LEAST_INSIDE = 0.5
_FLUXES_JY = (1e-20, 1e12)
"""The Sun, the brightest there is at these frequencies, has 1e9; single precision ends at 1e38."""


def read_sky(path: str | os.PathLike[str]) -> SkyImage:
    """A sky model from FITS: one picture in Jy/pixel with a WCS, at most `MAX_PIXELS`.

    Parameters
    ----------
    path : path

    Returns
    -------
    SkyImage
        Data of shape (y, x) [Jy/pixel].

    Raises
    ------
    InputError
        One line: what the file has, what is accepted.
    """
    from skyrun.fits import read_image

    sky = read_image(path, max_pixels=MAX_PIXELS)
    try:
        check_sky(sky)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return sky


def check_sky(sky: SkyImage, settings: ObservationSettings | None = None) -> None:
    """Refuse what is no brightness of the sky, or can't be observed as the settings say.

    Parameters
    ----------
    sky : SkyImage
    settings : ObservationSettings or None

    Raises
    ------
    InputError
        If the unit is not Jy/pixel, the flux is not one of 1e-20 to 1e12 Jy, the frequency is not
        the band's, or the source stays too low.

    Examples
    --------
    >>> import numpy as np
    >>> check_sky(SkyImage(np.zeros((8, 8)), 0.01, "Jy/pixel"))
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: the sky is empty (all pixels are zero); give one with emission
    """
    if sky.unit != "Jy/pixel":
        raise InputError(f"the sky is in {sky.unit}; give Jy/pixel")
    if min(sky.data.shape) < _MIN_SIDE:
        ny, nx = sky.data.shape
        raise InputError(f"the sky has {nx} x {ny} pixels; give at least {_MIN_SIDE} a side")
    if not sky.data.any():
        raise InputError("the sky is empty (all pixels are zero); give one with emission")
    low, high = _FLUXES_JY
    brightest = float(max(sky.data.max(), -sky.data.min()))
    # Pixels before their sum, which may overflow.
    flux = float(sky.data.sum(dtype=float)) if brightest <= high else brightest
    if flux <= 0:
        raise InputError(f"the sky's total flux is {flux:.4g} Jy; give a positive one")
    if not low <= flux <= high:
        raise InputError(f"the sky has {flux:.4g} Jy; give {low:g} to {high:g} Jy in all")
    if settings is None:
        return
    settings.check_target(sky.dec_deg)
    if sky.frequency_hz:
        _check_frequency(sky.frequency_hz, settings)


def _check_frequency(own_hz: float, settings: ObservationSettings) -> None:
    """Refuse a sky of another frequency; one of the same band may be observed at any other."""
    band = settings.receiver
    tuned = settings.frequency_ghz is not None
    if not (
        is_same_frequency(own_hz, settings) or (tuned and band.low_hz <= own_hz <= band.high_hz)
    ):
        raise InputError(
            f"the sky is at {own_hz / 1e9:.4g} GHz but band {settings.band} is at "
            f"{band.frequency_hz / 1e9:.4g} GHz; choose the band of the sky"
        )


def is_same_frequency(own_hz: float, settings: ObservationSettings) -> bool:
    """Whether data of a frequency [Hz] may stand for what is observed: within 5 %.

    Examples
    --------
    >>> is_same_frequency(225e9, ObservationSettings("alma.cycle9.7.cfg", band=6))
    True
    """
    return abs(own_hz / settings.receiver.frequency_hz - 1) <= _SAME_FREQUENCY


def check_field(sky: SkyImage, settings: ObservationSettings) -> None:
    """Refuse a sky of which most lies beyond the image that is to be made.

    Parameters
    ----------
    sky : SkyImage
        In Jy/pixel, data of shape (y, x).
    settings : ObservationSettings
        Visibilities alone have no field.

    Raises
    ------
    InputError
        If less than half of the flux is inside; the message says how large the image is.

    Examples
    --------
    >>> import numpy as np
    >>> corner = np.zeros((512, 512))
    >>> corner[5, 5] = 1.0
    >>> small = ObservationSettings("alma.cycle9.7.cfg", imsize_px=256)
    >>> check_field(SkyImage(corner, 0.02, "Jy/pixel"), small)
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: 0 % of the sky's flux is within the image of 2.048 arcsec; give ...
    """
    if settings.stage == "visibilities":
        return
    field = settings.image_size_px * settings.image_cell_mas / 1000
    x, y = sky.centre_px
    half = field / 2 / sky.pixel_scale_arcsec
    rows, columns = (
        slice(max(0, math.ceil(middle - half)), max(0, math.floor(middle + half) + 1))
        for middle in (y, x)
    )
    share = float(sky.data[rows, columns].sum(dtype=float) / sky.data.sum(dtype=float))
    if share < _LEAST_INSIDE:
        raise InputError(
            f"{100 * share:.0f} % of the sky's flux is within the image of {field:.4g} arcsec; "
            "give a larger --imsize or --cell-mas"
        )


def channel_fluxes(settings: ObservationSettings, sky: SkyImage) -> tuple[float, ...]:
    """How bright a sky is in each channel, over what its pixels say.

    Parameters
    ----------
    settings : ObservationSettings
    sky : SkyImage
        Without a frequency its pixels are those of the middle of the observation [Jy/pixel].

    Returns
    -------
    tuple of float
        ``(frequency / the sky's own) ^ spectral_index`` of each channel, dimensionless.

    Examples
    --------
    >>> import numpy as np
    >>> settings = ObservationSettings("alma.cycle9.5.cfg", channels=2, spectral_index=2.0)
    >>> sky = SkyImage(np.ones((8, 8)), 0.01, "Jy/pixel", frequency_hz=230e9)
    >>> [round(flux, 4) for flux in channel_fluxes(settings, sky)]
    [0.9838, 1.0164]
    """
    own = sky.frequency_hz or settings.receiver.frequency_hz
    return tuple((channel / own) ** settings.spectral_index for channel in settings.channels_hz)
