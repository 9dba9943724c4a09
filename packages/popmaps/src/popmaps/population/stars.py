"""Stars of a population, drawn in blocks and brought to today.

A block has a fixed number of stars and draws of its own, so that star i is the same bits in a
population of any size, made in any order by any number of processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from popmaps.galaxy import dynamics
from popmaps.radio.dispersion import dispersion_measure
from popmaps.radio.draws import RadioDraws, draw_beam_offsets, draw_radio
from popmaps.radio.emission import Emission, emit, intercepted
from popmaps.rows import rows
from popmaps.spin import births
from popmaps.spin.evolution import SpinToday, spun_down
from skytypes import item_rng

from .settings import PopulationSettings

BLOCK_STARS: Final = 20_000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Block:
    """Stars at birth, and what chance decides for their radio beams.

    Parameters
    ----------
    first : int
        Number of the first star in its population.
    galaxy : popmaps.galaxy.dynamics.Births
    spin : popmaps.spin.births.Births
    radio : RadioDraws
    """

    first: int
    galaxy: dynamics.Births
    spin: births.Births
    radio: RadioDraws

    def __len__(self) -> int:
        return int(self.galaxy.age_yr.size)


@dataclass(frozen=True)
class Pulsars:
    """The stars of a block whose radio beams cross the Sun.

    Parameters
    ----------
    index : ndarray of int, shape (pulsars,)
        Their places in the block, rising.
    spin : SpinToday
    today : popmaps.galaxy.dynamics.Today
    emission : Emission
    radio : RadioDraws
    dm_pc_cm3 : ndarray, shape (pulsars,)
        Dispersion measure [pc cm^-3].
    """

    index: NDArray[np.int64]
    spin: SpinToday
    today: dynamics.Today
    emission: Emission
    radio: RadioDraws
    dm_pc_cm3: Floats


def draw_block(settings: PopulationSettings, seed: int, number: int) -> Block:
    """Draw one block of stars.

    Parameters
    ----------
    settings : PopulationSettings
    seed : int
        Of the population.
    number : int
        Of the block, from 0.

    Returns
    -------
    Block
        `BLOCK_STARS` stars. Place, spin and beams have draws of their own: settings of one part
        do not change what chance decides in another.

    Examples
    --------
    >>> block = draw_block(PopulationSettings(), 1, 2)
    >>> block.first, len(block)
    (40000, 20000)
    """
    size = BLOCK_STARS
    return Block(
        number * size,
        dynamics.born(item_rng(seed, number, "popmaps.places"), size, settings.galaxy),
        births.draw_births(item_rng(seed, number, "popmaps.spins"), size, settings.spin),
        draw_radio(item_rng(seed, number, "popmaps.beams"), size),
    )


def draw_stars(settings: PopulationSettings, seed: int, stars: int) -> Iterator[Block]:
    """Draw a population block by block.

    Parameters
    ----------
    settings : PopulationSettings
    seed : int
    stars : int
        The last block is cut to reach this number.

    Examples
    --------
    >>> [len(b) for b in draw_stars(PopulationSettings(), 1, 25_000)]
    [20000, 5000]
    """
    for number, first in enumerate(range(0, stars, BLOCK_STARS)):
        block = draw_block(settings, seed, number)
        yield block if first + BLOCK_STARS <= stars else rows(block, slice(stars - first))


def beam_offsets(seed: int, number: int, survey: str) -> Floats:
    """Where in a survey's telescope beam each star of a block falls; draws of this survey alone.

    Parameters
    ----------
    seed : int
    number : int
        Of the block.
    survey : str

    Returns
    -------
    ndarray, shape (BLOCK_STARS,)
        As `popmaps.radio.draws.draw_beam_offsets`.

    Examples
    --------
    >>> beam_offsets(1, 0, "PMPS").shape
    (20000,)
    """
    return draw_beam_offsets(item_rng(seed, number, f"popmaps.offsets.{survey}"), BLOCK_STARS)


def spin_today(block: Block, settings: PopulationSettings) -> SpinToday:
    """Spin and field of all stars of a block today.

    Parameters
    ----------
    block : Block
    settings : PopulationSettings
    """
    return spun_down(block.spin, block.galaxy.age_yr, settings.spin)


def beamed(block: Block, spin: SpinToday, settings: PopulationSettings) -> NDArray[np.int64]:
    """Places of the stars whose beam crosses the Sun, wherever they are.

    The orbit of a star does not depend on its spin, so only these need one.

    Parameters
    ----------
    block : Block
    spin : SpinToday
        Of all its stars.
    settings : PopulationSettings

    Returns
    -------
    ndarray of int, shape (beamed,)
        Places in the block, rising.
    """
    anywhere = np.zeros_like(spin.period_s)
    hit = intercepted(spin.period_s, spin.chi_rad, anywhere, block.radio, settings.radio)
    return np.flatnonzero(hit)


def radio_pulsars(
    block: Block,
    spin: SpinToday,
    index: NDArray[np.int64],
    today: dynamics.Today,
    settings: PopulationSettings,
) -> Pulsars:
    """What arrives from the stars whose beam crosses the Sun and that are near enough.

    Parameters
    ----------
    block : Block
    spin : SpinToday
        Of all its stars.
    index : ndarray of int
        As `beamed` gives.
    today : popmaps.galaxy.dynamics.Today
        Of the stars of ``index``.
    settings : PopulationSettings

    Returns
    -------
    Pulsars
    """
    near = today.sky.dist < settings.radio.max_distance_kpc
    index, today = index[near], rows(today, near)
    chosen, draws = rows(spin, index), rows(block.radio, index)
    emission = emit(
        chosen.period_s,
        chosen.period_derivative,
        chosen.chi_rad,
        today.sky.dist,
        draws,
        inertia_g_cm2=settings.spin.star.inertia_g_cm2,
        settings=settings.radio,
    )
    dm = dispersion_measure(today.sky.l, today.sky.b, today.sky.dist)
    return Pulsars(index, chosen, today, emission, draws, dm)
