"""ONNX export and inference at the edge, decoded to physical units from the card alone.

`load_model` reads an ONNX file that carries its `ModelCard` and answers for FITS images or any
`Sample`; it needs onnxruntime and no torch. `export_checkpoint` writes such a file (extra
``export``), `verify_model` checks it on the machine where it will run, `bench_model` times it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .answers import Answer
    from .benchmarks import Timing, bench_model
    from .export import Exported, export_checkpoint, export_network
    from .modelfile import ModelFile, read_model
    from .models import EdgeModel, load_model
    from .verification import Check, verify_model

_MODULES = {
    "answers": ("Answer",),
    "models": ("EdgeModel", "load_model"),
    "modelfile": ("ModelFile", "read_model"),
    "export": ("Exported", "export_checkpoint", "export_network"),
    "verification": ("Check", "verify_model"),
    "benchmarks": ("Timing", "bench_model"),
}
_PLACE = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [  # noqa: RUF022 - grouped as a table of contents
    # run
    "load_model",
    "EdgeModel",
    "Answer",
    # the file itself
    "read_model",
    "ModelFile",
    # export
    "export_checkpoint",
    "export_network",
    "Exported",
    # on the machine where it will run
    "verify_model",
    "Check",
    "bench_model",
    "Timing",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACE:
        raise AttributeError(f"module 'edgeinfer' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_PLACE[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
