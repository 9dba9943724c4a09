"""The contracts that Skyloom's packages share.

Data that crosses packages is a frozen dataclass that checks itself; behaviour that crosses is a
small Protocol with a ``check_*`` function (`skytypes.checks`); names resolve through entry points.
`encode` and `decode` are the one interpreter of what networks see and say. Specifications are in
`skytypes.specs`, errors in `skytypes.errors`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cards import ModelCard
    from .decoding import decode
    from .encoding import encode
    from .images import Beam, Observation, SkyImage
    from .protocols import ArrayDataset, ImageSimulator, ModelFactory, SkySource
    from .provenance import Provenance
    from .registry import find
    from .samples import Sample
    from .seeds import item_rng
    from .tables import DatasetTable

__all__ = [  # noqa: RUF022 - grouped as a table of contents
    # data
    "Beam",
    "SkyImage",
    "Observation",
    "Sample",
    "DatasetTable",
    "Provenance",
    "ModelCard",
    # Protocols
    "ArrayDataset",
    "SkySource",
    "ImageSimulator",
    "ModelFactory",
    # what all of them use
    "encode",
    "decode",
    "find",
    "item_rng",
]

# Imported when first asked for, so that a command's --help loads neither numpy nor pydantic.
_MODULES = {
    "cards": ("ModelCard",),
    "decoding": ("decode",),
    "encoding": ("encode",),
    "images": ("Beam", "Observation", "SkyImage"),
    "protocols": ("ArrayDataset", "ImageSimulator", "ModelFactory", "SkySource"),
    "provenance": ("Provenance",),
    "registry": ("find",),
    "samples": ("Sample",),
    "seeds": ("item_rng",),
    "tables": ("DatasetTable",),
}
_PLACE = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _PLACE:
        raise AttributeError(f"module 'skytypes' has no attribute {name!r}")
    return getattr(import_module(f".{_PLACE[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
