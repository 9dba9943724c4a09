"""`MapNet`: numbers from sets of maps, of one or several resolutions.

Each resolution has a trunk of its own, since a convolution over (RA, Dec) has nothing to learn
from one over (P, P_dot) and their bins differ in number; the trunks meet in one hidden layer. How
many channels, bins and answers there are is read off a card: `MapNetworks.for_card`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from skytypes import ModelCard
from skytypes.errors import ContractError
from skytypes.specs import Channel, Operation, OutputSpec, TensorSpec

from .factory import NetworkFactory

ARCHITECTURE = "mapnet"
_WIDTHS = (32, 64)
_HIDDEN = 64

_SURVEYS = ("PMPS", "SMPS", "HTRU")
# Counts span decades: a logarithm for many stars, linear for few.
_COUNTS = (Operation("asinh", {"softening": 0.1}), Operation("standardise"))
_FLUXES = (Operation("standardise"),)


def _channels(kind: str, chain: tuple[Operation, ...]) -> tuple[Channel, ...]:
    names = [f"survey_{survey}_{kind}" for survey in _SURVEYS]
    return tuple(Channel(name, chain, name) for name in names)


OBSERVABLE_MAPS = (
    TensorSpec("maps_32x16", (3, 32, 16), _channels("position_map_radec", _COUNTS)),
    TensorSpec(
        "maps_32x32",
        (6, 32, 32),
        (*_channels("ppdot_map", _COUNTS), *_channels("ppdot_map_fluxes", _FLUXES)),
    ),
)
"""The nine maps of neutron stars that the sky gives too, at 32 bins: no velocities in them."""


def _trunk(channels: int) -> nn.Sequential:
    first, second = _WIDTHS
    return nn.Sequential(
        nn.Conv2d(channels, first, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.Conv2d(first, second, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.Flatten(),
    )


def _features(bins: int) -> int:
    """Bins along an axis after two poolings, none of them lost."""
    return -(-bins // 4)


class MapNet(nn.Module):
    """Convolution 32, pool, convolution 64, pool for each resolution; hidden layer 64; answers.

    Parameters
    ----------
    inputs : sequence of (str, (int, int, int))
        Name and shape (channel, n_x, n_y) of each input tensor.
    answers : int
        Numbers to say.

    Examples
    --------
    >>> network = MapNet([("a", (3, 8, 4)), ("b", (2, 8, 8))], 2).eval()
    >>> network(torch.zeros(5, 3, 8, 4), torch.zeros(5, 2, 8, 8)).shape
    torch.Size([5, 2])
    """

    def __init__(self, inputs: Sequence[tuple[str, tuple[int, int, int]]], answers: int) -> None:
        super().__init__()
        self.names = tuple(name for name, _ in inputs)
        self.trunks = nn.ModuleList(_trunk(shape[0]) for _, shape in inputs)
        count = sum(_WIDTHS[1] * _features(x) * _features(y) for _, (_, x, y) in inputs)
        last = nn.Linear(_HIDDEN, answers)
        self.head = nn.Sequential(
            nn.Linear(count, _HIDDEN),
            nn.ReLU(),
            last,
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        with torch.no_grad():
            # Training starts near the mean of the labels.
            last.weight.mul_(0.1)

    def forward(self, *maps: Tensor, **named: Tensor) -> Tensor:
        """Raw answers.

        Parameters
        ----------
        *maps, **named : shape (batch, channel, n_x, n_y), dimensionless
            One tensor a resolution, all in order or all by name.

        Returns
        -------
        shape (batch, answer), dimensionless

        Raises
        ------
        ContractError
            If some are given in order and some by name, or not one for each resolution.
        """
        wanted = set() if maps else set(self.names)
        if set(named) != wanted or (maps and len(maps) != len(self.names)):
            raise ContractError(
                f"given {len(maps)} in order and {sorted(named)} by name; give "
                f"{list(self.names)}, in this order or by name"
            )
        given = maps or tuple(named[name] for name in self.names)
        parts = [trunk(x) for trunk, x in zip(self.trunks, given, strict=True)]
        answer: Tensor = self.head(torch.cat(parts, dim=1))
        return answer


@dataclass(frozen=True)
class MapNetworks(NetworkFactory[MapNet]):
    """A `NetworkFactory` of `MapNet` that gives one for every card of maps."""

    def for_card(self, card: ModelCard) -> MapNetworks:
        """The factory of the network that a card describes.

        Parameters
        ----------
        card : ModelCard
            Inputs of shape (channel, n_x, n_y), any number of them; outputs of one number each,
            together the columns 0, 1, 2 ... of the tensor ``output``.

        Raises
        ------
        ContractError
            If an input is no set of maps, or the outputs are no such columns.

        Examples
        --------
        >>> spec = TensorSpec("maps", (1, 8, 8), (Channel("ppdot_map", (), "ppdot_map"),))
        >>> card = ModelCard("h", "0", "", (spec,), (OutputSpec("h_c", "kpc", "linear", (0,)),))
        >>> MAPNET.for_card(card).build()(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 1])
        """
        inputs: list[tuple[str, tuple[int, int, int]]] = []
        for spec in card.inputs:
            if len(spec.shape) != 3:
                raise ContractError(
                    f"input {spec.name!r} has shape {spec.shape}; {ARCHITECTURE} takes maps, "
                    "(channel, n_x, n_y)"
                )
            inputs.append((spec.name, (spec.shape[0], spec.shape[1], spec.shape[2])))
        columns = [(o.tensor, o.columns) for o in card.outputs]
        if not inputs or columns != [("output", (k,)) for k in range(len(columns))] or not columns:
            raise ContractError(
                f"card {card.name!r} has {len(inputs)} inputs and outputs {columns}; "
                f"{ARCHITECTURE} takes one or more, and says one column of 'output' each, in order"
            )
        count = len(columns)
        return MapNetworks(replace(card, architecture=ARCHITECTURE), lambda: MapNet(inputs, count))


def _default() -> MapNetworks:
    labels = ("B_initial_log10_mean", "P_initial_log10_mean")
    units = ("log10(G)", "log10(s)")
    offsets = (13.0, -0.9)
    outputs = tuple(
        OutputSpec(name, unit, "linear", (k,), offset=offset)
        for k, (name, unit, offset) in enumerate(zip(labels, units, offsets, strict=True))
    )
    card = ModelCard(
        ARCHITECTURE,
        "0.1.0",
        ARCHITECTURE,
        OBSERVABLE_MAPS,
        outputs,
        limits=(
            "Says what the simulator it was trained on would need; a sky that differs from it in "
            "any other way is answered all the same.",
        ),
    )
    return MapNetworks(card, lambda: MapNet([], 0)).for_card(card)


MAPNET = _default()
"""Factory of `MapNet`, registered as ``mapnet``: of the nine observable maps at 32 bins and two
labels, or, by ``MAPNET.for_card(card)``, of any others."""
