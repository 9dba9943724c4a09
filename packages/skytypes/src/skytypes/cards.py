"""`ModelCard`: everything a runner needs to know of a network, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from .errors import ContractError, InputError
from .provenance import Provenance
from .specs import STRICT, OutputSpec, TensorSpec

if TYPE_CHECKING:
    from pydantic import TypeAdapter

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

    __pydantic_config__: ClassVar[Mapping[str, str]] = STRICT

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
        An output's name, a number among the sample's inputs, ``peak_over_rms`` or
        ``window_over_beam`` (measured on the picture), or ``beam_over_pixel`` (major axis).
    reason : str
        Said to the user when the rule is broken.
    at_least, at_most : float or None
        In the quantity's unit; at least one of them.

    Raises
    ------
    ContractError
        If it has no bound.

    Examples
    --------
    >>> UsableRule("peak_over_rms", "too faint", at_least=10.0).at_least
    10.0
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = STRICT

    quantity: str
    reason: str
    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise ContractError(f"rule on {self.quantity!r} has no bound; give at_least or at_most")


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
        Data, sizes, seed, recipe, as JSON holds them (a tuple would come back as a list).
    metrics : tuple of Metric
        On held-out data, with a baseline.
    limits : tuple of str
        Where it must not be trusted.
    usable : tuple of UsableRule
    provenance : Provenance or None
    licence : str

    Raises
    ------
    ContractError
        If inputs or outputs share a name, or a standard deviation belongs to no output.

    Examples
    --------
    >>> card = ModelCard("toy", "0.1.0", "toy", (), ())
    >>> ModelCard.from_json(card.to_json()) == card
    True
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = STRICT

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

    def __post_init__(self) -> None:
        for kind, names in (
            ("inputs", [spec.name for spec in self.inputs]),
            ("outputs", [output.name for output in self.outputs]),
        ):
            if len(set(names)) != len(names):
                raise ContractError(f"card {self.name!r}: {kind} {names} share a name; rename one")
        known = {output.name for output in self.outputs}
        for output in self.outputs:
            if output.sigma_of is not None and output.sigma_of not in known - {output.name}:
                raise ContractError(
                    f"card {self.name!r}: {output.name!r} is the standard deviation of "
                    f"{output.sigma_of!r}, which is no other output"
                )

    def to_json(self) -> str:
        """The card as JSON, keys in a fixed order.

        Raises
        ------
        ContractError
            If the card holds what JSON does not have: NaN, an array, an object.
        """
        try:
            return json.dumps(asdict(self), indent=2, allow_nan=False) + "\n"
        except (TypeError, ValueError) as error:
            raise ContractError(
                f"card {self.name!r} can't be JSON ({error}); give plain finite numbers and text"
            ) from error

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
            If it is too long, not JSON, holds NaN, or is not a card: the first field at fault is
            named. A field that no card has is a fault, not passed over.
        """
        from pydantic import ValidationError

        if len(text) > MAX_CARD_BYTES:
            raise InputError(f"{source}: card of {len(text)} bytes; at most {MAX_CARD_BYTES}")
        try:
            card = _adapter().validate_json(text)
            # JSON readers take NaN and 1e999; nothing downstream may meet them.
            card.to_json()
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(p) for p in first["loc"]) or "the whole text"
            raise InputError(
                f"{source}: not a model card: {place}: {first['msg']}; "
                "give one written by trainkit, or by ModelCard.to_json"
            ) from None
        except ValueError as error:
            raise InputError(f"{source}: not a model card: {error}") from None
        return card


@cache
def _adapter() -> TypeAdapter[ModelCard]:
    """Made when a card is first read: pydantic costs more to import than a command's help."""
    from pydantic import TypeAdapter

    return TypeAdapter(ModelCard)
