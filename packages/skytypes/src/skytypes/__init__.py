"""The contracts that Skyloom's packages share.

Data that crosses packages is a frozen dataclass that checks itself; behaviour that crosses is a
small Protocol with a ``check_*`` function (`skytypes.checks`); names resolve through entry points.
`encode` and `decode` are the one interpreter of what networks see and say.
"""

from .cards import Metric, ModelCard, UsableRule
from .decoding import decode, encode_labels
from .encoding import encode
from .errors import ContractError, InputError, MissingPackageError, SkyError
from .images import Beam, Observation, SkyImage
from .protocols import ArrayDataset, ImageSimulator, ModelFactory, SkySource, batch_of
from .provenance import Provenance
from .registry import find, registered
from .samples import Sample, image_sample, stack_samples
from .seeds import item_rng
from .specs import Channel, Operation, OutputSpec, TensorSpec
from .tables import DatasetTable

__all__ = [  # noqa: RUF022 - grouped as a table of contents
    # data
    "Beam",
    "SkyImage",
    "Observation",
    "Sample",
    "DatasetTable",
    "Provenance",
    # what a network sees and says
    "TensorSpec",
    "Channel",
    "Operation",
    "OutputSpec",
    "ModelCard",
    "Metric",
    "UsableRule",
    "encode",
    "encode_labels",
    "decode",
    # Protocols and look-up
    "ArrayDataset",
    "SkySource",
    "ImageSimulator",
    "ModelFactory",
    "batch_of",
    "find",
    "registered",
    # helpers of all
    "item_rng",
    "image_sample",
    "stack_samples",
    # errors
    "SkyError",
    "InputError",
    "ContractError",
    "MissingPackageError",
]
