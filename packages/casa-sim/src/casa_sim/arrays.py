"""ALMA's bands and array configurations.

Beams and cells are tabulated at 230 GHz and scale by 230 GHz / frequency. Bands 6 and 8 and the
arrays cycle9.5 to cycle9.9 are those of the published pipeline. For the others the rule is ours:
the primary beam is 25" x 230 GHz / frequency, to 0.1"; the beam is 0.7 wavelength / longest
baseline, to two figures; the cell is a sixth of the beam, truncated to a whole mas.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from skytypes.errors import InputError

from .antennas import antenna_positions, longest_baseline_m
from .constants import SPEED_OF_LIGHT_M_S

TABLE_FREQUENCY_HZ = 230e9
BANDWIDTH_HZ = 7.5e9
"""What is observed around a band's frequency unless settings say otherwise [Hz]."""

_MAS_PER_RAD = 648_000_000 / math.pi


@dataclass(frozen=True)
class Band:
    """A receiver band, tuned to a frequency.

    Parameters
    ----------
    number : int
    frequency_hz : float
        Middle of what is observed [Hz].
    primary_beam_arcsec : float
        Used for the size of the image only [arcsec].
    low_hz, high_hz : float
        The band's edges, as CASA has its receivers [Hz].
    """

    number: int
    frequency_hz: float
    primary_beam_arcsec: float
    low_hz: float
    high_hz: float


@dataclass(frozen=True)
class ArrayConfiguration:
    """A configuration of the 12 m array.

    Parameters
    ----------
    name : str
        The antenna list as CASA names it.
    beam_mas, cell_mas : float
        Synthesised beam and image cell at 230 GHz [mas].
    """

    name: str
    beam_mas: float
    cell_mas: float


BANDS: Mapping[int, Band] = MappingProxyType(
    {
        row[0]: Band(*row)
        for row in (
            (3, 100e9, 57.5, 84e9, 116e9),
            (4, 145e9, 39.7, 125e9, 163e9),
            (5, 203e9, 28.3, 163e9, 211e9),
            (6, 230e9, 25.0, 211e9, 275e9),
            (7, 345e9, 16.7, 275e9, 373e9),
            (8, 405e9, 14.3, 385e9, 500e9),
            (9, 675e9, 8.5, 602e9, 720e9),
        )
    }
)

ARRAYS: Mapping[str, ArrayConfiguration] = MappingProxyType(
    {
        name: ArrayConfiguration(name, beam_mas, cell_mas)
        for name, beam_mas, cell_mas in (
            ("alma.cycle9.1.cfg", 1200.0, 200.0),
            ("alma.cycle9.2.cfg", 600.0, 100.0),
            ("alma.cycle9.3.cfg", 380.0, 63.0),
            ("alma.cycle9.4.cfg", 240.0, 40.0),
            ("alma.cycle9.5.cfg", 130.0, 22.0),
            ("alma.cycle9.6.cfg", 80.0, 13.0),
            ("alma.cycle9.7.cfg", 50.0, 8.0),
            ("alma.cycle9.8.cfg", 28.0, 5.0),
            ("alma.cycle9.9.cfg", 18.0, 3.0),
            ("alma.cycle9.10.cfg", 12.0, 2.0),
        )
    }
)


def find_band(number: int, frequency_hz: float | None = None) -> Band:
    """The band of a number, tuned to its usual frequency or to another.

    Parameters
    ----------
    number : int
    frequency_hz : float or None
        [Hz]; the primary beam goes with the wavelength.

    Raises
    ------
    InputError
        If the number is not in `BANDS`, or the frequency not in the band.

    Examples
    --------
    >>> find_band(8).frequency_hz
    405000000000.0
    >>> find_band(6, 250e9).primary_beam_arcsec
    23.0
    """
    if number not in BANDS:
        raise InputError(f"band is {number}; allowed: {', '.join(str(b) for b in BANDS)}")
    band = BANDS[number]
    if frequency_hz is None or frequency_hz == band.frequency_hz:
        return band
    if not band.low_hz <= frequency_hz <= band.high_hz:
        raise InputError(
            f"frequency is {frequency_hz / 1e9:.7g} GHz; band {number} is {band.low_hz / 1e9:g} to "
            f"{band.high_hz / 1e9:g} GHz"
        )
    wider = band.frequency_hz / frequency_hz
    return replace(
        band, frequency_hz=frequency_hz, primary_beam_arcsec=band.primary_beam_arcsec * wider
    )


def find_array(name: str) -> ArrayConfiguration:
    """The array configuration of a name, or of the file of an antenna list.

    Raises
    ------
    InputError
        If it is not in `ARRAYS` and no list (`casa_sim.antenna_lists.read_antenna_list`); the
        message says what is allowed.

    Examples
    --------
    >>> find_array("alma.cycle9.7.cfg").beam_mas
    50.0
    """
    if name in ARRAYS:
        return ARRAYS[name]
    longest = longest_baseline_m(antenna_positions(name))
    # The rule of the arrays that the published pipeline does not have.
    beam = 0.7 * SPEED_OF_LIGHT_M_S / TABLE_FREQUENCY_HZ / longest * _MAS_PER_RAD
    beam = float(f"{beam:.2g}")
    return ArrayConfiguration(name, beam, max(1.0, float(int(beam / 6))))


def beam_mas(array: str, band: int, frequency_hz: float | None = None) -> float:
    """Table beam of an array in a band, at its usual frequency or another [mas].

    Parameters
    ----------
    array : str
        One of `ARRAYS`, or the path of an antenna list.
    band : int
        One of `BANDS`.
    frequency_hz : float or None
        [Hz]; None means the band's.

    Returns
    -------
    float
        Full width at half maximum, in milliarcseconds.

    Examples
    --------
    >>> round(beam_mas("alma.cycle9.7.cfg", 8), 2)
    28.4
    """
    scale = TABLE_FREQUENCY_HZ / find_band(band, frequency_hz).frequency_hz
    return find_array(array).beam_mas * scale
