"""What is drawn for one on-the-fly disk, before any pixel: `Scene`.

All lengths are in arcseconds or in fractions of the crop, so that a scene does not know how finely
it will be sampled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .catalogue import draw_rmin_arcsec
from .feature_draws import draw_extras, draw_structure

REFERENCE_SIZE = 128
"""The published beams and noise lengths are counted in pixels of a 128-pixel crop."""

_USUAL_PIXEL_OVER_ROUT = 4.5 / 1024
_CROP_ARCSEC = (0.8, 5.0)
_LARGE_SHARE = 0.30
_LARGE_FROM_ARCSEC = 1.0
_LARGE_TO_ARCSEC = 2.0
_ROUT_OVER_CROP = (0.05, 0.85)
_MAX_INCL_DEG = 83.0
_CENTRE_OVER_HALF = 0.12
_BEAM_SIGMA_PX = (0.3, 3.5)
_BEAM_RATIO = (0.4, 0.95)
_PEAK_OVER_RMS = (5.0, 200.0)
_PEAK_JY_BEAM = (1e-4, 1e-1)
_SLOW_SHARE = 0.5
_SLOW_SIGMA_PX = (4.0, 16.0)
_SLOW_OVER_RMS = (0.05, 0.20)


@dataclass(frozen=True)
class Scene:
    """A disk, a beam and a noise level.

    Parameters
    ----------
    crop_arcsec : float
        Full width of the picture [arcsec].
    incl_deg, pa_deg : float
        [deg], the major axis east of north.
    dx_arcsec, dy_arcsec : float
        Centre from the reference pixel, east and north positive [arcsec].
    structure : mapping
        Fields of `DiskParams` of one disk.
    beam_sigma_arcsec : float
        Of the major axis [arcsec].
    beam_ratio : float
        Minor over major axis, dimensionless.
    beam_pa_deg : float
        East of north [deg].
    peak_jy_beam : float
        Largest pixel of the disk without noise [Jy/beam]: an arbitrary scale.
    peak_over_rms : float
        That peak over the rms of the noise that has the beam's shape, dimensionless.
    slow_over_rms : float
        Rms of the low-frequency noise over the rms of the noise, 0 where there is none.
    slow_sigma_arcsec : float
        Of the Gaussian that makes it [arcsec].
    """

    crop_arcsec: float
    incl_deg: float
    pa_deg: float
    dx_arcsec: float
    dy_arcsec: float
    structure: Mapping[str, Any]
    beam_sigma_arcsec: float
    beam_ratio: float
    beam_pa_deg: float
    peak_jy_beam: float
    peak_over_rms: float
    slow_over_rms: float
    slow_sigma_arcsec: float


def _between(u: float, bounds: tuple[float, float]) -> float:
    return bounds[0] + (bounds[1] - bounds[0]) * u


def _log_between(u: float, bounds: tuple[float, float]) -> float:
    return bounds[0] * math.exp(u * math.log(bounds[1] / bounds[0]))


def draw_rout_arcsec(rng: np.random.Generator, crop_arcsec: float) -> float:
    """Outer radius for a crop [arcsec].

    With probability 0.3 uniform from 1.0 to min(2, 0.85 crop), else from 0.05 to 0.85 of the crop's
    full width; where 0.85 crop is at most 1.0 the second always.

    Parameters
    ----------
    rng : numpy.random.Generator
    crop_arcsec : float
        Full width of the picture [arcsec].

    Returns
    -------
    float [arcsec]

    Examples
    --------
    >>> draw_rout_arcsec(np.random.default_rng(1), 1.0) <= 0.85
    True
    """
    branch, place = rng.random(2).tolist()
    high = _ROUT_OVER_CROP[1] * crop_arcsec
    if branch < _LARGE_SHARE and high > _LARGE_FROM_ARCSEC:
        return _between(place, (_LARGE_FROM_ARCSEC, min(_LARGE_TO_ARCSEC, high)))
    return _between(place, (_ROUT_OVER_CROP[0] * crop_arcsec, high))


def _draw_disk(rng: np.random.Generator, crop_arcsec: float) -> dict[str, Any]:
    """Structure of a disk, with lengths that the recipe counts in pixels of its usual grid."""
    rout = draw_rout_arcsec(rng, crop_arcsec)
    rmin = draw_rmin_arcsec(rng, rout)
    drawn = draw_structure(rng, rout, rmin) | draw_extras(rng, rout, rmin)
    pixel = _USUAL_PIXEL_OVER_ROUT * rout
    drawn["floor_arcsec"] = 0.3 * pixel
    drawn["rref_arcsec"] = 0.05 * rout
    drawn["centre_sigma_arcsec"] = drawn.pop("centre_sigma_px") * pixel
    return drawn


def draw_scene(rng: np.random.Generator) -> Scene:
    """A scene from the generator of its item.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    Scene
        Lengths [arcsec], angles [deg].

    Examples
    --------
    >>> scene = draw_scene(np.random.default_rng(1))
    >>> 0.8 <= scene.crop_arcsec <= 5.0
    True
    """
    u = rng.random(12).tolist()
    crop = _between(u[0], _CROP_ARCSEC)
    pixel = crop / REFERENCE_SIZE
    reach = _CENTRE_OVER_HALF * crop / 2
    return Scene(
        crop_arcsec=crop,
        incl_deg=_between(u[1], (0.0, _MAX_INCL_DEG)),
        pa_deg=_between(u[2], (0.0, 180.0)),
        dx_arcsec=_between(u[3], (-reach, reach)),
        dy_arcsec=_between(u[4], (-reach, reach)),
        structure=_draw_disk(rng, crop),
        beam_sigma_arcsec=_between(u[5], _BEAM_SIGMA_PX) * pixel,
        beam_ratio=_between(u[6], _BEAM_RATIO),
        beam_pa_deg=_between(u[7], (0.0, 180.0)),
        peak_jy_beam=_log_between(u[8], _PEAK_JY_BEAM),
        peak_over_rms=_log_between(u[9], _PEAK_OVER_RMS),
        slow_over_rms=_between(u[10] / _SLOW_SHARE, _SLOW_OVER_RMS) if u[10] < _SLOW_SHARE else 0.0,
        slow_sigma_arcsec=_between(u[11], _SLOW_SIGMA_PX) * pixel,
    )
