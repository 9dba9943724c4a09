"""Pictures of the sky: `Beam`, `SkyImage`, `Observation`.

Row 0 is south and column 0 is east; angles are position angles, east of north. A pixel's centre
has whole coordinates, counted from 0; the reference pixel of an image of N columns is N // 2
unless stated (as CASA has it).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import ContractError
from .provenance import Provenance

UNITS = ("Jy/pixel", "Jy/beam", "K", "count", "dimensionless")


@dataclass(frozen=True)
class Beam:
    """The restoring beam of an image: an elliptical Gaussian.

    Parameters
    ----------
    bmaj_arcsec, bmin_arcsec : float
        Full widths at half maximum [arcsec], ``bmaj_arcsec >= bmin_arcsec > 0``.
    bpa_deg : float
        Position angle of the major axis, east of north [deg].

    Examples
    --------
    >>> round(Beam(0.1, 0.05, 30.0).area_arcsec2, 6)
    0.005665
    """

    bmaj_arcsec: float
    bmin_arcsec: float
    bpa_deg: float

    def __post_init__(self) -> None:
        finite = all(math.isfinite(v) for v in (self.bmaj_arcsec, self.bmin_arcsec, self.bpa_deg))
        if not finite or not self.bmaj_arcsec >= self.bmin_arcsec > 0:
            raise ContractError(
                f"beam {self.bmaj_arcsec} x {self.bmin_arcsec} arcsec at {self.bpa_deg} deg: "
                "axes must be finite, positive, major >= minor"
            )

    @property
    def area_arcsec2(self) -> float:
        """Solid angle pi bmaj bmin / (4 ln 2) [arcsec^2]."""
        return math.pi * self.bmaj_arcsec * self.bmin_arcsec / (4 * math.log(2))

    def covariance_arcsec2(self) -> NDArray[np.float64]:
        """Covariance of the Gaussian, shape (2, 2) in (east, north) [arcsec^2].

        Notes
        -----
        Along the axes it is FWHM^2 / (8 ln 2); the major one points to (sin BPA, cos BPA).

        Examples
        --------
        >>> cov = Beam(2.3548200450309493, 1.0, 90.0).covariance_arcsec2()
        >>> round(float(cov[0, 0]), 6)
        1.0
        """
        to_sigma = 1 / math.sqrt(8 * math.log(2))
        pa = math.radians(self.bpa_deg)
        axes = np.array([[math.sin(pa), math.cos(pa)], [math.cos(pa), -math.sin(pa)]])
        sigma2 = np.array([self.bmaj_arcsec * to_sigma, self.bmin_arcsec * to_sigma]) ** 2
        return np.asarray(axes.T @ np.diag(sigma2) @ axes)


@dataclass(frozen=True)
class SkyImage:
    """A picture of the sky with what is needed to read positions and fluxes off it.

    Parameters
    ----------
    data : array of shape (y, x)
        Row 0 is south, column 0 is east; in ``unit``.
    pixel_scale_arcsec : float
        Side of one square pixel [arcsec].
    unit : str
        One of `UNITS`.
    ra_deg, dec_deg : float
        ICRS position of the reference pixel [deg].
    reference_px : (x, y) or None
        0-based pixel of that position; None means ``(nx // 2, ny // 2)``.
    frequency_hz : float or None
        Observing frequency [Hz].
    beam : Beam or None
        Needed when the unit is Jy/beam.
    name : str
        A short name, e.g. ``Disk_001``.
    truth : mapping
        What is known of the object, field names with units.
    provenance : Provenance or None

    Raises
    ------
    ContractError
        If the data are not a finite, two-dimensional array or a number is out of range.

    Examples
    --------
    >>> sky = SkyImage(np.zeros((4, 6)), 0.01, "Jy/pixel")
    >>> sky.centre_px
    (3.0, 2.0)
    """

    data: NDArray[np.floating[Any]]
    pixel_scale_arcsec: float
    unit: str
    ra_deg: float = 250.0
    dec_deg: float = -30.0
    reference_px: tuple[float, float] | None = None
    frequency_hz: float | None = None
    beam: Beam | None = None
    name: str = ""
    truth: Mapping[str, Any] = field(default_factory=dict)
    provenance: Provenance | None = None

    def __post_init__(self) -> None:
        if self.data.ndim != 2 or self.data.size == 0:
            raise ContractError(f"image data have shape {self.data.shape}; give (y, x), not empty")
        if self.data.dtype.kind != "f":
            raise ContractError(f"image data are {self.data.dtype}; give floating-point numbers")
        if not np.all(np.isfinite(self.data)):
            bad = int(np.count_nonzero(~np.isfinite(self.data)))
            raise ContractError(f"image has {bad} pixels that are not finite; all must be numbers")
        if not (math.isfinite(self.pixel_scale_arcsec) and self.pixel_scale_arcsec > 0):
            raise ContractError(
                f"pixel scale is {self.pixel_scale_arcsec} arcsec; give a positive one"
            )
        if self.unit not in UNITS:
            raise ContractError(f"unit is {self.unit!r}; allowed: {', '.join(UNITS)}")
        if self.unit == "Jy/beam" and self.beam is None:
            raise ContractError("unit is Jy/beam but no beam is given; give the restoring beam")
        if not (0 <= self.ra_deg < 360 and -90 <= self.dec_deg <= 90):
            raise ContractError(
                f"position is ({self.ra_deg}, {self.dec_deg}) deg; give RA from 0 to 360 (not 360 "
                "itself) and Dec from -90 to 90"
            )
        if not all(math.isfinite(v) for v in self.centre_px):
            raise ContractError(f"reference pixel is {self.reference_px}; give two finite numbers")
        hertz = self.frequency_hz
        if hertz is not None and not (math.isfinite(hertz) and hertz > 0):
            raise ContractError(f"frequency is {hertz} Hz; give a positive number, or None")

    @property
    def centre_px(self) -> tuple[float, float]:
        """Reference pixel (x, y), counted from 0."""
        ny, nx = self.data.shape
        return self.reference_px or (float(nx // 2), float(ny // 2))


@dataclass(frozen=True)
class Observation:
    """What a telescope made of a sky: the image, and how it was taken.

    Parameters
    ----------
    image : SkyImage
        The restored image, shape (y, x) [Jy/beam], with its beam.
    settings : mapping
        Array, time, weighting …, field names with units.
    dirty, psf : SkyImage or None
        The stages before deconvolution, where they were kept.
    """

    image: SkyImage
    settings: Mapping[str, Any] = field(default_factory=dict)
    dirty: SkyImage | None = None
    psf: SkyImage | None = None

    def __post_init__(self) -> None:
        if self.image.beam is None:
            raise ContractError("an observation's image has no beam; give the restoring beam")
