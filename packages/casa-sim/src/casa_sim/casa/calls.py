"""An observation as a list of CASA task calls: what is asked of CASA, decided without CASA.

The calls run in a folder of their own; every path in them is relative to it.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, TypeAlias

from skytypes import SkyImage, item_rng

from ..antennas import is_antenna_list
from ..settings import INTEGRATION_S, ObservationSettings
from .directions import direction_text, middle_direction

Call: TypeAlias = tuple[str, dict[str, Any]]
"""Name of a CASA task, or of a step of `casa_sim.casa.job`, and its keyword arguments."""

SKY_ARRAY = "sky.npy"
IMAGE_FITS = "image.fits"
DIRTY_FITS = "dirty.fits"
PSF_FITS = "psf.fits"
VISIBILITIES = "visibilities.npz"

_SKY = "sky.im"
_PROJECT = "sim"
_IMAGE = "disk"


def measurement_set(array: str, *, noisy: bool = True) -> str:
    """Path of the visibilities that simobserve writes for an array.

    Examples
    --------
    >>> measurement_set("alma.cycle9.7.cfg")
    'sim/sim.alma.cycle9.7.noisy.ms'
    """
    ending = "noisy.ms" if noisy else "ms"
    return f"{_PROJECT}/{_PROJECT}.{Path(array).name.removesuffix('.cfg')}.{ending}"


def casa_seed(seed: int, array_number: int) -> int:
    """Seed for CASA's noise generator, of 31 bits; each array of an observation gets its own.

    Examples
    --------
    >>> casa_seed(1, 0) != casa_seed(1, 1)
    True
    """
    return int(item_rng(seed, array_number, "casa_sim.noise").integers(1, 2**31 - 1))


def simobserve_arguments(
    settings: ObservationSettings, sky: SkyImage, array: str, *, seed: int
) -> dict[str, Any]:
    """Keyword arguments of ``simobserve`` for one array.

    Parameters
    ----------
    settings : ObservationSettings
    sky : SkyImage
        In Jy/pixel, data of shape (y, x).
    array : str
        One of ``settings.arrays``.
    seed : int
        CASA's own (`casa_seed`).
    """
    return {
        "project": _PROJECT,
        "skymodel": _SKY,
        "indirection": direction_text(*middle_direction(sky)),
        "incell": f"{sky.pixel_scale_arcsec!r}arcsec",
        # CASA counts the channels from 0 and wants the frequency of number channels // 2.
        "incenter": f"{settings.channels_hz[settings.channels // 2] / 1e9:.12g}GHz",
        "inwidth": f"{settings.channel_width_hz / 1e9:.12g}GHz",
        "direction": direction_text(sky.ra_deg, sky.dec_deg),
        # One pointing: left alone, simobserve covers a model wider than its beam with a mosaic.
        "mapsize": ["1arcsec", "1arcsec"],
        "integration": f"{INTEGRATION_S:g}s",
        "totaltime": f"{settings.time_s:g}s",
        "antennalist": str(Path(array).absolute()) if is_antenna_list(array) else array,
        "obsmode": "int",
        "hourangle": f"{settings.hour_angle_h:.12g}h" if settings.hour_angle_h else "transit",
        "thermalnoise": "tsys-atm" if settings.noise == "thermal" else "",
        "user_pwv": settings.pwv_mm,
        "seed": seed,
        "graphics": "none",
        "overwrite": True,
    }


def tclean_arguments(settings: ObservationSettings) -> dict[str, Any]:
    """Keyword arguments of ``tclean``, those of the published pipeline; files left out.

    Examples
    --------
    >>> tclean_arguments(ObservationSettings("alma.cycle9.7.cfg"))["cell"]
    '8mas'
    """
    taper = {"uvtaper": [f"{settings.taper_arcsec:.12g}arcsec"]} if settings.taper_arcsec else {}
    return {
        **taper,
        "imsize": settings.image_size_px,
        "cell": f"{settings.image_cell_mas:.12g}mas",
        "specmode": "mfs",
        "deconvolver": "multiscale",
        "scales": list(settings.scales_px),
        "smallscalebias": 0.9,
        "nsigma": 4.5,
        "pblimit": 0.1,
        "weighting": settings.weighting,
        "robust": settings.robust,
        "cyclefactor": 2.0,
        "gain": 0.1,
        "pbcor": False,
        "interactive": False,
        "niter": settings.niter,
    }


def observing_calls(
    settings: ObservationSettings, sky: SkyImage, *, seed: int, keep: Collection[str] = ()
) -> list[Call]:
    """All calls that bring a sky to its CLEAN image.

    Parameters
    ----------
    settings : ObservationSettings
    sky : SkyImage
        In Jy/pixel; the caller writes its data as `SKY_ARRAY`.
    seed : int
        Decides the noise.
    keep : collection of str
        With ``dirty`` or ``psf`` in it, `DIRTY_FITS` or `PSF_FITS` is written beside `IMAGE_FITS`.

    Returns
    -------
    list of Call

    Notes
    -----
    The dirty image is the state of tclean before its first iteration; tclean then goes on from
    there (``calcres=False, calcpsf=False``), which gives the bits of a run without the stop.
    """
    calls: list[Call] = [("make_image", {"array": SKY_ARRAY, "image": _SKY})]
    for number, array in enumerate(settings.arrays):
        arguments = simobserve_arguments(settings, sky, array, seed=casa_seed(seed, number))
        calls.append(("simobserve", arguments))
    noiseless = [measurement_set(a, noisy=False) for a in settings.arrays]
    seen = [measurement_set(a, noisy=settings.noise == "thermal") for a in settings.arrays]
    # Without noise too: a noise of 0, and the number of visibilities.
    calls.append(("measure_noise", {"noisy": seen, "noiseless": noiseless}))
    if settings.stage == "visibilities":
        return [*calls, ("export_visibilities", {"vis": seen, "file": VISIBILITIES})]
    clean = {"vis": seen, "imagename": _IMAGE, **tclean_arguments(settings)}
    if settings.stage == "dirty":
        clean["niter"] = 0
    elif "dirty" in keep:
        calls.append(("tclean", {**clean, "niter": 0}))
        calls.append(_export("image", DIRTY_FITS))
        clean |= {"calcres": False, "calcpsf": False}
    calls += [("tclean", clean), _export("image", IMAGE_FITS)]
    if settings.stage == "dirty" and "dirty" in keep:
        calls.append(_export("image", DIRTY_FITS))
    if "psf" in keep:
        calls.append(_export("psf", PSF_FITS))
    return calls


def _export(kind: str, file: str) -> Call:
    arguments = {"imagename": f"{_IMAGE}.{kind}", "fitsimage": file}
    return "exportfits", {**arguments, "dropdeg": True, "overwrite": True}
