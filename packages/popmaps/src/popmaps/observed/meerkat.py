"""Flux densities at 1.4 GHz: the MeerKAT census, or a stated substitute for it.

The census is that of the Thousand-Pulsar-Array programme, Posselt et al. 2023, MNRAS 520, 4582
(doi:10.1093/mnras/stac3383), table 5: comma-separated, a row a pulsar, ``ch1flux`` ... ``ch8flux``
[mJy] in eight bands, the sixth at 1429 MHz.
"""

from __future__ import annotations

import csv
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from skytypes.errors import InputError

from ..spectrum import MEERKAT_MHZ
from .pulsars import Pulsars, check_name, in_range, number
from .unpacking import MOST_BYTES, read_catalogue_text

FluxSource: TypeAlias = Literal["tpa", "s1400", "s1284"]

SPECTRAL_INDEX: Final = -1.8
_S1284_MHZ: Final = 1284.0
# The eight bands are 97 MHz wide: a frequency further off belongs to another band.
_HALF_BAND_MHZ: Final = 48.0

_COLUMN_UNIT: Final = re.compile(r"(?P<name>[^\[(]+?)\s*[\[(](?P<unit>[^\])]*)[\])]")
_UNITS: Final = {"ch6flux": "mJy", "ch6freq": "MHz"}

STATEMENTS: Final[dict[FluxSource, str]] = {
    "tpa": "flux densities of the MeerKAT census at 1429 MHz",
    "s1400": "flux densities S1400 of the catalogue, a substitute for the MeerKAT census",
    "s1284": "flux densities of MeerKAT at 1284 MHz scaled by (1429/1284)^-1.8, a substitute for "
    "the MeerKAT census",
}


@dataclass(frozen=True)
class Fluxes:
    """Flux densities at 1.4 GHz by the name of the pulsar.

    Parameters
    ----------
    jy : dict of str to float
        [Jy], each over zero.
    source : "tpa", "s1400" or "s1284"
        `STATEMENTS` says what each is.
    skipped : tuple of str
        A line for each row of the census that is left out, or for the catalogue's all together.
    """

    jy: dict[str, float]
    source: FluxSource
    skipped: tuple[str, ...] = ()

    def of(self, pulsars: Pulsars) -> NDArray[np.float64]:
        """Flux densities in the order of a table; NaN where there is none.

        Parameters
        ----------
        pulsars : Pulsars

        Returns
        -------
        shape (n,), [Jy]

        Examples
        --------
        >>> from popmaps.observed.pulsars import tabulate
        >>> pulsars = Pulsars(tabulate([{"name": "J1"}, {"name": "J2"}]), "example")
        >>> Fluxes({"J1": 0.002}, "tpa").of(pulsars).tolist()
        [0.002, nan]
        """
        return np.array([self.jy.get(name, math.nan) for name in pulsars.table["name"]])


def catalogue_fluxes(pulsars: Pulsars, source: FluxSource) -> Fluxes:
    """Flux densities of the catalogue itself, instead of the census.

    Parameters
    ----------
    pulsars : Pulsars
    source : "s1400" or "s1284"
        S1400 as it is; or the median of MeerKAT's epochs at 1284 MHz times
        ``(1429 / 1284)**-1.8``.

    Raises
    ------
    InputError
        If the source is another or the catalogue has no such flux density.

    Examples
    --------
    >>> from popmaps.observed.pulsars import tabulate
    >>> pulsars = Pulsars(tabulate([{"name": "J1", "s1284_mjy": 1.0}]), "example")
    >>> round(catalogue_fluxes(pulsars, "s1284").jy["J1"], 7)
    0.0008248
    """
    if source not in ("s1400", "s1284"):
        raise InputError(f"fluxes from {source!r} are in no catalogue; give s1400 or s1284")
    factor = 1.0 if source == "s1400" else (MEERKAT_MHZ / _S1284_MHZ) ** SPECTRAL_INDEX
    values = pulsars.table[f"{source}_mjy"].to_numpy(float) * factor / 1000.0
    jy = {n: float(v) for n, v in zip(pulsars.table["name"], values, strict=True) if v > 0}
    if not jy:
        other = " or ".join(s for s in get_args(FluxSource) if s != source)
        raise InputError(f"the catalogue ({pulsars.layout}) has no {source.upper()}; give {other}")
    # A few catalogued flux densities are 0: they have no logarithm.
    without = int((values <= 0).sum())
    told = (f"{without} flux densities {source.upper()} are not over 0; left out",) * (without > 0)
    return Fluxes(jy, source, told)


