"""`ModelCard`: everything a runner needs to know of a network, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from .errors import InputError
from .provenance import Provenance
from .specs import OutputSpec, TensorSpec

MAX_CARD_BYTES = 4 << 20


@dataclass(frozen=True)
class Metric:
    """A measured figure and what it was measured on.

    Parameters
    ----------
    name : str
        Field name with unit, e.g. ``incl_mae_deg``.
    value : float
    definition : str
        How it is computed and on which held-out data.
    n : int
        Items it was measured on.
    interval : (low, high) or None
        95 % interval.
    baseline, baseline_value : str, float or None
        What it is compared with, and that method's figure on the same items.
    """

    name: str
    value: float
    definition: str
    n: int
    interval: tuple[float, float] | None = None
    baseline: str = ""
    baseline_value: float | None = None


@dataclass(frozen=True)
class UsableRule:
    """When an answer may be used: a quantity and its bounds, with the reason to give otherwise.

    Parameters
    ----------
    quantity : str
        An output's name, a number among the sample's inputs, or ``peak_over_rms`` or
        ``window_over_beam`` (measured on the picture).
    reason : str
        Said to the user when the rule is broken.
    at_least, at_most : float or None
    """

    quantity: str
    reason: str
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class ModelCard:
    """What a network takes, what it says, how it was made and where not to trust it.

    Parameters
    ----------
    name, version : str
    architecture : str
        Name registered under ``skytypes.models``; only export needs it.
    inputs : tuple of TensorSpec
    outputs : tuple of OutputSpec
    training : mapping
        Data, sizes, seed, recipe.
    metrics : tuple of Metric
        On held-out data, with a baseline.
    limits : tuple of str
        Where it must not be trusted.
    usable : tuple of UsableRule
    provenance : Provenance or None
    licence : str

    Examples
    --------
    >>> card = ModelCard("toy", "0.1.0", "toy", (), ())
    >>> ModelCard.from_json(card.to_json()) == card
    True
    """

    name: str
    version: str
    architecture: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[OutputSpec, ...]
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()
    limits: tuple[str, ...] = ()
    usable: tuple[UsableRule, ...] = ()
    provenance: Provenance | None = None
    licence: str = "MIT"

    def to_json(self) -> str:
        """The card as JSON, keys in a fixed order."""
        return json.dumps(asdict(self), indent=2, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, *, source: str = "card") -> ModelCard:
        """A card read from JSON and checked.

        Parameters
        ----------
        text : str or bytes
        source : str
            Named in the message when the text is bad.

        Raises
        ------
        InputError
            If it is too long, not JSON, or not a card: the first field at fault is named.
        """
        if len(text) > MAX_CARD_BYTES:
            raise InputError(f"{source}: card of {len(text)} bytes; at most {MAX_CARD_BYTES}")
        try:
            return _ADAPTER.validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(p) for p in first["loc"]) or "the whole text"
            raise InputError(
                f"{source}: not a model card: {place}: {first['msg']}; "
                "give one written by trainkit, or by ModelCard.to_json"
            ) from None
        except ValueError as error:
            raise InputError(f"{source}: not a model card: {error}") from None


_ADAPTER = TypeAdapter(ModelCard)
