"""The contracts that Skyloom's packages share.

Data that crosses packages is a frozen dataclass that checks itself; behaviour that crosses is a
small Protocol with a ``check_*`` function (`skytypes.checks`); names resolve through entry points.
`encode` and `decode` are the one interpreter of what networks see and say. Specifications are in
`skytypes.specs`, errors in `skytypes.errors`.
"""

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
