"""What the header cards of a stranger's image mean: unit, geometry, beam, frequency, truth.

Every function takes the header alone, and refuses in one line what it can't vouch for.
"""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from skytypes import Beam, Provenance
from skytypes.errors import InputError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_MAX_ROTATION_DEG = 0.1
_MAX_SKEW = 1e-3

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
# Case matters here alone: mJy is a thousandth, MJy a million.
_PREFIXES = {"": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9, "k": 1e3, "M": 1e6}
_PREFIXED = ("jy", "beam-1jy", "k")


@dataclass(frozen=True)
class Geometry:
    """Where the pixels of an image lie.

    Parameters
    ----------
    pixel_scale_arcsec : float
        Side of a pixel [arcsec].
    mirrored : (x, y) of bool
        Whether columns grow to the east, and rows to the south.
    reference_px : (x, y)
        0-based reference pixel, once the mirrored axes are flipped.
    position_deg : (RA, Dec)
        Of the reference pixel [deg].
    """

    pixel_scale_arcsec: float
    mirrored: tuple[bool, bool]
    reference_px: tuple[float, float]
    position_deg: tuple[float, float]


def read_unit(header: fits.Header) -> tuple[str, float]:
    """Our unit of an image, and what its numbers are multiplied with.

    Raises
    ------
    InputError
        If BUNIT is missing or not one that is accepted.

    Examples
    --------
    >>> read_unit(fits.Header({"BUNIT": "mJy/beam"}))
    ('Jy/beam', 0.001)
    """
    said = str(header.get("BUNIT", "")).strip()
    text = said.replace(" ", "").replace("**", "").replace("^", "").replace(".", "")
    for prefix, factor in _PREFIXES.items():
        unit = text[len(prefix) :].lower()
        known = text.startswith(prefix) and unit in _UNITS
        if known and (not prefix or (unit.startswith(_PREFIXED) and text != text.upper())):
            return _UNITS[unit], factor
    raise InputError(
        f"BUNIT is {said!r}; accepted: Jy/beam, Jy/pixel, K, count (Jy and K also with a prefix: "
        "mJy/beam, uJy/beam)"
    )


def read_geometry(header: fits.Header, shape: tuple[int, ...]) -> Geometry:
    """Where the pixels of an image of ``shape`` (y, x) lie, from its WCS.

    Raises
    ------
    InputError
        If there is no whole RA/Dec WCS, or its pixels are not square with north up.

    Notes
    -----
    Source: Greisen & Calabretta 2002, A&A 395, 1061, eq. 1 (pixel to world), and Calabretta &
    Greisen 2002, A&A 395, 1077 (celestial axes).

    Examples
    --------
    >>> sky = {"CTYPE1": "RA---SIN", "CTYPE2": "DEC--SIN", "CRVAL1": 10.0, "CRVAL2": 0.0}
    >>> grid = {"CRPIX1": 3.0, "CRPIX2": 3.0, "CDELT1": -1e-5, "CDELT2": 1e-5}
    >>> read_geometry(fits.Header({**sky, **grid}), (4, 4)).reference_px
    (2.0, 2.0)
    """
    _require_wcs(header)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            wcs = WCS(header).celestial
            matrix = wcs.pixel_scale_matrix
            world, pixel = wcs.wcs.crval, wcs.wcs.crpix
        except Exception as error:  # noqa: BLE001 - wcslib raises its own kinds
            text = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise InputError(f"the WCS can't be used ({text})") from None
    if not all(np.all(np.isfinite(a)) for a in (matrix, world, pixel)):
        raise InputError("the WCS holds numbers that are not finite; mend the header")
    if wcs.sip is not None or wcs.cpdis1 is not None or wcs.cpdis2 is not None:
        raise InputError("the WCS is distorted (SIP or a table); reproject the image first")
    scale = _square_scale(matrix)
    mirrored = bool(matrix[0, 0] > 0), bool(matrix[1, 1] < 0)
    x, y = float(pixel[0]) - 1, float(pixel[1]) - 1
    reference = (shape[1] - 1 - x if mirrored[0] else x, shape[0] - 1 - y if mirrored[1] else y)
    return Geometry(scale * 3600, mirrored, reference, (float(world[0]) % 360, float(world[1])))


