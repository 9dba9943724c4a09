"""One picture of a stranger's FITS file as a `SkyImage`, everything checked."""

from __future__ import annotations

import os
import warnings
from typing import Any, Literal

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skytypes import SkyImage
from skytypes.errors import InputError, SkyError

from ..files import check_size
from .cards import (
    card_value,
    read_beam,
    read_frequency,
    read_provenance,
    read_stored,
    read_unit,
)
from .geometry import read_geometry
from .layout import read_picture

MAX_PIXELS = 1 << 26


def read_image(
    path: str | os.PathLike[str],
    *,
    max_pixels: int = MAX_PIXELS,
    blank: Literal["refuse", "zero"] = "refuse",
) -> SkyImage:
    """One picture of a FITS file, everything checked before memory is taken.

    Parameters
    ----------
    path : path
        ``.fits`` (a gzipped file is refused: its size can't be known beforehand).
    max_pixels : int
        Largest picture read.
    blank : "refuse" or "zero"
        What becomes of pixels that are NaN or infinite.

    Returns
    -------
    SkyImage
        Data of shape (y, x), float32 or float64, in the unit of the header; truth and provenance
        where `write_image` stored them.

    Raises
    ------
    InputError
        One line: what the file has, what is accepted.

    Notes
    -----
    Source of the header's meaning: Greisen & Calabretta 2002, A&A 395, 1061, and Calabretta &
    Greisen 2002, A&A 395, 1077 (WCS Papers I and II).

    Examples
    --------
    >>> import tempfile
    >>> from skyrun.fits import write_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_image(folder + "/a.fits", SkyImage(np.ones((4, 4)), 0.01, "Jy/pixel"))
    ...     read_image(folder + "/a.fits").unit
    'Jy/pixel'
    """
    checked = check_size(path, 16 * max_pixels + (1 << 24))
    try:
        with warnings.catch_warnings():
            # Odd cards and short files are our own errors below, not warnings on the way.
            warnings.simplefilter("ignore")
            header, raw = read_picture(checked, max_pixels)
            return _to_image(header, raw, blank, name=checked.stem)
    except SkyError as error:
        raise InputError(f"{path}: {error}") from None
    except MemoryError:
        raise InputError(f"{path}: takes more memory than there is; give a smaller one") from None
    except Exception as error:
        # What the checks before do not foresee; astropy raises nearly anything.
        raise InputError(
            f"{path}: can't be read as FITS (its header or pixels are damaged); fetch it again, "
            "or write it anew"
        ) from error


def _to_image(
    header: fits.Header, raw: NDArray[Any], blank: Literal["refuse", "zero"], *, name: str
) -> SkyImage:
    unit, factor = read_unit(header)
    geometry = read_geometry(header, raw.shape[-2:])
    data = _numbers(raw.reshape(raw.shape[-2:]), factor, blank)
    rows, columns = (slice(None, None, -1 if m else 1) for m in geometry.mirrored[::-1])
    return SkyImage(
        np.ascontiguousarray(data[rows, columns]),
        geometry.pixel_scale_arcsec,
        unit,
        *geometry.position_deg,
        reference_px=geometry.reference_px,
        frequency_hz=read_frequency(header),
        beam=read_beam(header, unit),
        name=str(card_value(header, "OBJECT", "")) or name,
        truth=read_stored(header, "TRUTH") or {},
        provenance=read_provenance(header),
    )


def _numbers(raw: NDArray[Any], factor: float, blank: str) -> NDArray[Any]:
    """Pixels as native floats, blank ones refused or made zero."""
    if raw.dtype.kind not in "fiu":
        raise InputError(f"pixels are {raw.dtype}; give real numbers")
    wide = raw.dtype.itemsize > 4 or raw.dtype.kind in "iu"
    data = raw.astype(np.float64 if wide else np.float32)
    good = np.isfinite(data)
    if not good.all():
        if blank == "refuse" or not good.any():
            bad = int(data.size - np.count_nonzero(good))
            raise InputError(
                f"{bad} of {data.size} pixels are NaN or infinite; fill or cut them first"
            )
        data = np.where(good, data, np.zeros_like(data))
    if factor == 1.0:
        return data
    return np.asarray(np.multiply(data, factor, dtype=data.dtype))
