"""The published pipeline's rules for the image: its pixel, its size, CLEAN's scales, two arrays."""

from __future__ import annotations

import math

from .arrays import TABLE_FREQUENCY_HZ, beam_mas, find_array, find_band

TWO_ARRAYS_ABOVE_ARCSEC = 0.8
IMSIZE_PX = (256, 1024)


def cell_rule_mas(array: str, band: int, frequency_hz: float | None = None) -> float:
    """Pixel of the published pipeline: the table's, scaled and truncated, at least 2 mas.

    Where 2 mas is coarser than a quarter of the beam, which none of the published setups is, it
    is that quarter, truncated to 0.1 mas.

    Parameters
    ----------
    array : str
    band : int
    frequency_hz : float or None
        [Hz]; None means the band's.

    Returns
    -------
    float
        [mas]

    Examples
    --------
    >>> cell_rule_mas("alma.cycle9.7.cfg", 8), cell_rule_mas("alma.cycle9.9.cfg", 8)
    (4.0, 2.0)
    >>> cell_rule_mas("alma.cycle9.10.cfg", 9)
    1.0
    """
    scale = TABLE_FREQUENCY_HZ / find_band(band, frequency_hz).frequency_hz
    published = max(2, int(find_array(array).cell_mas * scale))
    quarter = math.floor(10 * beam_mas(array, band, frequency_hz) / 4) / 10
    return float(min(published, quarter))


def imsize_rule(cell_mas: float, band: int, frequency_hz: float | None = None) -> int:
    """Side of the image [pixel]: a power of two, 1.2 primary beams, within `IMSIZE_PX`.

    Examples
    --------
    >>> imsize_rule(22.0, 6), imsize_rule(100.0, 6), imsize_rule(400.0, 6)
    (1024, 512, 256)
    """
    wanted = 1.2 * find_band(band, frequency_hz).primary_beam_arcsec / (cell_mas / 1000)
    low, high = IMSIZE_PX
    return min(high, max(low, 1 << math.ceil(math.log2(wanted))))


def scales_rule(
    cell_mas: float, array: str, band: int, frequency_hz: float | None = None
) -> tuple[int, ...]:
    """CLEAN scales {0, b/2, b, 2b} in whole pixels, b = beam / cell truncated, at least 4.

    Examples
    --------
    >>> scales_rule(4.0, "alma.cycle9.7.cfg", 8)
    (0, 3, 7, 14)
    """
    b = max(4, int(beam_mas(array, band, frequency_hz) / cell_mas))
    return (0, b // 2, b, 2 * b)


def needs_two_arrays(rout_arcsec: float, array_cfg: str, array_lo: str | None) -> bool:
    """Whether the published pipeline adds the smaller array for a disk of this outer radius.

    Examples
    --------
    >>> needs_two_arrays(1.2, "alma.cycle9.7.cfg", "alma.cycle9.5.cfg")
    True
    >>> needs_two_arrays(0.8, "alma.cycle9.7.cfg", "alma.cycle9.5.cfg")
    False
    """
    return rout_arcsec > TWO_ARRAYS_ABOVE_ARCSEC and array_lo not in (None, array_cfg)
