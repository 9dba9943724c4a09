"""Sources of skies: those that packages offer by name, and what may be one."""

from __future__ import annotations

from pathlib import Path

from skytypes import SkySource, find
from skytypes.errors import InputError


def find_skies(text: str) -> SkySource:
    """The skies that ``NAME`` or ``NAME=PLACE`` means.

    Parameters
    ----------
    text : str
        The name is registered under ``skytypes.skies``; what it names is called with the place as
        a path, or with nothing.

    Raises
    ------
    MissingPackageError
        If no package offers the name.
    InputError
        If it can't be opened like this.

    Examples
    --------
    >>> find_skies("nonesuch")
    Traceback (most recent call last):
    ...
    skytypes.errors.MissingPackageError: no sky source 'nonesuch' is installed ...
    """
    name, given, place = text.partition("=")
    maker = find("skies", name)
    try:
        return check_skies(maker(Path(place)) if given else maker())
    except TypeError:
        raise InputError(f"skies {text!r}: can't be opened like this; give {name}=PLACE") from None


def check_skies(source: object) -> SkySource:
    """An object as a source of skies, refused if it is none.

    Raises
    ------
    InputError
        If it has no length and ``sky(index)``, or holds no sky.

    Examples
    --------
    >>> check_skies("disks")
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: source is a str; give an object with len() and sky(index), or a name
    """
    if not isinstance(source, SkySource):
        kind = type(source).__name__
        raise InputError(f"source is a {kind}; give an object with len() and sky(index), or a name")
    if not len(source):
        raise InputError("the source has no sky; give at least one")
    return source
