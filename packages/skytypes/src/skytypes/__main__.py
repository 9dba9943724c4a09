"""``python -m skytypes``: list what the installed packages register, and check it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from .checks import check_dataset, check_model_factory, check_sky_source
from .errors import SkyError
from .registry import GROUPS, find, registered


def _check(group: str, name: str) -> str:
    """What became of the check of one registered object."""
    item: Any = find(group, name)
    if group == "models":
        check_model_factory(item, architecture=name)
    elif group in ("datasets", "skies"):
        example: Callable[[], Any] | None = getattr(item, "example", None)
        if example is None:
            return "imported (no example() to check)"
        run = check_dataset if group == "datasets" else check_sky_source
        run(example())
    else:
        return "imported"
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
