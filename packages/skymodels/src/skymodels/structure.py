"""Everything that is drawn to make a disk: `DiskParams`.

Draws come first and rendering is deterministic, so a disk's truth is complete: whoever has a
`DiskParams` has the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from skytypes.arrays import Array, like, namespace
from skytypes.errors import InputError

MAX_GAPS = 5
TEXTURE_WAVES = 20
Recipe = Literal["published", "physical"]
RECIPES: tuple[Recipe, ...] = get_args(Recipe)


@dataclass(frozen=True)
class DiskParams:
    """The drawn numbers of a batch of disks, numpy arrays or torch tensors.

    A feature that a disk does not have is 0 in its depth, fraction or factor. Lengths are in the
    plane of the disk.

    Parameters
    ----------
    recipe : "published" or "physical"
    incl_deg, pa_deg : arrays of shape (batch,) [deg]
    dx_arcsec, dy_arcsec : arrays of shape (batch,) [arcsec]
        Centre in the plane of the sky, east and north positive.
    rout_arcsec, rmin_arcsec : arrays of shape (batch,) [arcsec]
    flux_jy : array of shape (batch,) [Jy]
    floor_arcsec : array of shape (batch,) [arcsec]
        Radii below it are taken as it.
    gamma, rc_arcsec : arrays of shape (batch,)
        Of `profiles.surface_density`: dimensionless, [arcsec].
    t0_k, rref_arcsec, q : arrays of shape (batch,)
        Of `profiles.temperature`: [K], [arcsec], dimensionless.
    tau : array of shape (batch,)
        Optical depth at unit surface density, the band's factor included; dimensionless.
    cavity_depth, cavity_width_arcsec, wall_fraction, wall_width_arcsec : arrays of shape (batch,)
    gap_radius_arcsec, gap_width_arcsec, gap_depth : arrays of shape (batch, 5)
    ring_radius_arcsec, ring_width_arcsec, ring_fraction : arrays of shape (batch, 5)
    crescent_radius_arcsec, crescent_width_arcsec, crescent_sigma_rad, crescent_angle_rad, \
crescent_factor : arrays of shape (batch,)
        The angle is counted from the major axis, in the plane of the disk.
    centre_fraction, centre_sigma_arcsec : arrays of shape (batch,)
    texture_amplitude, texture_sigma_field : arrays of shape (batch,)
        Amplitude, and smoothing length over the width of the field (``physical``: over 4.5 outer
        radii).
    texture : array of shape (batch, 41, 21, 2)
        Real and imaginary parts of the noise at wave numbers (-20..20, 0..20) of that width.
    halo_fraction, halo_scale_arcsec : arrays of shape (batch,)
    taper_power : array of shape (batch,)
    smooth_sigma_arcsec : array of shape (batch,) [arcsec]
        In the plane of the sky.
    """

    recipe: Recipe
    incl_deg: Array
    pa_deg: Array
    dx_arcsec: Array
    dy_arcsec: Array
    rout_arcsec: Array
    rmin_arcsec: Array
    flux_jy: Array
    floor_arcsec: Array
    gamma: Array
    rc_arcsec: Array
    t0_k: Array
    rref_arcsec: Array
    q: Array
    tau: Array
    cavity_depth: Array
    cavity_width_arcsec: Array
    wall_fraction: Array
    wall_width_arcsec: Array
    gap_radius_arcsec: Array
    gap_width_arcsec: Array
    gap_depth: Array
    ring_radius_arcsec: Array
    ring_width_arcsec: Array
    ring_fraction: Array
    crescent_radius_arcsec: Array
    crescent_width_arcsec: Array
    crescent_sigma_rad: Array
    crescent_angle_rad: Array
    crescent_factor: Array
    centre_fraction: Array
    centre_sigma_arcsec: Array
    texture_amplitude: Array
    texture_sigma_field: Array
    texture: Array
    halo_fraction: Array
    halo_scale_arcsec: Array
    taper_power: Array
    smooth_sigma_arcsec: Array

    def __post_init__(self) -> None:
        if self.recipe not in RECIPES:
            raise InputError(f"recipe {self.recipe!r}; allowed: {', '.join(RECIPES)}")

    def __len__(self) -> int:
        """Number of disks."""
        return int(self.incl_deg.shape[0])

    def map(self, function: Callable[[Array], Array]) -> DiskParams:
        """The same disks with ``function`` applied to every array.

        Parameters
        ----------
        function : callable
            Takes an array whose first axis is the disk, gives another.

        Returns
        -------
        DiskParams

        Examples
        --------
        >>> from skymodels import draw_catalogue, draw_params
        >>> params = draw_params(draw_catalogue(2, seed=1))
        >>> params.map(lambda values: values[:1]).tau.shape
        (1,)
        """
        new = {k: function(getattr(self, k)) for k in ARRAYS_OF_PARAMS}
        return replace(self, **new)

    def to(self, reference: Array) -> DiskParams:
        """The same disks as arrays of the kind, dtype and device of ``reference``.

        Parameters
        ----------
        reference : array
            numpy or torch, any shape.

        Returns
        -------
        DiskParams

        Examples
        --------
        >>> import numpy as np
        >>> from skymodels import draw_catalogue, draw_params
        >>> params = draw_params(draw_catalogue(2, seed=1))
        >>> params.to(np.zeros(1, np.float32)).tau.dtype
        dtype('float32')
        """
        return self.map(lambda values: like(values, reference))

    def part(self, start: int, stop: int) -> DiskParams:
        """Disks ``start`` to ``stop`` (not included) of the batch.

        Parameters
        ----------
        start, stop : int

        Returns
        -------
        DiskParams

        Examples
        --------
        >>> from skymodels import draw_catalogue, draw_params
        >>> len(draw_params(draw_catalogue(3, seed=1)).part(1, 3))
        2
        """
        return self.map(lambda values: values[start:stop])

    def truth(self, index: int) -> dict[str, Any]:
        """What was drawn for one disk, by name; lists where a disk may have several.

        The texture's waves are left out: `draws.draw_texture` makes them from the row's seed.

        Parameters
        ----------
        index : int
            Disk of the batch, from 0.

        Returns
        -------
        dict of str to number or list
            As JSON has it; units are in the names.

        Examples
        --------
        >>> from skymodels import draw_catalogue, draw_params
        >>> truth = draw_params(draw_catalogue(1, seed=42)).truth(0)
        >>> truth["incl_deg"], len(truth["gap_depth"])
        (27.649, 5)
        """
        named: dict[str, Any] = {"recipe": self.recipe}
        for name in ARRAYS_OF_PARAMS:
            if name != "texture":
                named[name] = getattr(self, name)[index].tolist()
        return named


ARRAYS_OF_PARAMS = tuple(f.name for f in fields(DiskParams) if f.name != "recipe")


def stack_params(parts: Iterable[DiskParams]) -> DiskParams:
    """Batches of disks joined into one.

    Parameters
    ----------
    parts : iterable of DiskParams
        At least one, all of one recipe and one kind of array.

    Returns
    -------
    DiskParams

    Raises
    ------
    InputError
        If there is none, or they are of different recipes.
    """
    listed = list(parts)
    if not listed or len({p.recipe for p in listed}) > 1:
        raise InputError("disks to be joined: give at least one, all of one recipe")
    xp = namespace(listed[0].incl_deg)
    joined = {k: xp.concat([getattr(p, k) for p in listed]) for k in ARRAYS_OF_PARAMS}
    return replace(listed[0], **joined)
