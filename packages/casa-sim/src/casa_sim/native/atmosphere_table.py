"""The air of each band and frequency, from tables fitted to CASA's.

CASA's atmosphere tool is ATM (Pardo, Cernicharo & Serabyn 2001, IEEE Trans. Antennas Propag. 49,
1683, doi:10.1109/8.982447) for 5000 m, 560 mbar, 270 K, 20 % humidity, 2 km water scale height,
-5.6 K/km, tropical. tools/tables/alma_tables.py fits it: a row for the usual frequency of each
band, and knots for all other frequencies of the bands, between which it is linear.
"""

from __future__ import annotations

import csv
import io
from dataclasses import fields, replace
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from skytypes.errors import InputError

from ..arrays import find_band
from .atmosphere import Atmosphere

MAX_OPACITY = 1.6
"""Towards the zenith: where the air is more opaque than this, there is no fit."""
PWV_MM = (0.05, 20.0)


def find_atmosphere(band: int, frequency_hz: float | None = None) -> Atmosphere:
    """The air and the receiver of a band.

    Parameters
    ----------
    band : int
        One of `casa_sim.arrays.BANDS`.
    frequency_hz : float or None
        [Hz]; None means the band's usual one.

    Raises
    ------
    InputError
        If there is no such band, the frequency is not in it, or the air is opaque there.

    Examples
    --------
    >>> find_atmosphere(8).trx_k
    135.0
    >>> round(find_atmosphere(6, 220e9).opacity(1.0), 3)
    0.05
    """
    usual = _table()[find_band(band).number]
    if frequency_hz is None or frequency_hz == usual.frequency_hz:
        return usual
    return _between(replace(usual, frequency_hz=find_band(band, frequency_hz).frequency_hz))


def _between(air: Atmosphere) -> Atmosphere:
    """The same receiver with the air of its frequency, by the knots around it."""
    knots, laws = _spectrum()
    here = air.frequency_hz / 1e6
    values = {name: float(np.interp(here, knots, law)) for name, law in laws.items()}
    wettest = min(PWV_MM[1], (MAX_OPACITY - values["tau_dry"]) / values["tau_wet_per_mm"])
    if wettest < PWV_MM[0]:
        raise InputError(
            f"the air is opaque at {air.frequency_hz / 1e9:.7g} GHz (band {air.band}); choose "
            "another frequency or another bandwidth"
        )
    return Atmosphere(
        air.band,
        air.frequency_hz,
        **values,
        trx_k=air.trx_k,
        pwv_min_mm=PWV_MM[0],
        pwv_max_mm=wettest,
    )


@cache
def _table() -> dict[int, Atmosphere]:
    table = {}
    for row in csv.DictReader(io.StringIO(_text("atmosphere.csv"))):
        values = {f.name: float(row[f.name]) for f in fields(Atmosphere) if f.name != "band"}
        band = int(row["band"])
        table[band] = Atmosphere(band=band, **values)
    return table


@cache
def _spectrum() -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """Knots [MHz] and, by their names, the numbers of an `Atmosphere` there."""
    text = _text("atmosphere_spectrum.csv")
    columns = np.loadtxt(io.StringIO(text), delimiter=",", skiprows=1, unpack=True)
    _, *names = text.partition("\n")[0].split(",")
    return columns[0], dict(zip(names, columns[1:], strict=True))


def _text(name: str) -> str:
    return files("casa_sim").joinpath("data", name).read_text(encoding="utf-8")
