"""Which pulsars stand beside a simulated survey: the cuts, and what the surveys cover."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from .pulsars import Pulsars

if TYPE_CHECKING:
    import pandas as pd

SHORTEST_PERIOD_S: Final = 0.01
SMALLEST_P_DOT: Final = 1e-19

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Coverage:
    """The part of the sky of one survey, and its tag in the catalogue.

    Parameters
    ----------
    tag : str
        As in the catalogue's SURVEY list.
    l_deg : (float, float)
        Galactic longitudes between which it looked, ends excluded [deg].
    b_deg : float
        Largest absolute Galactic latitude, excluded [deg].
    """

    tag: str
    l_deg: tuple[float, float]
    b_deg: float

    def contains(self, l_deg: NDArray[np.float64], b_deg: NDArray[np.float64]) -> Mask:
        """Whether positions are inside.

        Parameters
        ----------
        l_deg : shape (n,), [deg]
            In (-180, 180].
        b_deg : shape (n,), [deg]

        Examples
        --------
        >>> SURVEYS["PMPS"].contains(np.array([0.0, 60.0]), np.array([1.0, 1.0])).tolist()
        [True, False]
        """
        low, high = self.l_deg
        inside: Mask = (l_deg > low) & (l_deg < high) & (np.abs(b_deg) < self.b_deg)
        return inside


SURVEYS: Final[Mapping[str, Coverage]] = {
    "PMPS": Coverage("pksmb", (-100.0, 50.0), 5.0),
    "SMPS": Coverage("pkssw", (-100.0, 50.0), np.inf),
    "HTRU": Coverage("htru_pks", (-120.0, 30.0), 15.0),
}
"""Parkes multibeam, Swinburne multibeam, and High Time Resolution Universe (low and mid).

SMPS has no limit in latitude: a position near 5 or 30 degrees whose beam was inside stays.
"""


def isolated_galactic(pulsars: Pulsars) -> Mask:
    """Pulsars of the Galactic field with no companion and a period over 10 ms.

    Parameters
    ----------
    pulsars : Pulsars

    Returns
    -------
    shape (n,), bool
        ``P > 0.01 s``; no association with a globular cluster (any ``GC:``) or with the
        Magellanic Clouds (``EXGAL:SMC``, ``EXGAL:LMC``); no BINARY entry.

    Notes
    -----
    Of psrcat v2.7.0 these cuts with `in_survey` leave PMPS 1047, SMPS 218, HTRU 1106. A period
    derivative is no condition here (a survey detects a pulsar without one); with binaries it
    would be 1072, 223, 1138.

    Examples
    --------
    >>> from popmaps.observed.pulsars import tabulate
    >>> rows = [{"name": "J1", "p_s": 0.5}, {"name": "J2", "p_s": 0.5, "association": "GC:M4"}]
    >>> isolated_galactic(Pulsars(tabulate(rows), "example")).tolist()
    [True, False]
    """
    table = pulsars.table
    outside = _any_entry(table["association"], ("GC:", "EXGAL:SMC", "EXGAL:LMC"))
    single = (table["binary"] == "").to_numpy(bool)
    slow = table["p_s"].to_numpy(float) > SHORTEST_PERIOD_S
    chosen: Mask = slow & ~outside & single
    return chosen


def _any_entry(column: pd.Series, starts: tuple[str, ...]) -> Mask:
    """Whether an entry of a comma list starts with one of ``starts``."""
    found = [any(e.strip().startswith(starts) for e in cell.split(",")) for cell in column]
    return np.array(found, dtype=bool)


def in_survey(pulsars: Pulsars, survey: str) -> Mask:
    """Pulsars that a survey saw, inside what it covers.

    Parameters
    ----------
    pulsars : Pulsars
    survey : str
        One of `SURVEYS`.

    Returns
    -------
    shape (n,), bool

    Examples
    --------
    >>> from popmaps.observed.pulsars import tabulate
    >>> row = {"name": "J1", "l_deg": 0.0, "b_deg": 1.0, "surveys": "misc,pksmb"}
    >>> pulsars = Pulsars(tabulate([row]), "example")
    >>> in_survey(pulsars, "PMPS").tolist(), in_survey(pulsars, "SMPS").tolist()
    ([True], [False])
    """
    coverage = SURVEYS[survey]
    table = pulsars.table
    tagged = np.array([coverage.tag in cell.split(",") for cell in table["surveys"]], dtype=bool)
    inside = coverage.contains(table["l_deg"].to_numpy(float), table["b_deg"].to_numpy(float))
    return tagged & inside


def slowing_measured(pulsars: Pulsars) -> Mask:
    """Pulsars whose period derivative is known and over 1e-19.

    Parameters
    ----------
    pulsars : Pulsars

    Returns
    -------
    shape (n,), bool

    Examples
    --------
    >>> from popmaps.observed.pulsars import tabulate
    >>> rows = [{"name": "J1", "p_dot": 1e-15}, {"name": "J2"}]
    >>> slowing_measured(Pulsars(tabulate(rows), "example")).tolist()
    [True, False]
    """
    measured: Mask = pulsars.table["p_dot"].to_numpy(float) > SMALLEST_P_DOT
    return measured
