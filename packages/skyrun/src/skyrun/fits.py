"""FITS images of strangers, read into `SkyImage`, and ours written with a complete header.

Accepted: one picture (further axes only of length 1) in the first HDU that holds one, RA/Dec WCS,
square pixels with north up (mirrored axes are flipped: row 0 south, column 0 east), BUNIT Jy/beam
(then with BMAJ, BMIN, BPA), Jy/pixel, K, or counts; multiples such as mJy/beam are converted.
"""

from __future__ import annotations

import json
import math
import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skytypes import SkyImage
from skytypes.errors import ContractError, InputError, SkyError

from .files import atomic_path, check_size
from .fits_cards import (
    read_beam,
    read_frequency,
    read_geometry,
    read_provenance,
    read_stored,
    read_unit,
)

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
            header, raw = _read_hdu(checked, max_pixels)
            return _to_image(header, raw, blank, name=checked.stem)
    except SkyError as error:
        raise InputError(f"{path}: {error}") from None
    except Exception as error:  # noqa: BLE001 - astropy raises nearly anything on damaged files
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: can't be read as FITS ({reason})") from None


def _read_hdu(path: Path, max_pixels: int) -> tuple[fits.Header, NDArray[Any]]:
    """Header and picture of the first HDU that holds one; sizes are checked before reading."""
    # Opened here: astropy leaves a file open where its header is damaged.
    with path.open("rb") as file:
        start = file.read(10)
        if not start.startswith(b"SIMPLE  ="):
            what = "is empty" if not start else "does not begin as a FITS file does"
            raise InputError(f"{what}; give an uncompressed FITS image")
        file.seek(0)
        with fits.open(file, memmap=False, lazy_load_hdus=True) as hdus:
            for hdu in hdus:
                if hdu.is_image and hdu.header.get("NAXIS", 0) >= 1:
                    _check_shape(path, hdu, max_pixels)
                    return hdu.header.copy(), np.array(hdu.data)
    raise InputError("holds no picture; give a FITS image")


def _check_shape(path: Path, hdu: Any, max_pixels: int) -> None:
    header = hdu.header
    shape = [int(header[f"NAXIS{i + 1}"]) for i in range(int(header["NAXIS"]))]
    said = " x ".join(str(n) for n in shape)
    if min(shape) >= 1 and math.prod(shape) > max_pixels:
        raise InputError(f"declares {said} pixels; at most {max_pixels} are read")
    if len(shape) < 2 or min(shape) < 1 or any(n != 1 for n in shape[2:]) or 1 in shape[:2]:
        raise InputError(f"axes are {said}; give one picture (x, y), cut out of the cube")
    if isinstance(hdu, fits.CompImageHDU):
        _check_tiles(hdu, shape)
        return
    need = hdu.fileinfo()["datLoc"] + math.prod(shape) * abs(int(header["BITPIX"])) // 8
    if path.stat().st_size < need:
        raise InputError(f"is cut short ({path.stat().st_size} of {need} bytes); fetch it again")


def _check_tiles(hdu: Any, shape: list[int]) -> None:
    """Tiles of a compressed picture, each unpacked whole, are no larger than the picture."""
    tiles = list(hdu.tile_shape)[::-1]
    if len(tiles) != len(shape) or any(t > n for t, n in zip(tiles, shape, strict=True)):
        raise InputError(f"compressed tiles are {tiles}, the picture {shape}; mend the header")


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
        name=str(header.get("OBJECT", "")) or name,
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
            raise InputError(f"{bad} of {data.size} pixels are NaN; fill or cut them first")
        data = np.where(good, data, np.zeros_like(data))
    if factor == 1.0:
        return data
    return np.asarray(np.multiply(data, factor, dtype=data.dtype))


