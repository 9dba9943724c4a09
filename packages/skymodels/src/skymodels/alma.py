"""What a sky model must know of ALMA: bands, arrays, and the pixel that serves an array.

Beams and cells are those of the catalogue recipe at 230 GHz; both scale with 230 GHz / frequency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .errors import CatalogueError

MODEL_PIXELS = 1024
_REFERENCE_GHZ = 230.0
_MIN_CELL_MAS = 2
_PIXELS_PER_CELL = 3
FIELD_IN_ROUT = 2.5 * 1.8
"""Width of the field of a sky model, in outer radii of its disk, at least."""

_PIXEL_BOUNDS_MAS = (0.7, 50.0)


@dataclass(frozen=True)
class Band:
    """A receiver band.

    Parameters
    ----------
    frequency_ghz : float
        [GHz]
    opacity_factor : float
        Dust opacity relative to band 6, dimensionless.
    """

    frequency_ghz: float
    opacity_factor: float


@dataclass(frozen=True)
class ArrayConfiguration:
    """A configuration of the 12 m array.

    Parameters
    ----------
    beam_mas, cell_mas : float
        Beam and imaging cell at 230 GHz [mas].
    """

    beam_mas: float
    cell_mas: float


BANDS: Mapping[int, Band] = {6: Band(230.0, 1.0), 8: Band(405.0, 2.7)}
"""Bands by number."""

ARRAYS: Mapping[str, ArrayConfiguration] = {
    "alma.cycle9.5.cfg": ArrayConfiguration(130.0, 22.0),
    "alma.cycle9.6.cfg": ArrayConfiguration(80.0, 13.0),
    "alma.cycle9.7.cfg": ArrayConfiguration(50.0, 8.0),
    "alma.cycle9.8.cfg": ArrayConfiguration(28.0, 5.0),
    "alma.cycle9.9.cfg": ArrayConfiguration(18.0, 3.0),
}
"""Array configurations by the name of CASA's antenna file."""


def find_array(array_cfg: str) -> ArrayConfiguration:
    """The array configuration of that name.

    Parameters
    ----------
    array_cfg : str
        Name of CASA's antenna file.

    Returns
    -------
    ArrayConfiguration
        Beam and cell in milliarcseconds, at 230 GHz.

    Raises
    ------
    CatalogueError
        If it is not one of `ARRAYS`.

    Examples
    --------
    >>> find_array("alma.cycle9.7.cfg").beam_mas
    50.0
    """
    if array_cfg not in ARRAYS:
        raise CatalogueError(f"array {array_cfg!r} is not known; allowed: {', '.join(ARRAYS)}")
    return ARRAYS[array_cfg]


def find_band(band: int) -> Band:
    """The band of that number.

    Parameters
    ----------
    band : int
        6 or 8.

    Returns
    -------
    Band
        Its frequency [GHz], and the opacity of dust there over that in band 6.

    Raises
    ------
    CatalogueError
        If it is not one of `BANDS`.

    Examples
    --------
    >>> find_band(8).opacity_factor
    2.7
    """
    if band not in BANDS:
        raise CatalogueError(f"band {band!r} is not known; allowed: {', '.join(map(str, BANDS))}")
    return BANDS[band]


def table_beam_mas(array_cfg: str, band: int) -> float:
    """Full width of an array's beam at a band's frequency [mas].

    Parameters
    ----------
    array_cfg : str
    band : int

    Returns
    -------
    float [mas]

    Examples
    --------
    >>> table_beam_mas("alma.cycle9.7.cfg", 6)
    50.0
    """
    return find_array(array_cfg).beam_mas * _REFERENCE_GHZ / find_band(band).frequency_ghz


def cell_mas(array_cfg: str, band: int) -> int:
    """Imaging cell: whole milliarcseconds, cut off rather than rounded, at least 2 [mas].

    Parameters
    ----------
    array_cfg : str
    band : int

    Returns
    -------
    int [mas]

    Examples
    --------
    >>> cell_mas("alma.cycle9.5.cfg", 8)
    12
    """
    cell = find_array(array_cfg).cell_mas * _REFERENCE_GHZ / find_band(band).frequency_ghz
    return max(int(cell), _MIN_CELL_MAS)


def sky_pixel_mas(rout_arcsec: float, array_cfg: str, band: int) -> float:
    """Pixel of the 1024 x 1024 sky model [mas].

    A third of the imaging cell, or more where the picture must be wider to hold 4.5 outer radii.

    Parameters
    ----------
    rout_arcsec : float
        Outer radius of the disk [arcsec].
    array_cfg : str
    band : int

    Examples
    --------
    >>> round(sky_pixel_mas(1.2, "alma.cycle9.6.cfg", 6), 6)
    5.273437
    """
    wide_enough = FIELD_IN_ROUT * rout_arcsec / MODEL_PIXELS * 1000
    fine_enough = cell_mas(array_cfg, band) / _PIXELS_PER_CELL
    low, high = _PIXEL_BOUNDS_MAS
    return min(max(fine_enough, wide_enough, low), high)
