"""Look-up by name: what the installed packages offer, found through entry points."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from .errors import ContractError, InputError, MissingPackageError

GROUPS = ("datasets", "skies", "simulators", "models", "weights")

_SINGULAR = {
    "datasets": "dataset",
    "skies": "sky source",
    "simulators": "simulator",
    "models": "model",
    "weights": "weights file",
}

_PROVIDERS = {
    "datasets": {
        "disks": "skymodels",
        "disks-simulated": "casa-sim",
        "disks-observed": "casa-sim",
        "popmaps": "popmaps",
    },
    "skies": {"disks": "skymodels"},
    "simulators": {"casa": "casa-sim", "native": "casa-sim"},
    "models": {"disconet": "netzoo", "disconet-compact": "netzoo", "mapnet": "netzoo"},
}
_DEFAULT_PROVIDERS = {
    "datasets": "skymodels, casa-sim or popmaps",
    "skies": "skymodels",
    "simulators": "casa-sim",
    "models": "netzoo",
    "weights": "netzoo or edgeinfer",
}


def registered(group: str) -> dict[str, EntryPoint]:
    """What is registered in a group, by name; nothing is imported.

    Parameters
    ----------
    group : str
        One of `GROUPS`.

    Raises
    ------
    InputError
        If there is no such group.

    Examples
    --------
    >>> isinstance(registered("models"), dict)
    True
    """
    if group not in GROUPS:
        raise InputError(f"group {group!r} is not known; allowed: {', '.join(GROUPS)}")
    found = sorted(entry_points(group=f"skytypes.{group}"), key=lambda e: (e.name, e.value))
    return {entry.name: entry for entry in found}


def find(group: str, name: str) -> Any:
    """The object registered as ``name``, imported now.

    Parameters
    ----------
    group : str
        One of `GROUPS`.
    name : str

    Raises
    ------
    InputError
        If there is no such group.
    MissingPackageError
        If nothing of that name is installed; the message says what is, and what to install.
    ContractError
        If two packages register the name, or the one that does has no such object.

    Examples
    --------
    >>> find("models", "nonesuch")
    Traceback (most recent call last):
    ...
    skytypes.errors.MissingPackageError: no model 'nonesuch' is installed ...
    """
    known = registered(group)
    if name not in known:
        provider = _PROVIDERS.get(group, {}).get(name, _DEFAULT_PROVIDERS[group])
        choice = "give one of those, or install" if known else "install"
        raise MissingPackageError(
            f"no {_SINGULAR[group]} {name!r} is installed (installed: "
            f"{', '.join(known) or 'none'}); {choice} {provider}"
        )
    offers = {e.value for e in entry_points(group=f"skytypes.{group}", name=name)}
    if len(offers) > 1:
        raise ContractError(
            f"{_SINGULAR[group]} {name!r} is registered by {' and by '.join(sorted(offers))}; "
            "uninstall one"
        )
    try:
        return known[name].load()
    except AttributeError as error:
        raise ContractError(
            f"{_SINGULAR[group]} {name!r} is registered as {known[name].value}, which is not there "
            f"({error}); reinstall its package"
        ) from error
    except ImportError as error:
        raise MissingPackageError(
            f"{_SINGULAR[group]} {name!r} ({known[name].value}) can't be imported: {error}"
        ) from error
