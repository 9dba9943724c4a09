"""FITS images of strangers, read into `SkyImage`, and ours written with a complete header.

Accepted: one picture (further axes only of length 1) in the first HDU that holds one, RA/Dec WCS,
square pixels with north up (mirrored axes are flipped: row 0 south, column 0 east), BUNIT Jy/beam
(then with BMAJ, BMIN, BPA), Jy/pixel, K, or counts; multiples such as mJy/beam are converted.
"""

from __future__ import annotations

import json
import math
import os
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from skytypes import Beam, Provenance, SkyImage
from skytypes.errors import InputError, SkyError

from .files import atomic_path, check_size

MAX_PIXELS = 1 << 26
_BLOCK = 2880
_MAX_ROTATION_DEG = 0.1
_MAX_SKEW = 1e-3
_PROVENANCE = TypeAdapter(Provenance)

_UNITS = {
    "jy/beam": "Jy/beam",
    "jybeam-1": "Jy/beam",
    "beam-1jy": "Jy/beam",
    "jy/pixel": "Jy/pixel",
    "jy/pix": "Jy/pixel",
    "jypixel-1": "Jy/pixel",
    "jypix-1": "Jy/pixel",
    "k": "K",
    "count": "count",
    "counts": "count",
    "adu": "count",
    "electron": "count",
}
_PREFIXES = {"": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}


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
        header, raw = _read_hdu(checked, max_pixels)
    except SkyError:
        raise
    except Exception as error:  # noqa: BLE001 - astropy raises nearly anything on damaged files
        raise InputError(f"{path}: can't be read as FITS ({_first_line(error)})") from None
    return _to_image(str(path), header, raw, blank)


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0] if text else type(error).__name__


def _read_hdu(path: Path, max_pixels: int) -> tuple[fits.Header, NDArray[Any]]:
    """Header and picture of the first HDU that holds one; sizes are checked before reading."""
    with path.open("rb") as file:
        start = file.read(10)
    if not start.startswith(b"SIMPLE  ="):
        what = "is empty" if not start else "does not begin as a FITS file does"
        raise InputError(f"{path}: {what}; give an uncompressed FITS image")
    with warnings.catch_warnings():
        # A truncated file is our own error below, not a warning on the way.
        warnings.simplefilter("ignore")
        with fits.open(path, memmap=True, lazy_load_hdus=True) as hdus:
            for hdu in hdus:
                if hdu.is_image and hdu.header.get("NAXIS", 0) >= 1:
                    _check_shape(path, hdu, max_pixels)
                    return hdu.header.copy(), np.array(hdu.data)
    raise InputError(f"{path}: holds no picture; give a FITS image")


def _check_shape(path: Path, hdu: Any, max_pixels: int) -> None:
    header = hdu.header
    shape = [int(header[f"NAXIS{i + 1}"]) for i in range(int(header["NAXIS"]))]
    long_axes = [n for n in shape if n != 1]
    said = " x ".join(str(n) for n in shape)
    if math.prod(shape) > max_pixels:
        raise InputError(f"{path}: declares {said} pixels; at most {max_pixels} are read")
    if len(shape) < 2 or len(long_axes) > 2 or 1 in shape[:2] or 0 in shape:
        raise InputError(f"{path}: axes are {said}; give one picture (x, y), cut out of the cube")
    if not isinstance(hdu, fits.CompImageHDU):
        offset = hdu.fileinfo()["datLoc"]
        need = offset + math.prod(shape) * abs(int(header["BITPIX"])) // 8
        if path.stat().st_size < need:
            raise InputError(
                f"{path}: is cut short ({path.stat().st_size} of {need} bytes); fetch it again"
            )


def _to_image(
    path: str, header: fits.Header, raw: NDArray[Any], blank: Literal["refuse", "zero"]
) -> SkyImage:
    unit, factor = _unit(path, header)
    data = _numbers(path, raw.reshape(raw.shape[-2:]), factor, blank)
    scale, mirrored, reference, position = _geometry(path, header, data.shape)
    if mirrored[0]:
        data = data[:, ::-1]
    if mirrored[1]:
        data = data[::-1, :]
    try:
        return SkyImage(
            np.ascontiguousarray(data),
            scale,
            unit,
            *position,
            reference_px=reference,
            frequency_hz=_frequency(header),
            beam=_beam(path, header, unit),
            name=str(header.get("OBJECT", "")) or Path(path).stem,
            truth=_stored(path, header, "TRUTH") or {},
            provenance=_provenance(path, header),
        )
    except SkyError as error:
        raise InputError(f"{path}: {error}") from None


def _unit(path: str, header: fits.Header) -> tuple[str, float]:
    said = str(header.get("BUNIT", "")).strip()
    text = said.lower().replace(" ", "").replace("**", "").replace("^", "")
    for prefix, factor in _PREFIXES.items():
        if text.startswith(prefix) and text[len(prefix) :] in _UNITS:
            return _UNITS[text[len(prefix) :]], factor
    raise InputError(
        f"{path}: BUNIT is {said!r}; accepted: Jy/beam, Jy/pixel, K, count (also mJy, uJy)"
    )


def _numbers(path: str, raw: NDArray[Any], factor: float, blank: str) -> NDArray[Any]:
    if raw.dtype.kind not in "fiu":
        raise InputError(f"{path}: pixels are {raw.dtype}; give real numbers")
    wide = raw.dtype.itemsize > 4 or raw.dtype.kind in "iu"
    data = raw.astype(np.float64 if wide else np.float32)
    good = np.isfinite(data)
    if not good.all():
        if blank == "refuse" or not good.any():
            bad = int(data.size - np.count_nonzero(good))
            raise InputError(f"{path}: {bad} of {data.size} pixels are NaN; fill or cut them first")
        data = np.where(good, data, np.zeros_like(data))
    if factor == 1.0:
        return data
    return np.asarray(np.multiply(data, factor, dtype=data.dtype))


