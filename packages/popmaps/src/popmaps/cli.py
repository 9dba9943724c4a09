"""The command ``popmaps``; each verb is a module of ``popmaps.commands``."""

from __future__ import annotations

from collections.abc import Sequence

from skyrun import make_app, run

from .commands.generate import generate
from .commands.observed import observed
from .commands.show import show
from .commands.simulate import simulate
from .commands.split import split

app = make_app(
    "popmaps",
    "Neutron-star populations to density maps, datasets and splits.",
)
app.command(simulate)
app.command(generate)
app.command(split)
app.command(observed)
app.command(show)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is returned."""
    return run(app, argv)
