"""The training loops: data, objectives, metrics, checkpoints.

`fit_disks` and `fit_maps` are whole runs, from a `FitConfig` and a `MapsConfig`; `score`,
`predict_mean`, `gaussian_fit` and `predict` are what a result is judged by. Models and datasets
are found by name. Torch is imported when a name that needs it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .baselines import gaussian_fit, predict_mean
    from .checkpoints import load_network
    from .disk_config import FitConfig, preset
    from .disk_fit import fit_disks
    from .errors import TrainingError
    from .map_config import MapsConfig
    from .map_fit import fit_maps
    from .metrics import score
    from .objectives import DiskGeometry, Objective
    from .predictions import labels_of, predict
    from .runs import FitResult
    from .runtime import Runtime
    from .scoring import fit_gaussians

__all__ = [  # noqa: RUF022 - grouped as a table of contents
    # a run
    "fit_disks",
    "FitConfig",
    "fit_maps",
    "MapsConfig",
    "preset",
    "Runtime",
    "FitResult",
    "load_network",
    "TrainingError",
    # what is trained for
    "Objective",
    "DiskGeometry",
    # what it is judged by
    "predict",
    "score",
    "predict_mean",
    "gaussian_fit",
    "fit_gaussians",
    "labels_of",
]

_HOMES = {
    "fit_disks": "disk_fit",
    "fit_maps": "map_fit",
    "MapsConfig": "map_config",
    "FitResult": "runs",
    "FitConfig": "disk_config",
    "preset": "disk_config",
    "Runtime": "runtime",
    "load_network": "checkpoints",
    "TrainingError": "errors",
    "Objective": "objectives",
    "DiskGeometry": "objectives",
    "predict": "predictions",
    "score": "metrics",
    "predict_mean": "baselines",
    "gaussian_fit": "baselines",
    "fit_gaussians": "scoring",
    "labels_of": "predictions",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'trainkit' has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
