"""The command ``trainkit``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from skyrun.commands import answer, make_app, note, run

app = make_app("trainkit", "Train networks on synthetic and simulated skies.")
fit = App(name="fit", help="Train a network.")
app.command(fit)


@fit.command
def disks(
    *,
    preset: Literal["quick", "full"] = "quick",
    out: Path = Path("runs/disks"),
    resume: Annotated[bool, Parameter(negative=())] = False,
    model: str | None = None,
    data: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    synthetic: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    lr: float | None = None,
    validation: float | None = None,
    seed: int | None = None,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    threads: int = 0,
    memory_gib: float = 4.0,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Train a network to measure protoplanetary disks.

    Writes best.pt with its card, last.pt, history.csv and history.png into a folder. The same
    command under torchrun trains on all its processes.

    Parameters
    ----------
    preset
        quick: a small network, minutes on a laptop. full: the published recipe.
    out
        Folder of the run.
    resume
        Go on from last.pt in that folder.
    model
        Registered model; the preset's if not given.
    data
        Folder of simulated disks, or NAME=FOLDER with a registered dataset; may be repeated.
    synthetic
        Synthetic disks an epoch, 0 for none.
    epochs
        Times through the data.
    batch_size
        Pictures a step, over all processes.
    lr
        Highest learning rate.
    validation
        Share of the disks that is held out.
    seed
        Of every draw.
    device
        auto takes a GPU where there is one.
    threads
        Of torch on the CPU; 0 leaves its setting alone.
    memory_gib
        Pictures kept in memory between epochs [GiB].
    json
        Print the result as a line of JSON.
    """
    from .config import Runtime, is_first_process
    from .config import preset as make_preset
    from .fit import fit_disks

    config = make_preset(
        preset,
        model=model,
        data=data or None,
        synthetic=synthetic,
        epochs=epochs,
        batch_size=batch_size,
        lr=lr,
        validation=validation,
        seed=seed,
    )
    runtime = Runtime(device=device, threads=threads, memory_gib=memory_gib)
    result = fit_disks(config, out=out, resume=resume, runtime=runtime)
    if not is_first_process():
        return
    if not json:
        note(f"trainkit: wrote {result.best} in {result.seconds:.0f} s")
    answer(
        [
            {
                "name": m.name,
                "value": m.value,
                "low": m.interval[0] if m.interval else None,
                "high": m.interval[1] if m.interval else None,
                "n": m.n,
                "baseline": m.baseline,
                "baseline_value": m.baseline_value,
            }
            for m in result.card.metrics
        ],
        json=json,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit status."""
    return run(app, argv)


if __name__ == "__main__":
    # torchrun starts a module, not a console script.
    sys.exit(main())
