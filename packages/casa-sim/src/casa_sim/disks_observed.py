"""`DisksObserved`: the disks of a catalogue, observed when they are asked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from skytypes import SkyImage
from skytypes.errors import InputError

from .catalogue import CatalogueRow, read_catalogue
from .labels import LABELS
from .native.cache import SetupCache
from .native.routes import Route
from .observed_skies import ObservedSkies, Stage
from .settings import ObservationSettings
from .skies import check_sky
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
        arrays. Smaller ones are quicker; a disk that is larger than an image of this size is cut
        off by the edge, however much of it lies beyond. Its centre must lie within.
    seed, stage, route, labels, cache
        As `ObservedSkies`.

    Attributes
    ----------
    groups : tuple of str
        ID of the disk, by item.

    Raises
    ------
    InputError
        If the catalogue is bad, or the centre of a disk lies beyond its image.
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
        settings = [replace(row.settings(), imsize_px=imsize_px) for row in rows]
        for row, one in zip(rows, settings, strict=True):
            _check_centre(row, one)
        self._may_cut = imsize_px is not None
        super().__init__(
            find_skies(f"disks={catalogue}"),
            settings,
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

    def _check(self, sky: SkyImage, settings: ObservationSettings) -> None:
        if self._may_cut:
            # Whoever asks for small images has them.
            check_sky(sky, settings)
        else:
            super()._check(sky, settings)


def _check_centre(row: CatalogueRow, settings: ObservationSettings) -> None:
    field = settings.image_size_px * settings.image_cell_mas / 1000
    if max(abs(row.dx_arcsec), abs(row.dy_arcsec)) >= field / 2:
        raise InputError(
            f"{row.ID}: its centre, {row.dx_arcsec:g} arcsec east and {row.dy_arcsec:g} north, is "
            f"beyond the image of {field:.4g} arcsec; give a larger imsize_px"
        )
