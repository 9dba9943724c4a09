"""What CASA says of a failure, made short enough for one line."""

from __future__ import annotations

import re
from pathlib import Path

LONGEST = 300

# CASA calls its leap-second table out of date whatever the observation; it is no reason.
_NO_REASON = re.compile(r"MeasTable::dUTC")
_SEVERE = re.compile(r"\tSEVERE\t[^\t]*\t(.*)")


def shortened(text: str) -> str:
    """A text of at most `LONGEST` characters.

    Examples
    --------
    >>> shortened("No overlap")
    'No overlap'
    >>> len(shortened("No overlap" * 99))
    300
    """
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def last_severe(log: Path) -> str:
    """The last message that CASA marked SEVERE in a log file; empty where there is none.

    Parameters
    ----------
    log : path
    """
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    for line in reversed(lines):
        found = _SEVERE.search(line)
        if found and not _NO_REASON.search(line):
            return shortened(found.group(1).strip())
    return ""
