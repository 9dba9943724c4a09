"""What ALMA would see of a sky model.

An `ObservationSettings` says what is asked of the telescope and of the imaging. `NativeSimulator`
observes one sky with nothing but this package, `CasaSimulator` with the installed CASA, run as a
worker process; `simulate_catalogue` observes a catalogue of disks into a folder; `SimulatedDisks`
is the dataset over such a folder, `ObservedSkies` one that observes any skies when they are asked
for, `DisksObserved` the same for a catalogue.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .arrays import ARRAYS, BANDS
    from .campaign import simulate_catalogue
    from .casa.simulator import CasaSimulator
    from .catalogue import CatalogueRow, read_catalogue
    from .disks_observed import DisksObserved
    from .errors import CasaError
    from .native.cache import SetupCache
    from .native.simulator import NativeSimulator
    from .observed_skies import ObservedSkies
    from .settings import ObservationSettings
    from .simulated_disks import SimulatedDisks
    from .tasks import DiskResult

_MODULES = {
    "arrays": ("ARRAYS", "BANDS"),
    "campaign": ("simulate_catalogue",),
    "casa.simulator": ("CasaSimulator",),
    "catalogue": ("CatalogueRow", "read_catalogue"),
    "simulated_disks": ("SimulatedDisks",),
    "disks_observed": ("DisksObserved",),
    "errors": ("CasaError",),
    "native.cache": ("SetupCache",),
    "native.simulator": ("NativeSimulator",),
    "observed_skies": ("ObservedSkies",),
    "settings": ("ObservationSettings",),
    "tasks": ("DiskResult",),
}
_PLACE = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [  # noqa: RUF022 - grouped as a table of contents
    # what is asked for
    "ObservationSettings",
    "ARRAYS",
    "BANDS",
    # observing
    "NativeSimulator",
    "SetupCache",
    "CasaSimulator",
    "CasaError",
    # catalogues
    "CatalogueRow",
    "read_catalogue",
    "simulate_catalogue",
    "DiskResult",
    # the images as data
    "SimulatedDisks",
    "ObservedSkies",
    "DisksObserved",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACE:
        raise AttributeError(f"module 'casa_sim' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_PLACE[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
