"""`Operation`: one named step from a sample's array to a channel of a tensor."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from ..errors import ContractError

Value: TypeAlias = float | int | str | bool

STRICT: Mapping[str, str] = {"extra": "forbid"}
"""How pydantic reads these classes from JSON: a field that it does not know is a fault."""

OPERATIONS: Mapping[str, frozenset[str]] = {
    "crop": frozenset({"mode", "margin", "min_arcsec", "max_arcsec", "width_arcsec"}),
    "resample": frozenset({"size"}),
    "percentile_clip": frozenset({"low", "high"}),
    "asinh": frozenset({"softening"}),
    "standardise": frozenset({"mean", "std"}),
    "stretch": frozenset({"power"}),
    "beam_map": frozenset(),
    "beam_over_field": frozenset(),
    "beam_covariance": frozenset(),
}
"""The closed set of operations, and the arguments each one knows."""

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "resample": ("size",),
    "percentile_clip": ("low", "high"),
    "asinh": ("softening",),
}
_POSITIVE = frozenset({"size", "softening", "std", "power", "margin", "max_arcsec", "width_arcsec"})

MAX_SIDE = 8192
"""Largest side [pixel] that a specification may ask for."""


@dataclass(frozen=True)
class Operation:
    """One named step of a channel's chain; `skytypes.encoding` says what each does.

    Parameters
    ----------
    name : str
        A key of `OPERATIONS`.
    args : mapping of str to number, str or bool
        Only arguments that the operation knows.

    Raises
    ------
    ContractError
        If the name or an argument is unknown, one is missing, or its value makes no sense.

    Examples
    --------
    >>> Operation("resample", {"size": 64}).args["size"]
    64
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = STRICT

    name: str
    args: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name not in OPERATIONS:
            raise ContractError(
                f"operation {self.name!r} is not known; allowed: {', '.join(sorted(OPERATIONS))}"
            )
        extra = set(self.args) - OPERATIONS[self.name]
        if extra:
            raise ContractError(
                f"operation {self.name!r} does not know {sorted(extra)}; "
                f"allowed: {sorted(OPERATIONS[self.name]) or 'no arguments'}"
            )

        missing = [n for n in _NEEDED.get(self.name, ()) if n not in self.args]
        if missing:
            raise ContractError(f"operation {self.name!r} needs {', '.join(missing)}; give them")
        for name, value in self.args.items():
            if name != "mode":
                self._check_number(name, value)
        low, high = self.args.get("low", 0.0), self.args.get("high", 100.0)
        if not 0 <= float(low) < float(high) <= 100:
            raise ContractError(
                f"operation {self.name!r} has low {low}, high {high}; give 0 <= low < high <= 100"
            )

    def _check_number(self, name: str, value: Value) -> None:
        """Refuse what would only fail, or take all memory, once pictures are there."""
        if isinstance(value, bool | str) or not math.isfinite(value):
            raise ContractError(f"operation {self.name!r}: {name} is {value!r}; give a number")
        if name in _POSITIVE and value <= 0:
            raise ContractError(f"operation {self.name!r}: {name} is {value}; give a positive one")
        if name == "size" and (value != int(value) or value > MAX_SIDE):
            raise ContractError(
                f"operation {self.name!r}: size is {value}; give a whole number up to {MAX_SIDE}"
            )

    def key(self) -> tuple[object, ...]:
        """The operation as a hashable value.

        Examples
        --------
        >>> Operation("asinh", {"softening": 0.1}).key()
        ('asinh', ('softening', 0.1))
        """
        return (self.name, *sorted(self.args.items()))
