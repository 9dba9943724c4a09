"""Our pictures as FITS, their header complete and the same bytes each time."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from astropy.io import fits

from skytypes import SkyImage
from skytypes.errors import ContractError

from ..files import atomic_path


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
    ...     fits.getheader(folder + "/a.fits")["TRUTH"]
    '{"incl_deg": 30.0}'
    """
    kind = np.float32 if image.data.dtype.itemsize <= 4 else np.float64
    # A copy: astropy swaps the bytes of what it writes in place.
    hdu = fits.PrimaryHDU(np.array(image.data, dtype=kind), make_header(image, cards))
    with atomic_path(path) as temporary:
        hdu.writeto(temporary, overwrite=True)
