"""The zoo: what is registered under ``skytypes.models``, and building one by name."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from skytypes import ModelFactory, find
from skytypes.registry import registered


def zoo() -> dict[str, ModelFactory[Any]]:
    """Every registered model's factory, by name; those of other packages too.

    Returns
    -------
    dict of str to ModelFactory

    Raises
    ------
    MissingPackageError
        If a registered model can't be imported; the message says which.

    Examples
    --------
    >>> sorted(zoo())
    ['disconet', 'disconet-compact', 'mapnet']
    """
    return {name: find("models", name) for name in registered("models")}


def build_network(name: str, *, seed: int) -> nn.Module:
    """A new network by its registered name; the same seed gives the same weights.

    Torch's own random state is left as it was found.

    Parameters
    ----------
    name : str
        A key of `zoo`.
    seed : int
        Of torch's generator, while the weights are drawn.

    Returns
    -------
    torch.nn.Module
        In training mode, on the CPU.

    Raises
    ------
    MissingPackageError
        If no model of that name is installed; the message says which are.

    Examples
    --------
    >>> a = build_network("disconet-compact", seed=1).state_dict()
    >>> b = build_network("disconet-compact", seed=1).state_dict()
    >>> all(bool((a[key] == b[key]).all()) for key in a)
    True
    """
    factory: ModelFactory[nn.Module] = find("models", name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return factory.build()
