"""Axes and grids of the maps: ranges, edges and resolutions.

A bin holds its lower edge and not its upper one; the last bin holds both. What lies outside, and
what is no number, is in no bin: the rule of `numpy.histogram2d` with edges given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from skytypes.errors import InputError

LEAST_BINS: Final = 2
MOST_BINS: Final = 2048


@dataclass(frozen=True)
class Axis:
    """One axis of a map.

    Parameters
    ----------
    name : str
    unit : str
    low, high : float
        Range, in the unit.
    log : bool
        Whether bins are equal in the logarithm.

    Raises
    ------
    InputError
        If the range is empty, or a logarithmic one does not lie above zero.

    Examples
    --------
    >>> Axis("P", "s", 1e-3, 1e2, log=True).edges(5).round(12).tolist()
    [0.001, 0.01, 0.1, 1.0, 10.0, 100.0]
    """

    name: str
    unit: str
    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise InputError(
                f"axis {self.name}: range {self.low} to {self.high}; give it upwards, and above "
                "zero where bins are logarithmic"
            )

    def edges(self, bins: int) -> NDArray[np.float64]:
        """Edges of the bins, in the axis' unit.

        Parameters
        ----------
        bins : int

        Returns
        -------
        ndarray, shape (bins + 1,)
            Read-only.
        """
        return _edges(self.low, self.high, bins, self.log)


@lru_cache(maxsize=256)
def _edges(low: float, high: float, bins: int, log: bool) -> NDArray[np.float64]:
    if log:
        edges = np.logspace(np.log10(low), np.log10(high), bins + 1)
    else:
        edges = np.linspace(low, high, bins + 1)
    edges.setflags(write=False)
    return edges


@dataclass(frozen=True)
class Grid:
    """Two axes and how many bins each has; the first axis of an array is ``x``.

    Parameters
    ----------
    x, y : Axis
    bins_x, bins_y : int
    """

    x: Axis
    y: Axis
    bins_x: int
    bins_y: int

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of a map: (bins of x, bins of y)."""
        return self.bins_x, self.bins_y

    @property
    def cells(self) -> int:
        """Number of bins."""
        return self.bins_x * self.bins_y

    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom and top of a picture; of logarithmic axes the decimal logarithm.

        Examples
        --------
        >>> radec_grid(32).extent()
        (0.0, 360.0, -90.0, 90.0)
        """
        x, y = (
            replace(a, low=float(np.log10(a.low)), high=float(np.log10(a.high))) if a.log else a
            for a in (replace(self.x), replace(self.y))
        )
        return x.low, x.high, y.low, y.high


X_KPC: Final = Axis("x", "kpc", -20.0, 20.0)
Y_KPC: Final = Axis("y", "kpc", -20.0, 20.0)
Z_KPC: Final = Axis("z", "kpc", -20.0, 20.0)
RA_DEG: Final = Axis("ra", "deg", 0.0, 360.0)
DEC_DEG: Final = Axis("dec", "deg", -90.0, 90.0)
PERIOD_S: Final = Axis("P", "s", 1e-3, 1e2, log=True)
PERIOD_DERIVATIVE: Final = Axis("P_dot", "s s^-1", 1e-21, 1e-9, log=True)


def require_resolution(value: int, name: str = "resolution") -> int:
    """The resolution, or a refusal of one that makes no map.

    Parameters
    ----------
    value : int
        Bins along an axis, 2 to 2048.
    name : str
        Named in the message.

    Raises
    ------
    InputError
        If it is outside.

    Examples
    --------
    >>> require_resolution(0, "--resolution-dyn")
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: --resolution-dyn is 0; give 2 to 2048
    """
    if not LEAST_BINS <= value <= MOST_BINS:
        raise InputError(f"{name} is {value}; give {LEAST_BINS} to {MOST_BINS}")
    return value


def plane_grid(resolution: int) -> Grid:
    """The Galactic plane: x and y [kpc].

    Parameters
    ----------
    resolution : int
        Bins along each axis.
    """
    return Grid(X_KPC, Y_KPC, *(2 * (require_resolution(resolution),)))


def side_grid(resolution: int) -> Grid:
    """The Galaxy from the side: x and z [kpc].

    Parameters
    ----------
    resolution : int
        Bins along each axis.
    """
    return Grid(X_KPC, Z_KPC, *(2 * (require_resolution(resolution),)))


def radec_grid(resolution: int) -> Grid:
    """The sky: right ascension and declination [deg].

    Parameters
    ----------
    resolution : int
        Bins of right ascension; declination has half as many.
    """
    return Grid(RA_DEG, DEC_DEG, require_resolution(resolution), resolution // 2)


def ppdot_grid(resolution: int) -> Grid:
    """Period [s] and its derivative [s/s], both logarithmic.

    Parameters
    ----------
    resolution : int
        Bins along each axis.
    """
    return Grid(PERIOD_S, PERIOD_DERIVATIVE, *(2 * (require_resolution(resolution),)))
