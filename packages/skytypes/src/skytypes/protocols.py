"""Behaviour that crosses packages, as small Protocols; `skytypes.checks` tests any of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar, runtime_checkable

from .cards import ModelCard
from .images import Observation, SkyImage
from .samples import Sample, stack_samples

M_co = TypeVar("M_co", covariant=True)


@runtime_checkable
class ArrayDataset(Protocol):
    """Any object that has a length and gives item ``i`` as a single float32 `Sample`.

    Item ``i`` is the same bits in any order, batch and process. An optional method
    ``batch(indices) -> Sample`` makes many at once, with the same bits; an optional attribute
    ``groups`` (a sequence of str, one an item) names what must not be split between training and
    validation.
    """

    def __len__(self) -> int:
        """Number of items."""
        ...

    def __getitem__(self, index: int, /) -> Sample:
        """Item ``index``, 0 <= index < len."""
        ...


@runtime_checkable
class BatchDataset(ArrayDataset, Protocol):
    """An `ArrayDataset` that makes a whole batch in one go."""

    def batch(self, indices: Sequence[int], /) -> Sample:
        """The items ``indices`` as one batch, the same bits as one by one."""
        ...


@runtime_checkable
class SkySource(Protocol):
    """Any object that makes sky ``i`` as a `SkyImage` in Jy/pixel with its truth."""

    def __len__(self) -> int:
        """Number of skies."""
        ...

    def sky(self, index: int, /) -> SkyImage:
        """Sky ``index``; the same bits whenever it is asked for."""
        ...


@runtime_checkable
class ImageSimulator(Protocol):
    """Any object that observes a sky as its own settings say."""

    def observe(self, sky: SkyImage, /, *, seed: int) -> Observation:
        """The image of ``sky`` [Jy/beam]; ``seed`` decides the noise."""
        ...


@runtime_checkable
class ModelFactory(Protocol[M_co]):
    """Any object that has a card (specs, name) and builds the network it describes."""

    @property
    def card(self) -> ModelCard:
        """The card of an untrained network: specs and limits, no metrics."""
        ...

    def build(self) -> M_co:
        """A new network, its weights drawn from the caller's random state."""
        ...


@runtime_checkable
class CardFactory(ModelFactory[M_co], Protocol[M_co]):
    """A `ModelFactory` whose network follows from a card: channels, pixels, number of answers."""

    def for_card(self, card: ModelCard, /) -> ModelFactory[M_co]:
        """A factory of the network that ``card`` describes; refuses a card that none fits."""
        ...


def factory_for(factory: ModelFactory[M_co], card: ModelCard) -> ModelFactory[M_co]:
    """The factory of the network that a card describes.

    Parameters
    ----------
    factory : ModelFactory
        As `find` gives it for ``card.architecture``.
    card : ModelCard
        Of a trained network, say.

    Returns
    -------
    ModelFactory
        ``factory.for_card(card)`` where it has that, else ``factory`` itself: its network has one
        size only.

    Examples
    --------
    >>> class OneSize:
    ...     card = ModelCard("toy", "0", "toy", (), ())
    ...     def build(self): return "a network"
    >>> factory_for(OneSize(), OneSize.card).build()
    'a network'
    """
    return factory.for_card(card) if isinstance(factory, CardFactory) else factory


def batch_of(dataset: ArrayDataset, indices: Sequence[int]) -> Sample:
    """Items of a dataset as one batch, through its ``batch`` where it has one.

    Parameters
    ----------
    dataset : ArrayDataset
    indices : sequence of int

    Returns
    -------
    Sample
        With ``size = len(indices)``.

    Examples
    --------
    >>> import numpy as np
    >>> class Zeros:
    ...     def __len__(self): return 3
    ...     def __getitem__(self, i): return Sample({"x": np.zeros(2, np.float32)})
    >>> batch_of(Zeros(), [0, 2]).size
    2
    """
    if isinstance(dataset, BatchDataset):
        return dataset.batch(indices)
    return stack_samples([dataset[i] for i in indices])
