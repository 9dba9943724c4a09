"""Contract tests for any implementation of the Protocols: each raises, or returns nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .arrays import Array, to_numpy
from .cards import ModelCard
from .errors import ContractError
from .images import Observation, SkyImage
from .protocols import ArrayDataset, BatchDataset, ImageSimulator, ModelFactory, SkySource
from .samples import Sample


def _require(good: bool, message: str) -> None:
    if not good:
        raise ContractError(message)


def _same(a: Mapping[str, Array], b: Mapping[str, Array]) -> bool:
    return set(a) == set(b) and all(to_numpy(a[k]).tobytes() == to_numpy(b[k]).tobytes() for k in a)


def _check_item(sample: Sample, index: int) -> None:
    _require(isinstance(sample, Sample), f"item {index} is a {type(sample).__name__}, not a Sample")
    _require(sample.size is None, f"item {index} is a batch; give a single Sample")
    for name, value in {**sample.inputs, **sample.labels}.items():
        array = to_numpy(value)
        _require(array.dtype == np.float32, f"item {index}: {name!r} is {array.dtype}, not float32")
        _require(bool(np.isfinite(array).all()), f"item {index}: {name!r} is not finite")


def check_dataset(dataset: ArrayDataset, *, items: int = 4) -> None:
    """Test that a dataset keeps the contract of `ArrayDataset`.

    Parameters
    ----------
    dataset : ArrayDataset
    items : int
        How many items to look at.

    Raises
    ------
    ContractError
        If it is empty, an item is not float32 and finite, an item changes when it is made again or
        in another order, or ``batch`` differs from the items.

    Examples
    --------
    >>> class Ones:
    ...     def __len__(self): return 2
    ...     def __getitem__(self, i): return Sample({"x": np.full(2, i, np.float32)})
    >>> check_dataset(Ones())
    """
    count = len(dataset)
    _require(count > 0, "the dataset is empty; it needs at least one item")
    indices = list(range(min(items, count)))
    first = [dataset[i] for i in indices]
    for index, sample in zip(indices, first, strict=True):
        _check_item(sample, index)
    for index in reversed(indices):
        again = dataset[index]
        same = _same(first[index].inputs, again.inputs) and _same(first[index].labels, again.labels)
        _require(same, f"item {index} differs when it is made again; draw with item_rng")
    if isinstance(dataset, BatchDataset):
        batch = dataset.batch(indices[::-1])
        for place, index in enumerate(indices[::-1]):
            one = batch[place]
            same = _same(first[index].inputs, one.inputs) and _same(first[index].labels, one.labels)
            _require(same, f"batch() gives item {index} other bits than the item itself")


def check_sky_source(source: SkySource, *, items: int = 2) -> None:
    """Test that an object keeps the contract of `SkySource`.

    Raises
    ------
    ContractError
        If it is empty, a sky is not in Jy/pixel, or changes when it is made again.
    """
    _require(len(source) > 0, "the source has no sky; it needs at least one")
    for index in range(min(items, len(source))):
        sky, again = source.sky(index), source.sky(index)
        _require(isinstance(sky, SkyImage), f"sky {index} is a {type(sky).__name__}, not SkyImage")
        _require(sky.unit == "Jy/pixel", f"sky {index} is in {sky.unit}; give Jy/pixel")
        _require(
            sky.data.tobytes() == again.data.tobytes() and dict(sky.truth) == dict(again.truth),
            f"sky {index} differs when it is made again; draw with item_rng",
        )


def check_simulator(simulator: ImageSimulator, sky: SkyImage, *, seed: int = 0) -> None:
    """Test that an object keeps the contract of `ImageSimulator` on one sky.

    Parameters
    ----------
    simulator : ImageSimulator
    sky : SkyImage
        In Jy/pixel, data of shape (y, x).
    seed : int

    Raises
    ------
    ContractError
        If the image is not in Jy/beam, points elsewhere, or changes under the same seed.
    """
    one, two = simulator.observe(sky, seed=seed), simulator.observe(sky, seed=seed)
    _require(
        isinstance(one, Observation), f"observe() gave a {type(one).__name__}, not an Observation"
    )
    _require(one.image.unit == "Jy/beam", f"image is in {one.image.unit}; give Jy/beam")
    turn = (one.image.ra_deg - sky.ra_deg + 180) % 360 - 180
    apart = max(abs(turn), abs(one.image.dec_deg - sky.dec_deg))
    _require(apart < 1e-6, f"image points {apart:.2g} deg away from the sky's reference position")
    _require(
        one.image.data.tobytes() == two.image.data.tobytes(),
        f"the image differs under the same seed {seed}",
    )


def check_model_factory(factory: ModelFactory[Any], *, architecture: str) -> None:
    """Test that an object keeps the contract of `ModelFactory` under its registered name.

    Raises
    ------
    ContractError
        If the card is no card, names another architecture, or does not survive JSON.
    """
    card = factory.card
    _require(isinstance(card, ModelCard), f"card is a {type(card).__name__}, not a ModelCard")
    _require(
        card.architecture == architecture,
        f"card names architecture {card.architecture!r}, registered as {architecture!r}",
    )
    _require(bool(card.inputs and card.outputs), f"card {card.name!r} has no inputs or no outputs")
    _require(
        ModelCard.from_json(card.to_json()) == card, "the card changes on its way through JSON"
    )
    _require(factory.build() is not factory.build(), "build() returns one network twice")
