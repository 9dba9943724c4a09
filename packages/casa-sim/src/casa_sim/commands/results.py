"""What the verbs that observe print."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from skyrun.commands import note

if TYPE_CHECKING:
    from ..tasks import DiskResult


def result_rows(results: Iterable[DiskResult], failed: list[str]) -> Iterable[dict[str, object]]:
    """A row for each disk; the reason of one that failed goes to stderr, its name to ``failed``."""
    for result in results:
        if result.status == "failed":
            failed.append(result.name)
            note(f"casa-sim: {result.name}: {result.reason}")
        yield {
            "ID": result.name,
            "status": result.status,
            "file": result.file,
            "seconds": round(result.seconds, 2),
            "reason": result.reason,
        }


def split_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Names given apart or with commas between them.

    Examples
    --------
    >>> split_names(["dirty,psf", "work"])
    ('dirty', 'psf', 'work')
    """
    return tuple(name for text in texts for name in text.split(",") if name)
