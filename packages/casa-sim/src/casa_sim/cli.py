"""Command line of casa-sim; each verb is a module of ``casa_sim.commands``."""

from __future__ import annotations

from skyrun.commands import make_app, run

from .commands.arrays import arrays
from .commands.catalogue import catalogue
from .commands.compare import compare
from .commands.observe import observe

app = make_app("casa-sim", "What ALMA would see of a sky model.")
for verb in (observe, catalogue, compare, arrays):
    app.command(verb)


def main(argv: list[str] | None = None) -> int:
    """Run ``casa-sim`` and give its exit status."""
    return run(app, argv)
