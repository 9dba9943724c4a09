"""What the header cards of a stranger's image mean: unit, beam, frequency, truth, provenance.

Every function takes the header alone, and refuses in one line what it can't vouch for.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from astropy.io import fits

from skytypes import Beam, Provenance
from skytypes.errors import ContractError, InputError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

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


def card_value(header: fits.Header, key: str, default: Any = None) -> Any:
    """Value of a card; the default where there is none, or nothing in it.

    Raises
    ------
    InputError
        If the card can't be understood, or stands twice and says two things.

    Examples
    --------
    >>> card_value(fits.Header({"BUNIT": "K"}), "BUNIT"), card_value(fits.Header(), "BUNIT")
    ('K', None)
    """
    if key not in header:
        return default
    try:
        values = [header[key, i] for i in range(header.count(key))]
    except Exception:  # noqa: BLE001 - astropy raises nearly anything on a damaged card
        raise InputError(f"header card {key} is not as FITS has it; write it anew") from None
    if any(value != values[0] for value in values):
        said = ", ".join(repr(value) for value in values[:3])
        raise InputError(f"header card {key} is there {len(values)} times ({said}); keep one")
    empty = values[0] is None or isinstance(values[0], fits.card.Undefined)
    return default if empty else values[0]


def card_number(header: fits.Header, key: str, default: float) -> float:
    """The finite number in a card.

    Raises
    ------
    InputError
        If it holds anything else.

    Examples
    --------
    >>> card_number(fits.Header({"BSCALE": 2}), "BSCALE", 1.0)
    2.0
    """
    value = card_value(header, key, default)
    if not is_number(value):
        raise InputError(f"header card {key} is {value!r}; give a finite number")
    return float(value)


def is_number(value: Any) -> bool:
    """Whether a card's value is a finite number, which true and false are not.

    Examples
    --------
    >>> is_number(1), is_number(True), is_number("1"), is_number(float("inf"))
    (True, False, False, False)
    """
    return type(value) in (int, float) and abs(value) <= sys.float_info.max


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
    said = str(card_value(header, "BUNIT", "")).strip()
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
    values = [card_value(header, card) for card in cards]
    missing = [card for card, value in zip(cards, values, strict=True) if value is None]
    if len(missing) == len(cards) and unit != "Jy/beam":
        return None
    if missing:
        raise InputError(f"the beam lacks {', '.join(missing)} (unit {unit}); add them")
    try:
        major, minor, angle = (float(value) for value in values)
    except (TypeError, ValueError):
        said = ", ".join(repr(value) for value in values)
        raise InputError(f"BMAJ, BMIN, BPA are not a beam ({said}); give degrees") from None
    try:
        return Beam(major * 3600, minor * 3600, angle)
    except ContractError as error:
        raise InputError(f"BMAJ, BMIN, BPA are not a beam ({error}); mend them") from None


def read_frequency(header: fits.Header) -> float | None:
    """The observing frequency [Hz]: of an axis of frequency, else RESTFRQ; None without either.

    Examples
    --------
    >>> read_frequency(fits.Header({"RESTFRQ": 2.3e11}))
    230000000000.0
    """
    values = [
        card_value(header, f"CRVAL{axis}")
        for axis in (3, 4)
        if str(card_value(header, f"CTYPE{axis}", "")).startswith("FREQ")
    ]
    for value in (*values, card_value(header, "RESTFRQ"), card_value(header, "RESTFREQ")):
        if is_number(value) and value > 0:
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
    text = card_value(header, key)
    if text is None:
        return None
    try:
        value = json.loads(str(text))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InputError(f"header card {key} is not the JSON object that Skyloom writes; drop it")
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
        raise InputError(f"header card PROVENAN: {error.errors()[0]['msg']}; drop it") from None


@cache
def _provenance_adapter() -> TypeAdapter[Provenance]:
    from pydantic import TypeAdapter

    return TypeAdapter(Provenance)