def make_header(image: SkyImage, cards: Mapping[str, tuple[Any, str]] | None = None) -> fits.Header:
    """Header of a picture: WCS (SIN projection), unit, beam, truth and provenance.

    Parameters
    ----------
    image : SkyImage
        Data of shape (y, x). A name with letters that FITS does not have is escaped.
    cards : mapping of keyword to (value, comment) or None
        More cards, for people who read headers; none of those written here.

    Returns
    -------
    astropy.io.fits.Header

    Raises
    ------
    ContractError
        If a card is taken or can't be written, or truth or provenance are not JSON.

    Notes
    -----
    Source: Calabretta & Greisen 2002, A&A 395, 1077, Sect. 5.1.5 (SIN).

    Examples
    --------
    >>> make_header(SkyImage(np.ones((4, 4)), 0.01, "Jy/pixel"))["CTYPE1"]
    'RA---SIN'
    """
    x, y = image.centre_px
    degrees = image.pixel_scale_arcsec / 3600
    header = fits.Header()
    header["OBJECT"] = image.name.encode("unicode_escape").decode("ascii")
    header["BUNIT"] = image.unit
    header["RADESYS"] = "ICRS"
    for axis, kind, value, pixel, step in (
        (1, "RA---SIN", image.ra_deg, x, -degrees),
        (2, "DEC--SIN", image.dec_deg, y, degrees),
    ):
        header[f"CTYPE{axis}"] = kind
        header[f"CUNIT{axis}"] = "deg"
        header[f"CRVAL{axis}"] = value
        header[f"CRPIX{axis}"] = pixel + 1
        header[f"CDELT{axis}"] = step
    if image.frequency_hz is not None:
        header["RESTFRQ"] = (image.frequency_hz, "[Hz] observing frequency")
    if image.beam is not None:
        header["BMAJ"] = (image.beam.bmaj_arcsec / 3600, "[deg] beam, full width at half maximum")
        header["BMIN"] = (image.beam.bmin_arcsec / 3600, "[deg]")
        header["BPA"] = (image.beam.bpa_deg, "[deg] east of north")
    if image.truth:
        header["TRUTH"] = _json(image.name, "truth", image.truth)
    if image.provenance is not None:
        header["PROVENAN"] = _json(image.name, "provenance", asdict(image.provenance))
    for key, (value, comment) in (cards or {}).items():
        _add_card(header, key, value, comment)
    return header


def _json(name: str, what: str, value: Mapping[str, Any]) -> str:
    def plain(item: Any) -> Any:
        if hasattr(item, "tolist"):
            return item.tolist()
        raise TypeError(f"a {type(item).__name__} is not JSON")

    try:
        return json.dumps(dict(value), sort_keys=True, allow_nan=False, default=plain)
    except (TypeError, ValueError) as error:
        raise ContractError(
            f"image {name!r}: {what} can't be stored ({error}); give finite numbers and text"
        ) from error


# Cards that say how the pixels are stored or where they lie, whether written or not.
_RESERVED = re.compile(
    r"SIMPLE|BITPIX|NAXIS\d*|EXTEND|END|BSCALE|BZERO|BLANK|GROUPS|CONTINUE|EQUINOX|EPOCH"
    r"|(CD|PC|PV)\d+_\d+|(CROTA|CTYPE|CUNIT|CRVAL|CRPIX|CDELT)\d+|LONPOLE|LATPOLE|WCSAXES"
    r"|RESTFR.*|BMAJ|BMIN|BPA|TRUTH|PROVENAN"
)


def _add_card(header: fits.Header, key: str, value: Any, comment: str) -> None:
    if key in header or _RESERVED.fullmatch(key) or not (1 <= len(key) <= 8):
        raise ContractError(f"card {key!r}: give a free keyword of 1 to 8 letters")
    value = value.item() if hasattr(value, "item") else value
    try:
        header[key] = (value, comment)
    except (TypeError, ValueError) as error:
        raise ContractError(f"card {key}: {value!r} can't be written ({error})") from error


def write_image(
    path: str | os.PathLike[str],
    image: SkyImage,
    *,
    cards: Mapping[str, tuple[Any, str]] | None = None,
) -> None:
    """Write a picture as FITS, whole or not at all; the same picture gives the same bytes.

    Parameters
    ----------
    path : path
    image : SkyImage
        Data of shape (y, x), written as float32 or, where they are wider, float64.
    cards : mapping of keyword to (value, comment) or None

    Raises
    ------
    InputError
        If the place can't be written to.
    ContractError
        If a card, the truth or the provenance can't be written.

    Examples
    --------
    >>> import tempfile
    >>> sky = SkyImage(np.ones((4, 4)), 0.01, "Jy/pixel", truth={"incl_deg": 30.0})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_image(folder + "/a.fits", sky)
    ...     read_image(folder + "/a.fits").truth
    {'incl_deg': 30.0}
    """
    kind = np.float32 if image.data.dtype.itemsize <= 4 else np.float64
    # A copy: astropy swaps the bytes of what it writes in place.
    hdu = fits.PrimaryHDU(np.array(image.data, dtype=kind), make_header(image, cards))
    with atomic_path(path) as temporary:
        hdu.writeto(temporary, overwrite=True)
