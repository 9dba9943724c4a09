"""The truth that a network is taught of a disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from skytypes.errors import InputError

LABELS = ("incl_deg", "pa_deg", "dx_arcsec", "dy_arcsec")


def known_labels(
    known: Mapping[str, object], names: Iterable[str], *, what: str, advice: str
) -> dict[str, float]:
    """The labels of an item, all of which must be known as numbers.

    Parameters
    ----------
    known : mapping
        Truth by name; the names tell the units, as ``incl_deg`` and ``dx_arcsec`` do.
    names : iterable of str
        The labels, with units.
    what, advice : str
        For the message: what the truth is of, and what to do where it is not known.

    Raises
    ------
    InputError
        If one is not known, or no number.

    Examples
    --------
    >>> known_labels({"incl_deg": 30}, ["incl_deg"], what="a.fits", advice="give the catalogue")
    {'incl_deg': 30.0}
    """
    labels = {}
    for name in names:
        value = known.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(f"{what}: its {name} is not known; {advice}")
        labels[name] = float(value)
    return labels