def read_census(path: str | os.PathLike[str], *, max_bytes: int = MOST_BYTES) -> Fluxes:
    r"""Flux densities at 1429 MHz of the census' table.

    Parameters
    ----------
    path : path
        May be packed by xz or gzip. Columns PSRJ and ch6flux [mJy]; where ch6freq [MHz] is
        there too, it must be in the sixth band (1381 to 1477 MHz). A unit may follow a name in
        brackets.
    max_bytes : int
        Largest text [byte].

    Returns
    -------
    Fluxes
        Rows without a flux density are passed over; those with a bad one are in ``skipped``.

    Raises
    ------
    InputError
        If a column is missing or in another unit, the band is another, or no row has a flux
        density.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder, "a.csv")
    ...     _ = place.write_text("PSRJ,ch6freq,ch6flux\nJ1,1429,2.0\nJ2,1429,\n")
    ...     read_census(place).jy
    {'J1': 0.002}
    """
    lines = read_catalogue_text(path, max_bytes=max_bytes).splitlines()
    try:
        return _census(lines)
    except csv.Error as error:
        raise InputError(f"{path}: not a comma-separated table ({error})") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _census(lines: list[str]) -> Fluxes:
    rows = csv.reader(line for line in lines if line.strip())
    names = _names(next(rows, []))
    missing = [name for name in ("PSRJ", "ch6flux") if name not in names]
    if missing:
        raise InputError(
            f"no column {', '.join(missing)}; give the census' table 5, separated by commas, "
            "with PSRJ and ch6flux"
        )
    jy: dict[str, float] = {}
    skipped: list[str] = []
    for count, cells in enumerate(rows, start=1):
        try:
            if len(cells) != len(names):
                raise InputError(f"{len(cells)} cells under {len(names)} names")
            row = {key: cell.strip() for key, cell in zip(names, cells, strict=True)}
            check_name(row["PSRJ"], jy)
            value = _flux_jy(row)
        except ValueError as error:
            skipped.append(f"census, row {count}: {error}; left out")
            continue
        if value is not None:
            jy[row["PSRJ"]] = value
    if not jy:
        reason = f" ({skipped[0]})" if skipped else ""
        raise InputError(f"no row has a flux density ch6flux{reason}")
    return Fluxes(jy, "tpa", tuple(skipped))


def _names(header: Sequence[str]) -> list[str]:
    """Names of the columns, without the units in brackets that may follow them."""
    names = []
    for cell in map(str.strip, header):
        found = _COLUMN_UNIT.fullmatch(cell)
        name, unit = (found["name"], found["unit"].strip()) if found else (cell, None)
        wanted = _UNITS.get(name, unit)
        if unit not in (None, wanted):
            raise InputError(f"column {name} is in [{unit[:40]}]; give it in [{wanted}]")
        names.append(name)
    return names


def _flux_jy(row: Mapping[str, str]) -> float | None:
    """Flux density of a row at 1429 MHz [Jy]; None where it has none."""
    if row["ch6flux"].upper() in ("", "NAN", "*", "-"):
        return None
    if row.get("ch6freq"):
        low, high = MEERKAT_MHZ - _HALF_BAND_MHZ, MEERKAT_MHZ + _HALF_BAND_MHZ
        in_range(number(row["ch6freq"], "ch6freq"), "ch6freq", low, high)
    value = number(row["ch6flux"], "ch6flux")
    if value <= 0.0:
        raise ValueError(f"ch6flux {value:g} is not over 0")
    return value / 1000.0
