"""The command ``popmaps``."""

from __future__ import annotations

from collections.abc import Sequence

from skyrun import answer, make_app, run

VERBS = "simulate, generate, split, observed, show"

app = make_app(
    "popmaps",
    "Skeleton: will hold the density maps, datasets and splits of neutron-star populations.",
)


@app.command
def plan(*, json: bool = False) -> None:
    """Say what will be here.

    Parameters
    ----------
    json : bool
        One JSON object a line instead of a table.
    """
    answer(({"verb": verb, "state": "planned"} for verb in VERBS.split(", ")), json=json)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is returned.

    Examples
    --------
    >>> main(["plan", "--json"])  # doctest: +ELLIPSIS
    {"verb": ...
    0
    """
    return run(app, argv)
