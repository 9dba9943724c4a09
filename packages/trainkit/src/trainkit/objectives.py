"""What a network is trained for: the `Objective` Protocol, one for disks and one for labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from skytypes.errors import ContractError
from skytypes.specs import OutputSpec

from .batches import Batch
from .descent import Descent
from .disk_config import FitConfig

Networks = Mapping[str, nn.Module]
Optimisers = Mapping[str, Descent]
Sums = dict[str, Tensor]


class Objective(Protocol):
    """Any object that trains networks on a batch and measures them on held-out ones.

    Both methods return sums over this process's items, numbers without gradient; ``loss`` is one
    of them, and the lowest validation ``loss`` is the best. The loop adds them over processes and
    divides by the number of items. With several networks ``step`` moves each by its own
    `Descent`, in the order it likes.
    """

    def step(self, networks: Networks, batch: Batch, optimisers: Optimisers) -> Sums:
        """Train on a batch."""
        ...

    def validate(self, networks: Networks, batch: Batch) -> Sums:
        """Measure on a batch; gradients are off."""
        ...


class DiskGeometry:
    """Inclination, position angle and centre by weighted absolute deviations of the raw columns.

    The loss of an item is ``incl_weight`` |incl| + ``pa_weight`` |sin, cos of 2 PA| +
    ``centre_weight`` |dx, dy|, each the mean over its columns.

    Parameters
    ----------
    outputs : sequence of OutputSpec
        Of the network's card: ``incl_deg``, ``pa_deg``, ``dx_arcsec`` and ``dy_arcsec``.
    config : FitConfig
        Its weights, dimensionless; with ``ellipticity`` the position angle's part counts sin^2 of
        the true inclination.
    network : str
        Name of the network that is trained.

    Raises
    ------
    ContractError
        If an output is missing.
    """

    def __init__(
        self, outputs: Sequence[OutputSpec], config: FitConfig, *, network: str = "network"
    ) -> None:
        known = {o.name: o for o in outputs}
        missing = {"incl_deg", "pa_deg", "dx_arcsec", "dy_arcsec"} - known.keys()
        if missing:
            raise ContractError(
                f"the model has no output {', '.join(sorted(missing))}; give a model of disks"
            )
        self.incl = known["incl_deg"]
        self.columns = {
            "incl": list(self.incl.columns),
            "pa": list(known["pa_deg"].columns),
            "centre": [*known["dx_arcsec"].columns, *known["dy_arcsec"].columns],
        }
        self.weights = {
            "incl": config.incl_weight,
            "pa": config.pa_weight,
            "centre": config.centre_weight,
        }
        self.ellipticity = config.ellipticity
        self.network = network

    def step(self, networks: Networks, batch: Batch, optimisers: Optimisers) -> Sums:
        """Train the network on a batch."""
        parts = self.parts(networks[self.network](*batch.inputs), batch.targets)
        losses = self._total(parts) * batch.weights
        optimisers[self.network].descend(losses.sum(), count=batch.count)
        return {"loss": losses.detach().sum()}

    def validate(self, networks: Networks, batch: Batch) -> Sums:
        """Loss and its unweighted parts on a batch."""
        parts = self.parts(networks[self.network](*batch.inputs), batch.targets)
        total = {"loss": (self._total(parts) * batch.weights).sum()}
        return total | {name: part.sum() for name, part in parts.items()}

    def parts(self, raw: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Mean absolute deviation over each part's columns, shape (batch,), dimensionless."""
        deviation = (raw - targets).abs()
        parts = {name: deviation[:, c].mean(dim=1) for name, c in self.columns.items()}
        if self.ellipticity:
            incl_deg = targets[:, self.columns["incl"][0]] * self.incl.scale + self.incl.offset
            parts["pa"] = parts["pa"] * torch.sin(torch.deg2rad(incl_deg)) ** 2
        return parts

    def _total(self, parts: Mapping[str, Tensor]) -> Tensor:
        return torch.stack([self.weights[n] * p for n, p in parts.items()]).sum(dim=0)


class LabelRegression:
    """Labels by squared deviations of the raw columns, their mean over the columns.

    Parameters
    ----------
    outputs : sequence of OutputSpec
        Of the network's card; raw columns are standardised by their scale and offset, and so
        dimensionless.
    network : str
        Name of the network that is trained.

    Notes
    -----
    On validation it also tells each label's own mean square, ``mse_NAME``: below 1, it is better
    than the mean of the training labels.
    """

    def __init__(self, outputs: Sequence[OutputSpec], *, network: str = "network") -> None:
        self.columns = {o.name: o.columns[0] for o in outputs}
        self.network = network

    def step(self, networks: Networks, batch: Batch, optimisers: Optimisers) -> Sums:
        """Train the network on a batch."""
        losses = self._squares(networks, batch).mean(dim=1) * batch.weights
        optimisers[self.network].descend(losses.sum(), count=batch.count)
        return {"loss": losses.detach().sum()}

    def validate(self, networks: Networks, batch: Batch) -> Sums:
        """Loss on a batch, and the part of each label."""
        squares = self._squares(networks, batch)
        parts = {f"mse_{name}": squares[:, k].sum() for name, k in self.columns.items()}
        return {"loss": squares.mean(dim=1).sum()} | parts

    def _squares(self, networks: Networks, batch: Batch) -> Tensor:
        raw: Tensor = networks[self.network](*batch.inputs)
        return (raw - batch.targets).square()