def _require_wcs(header: fits.Header) -> None:
    """Refuse a header whose WCS would be filled up with defaults."""
    kinds = [str(header.get(f"CTYPE{i}", ""))[:4].rstrip("-") for i in (1, 2)]
    if kinds != ["RA", "DEC"]:
        raise InputError(
            f"axes are {kinds[0] or 'unnamed'} and {kinds[1] or 'unnamed'}; give a WCS with "
            "CTYPE1 = RA and CTYPE2 = DEC"
        )
    steps = ("CD1_1", "CD2_2") if "CD1_1" in header else ("CDELT1", "CDELT2")
    needed = ("CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", *steps)
    missing = [k for k in needed if not isinstance(header.get(k), int | float)]
    if missing:
        raise InputError(f"the WCS has no number in {', '.join(missing)}; add them")
    frame = str(header.get("RADESYS", header.get("RADECSYS", "ICRS"))).strip().upper()
    equinox = header.get("EQUINOX", header.get("EPOCH", 2000.0))
    # ICRS and FK5 J2000 differ by hundredths of an arcsecond: taken as one.
    if frame not in ("ICRS", "FK5") or str(equinox).strip().upper() not in _J2000:
        raise InputError(f"positions are {frame} of equinox {equinox}; give ICRS or FK5 J2000")


_J2000 = ("2000", "2000.0", "J2000", "J2000.0")


def _square_scale(matrix: Any) -> float:
    """Side of a pixel [deg]; the pixels must be square and their columns run north."""
    x_scale, y_scale = float(np.hypot(*matrix[:, 0])), float(np.hypot(*matrix[:, 1]))
    if not (x_scale > 0 and y_scale > 0) or abs(x_scale / y_scale - 1) > _MAX_SKEW:
        raise InputError(
            f"pixels are {x_scale * 3600:.6g} x {y_scale * 3600:.6g} arcsec; give square ones "
            "(CDELT1, CDELT2)"
        )
    turns = (
        math.degrees(math.atan2(abs(matrix[1, 0]), abs(matrix[0, 0]))),
        math.degrees(math.atan2(abs(matrix[0, 1]), abs(matrix[1, 1]))),
    )
    if max(turns) > _MAX_ROTATION_DEG:
        raise InputError(f"north is {max(turns):.2f} deg away from up; reproject the image first")
    return y_scale


def read_beam(header: fits.Header, unit: str) -> Beam | None:
    """The restoring beam of BMAJ, BMIN [deg] and BPA [deg, east of north].

    Raises
    ------
    InputError
        If they are no beam, or are missing where the unit needs one.

    Examples
    --------
    >>> read_beam(fits.Header({"BMAJ": 2e-5, "BMIN": 1e-5, "BPA": 30.0}), "K").bpa_deg
    30.0
    """
    cards = ("BMAJ", "BMIN", "BPA")
    missing = [card for card in cards if card not in header]
    if len(missing) == len(cards) and unit != "Jy/beam":
        return None
    if missing:
        raise InputError(f"the beam lacks {', '.join(missing)} (unit {unit}); add them")
    try:
        major, minor, angle = (float(header[card]) for card in cards)
        return Beam(major * 3600, minor * 3600, angle)
    except (TypeError, ValueError) as error:
        raise InputError(f"BMAJ, BMIN, BPA are not a beam ({error})") from None


def read_frequency(header: fits.Header) -> float | None:
    """The observing frequency [Hz]: of an axis of frequency, else RESTFRQ; None without either.

    Examples
    --------
    >>> read_frequency(fits.Header({"RESTFRQ": 2.3e11}))
    230000000000.0
    """
    values = [
        header.get(f"CRVAL{axis}")
        for axis in (3, 4)
        if str(header.get(f"CTYPE{axis}", "")).startswith("FREQ")
    ]
    for value in (*values, header.get("RESTFRQ"), header.get("RESTFREQ")):
        if isinstance(value, int | float) and math.isfinite(value) and value > 0:
            return float(value)
    return None


def read_stored(header: fits.Header, key: str) -> dict[str, Any] | None:
    """The JSON object that `skyrun.fits.write_image` stored in a card; None without the card.

    Raises
    ------
    InputError
        If the card holds anything else.

    Examples
    --------
    >>> read_stored(fits.Header({"TRUTH": '{"incl_deg": 30.0}'}), "TRUTH")
    {'incl_deg': 30.0}
    """
    if key not in header:
        return None
    try:
        value = json.loads(str(header[key]))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InputError(f"header card {key} is not the JSON object that Skyloom writes")
    return value


def read_provenance(header: fits.Header) -> Provenance | None:
    """The provenance stored in card PROVENAN; None without it.

    Raises
    ------
    InputError
        If the card holds anything else.
    """
    from pydantic import ValidationError

    stored = read_stored(header, "PROVENAN")
    if stored is None:
        return None
    try:
        return _provenance_adapter().validate_python(stored)
    except ValidationError as error:
        raise InputError(f"header card PROVENAN: {error.errors()[0]['msg']}") from None


@cache
def _provenance_adapter() -> TypeAdapter[Provenance]:
    from pydantic import TypeAdapter

    return TypeAdapter(Provenance)
