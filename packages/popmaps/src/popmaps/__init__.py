"""Neutron-star populations to density maps, datasets and splits.

`PopulationMaps` reads the maps of a dataset as networks are trained on them.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .dataset import PopulationMaps

__all__ = [
    # datasets
    "PopulationMaps",
    "__version__",
]

__version__ = version("popmaps")

_HOMES = {"PopulationMaps": "dataset"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'popmaps' has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
