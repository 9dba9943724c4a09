"""`Pulsars`: the one table that every catalogue is read into."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from skytypes.errors import ContractError

if TYPE_CHECKING:
    import pandas as pd

NUMBERS: Final = (
    "ra_deg",
    "dec_deg",
    "l_deg",
    "b_deg",
    "p_s",
    "p_dot",
    "pm_ra_mas_yr",
    "pm_dec_mas_yr",
    "dm_pc_cm3",
    "dist_kpc",
    "s400_mjy",
    "s1400_mjy",
    "s1284_mjy",
)
"""Columns of `Pulsars.table` that are numbers; ``l_deg`` is in (-180, 180], ``p_dot`` in s/s."""

TEXTS: Final = ("name", "association", "surveys", "type", "binary")
"""Columns of text: several entries of one cell are separated by commas; empty where unknown."""

_NAME = re.compile(r"[A-Za-z0-9+._-]{1,30}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Pulsars:
    """Pulsars of one catalogue.

    Parameters
    ----------
    table : DataFrame
        One row a pulsar in the catalogue's order, columns `TEXTS` and `NUMBERS`; NaN where the
        catalogue has no value. Angles in degrees (ICRS and Galactic), flux densities in mJy at
        the frequency [MHz] in the name.
    layout : str
        ``psrcat.db``, ``ATNF export`` or ``one-header CSV``.
    version : str
        Of the catalogue; empty where the file does not say.
    skipped : tuple of str
        A line for each pulsar left out because a value is no number or is out of range.
    binaries_known : bool
        Whether the catalogue tells which pulsars have a companion. Where it does not, they must
        have been left out before, as its query ``!type(BINARY)`` does.
    """

    table: pd.DataFrame
    layout: str
    version: str = ""
    skipped: tuple[str, ...] = ()
    binaries_known: bool = True

    def __post_init__(self) -> None:
        missing = [c for c in (*TEXTS, *NUMBERS) if c not in self.table.columns]
        if missing:
            raise ContractError(f"pulsars without the column {missing[0]}; give {TEXTS + NUMBERS}")

    def __len__(self) -> int:
        return len(self.table)


def tabulate(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """The table of `Pulsars` from one mapping a pulsar; what a row lacks is NaN or empty.

    Parameters
    ----------
    rows : iterable of mappings
        Keys are those of `TEXTS` and `NUMBERS`.

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> tabulate([{"name": "J0002+6216", "p_s": 0.115}])[["name", "p_s", "p_dot"]].values.tolist()
    [['J0002+6216', 0.115, nan]]
    """
    import pandas as pd

    listed = list(rows)
    columns = {c: pd.Series([row.get(c, "") for row in listed], dtype=object) for c in TEXTS}
    columns |= {
        c: pd.Series([row.get(c, math.nan) for row in listed], dtype=float) for c in NUMBERS
    }
    return pd.DataFrame(columns)


def check_name(name: str, seen: Collection[str]) -> None:
    """Refuse what is no name of a pulsar, or was given to one before.

    Parameters
    ----------
    name : str
    seen : collection of str
        Names of the pulsars before.

    Raises
    ------
    ValueError
        If it is.

    Examples
    --------
    >>> check_name("J0002+6216", {"J0006+1834"})
    """
    if _NAME.fullmatch(name) is None or name.upper() == "NAN":
        raise ValueError(f"{name[:40]!r} is no name such as J0002+6216")
    if name in seen:
        raise ValueError(f"{name} occurs before")


def number(text: str, what: str) -> float:
    """A finite number from text.

    Parameters
    ----------
    text : str
    what : str
        Its name in the catalogue, for the message.

    Raises
    ------
    ValueError
        If the text is no number, or one too large to hold.

    Examples
    --------
    >>> number("5.96e-15", "P1")
    5.96e-15
    """
    if len(text) > 100 or _NUMBER.fullmatch(text) is None or not math.isfinite(float(text)):
        raise ValueError(f"{what} {text[:40]!r} is no number")
    return float(text)


def in_range(value: float, what: str, low: float, high: float) -> float:
    """The value, if it is from ``low`` to ``high``; NaN stays NaN.

    Parameters
    ----------
    value, low, high : float
    what : str

    Raises
    ------
    ValueError
        If it is outside.

    Examples
    --------
    >>> in_range(12.0, "DECJD", -90.0, 90.0)
    12.0
    """
    if not math.isnan(value) and not low <= value <= high:
        raise ValueError(f"{what} {value:g} is not from {low:g} to {high:g}")
    return value
