"""`DisksObserved`: the disks of a catalogue, observed when they are asked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from .catalogue import read_catalogue
from .labels import LABELS
from .native.cache import SetupCache
from .native.routes import Route
from .observed_skies import ObservedSkies, Stage
from .sky_sources import find_skies


class DisksObserved(ObservedSkies):
    """The disks of a catalogue as their published observations show them, made on the fly.

    Registered as dataset ``disks-observed``; the skies are those registered as ``disks``.

    Parameters
    ----------
    catalogue : path
        CSV; its rows say array, band, water vapour and time of each disk.
    imsize_px : int or None
        Side of all images, in pixels; None takes the published rule, 1024 for all published
        arrays. Smaller ones are quicker; a disk that is larger than its image is cut off by the
        edge.
    seed, stage, route, labels, cache
        As `ObservedSkies`.

    Attributes
    ----------
    groups : tuple of str
        ID of the disk, by item.

    Raises
    ------
    InputError
        If the catalogue is bad.
    MissingPackageError
        If no package offers ``disks``.
    """

    def __init__(
        self,
        catalogue: str | os.PathLike[str],
        *,
        imsize_px: int | None = None,
        seed: int = 0,
        stage: Stage = "dirty",
        route: Route = "image-plane",
        labels: Sequence[str] = LABELS,
        cache: SetupCache | None = None,
    ) -> None:
        rows = read_catalogue(catalogue)
        super().__init__(
            find_skies(f"disks={catalogue}"),
            [replace(row.settings(), imsize_px=imsize_px) for row in rows],
            seed=seed,
            stage=stage,
            route=route,
            labels=labels,
            cache=cache,
        )
        self.groups = tuple(row.ID for row in rows)
