"""What an observation's array, time, band, cell and weighting decide before any sky is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytypes import Beam
from skytypes.errors import InputError

from ..antennas import antenna_positions, is_antenna_list
from ..settings import INTEGRATION_S, ObservationSettings
from .beams import fit_beam, sidelobe_level
from .channels import channel_baselines
from .convolution import Response
from .images import MAX_SIDE_PX, point_spread_function
from .primary_beam import sensitive_pixels
from .scales import ScaleResponses, scale_responses
from .tracks import UvTrack, uv_track
from .weights import imaging_weights

PB_LIMIT = 0.1
SMALL_SCALE_BIAS = 0.9


@dataclass(frozen=True)
class ImagingSetup:
    """Tracks, weights, point spread function and beam of an observation.

    Make one with `make_setup`, or let `casa_sim.native.cache.SetupCache` keep it.

    Parameters
    ----------
    settings : ObservationSettings
        Those that it was made for. Time, arrays, band, image and weighting matter; the rest
        (``niter``, ``stage``, water vapour) is of whoever asked first.
    tracks : tuple of UvTrack
        By array.
    weights : ndarray, shape (n,), float32
        Of all visibilities: the first array's first; of each, the first channel's first. Shadowed
        baselines have none (`casa_sim.native.shadowing`).
    psf : ndarray, shape (2 side, 2 side), float32
        Over twice the field, peak 1 at ``(side, side)``.
    beam : Beam
        Restoring beam [arcsec].
    """

    settings: ObservationSettings
    tracks: tuple[UvTrack, ...]
    weights: NDArray[np.float32]
    psf: NDArray[np.float32]
    beam: Beam

    @property
    def frequency_hz(self) -> float:
        """Middle of the observation [Hz]."""
        return self.settings.receiver.frequency_hz

    @property
    def cell_arcsec(self) -> float:
        """Pixel of the image [arcsec]."""
        return self.settings.image_cell_mas / 1000

    @property
    def inner_psf(self) -> NDArray[np.float32]:
        """The PSF over the field itself, shape (side, side)."""
        quarter = len(self.psf) // 4
        return self.psf[quarter:-quarter, quarter:-quarter]

    @cached_property
    def uvw_m(self) -> NDArray[np.float64]:
        """Baselines of all arrays and channels, for the middle frequency, shape (n, 3) [m]."""
        return _baselines(self.tracks, self.settings)

    @cached_property
    def sidelobe(self) -> float:
        """Largest sidelobe of the PSF."""
        return sidelobe_level(self.inner_psf, self.beam, self.cell_arcsec)

    @cached_property
    def response(self) -> Response:
        """What the imaging makes of a model."""
        return Response(self.psf)

    @cached_property
    def scales(self) -> ScaleResponses:
        """Responses to the components of a CLEAN."""
        return scale_responses(self.psf, self.settings.scales_px, SMALL_SCALE_BIAS)

    @cached_property
    def sensitive(self) -> NDArray[np.bool_] | None:
        """Where the primary beam is above `PB_LIMIT`; None if everywhere."""
        side = self.settings.image_size_px
        return sensitive_pixels(side, self.cell_arcsec, self.frequency_hz, PB_LIMIT)


def setup_key(settings: ObservationSettings, ra_deg: float, dec_deg: float) -> dict[str, Any]:
    """What decides a setup, as JSON holds it; equal keys mean equal setups.

    Examples
    --------
    >>> sorted(setup_key(ObservationSettings("alma.cycle9.7.cfg"), 250.0, -30.0))[:4]
    ['arrays', 'band', 'cell_mas', 'channels_hz']
    """
    return {
        "arrays": [
            antenna_positions(name).tolist() if is_antenna_list(name) else name
            for name in settings.arrays
        ],
        "time_s": settings.time_s,
        "integration_s": INTEGRATION_S,
        "band": settings.band,
        "channels_hz": list(settings.channels_hz),
        "cell_mas": settings.image_cell_mas,
        "imsize_px": settings.image_size_px,
        "weighting": settings.weighting,
        "robust": settings.robust if settings.weighting == "briggs" else None,
        "taper_arcsec": settings.taper_arcsec,
        "hour_angle_h": settings.hour_angle_h,
        "ra_deg": ra_deg,
        "dec_deg": dec_deg,
    }


def observe_tracks(
    settings: ObservationSettings, ra_deg: float, dec_deg: float
) -> tuple[UvTrack, ...]:
    """The track of each array on a phase centre.

    Parameters
    ----------
    settings : ObservationSettings
    ra_deg, dec_deg : float
        J2000 [deg].

    Returns
    -------
    tuple of UvTrack
        By array, the larger one first.

    Raises
    ------
    InputError
        If the source is too low, or an array is wholly in its own shadow.
    """
    settings.check_target(dec_deg)
    return tuple(
        uv_track(
            antenna_positions(array),
            ra_deg,
            dec_deg,
            time_s=settings.time_s,
            integration_s=INTEGRATION_S,
            hour_angle_h=settings.hour_angle_h,
        )
        for array in settings.arrays
    )


def make_setup(settings: ObservationSettings, ra_deg: float, dec_deg: float) -> ImagingSetup:
    """Compute a setup: about 0.3 s, most of it the PSF over twice the field.

    Parameters
    ----------
    settings : ObservationSettings
    ra_deg, dec_deg : float
        Phase centre, J2000 [deg].

    Returns
    -------
    ImagingSetup

    Raises
    ------
    InputError
        If the source is too low, an array wholly in its own shadow, the cell too coarse, or the
        image too large.

    Examples
    --------
    >>> settings = ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=256)
    >>> make_setup(settings, 250.0, -30.0).psf.shape
    (512, 512)
    """
    tracks = observe_tracks(settings, ra_deg, dec_deg)
    uvw = _baselines(tracks, settings)
    return replace(setup_from_baselines(uvw, settings), tracks=tracks)


def setup_from_baselines(
    uvw_m: NDArray[np.float64],
    settings: ObservationSettings,
    *,
    weights: NDArray[np.float64] | None = None,
) -> ImagingSetup:
    """Weights, PSF and beam of baselines that came from elsewhere.

    Parameters
    ----------
    uvw_m : ndarray, shape (n, 3)
        Antenna 1 minus antenna 2 [m]; where there are several channels,
        `casa_sim.visibility_table.Visibilities.middle_uvw_m`.
    settings : ObservationSettings
        Band, frequency, image and weighting matter.
    weights : ndarray, shape (n,) or None
        Of the visibilities themselves, 1 / sigma^2 in any unit; None for equal ones.

    Returns
    -------
    ImagingSetup
        Without tracks.

    Raises
    ------
    InputError
        If the cell is too coarse or the image too large.

    Examples
    --------
    >>> settings = ObservationSettings("alma.cycle9.5.cfg", imsize_px=256)
    >>> ring = np.exp(2j * np.pi * np.arange(900) / 900) * np.linspace(50, 1000, 900)
    >>> uvw = np.stack([ring.real, ring.imag, 0 * ring.real], axis=1)
    >>> round(float(setup_from_baselines(uvw, settings).psf.max()), 4)
    1.0
    """
    side = settings.image_size_px
    if 2 * side > MAX_SIDE_PX:
        raise InputError(f"imsize_px is {side}; give at most {MAX_SIDE_PX // 2}")
    frequency, cell = settings.receiver.frequency_hz, settings.image_cell_mas / 1000
    given = imaging_weights(
        uvw_m,
        frequency,
        imsize_px=side,
        cell_arcsec=cell,
        weighting=settings.weighting,
        robust=settings.robust,
        taper_arcsec=settings.taper_arcsec,
        weights=weights,
    )
    psf = point_spread_function(uvw_m, given, frequency, imsize_px=2 * side, cell_arcsec=cell)
    quarter = side // 2
    beam = fit_beam(psf[quarter:-quarter, quarter:-quarter], cell)
    return ImagingSetup(settings, (), given.astype(np.float32), psf, beam)


def _baselines(tracks: Sequence[UvTrack], settings: ObservationSettings) -> NDArray[np.float64]:
    channels, middle = settings.channels_hz, settings.receiver.frequency_hz
    return np.concatenate([channel_baselines(t.uvw_m, channels, middle) for t in tracks])
