"""Sky models of a catalogue: `DiskSkies`, a `SkySource`."""

from __future__ import annotations

import os
from collections.abc import Sequence

from skytypes import Provenance, SkyImage
from skytypes.errors import InputError

from .alma import FIELD_IN_ROUT, MODEL_PIXELS, find_band
from .catalogue import draw_catalogue
from .catalogue_files import read_catalogue
from .catalogue_rows import CatalogueRow
from .draws import draw_params
from .errors import CatalogueError
from .extents import misfit
from .geometry import Grid
from .recipes import peak_temperature_k, render_disks
from .structure import RECIPES, Recipe

RA_DEG = 250.0
DEC_DEG = -30.0
"""Where every model is put: 16h40m -30d."""

_SIZES = (64, 8192)


def render_sky(
    row: CatalogueRow, *, recipe: Recipe = "published", size: int = MODEL_PIXELS
) -> SkyImage:
    """Sky model of one row of a catalogue.

    Parameters
    ----------
    row : CatalogueRow
    recipe : "published" or "physical"
    size : int
        Pixels along a side, 64 to 8192. The field stays that of 1024 pixels of the row's
        `pixel_mas`; lengths that the recipe counts in pixels are those of `pixel_mas` too.

    Returns
    -------
    SkyImage
        In Jy/pixel, float64, shape (y, x), its sum the row's flux; ``truth`` holds every drawn
        number, and the implied peak brightness temperature ``tb_peak_k``.

    Raises
    ------
    CatalogueError
        If the row's `pixel_mas` can't show its disk (`skymodels.extents`).
    InputError
        If there is no such recipe or size.

    Examples
    --------
    >>> sky = render_sky(draw_catalogue(1, seed=42)[0], size=64)
    >>> sky.name, sky.unit, sky.truth["recipe"]
    ('Disk_001', 'Jy/pixel', 'published')
    """
    check_size(size)
    check_row(row)
    pixel_arcsec = row.pixel_mas / 1000 * MODEL_PIXELS / size
    params = draw_params([row], recipe=recipe)
    data = render_disks(params, Grid(size, pixel_arcsec))[0]
    frequency_hz = find_band(row.band).frequency_ghz * 1e9
    truth = params.truth(0)
    truth["tb_peak_k"] = peak_temperature_k(float(data.max()), pixel_arcsec, frequency_hz)
    truth["seed"] = row.seed
    return SkyImage(
        data,
        pixel_arcsec,
        "Jy/pixel",
        RA_DEG,
        DEC_DEG,
        frequency_hz=frequency_hz,
        name=row.ID,
        truth=truth,
        provenance=provenance(recipe=recipe, size=size, seed=row.seed),
    )


def check_row(row: CatalogueRow) -> None:
    """Refuse a row whose grid can't show its disk.

    Parameters
    ----------
    row : CatalogueRow

    Raises
    ------
    CatalogueError
        If the disk reaches out of the field, or is narrower than two pixels.

    Examples
    --------
    >>> check_row(draw_catalogue(1, seed=42)[0])
    """
    line = misfit(row)
    if line is not None:
        raise CatalogueError(f"{row.ID}: {line}")


def check_size(size: int) -> None:
    """Refuse a number of pixels that no sky model is made with.

    Parameters
    ----------
    size : int
        Pixels along a side.

    Raises
    ------
    InputError
        If it is not 64 to 8192.

    Examples
    --------
    >>> check_size(1024)
    """
    if not _SIZES[0] <= size <= _SIZES[1]:
        raise InputError(f"sky models of {size} pixels a side; give {_SIZES[0]} to {_SIZES[1]}")


def provenance(*, recipe: Recipe, size: int, seed: int | None = None) -> Provenance:
    """What makes a sky model, apart from its row.

    Parameters
    ----------
    recipe : "published" or "physical"
    size : int
        Pixels along a side.
    seed : int or None
        Of the row; None for what all rows have in common.

    Returns
    -------
    Provenance

    Examples
    --------
    >>> provenance(recipe="published", size=1024).producer
    'skymodels.disks'
    """
    configuration: dict[str, object] = {"recipe": recipe, "size": size}
    if recipe == "physical":
        configuration["texture_field_in_rout"] = FIELD_IN_ROUT
    return Provenance.collect(
        "skymodels.disks",
        packages=("skymodels", "numpy"),
        configuration=configuration,
        seed=seed,
    )


class DiskSkies:
    """Sky models of the disks of a catalogue.

    Parameters
    ----------
    catalogue : path or sequence of CatalogueRow
    recipe : "published" or "physical"
    size : int
        Pixels along a side.

    Raises
    ------
    InputError
        If the catalogue is bad or empty, a row's `pixel_mas` can't show its disk, or there is no
        such recipe.

    Examples
    --------
    >>> skies = DiskSkies(draw_catalogue(2, seed=42), size=64)
    >>> len(skies), skies.sky(1).name
    (2, 'Disk_002')
    """

    def __init__(
        self,
        catalogue: str | os.PathLike[str] | Sequence[CatalogueRow],
        recipe: Recipe = "published",
        *,
        size: int = MODEL_PIXELS,
    ) -> None:
        if isinstance(catalogue, str | os.PathLike):
            catalogue = read_catalogue(catalogue)
        self.rows = tuple(catalogue)
        if not self.rows:
            raise InputError("a catalogue without rows; give at least one")
        if recipe not in RECIPES:
            raise InputError(f"recipe {recipe!r}; allowed: {', '.join(RECIPES)}")
        check_size(size)
        for row in self.rows:
            check_row(row)
        self.recipe: Recipe = recipe
        self.size = size

    @classmethod
    def example(cls) -> DiskSkies:
        """Two small skies, for checks."""
        return cls(draw_catalogue(2, seed=1), size=64)

    def __len__(self) -> int:
        """Number of disks."""
        return len(self.rows)

    def sky(self, index: int) -> SkyImage:
        """Sky model of row ``index`` [Jy/pixel]; its truth holds every drawn number.

        Parameters
        ----------
        index : int
            Row of the catalogue, from 0.

        Returns
        -------
        SkyImage

        Raises
        ------
        IndexError
            If there is no such row.

        Examples
        --------
        >>> sky = DiskSkies.example().sky(0)
        >>> sky.data.shape, sky.unit
        ((64, 64), 'Jy/pixel')
        """
        if not 0 <= index < len(self.rows):
            raise IndexError(f"sky {index} of {len(self.rows)}")
        return render_sky(self.rows[index], recipe=self.recipe, size=self.size)
