"""Synthetic truth for astronomy: protoplanetary disks with every drawn number kept.

A catalogue of disks (`draw_catalogue`), their structure (`draw_params`) and pictures
(`render_disks`, `DiskSkies`), and the on-the-fly dataset that networks train on
(`SyntheticDisks`). Row 0 is south, column 0 east; position angles are east of north. Names are
imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .catalogue import draw_catalogue
    from .catalogue_files import read_catalogue, write_catalogue
    from .catalogue_rows import CatalogueRow
    from .draws import draw_params
    from .geometry import Grid
    from .recipes import render_disks
    from .skies import DiskSkies
    from .structure import DiskParams
    from .synthetic import SyntheticDisks

__all__ = [  # noqa: RUF022 - grouped as a table of contents
    # the catalogue
    "CatalogueRow",
    "draw_catalogue",
    "read_catalogue",
    "write_catalogue",
    # pictures of the sky
    "DiskParams",
    "draw_params",
    "Grid",
    "render_disks",
    # what other packages find by name
    "DiskSkies",
    "SyntheticDisks",
]

_HOMES = {
    "CatalogueRow": "catalogue_rows",
    "DiskParams": "structure",
    "DiskSkies": "skies",
    "Grid": "geometry",
    "SyntheticDisks": "synthetic",
    "draw_catalogue": "catalogue",
    "draw_params": "draws",
    "read_catalogue": "catalogue_files",
    "render_disks": "recipes",
    "write_catalogue": "catalogue_files",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
