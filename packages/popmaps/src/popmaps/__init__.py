"""Neutron-star populations to density maps, datasets and splits.

`make_samples` makes populations, as many as a sweep of parameters asks for (`plan_samples`);
`generate_maps` turns them into maps and a table of files and labels, `split_dataset` cuts that
into training, validation and test. `read_pulsars` and `observed_maps` make the same maps of the
real sky. `PopulationMaps` reads the maps as networks are trained on them.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .dataset import PopulationMaps
    from .maps.generation import generate_maps
    from .observed.catalogues import read_pulsars
    from .observed.observed_maps import observed_maps
    from .population.samples import make_samples
    from .population.sampling import Sweep, plan_samples
    from .population.settings import PopulationSettings, read_settings
    from .population.tasks import SampleTask
    from .splits import split_dataset

__all__ = [  # noqa: RUF022 - grouped as a table of contents
    # populations
    "PopulationSettings",
    "read_settings",
    "Sweep",
    "plan_samples",
    "SampleTask",
    "make_samples",
    # maps of them, and of the real sky
    "generate_maps",
    "split_dataset",
    "read_pulsars",
    "observed_maps",
    # maps as data
    "PopulationMaps",
    "__version__",
]

__version__ = version("popmaps")

_MODULES = {
    "dataset": ("PopulationMaps",),
    "maps.generation": ("generate_maps",),
    "observed.catalogues": ("read_pulsars",),
    "observed.observed_maps": ("observed_maps",),
    "population.samples": ("make_samples",),
    "population.sampling": ("Sweep", "plan_samples"),
    "population.settings": ("PopulationSettings", "read_settings"),
    "population.tasks": ("SampleTask",),
    "splits": ("split_dataset",),
}
_PLACE = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _PLACE:
        raise AttributeError(f"module 'popmaps' has no attribute {name!r}")
    return getattr(import_module(f".{_PLACE[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
