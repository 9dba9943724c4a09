"""Where the pixels of a stranger's image lie on the sky: its WCS, read by wcslib.

wcslib is given only the cards that are needed here, each checked: it says what it refuses in the
words of its C functions, and a header that declares enough axes ends the whole process in it.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS, InconsistentAxisTypesError, SingularMatrixError, WcsError

from skytypes.errors import InputError

from .cards import card_value, is_number

_MAX_ROTATION_DEG = 0.1
_MAX_SKEW = 1e-3
_MAX_AXES = 9
_NUMBERS = re.compile(
    r"LONPOLE|LATPOLE|(CRVAL|CRPIX|CDELT|CROTA)[1-9]|PV[1-9]_\d{1,2}"
    r"|(CD|PC)([1-9]_[1-9]|00[1-9]00[1-9])"
)
_TEXTS = re.compile(r"(CTYPE|CUNIT)[1-9]")
_DISTORTIONS = re.compile(r"[AB]_ORDER|(CPDIS|CQDIS|D2IMDIS)[1-9]")


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
    world, pixel, matrix = _celestial(_needed_cards(header))
    scale = _square_scale(matrix)
    mirrored = bool(matrix[0, 0] > 0), bool(matrix[1, 1] < 0)
    x, y = float(pixel[0]) - 1, float(pixel[1]) - 1
    reference = (shape[1] - 1 - x if mirrored[0] else x, shape[0] - 1 - y if mirrored[1] else y)
    return Geometry(scale * 3600, mirrored, reference, (float(world[0]) % 360, float(world[1])))


def _require_wcs(header: fits.Header) -> None:
    """Refuse a header whose WCS would be filled up with defaults, or is of another kind."""
    kinds = [str(card_value(header, f"CTYPE{i}", ""))[:4].rstrip("-") for i in (1, 2)]
    if kinds != ["RA", "DEC"]:
        said = " and ".join(_shown(kind) or "unnamed" for kind in kinds)
        raise InputError(f"axes are {said}; give a WCS with CTYPE1 = RA and CTYPE2 = DEC")
    if any(_DISTORTIONS.fullmatch(key) for key in header):
        raise InputError("the WCS is distorted (SIP or a table); reproject the image first")
    steps = ("CD1_1", "CD2_2") if "CD1_1" in header else ("CDELT1", "CDELT2")
    needed = ("CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", *steps)
    present = (key for key in header if _NUMBERS.fullmatch(key))
    wanting = [
        k for k in dict.fromkeys((*needed, *present)) if not is_number(card_value(header, k))
    ]
    if wanting:
        raise InputError(f"the WCS has no number in {', '.join(wanting[:6])}; add them")
    frame = str(card_value(header, "RADESYS", card_value(header, "RADECSYS", "ICRS")))
    equinox = str(card_value(header, "EQUINOX", card_value(header, "EPOCH", 2000.0)))
    # ICRS and FK5 J2000 differ by hundredths of an arcsecond: taken as one.
    if frame.strip().upper() not in ("ICRS", "FK5") or equinox.strip().upper() not in _J2000:
        raise InputError(
            f"positions are {_shown(frame.strip().upper())} of equinox {_shown(equinox)}; "
            "give ICRS or FK5 J2000"
        )


_J2000 = ("2000", "2000.0", "J2000", "J2000.0")


def _shown(text: str) -> str:
    """The text without what could steer a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _needed_cards(header: fits.Header) -> fits.Header:
    """The cards that say where pixels are, and no others."""
    axes = card_value(header, "WCSAXES", 2)
    if type(axes) is not int or not 2 <= axes <= _MAX_AXES:
        raise InputError(f"header card WCSAXES is {axes!r}; give 2 to {_MAX_AXES}")
    needed = fits.Header({"WCSAXES": axes} if "WCSAXES" in header else {})
    for key in dict.fromkeys(header):
        if _TEXTS.fullmatch(key):
            value = card_value(header, key, "")
            if not isinstance(value, str):
                raise InputError(f"header card {key} is {value!r}; give text")
            needed[key] = value
        elif _NUMBERS.fullmatch(key) and (number := card_value(header, key)) is not None:
            needed[key] = number
    return needed


def _celestial(header: fits.Header) -> tuple[Sequence[float], Sequence[float], Any]:
    """Position [deg] and 1-based pixel of the reference, and the matrix of steps [deg]."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            wcs = WCS(header).celestial
            matrix, world, pixel = wcs.pixel_scale_matrix, wcs.wcs.crval, wcs.wcs.crpix
        except Exception as error:  # noqa: BLE001 - wcslib raises its own kinds and plain ones
            raise InputError(f"the WCS can't be used ({_reason(header, error)}") from None
    if not all(np.all(np.isfinite(a)) for a in (matrix, world, pixel)):
        raise InputError("the WCS holds numbers that are not finite; mend the header")
    return world, pixel, matrix


def _reason(header: fits.Header, error: Exception) -> str:
    """What is wrong with the cards, and what to do, in our words."""
    kinds, units = (
        [_shown(header[key]) for key in sorted(header) if key.startswith(card)]
        for card in ("CTYPE", "CUNIT")
    )
    said = ", ".join(map(repr, kinds))
    if isinstance(error, SingularMatrixError):
        return "its steps make a singular matrix); give CDELT, PC or CD of full rank"
    if isinstance(error, InconsistentAxisTypesError):
        return f"axes are {said}); give RA---SIN and DEC--SIN, say"
    if isinstance(error, WcsError) and any(unit not in ("", "deg") for unit in units):
        return f"its units are {', '.join(map(repr, units))}); give CUNIT1 = CUNIT2 = 'deg'"
    return (
        f"no sky has {said} with these CRVAL, PV, LONPOLE, LATPOLE); "
        "give RA---SIN, DEC--SIN, CRVAL2 from -90 to 90 deg, say"
    )


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
