"""Visibilities as data, and as a FITS binary table."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skytypes.errors import InputError

MAX_ROWS = 1 << 25
_COLUMNS = (("U", "m"), ("V", "m"), ("W", "m"), ("REAL", "Jy"), ("IMAG", "Jy"), ("SIGMA", "Jy"))
_CHANNEL = "CHANNEL"


@dataclass(frozen=True)
class Visibilities:
    """Stokes I visibilities of one or several arrays.

    Parameters
    ----------
    uvw_m : ndarray, shape (n, 3)
        Antenna 1 minus antenna 2 [m].
    values : ndarray, shape (n,), complex
        ``sum I exp(+2 pi i (u l + v m))``, l east, m north [Jy].
    sigma_jy : ndarray, shape (n,)
        Noise of the real, and of the imaginary part [Jy]; 0 where there is none.
    frequency_hz : float
        Middle of all [Hz].
    ra_deg, dec_deg : float
        Phase centre, J2000 [deg].
    channel_hz : ndarray, shape (n,), or None
        Frequency of each; None means ``frequency_hz`` [Hz].
    """

    uvw_m: NDArray[np.float64]
    values: NDArray[np.complexfloating]
    sigma_jy: NDArray[np.floating]
    frequency_hz: float
    ra_deg: float
    dec_deg: float
    channel_hz: NDArray[np.float64] | None = None

    @property
    def middle_uvw_m(self) -> NDArray[np.float64]:
        """Baselines that see at ``frequency_hz`` what these do (`casa_sim.native.channels`) [m]."""
        if self.channel_hz is None:
            return self.uvw_m
        return self.uvw_m * (self.channel_hz / self.frequency_hz)[:, None]


def write_visibilities(path: str | os.PathLike[str], visibilities: Visibilities) -> None:
    """Write a FITS binary table: U, V, W [m], REAL, IMAG, SIGMA [Jy], a row a visibility.

    Where there are several channels, a column CHANNEL [Hz] says the frequency of each.

    Parameters
    ----------
    path : path
        Written whole or not at all.
    visibilities : Visibilities
    """
    from astropy.io import fits

    from skyrun.files import atomic_path

    v = visibilities
    data = (*v.uvw_m.T, v.values.real, v.values.imag, v.sigma_jy)
    formats = ("D", "D", "D", "E", "E", "E")
    columns = [
        fits.Column(name=name, unit=unit, format=form, array=values)
        for (name, unit), form, values in zip(_COLUMNS, formats, data, strict=True)
    ]
    if v.channel_hz is not None:
        columns.append(fits.Column(name=_CHANNEL, unit="Hz", format="D", array=v.channel_hz))
    table = fits.BinTableHDU.from_columns(columns, name="VISIBILITIES")
    table.header["FREQ"] = (v.frequency_hz, "[Hz] frequency")
    table.header["RA"] = (v.ra_deg, "[deg] phase centre, J2000")
    table.header["DEC"] = (v.dec_deg, "[deg] phase centre, J2000")
    with atomic_path(path) as temporary:
        fits.HDUList([fits.PrimaryHDU(), table]).writeto(temporary)


def read_visibilities(path: str | os.PathLike[str]) -> Visibilities:
    """Read what `write_visibilities` wrote, or any FITS table with its columns.

    Parameters
    ----------
    path : path

    Returns
    -------
    Visibilities

    Raises
    ------
    InputError
        One line, if it is no such table or holds numbers that are not finite.
    """
    from astropy.io import fits

    try:
        with fits.open(Path(path), memmap=True) as hdus:
            if len(hdus) < 2 or "FREQ" not in hdus[1].header:
                raise InputError(f"{path}: has no table of visibilities with a FREQ card")
            header, rows = hdus[1].header, int(hdus[1].header.get("NAXIS2", 0))
            if not 0 < rows <= MAX_ROWS:
                raise InputError(f"{path}: holds {rows} visibilities; allowed: 1 to {MAX_ROWS}")
            names = [name for name, _ in _COLUMNS]
            if _CHANNEL in hdus[1].columns.names:
                names.append(_CHANNEL)
            data = {name: np.array(hdus[1].data[name], np.float64) for name in names}
            middle, ra, dec = (float(header[key]) for key in ("FREQ", "RA", "DEC"))
    except (OSError, KeyError, ValueError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        text = " ".join(str(error).split())
        raise InputError(f"{path}: no table of visibilities ({text}); give one") from None
    for name, values in data.items():
        if values.shape != (rows,) or not np.isfinite(values).all():
            raise InputError(f"{path}: column {name} is not all finite numbers, one a row")
    channels = data.get(_CHANNEL)
    if channels is not None and not (channels > 0).all():
        raise InputError(f"{path}: column {_CHANNEL} has frequencies that are not positive [Hz]")
    uvw = np.stack([data["U"], data["V"], data["W"]], axis=1)
    return Visibilities(
        uvw, data["REAL"] + 1j * data["IMAG"], data["SIGMA"], middle, ra, dec, channels
    )
