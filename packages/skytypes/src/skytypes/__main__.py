"""``python -m skytypes``: list what the installed packages register, and check it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .checks import check_dataset, check_model_factory, check_simulator, check_sky_source
from .errors import MissingPackageError, SkyError
from .images import SkyImage
from .registry import GROUPS, find, registered


def _check_simulator(simulator: Any) -> None:
    """On a point that is off the centre, of 1 Jy."""
    data = np.zeros((64, 64))
    data[40, 20] = 1.0
    check_simulator(simulator, SkyImage(data, 0.01, "Jy/pixel"))


_CHECKS: dict[str, Callable[[Any], None]] = {
    "datasets": check_dataset,
    "skies": check_sky_source,
    "simulators": _check_simulator,
}
"""Of what a class method ``example()`` gives."""


def _check(group: str, name: str) -> str:
    """What became of the check of one registered object."""
    item: Any = find(group, name)
    if group == "models":
        check_model_factory(item, architecture=name)
        return "checked"
    if group not in _CHECKS:
        return "imported"
    example: Callable[[], Any] | None = getattr(item, "example", None)
    if example is None:
        return "imported (no example() to check)"
    try:
        made = example()
    except MissingPackageError as error:
        # It stands on another package's part, which may be absent: nothing of its own is broken.
        return f"imported (no example: {error})"
    _CHECKS[group](made)
    return "checked"


def main(argv: Sequence[str] = ()) -> int:
    """Print a line for each registered object; 1 if any fails its check, 2 if given arguments."""
    if argv:
        sys.stderr.write("skytypes: error: takes no arguments: lists and checks what is there\n")
        return 2
    failed = 0
    for group in GROUPS:
        for name, entry in registered(group).items():
            try:
                outcome = _check(group, name)
            except Exception as error:  # noqa: BLE001 - one broken package must not hide the others
                failed += 1
                kind = "" if isinstance(error, SkyError) else f"{type(error).__name__}: "
                outcome = f"FAILED: {kind}{error}"
            sys.stdout.write(f"{group:<11} {name:<20} {entry.value:<40} {outcome}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
