"""The models: one file a family, with their input specifications and cards.

A network's card says what it takes and what it answers; `skytypes.encode` and `skytypes.decode`
do both. Models resolve by name through the entry points ``skytypes.models``. Torch is imported
with the first attribute, not with the package.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .compact import DISCONET_COMPACT, CompactDiscoNet
    from .disconet import DISCONET, DiscoNet
    from .disks import COLUMNS
    from .factory import NetworkFactory
    from .mapnet import MAPNET, OBSERVABLE_MAPS, MapNet
    from .registry import build_network, zoo
    from .weights import load_disconet

__all__ = [  # noqa: RUF022 - grouped as a table of contents
    # networks of disks, and their factories
    "DiscoNet",
    "CompactDiscoNet",
    "DISCONET",
    "DISCONET_COMPACT",
    "COLUMNS",
    # networks of maps of populations
    "MapNet",
    "MAPNET",
    "OBSERVABLE_MAPS",
    # all models
    "NetworkFactory",
    "zoo",
    "build_network",
    # published weights
    "load_disconet",
]

_HOMES = {
    "DiscoNet": "disconet",
    "CompactDiscoNet": "compact",
    "DISCONET": "disconet",
    "DISCONET_COMPACT": "compact",
    "COLUMNS": "disks",
    "MapNet": "mapnet",
    "MAPNET": "mapnet",
    "OBSERVABLE_MAPS": "mapnet",
    "NetworkFactory": "factory",
    "zoo": "registry",
    "build_network": "registry",
    "load_disconet": "weights",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
