"""What the verbs that observe print, and the exit status that follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from skyrun.commands import exit_status, note

if TYPE_CHECKING:
    from ..tasks import DiskResult


class Results:
    """Results of disks as rows of an answer, counted as they pass."""

    def __init__(self, results: Iterable[DiskResult]) -> None:
        self._results = results
        self._good = self._failed = 0

    def rows(self) -> Iterator[dict[str, object]]:
        """A row for each disk; the reason of one that failed goes to standard error too."""
        for result in self._results:
            failed = result.status == "failed"
            self._failed += failed
            self._good += not failed
            if failed:
                note(f"casa-sim: {result.name}: {result.reason}")
            yield {
                "ID": result.name,
                "status": result.status,
                "file": result.file,
                "seconds": round(result.seconds, 2),
                "reason": result.reason,
            }

    @property
    def status(self) -> int:
        """Exit status once all have passed: 0; 1 if some failed, 2 if none was made or kept."""
        return exit_status(self._good, self._failed)


def split_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Names given apart or with commas between them.

    Examples
    --------
    >>> split_names(["dirty,psf", "work"])
    ('dirty', 'psf', 'work')
    """
    return tuple(name for text in texts for name in text.split(",") if name)
