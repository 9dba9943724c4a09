"""Where a run happens: `Runtime`, and which of several processes speaks."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .recipes import Limits, check_fields, is_not_negative

DEVICES = ("auto", "cpu", "cuda")
MAX_THREADS = 1024

_LIMITS: Limits = {
    "device": (lambda v: v in DEVICES, ", ".join(DEVICES)),
    "threads": (lambda v: 0 <= v <= MAX_THREADS, f"a whole number from 0 to {MAX_THREADS}"),
    "memory_gib": (is_not_negative, "a number, 0 or more"),
}


@dataclass(frozen=True)
class Runtime:
    """Where a run happens; nothing here is part of the recipe.

    Parameters
    ----------
    device : str
        ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.
    threads : int
        Of torch on the CPU; 0 leaves its setting alone. Sums are added in another order with
        another number of threads, so bits repeat only under the same number.
    memory_gib : float
        Pictures kept in memory between epochs [GiB]; the others are made anew.
    quiet : bool
        No progress on standard error.

    Raises
    ------
    InputError
        If a field is out of range.
    """

    device: str = "auto"
    threads: int = 0
    memory_gib: float = 4.0
    quiet: bool = False

    def __post_init__(self) -> None:
        check_fields(self, _LIMITS)

    def max_bytes(self) -> int:
        """``memory_gib`` in bytes."""
        return int(self.memory_gib * (1 << 30))


def is_first_process() -> bool:
    """Whether this process is the one that speaks and writes, of those that torchrun started."""
    return os.environ.get("RANK", "0") == "0"