def _geometry(
    path: str, header: fits.Header, shape: tuple[int, ...]
) -> tuple[float, tuple[bool, bool], tuple[float, float], tuple[float, float]]:
    """Pixel [arcsec], which axes are mirrored, reference pixel (x, y), its (RA, Dec) [deg]."""
    kinds = [str(header.get(f"CTYPE{i}", ""))[:4].rstrip("-") for i in (1, 2)]
    if kinds != ["RA", "DEC"]:
        raise InputError(
            f"{path}: axes are {kinds[0] or 'unnamed'} and {kinds[1] or 'unnamed'}; give a WCS "
            "with CTYPE1 = RA and CTYPE2 = DEC"
        )
    if float(header.get("EQUINOX", 2000.0)) != 2000.0 or header.get("RADESYS") == "FK4":
        # ICRS and FK5 J2000 differ by hundredths of an arcsecond: taken as one.
        raise InputError(f"{path}: equinox is {header.get('EQUINOX')}; give ICRS or J2000")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            wcs = WCS(header).celestial
            matrix = wcs.pixel_scale_matrix
            world, pixel = wcs.wcs.crval, wcs.wcs.crpix
        except Exception as error:  # noqa: BLE001 - wcslib raises its own kinds
            raise InputError(f"{path}: the WCS can't be used ({_first_line(error)})") from None
    if not all(np.all(np.isfinite(a)) for a in (matrix, world, pixel)):
        raise InputError(f"{path}: the WCS holds numbers that are not finite; mend the header")
    x_scale, y_scale = np.hypot(*matrix[:, 0]), np.hypot(*matrix[:, 1])
    if not (x_scale > 0 and y_scale > 0) or abs(x_scale / y_scale - 1) > _MAX_SKEW:
        raise InputError(
            f"{path}: pixels are {x_scale * 3600:.6g} x {y_scale * 3600:.6g} arcsec; "
            "give square ones (CDELT1, CDELT2)"
        )
    turn = math.degrees(math.atan2(abs(matrix[1, 0]), abs(matrix[0, 0])))
    if turn > _MAX_ROTATION_DEG:
        raise InputError(f"{path}: north is {turn:.2f} deg away from up; reproject the image first")
    mirrored = bool(matrix[0, 0] > 0), bool(matrix[1, 1] < 0)
    x, y = float(pixel[0]) - 1, float(pixel[1]) - 1
    reference = (shape[1] - 1 - x if mirrored[0] else x, shape[0] - 1 - y if mirrored[1] else y)
    return float(y_scale) * 3600, mirrored, reference, (float(world[0]) % 360, float(world[1]))


def _beam(path: str, header: fits.Header, unit: str) -> Beam | None:
    if "BMAJ" not in header:
        if unit == "Jy/beam":
            raise InputError(f"{path}: unit is Jy/beam but BMAJ, BMIN, BPA are missing; add them")
        return None
    try:
        major, minor = float(header["BMAJ"]) * 3600, float(header["BMIN"]) * 3600
        return Beam(major, minor, float(header.get("BPA", 0.0)))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: BMAJ, BMIN, BPA are not a beam ({error})") from None


def _frequency(header: fits.Header) -> float | None:
    for axis in (3, 4):
        if str(header.get(f"CTYPE{axis}", "")).startswith("FREQ"):
            return float(header.get(f"CRVAL{axis}", 0.0)) or None
    value = header.get("RESTFRQ")
    return float(value) if isinstance(value, int | float) and value > 0 else None


def _stored(path: str, header: fits.Header, key: str) -> dict[str, Any] | None:
    if key not in header:
        return None
    try:
        value = json.loads(str(header[key]))
    except (json.JSONDecodeError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InputError(f"{path}: header card {key} is not the JSON object that Skyloom writes")
    return value


def _provenance(path: str, header: fits.Header) -> Provenance | None:
    stored = _stored(path, header, "PROVENAN")
    if stored is None:
        return None
    try:
        return _PROVENANCE.validate_python(stored)
    except ValidationError as error:
        raise InputError(f"{path}: header card PROVENAN: {error.errors()[0]['msg']}") from None


def make_header(image: SkyImage, cards: Mapping[str, tuple[Any, str]] | None = None) -> fits.Header:
    """Header of a picture: WCS (SIN projection), unit, beam, truth and provenance.

    Parameters
    ----------
    image : SkyImage
        Data of shape (y, x).
    cards : mapping of keyword to (value, comment) or None
        More cards, for people who read headers.

    Returns
    -------
    astropy.io.fits.Header

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
    header["OBJECT"] = image.name
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
    for key, (value, comment) in (cards or {}).items():
        header[key] = (value, comment)
    if image.truth:
        header["TRUTH"] = json.dumps(dict(image.truth), sort_keys=True)
    if image.provenance is not None:
        header["PROVENAN"] = json.dumps(asdict(image.provenance), sort_keys=True)
    return header


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
        Data of shape (y, x), written in their own precision.
    cards : mapping of keyword to (value, comment) or None

    Raises
    ------
    InputError
        If the place can't be written to.

    Examples
    --------
    >>> import tempfile
    >>> sky = SkyImage(np.ones((4, 4)), 0.01, "Jy/pixel", truth={"incl_deg": 30.0})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_image(folder + "/a.fits", sky)
    ...     read_image(folder + "/a.fits").truth
    {'incl_deg': 30.0}
    """
    with atomic_path(path) as temporary:
        hdu = fits.PrimaryHDU(np.asarray(image.data), make_header(image, cards))
        hdu.writeto(temporary, overwrite=True)
