"""What an earlier run made a folder with, compared with what this one would make it with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skyrun.files import read_json
from skytypes.errors import InputError


def first_difference(
    theirs: Mapping[str, Any], ours: Mapping[str, Any]
) -> tuple[str, Any, Any] | None:
    """The first setting of ours that an earlier run had otherwise.

    Parameters
    ----------
    theirs, ours : mapping
        Settings by name, groups of them as mappings.

    Returns
    -------
    (name, theirs, ours) or None
        The innermost name; a whole group where theirs has only more in it than ours.

    Examples
    --------
    >>> first_difference({"spin": {"a_late": -1.0}}, {"spin": {"a_late": -2.0}})
    ('a_late', -1.0, -2.0)
    >>> first_difference({"seed": 1, "note": "x"}, {"seed": 1}) is None
    True
    """
    for name, value in ours.items():
        other = theirs.get(name)
        if other == value:
            continue
        if isinstance(other, Mapping) and isinstance(value, Mapping):
            inner = first_difference(other, value)
            if inner is not None:
                return inner
        return name, other, value
    return None


def read_made_with(path: Path) -> dict[str, Any] | None:
    """Settings and seed that a folder's maps were made with.

    Parameters
    ----------
    path : Path
        Their provenance as JSON.

    Returns
    -------
    dict of name to setting, or None
        None where there is no such file.

    Raises
    ------
    InputError
        If it is damaged, or does not say it.
    """
    if not path.exists():
        return None
    advice = "remove it to make the maps anew, or choose another folder"
    try:
        earlier = read_json(path)
    except InputError as error:
        raise InputError(f"{error}; {advice}") from None
    theirs = earlier.get("configuration") if isinstance(earlier, dict) else None
    if not isinstance(theirs, dict):
        raise InputError(f"{path}: does not say what the maps were made with; {advice}")
    return {**theirs, "seed": earlier.get("seed")}


def refuse_other(folder: Path, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    """Refuse to mix maps of other settings into a folder.

    Parameters
    ----------
    folder : Path
    theirs, ours : mapping
        As `first_difference` takes them.

    Raises
    ------
    InputError
        If a setting is another.

    Examples
    --------
    >>> refuse_other(Path("maps"), {"kind": "full"}, {"kind": "surveys"})
    Traceback (most recent call last):
        ...
    skytypes.errors.InputError: maps: holds maps made with kind 'full', not 'surveys'; choose \
another folder, or empty this one
    """
    other = first_difference(theirs, ours)
    if other is not None:
        name, earlier, value = other
        raise InputError(
            f"{folder}: holds maps made with {name} {repr(earlier)[:40]}, not {repr(value)[:40]}; "
            "choose another folder, or empty this one"
        )
