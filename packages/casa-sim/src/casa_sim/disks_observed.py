"""`DisksObserved`: the disks of a catalogue, observed when they are asked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from .catalogue import read_catalogue
from .labels import LABELS
from .native.cache import SetupCache
from .native.routes import Route
from .observed_skies import ObservedSkies, Stage
from .sky_sources import find_skies

_EXAMPLE = """\
ID,incl_deg,pa_deg,rout_arcsec,rmin_arcsec,flux_jy,time_s,array_cfg,array_lo,pwv,niter,band,\
dx_arcsec,dy_arcsec,seed
Disk_001,45,30,0.5,0,0.03,60,alma.cycle9.5.cfg,alma.cycle9.5.cfg,1,50,6,0,0,1
Disk_002,60,120,0.8,0.1,0.05,60,alma.cycle9.5.cfg,alma.cycle9.5.cfg,1,50,6,0,0,2
"""


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

    @classmethod
    def example(cls) -> DisksObserved:
        """A small dataset for contract tests: two disks.

        Returns
        -------
        DisksObserved

        Raises
        ------
        MissingPackageError
            If no package offers ``disks``.
        """
        with TemporaryDirectory() as folder:
            catalogue = Path(folder, "catalogue.csv")
            catalogue.write_text(_EXAMPLE)
            return cls(catalogue, imsize_px=128)
