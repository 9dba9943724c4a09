"""Where an observation comes from: settings, seed, and the versions of what made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from skytypes import Provenance

from .settings import ObservationSettings

PACKAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "native": ("casa-sim", "ducc0", "numba", "numpy", "pyerfa", "scipy"),
        "casa": ("casa-sim", "casatools", "casatasks", "casadata"),
    }
)
"""What decides the image, by backend."""

_FORMAT = 3
"""Raised when the same settings, seed, sky and versions come to mean another product: what was
finished before is made again."""


def observation_provenance(
    backend: str,
    settings: ObservationSettings | Mapping[str, Any],
    *,
    seed: int,
    sky: str | Provenance | None = None,
    labels: Mapping[str, float] | None = None,
) -> Provenance:
    """Where an image of a backend comes from; nothing of the backend is imported.

    Parameters
    ----------
    backend : str
        ``native`` or ``casa``.
    settings : ObservationSettings or mapping
        Or those of them that decided on the image, as JSON holds them.
    seed : int
    sky : str, Provenance or None
        Where the sky comes from, or a digest of its file.
    labels : mapping or None
        What a catalogue says of the disk, which fills in for truth that the sky lacks.

    Examples
    --------
    >>> made = observation_provenance("native", ObservationSettings("alma.cycle9.7.cfg"), seed=1)
    >>> made.producer, made.seed
    ('casa_sim.native', 1)
    """
    configuration: dict[str, Any] = {
        "settings": settings if isinstance(settings, Mapping) else settings.as_dict(),
        "backend": backend,
        "format": _FORMAT,
    }
    if sky is not None:
        configuration["sky"] = asdict(sky) if isinstance(sky, Provenance) else sky
    if labels is not None:
        configuration["labels"] = dict(labels)
    return Provenance.collect(
        f"casa_sim.{backend}", packages=PACKAGES[backend], configuration=configuration, seed=seed
    )
