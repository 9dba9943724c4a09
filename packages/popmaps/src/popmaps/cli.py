"""The command ``popmaps``; each verb is a module of ``popmaps.commands``."""

from __future__ import annotations

from collections.abc import Sequence

from skyrun import make_app, run

from .commands.observed import observed

app = make_app(
    "popmaps",
    "Neutron-star populations to density maps, datasets and splits.",
)
app.command(observed)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is returned."""
    return run(app, argv)
