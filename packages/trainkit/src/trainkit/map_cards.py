"""The card of a network of maps, made for the data that it will be trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from skytypes import ModelCard, Sample, encode
from skytypes.cards import UsableRule
from skytypes.protocols import batch_of
from skytypes.specs import Channel, Operation, OutputSpec, TensorSpec

from .map_config import MapsConfig
from .map_sets import MapDataset, evenly_spread

LOOKED_AT = 512
"""Training items that signs and statistics of the maps are taken from, evenly spread."""
_AT_ONCE = 64


def map_card(base: ModelCard, train: MapDataset, config: MapsConfig) -> ModelCard:
    """The card of an untrained network for a training set.

    Parameters
    ----------
    base : ModelCard
        Of the model's factory: name, version, limits.
    train : MapDataset
    config : MapsConfig

    Returns
    -------
    ModelCard
        One input tensor for each shape of map, channels in the order of ``train.channels``; each
        label a ``linear`` output by its mean and deviation in training, not to be used outside
        the range that it had there.
    """
    return replace(
        base,
        inputs=_inputs(train, config),
        outputs=_outputs(train),
        usable=_rules(train),
        limits=(*base.limits, "Answers beyond the labels it was trained on are extrapolated."),
    )


def _inputs(train: MapDataset, config: MapsConfig) -> tuple[TensorSpec, ...]:
    found = _statistics(train, config)
    groups: dict[tuple[int, int], list[Channel]] = {}
    for name in train.channels:
        channel = Channel(name, _chain(found[name], config), name)
        groups.setdefault(train.shapes[name], []).append(channel)
    return tuple(
        TensorSpec(f"maps_{x}x{y}", (len(channels), x, y), tuple(channels))
        for (x, y), channels in groups.items()
    )


def _chain(found: Mapping[str, float], config: MapsConfig) -> tuple[Operation, ...]:
    scale = {k: found[k] for k in ("mean", "std") if k in found}
    return (*_stretch(found["low"], config), Operation("standardise", scale))


def _stretch(low: float, config: MapsConfig) -> tuple[Operation, ...]:
    """Counts and speeds span decades; a map of logarithms, with its negative values, does not."""
    if low < 0 or config.softening == 0:
        return ()
    return (Operation("asinh", {"softening": config.softening}),)


def _statistics(train: MapDataset, config: MapsConfig) -> dict[str, dict[str, float]]:
    """Lowest value of each channel and, if they are asked for, mean and deviation once stretched.

    Float64 sums over blocks in a fixed order: the same whatever the batch or machine.
    """
    items = evenly_spread(len(train), LOOKED_AT)
    blocks = [items[i : i + _AT_ONCE] for i in range(0, len(items), _AT_ONCE)]
    found: dict[str, dict[str, float]] = {name: {"low": np.inf} for name in train.channels}
    for block in blocks:
        for name, maps in batch_of(train, block).inputs.items():
            found[name]["low"] = min(found[name]["low"], float(np.min(maps)))
    if config.scale == "sample":
        return found
    for name in train.channels:
        sums = np.zeros(3)
        for block in blocks:
            sums += _sums(batch_of(train, block), name, _stretch(found[name]["low"], config))
        mean = sums[1] / sums[0]
        std = float(np.sqrt(max(sums[2] / sums[0] - mean**2, 0.0)))
        # A channel that never varies becomes 0, and leaves the others alone.
        known = std > 1e-6 * max(abs(mean), 1e-30)
        found[name] |= {"mean": float(mean), "std": std if known else 1.0}
    return found


def _sums(batch: Sample, name: str, chain: tuple[Operation, ...]) -> Any:
    shape = batch.inputs[name].shape[1:]
    spec = TensorSpec("one", (1, *shape), (Channel(name, chain, name),))
    values = encode([spec], batch)["one"].astype(np.float64)
    return np.array([values.size, values.sum(), (values**2).sum()])


def _outputs(train: MapDataset) -> tuple[OutputSpec, ...]:
    return tuple(
        OutputSpec(
            name,
            train.units.get(name, ""),
            "linear",
            (column,),
            scale=float(values.std()),
            offset=float(values.mean()),
        )
        for column, (name, values) in enumerate(train.label_values().items())
    )


def _rules(train: MapDataset) -> tuple[UsableRule, ...]:
    rules = []
    for name, values in train.label_values().items():
        low, high = float(values.min()), float(values.max())
        reason = f"{name} is beyond the labels it was trained on, {low:.4g} to {high:.4g}"
        rules.append(UsableRule(name, reason, at_least=low, at_most=high))
    return tuple(rules)
