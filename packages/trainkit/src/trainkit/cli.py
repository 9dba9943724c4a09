"""The command ``trainkit``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from skyrun.commands import answer, make_app, note, run

if TYPE_CHECKING:
    from .runs import FitResult

Names = Annotated[tuple[str, ...], Parameter(negative=(), consume_multiple=True)]

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
    from .disk_config import preset as make_preset
    from .disk_fit import fit_disks
    from .runtime import Runtime, is_first_process

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
    if is_first_process():
        _tell(result, json=json)


@fit.command
def popmaps(
    *,
    data: Path,
    out: Path = Path("runs/popmaps"),
    resume: Annotated[bool, Parameter(negative=())] = False,
    model: str | None = None,
    channels: Names = (),
    labels: Names = (),
    scale: Literal["sample", "training"] | None = None,
    softening: float | None = None,
    epochs: int | None = None,
    patience: int | None = None,
    batch_size: int | None = None,
    lr: float | None = None,
    weight_decay: float | None = None,
    seed: int | None = None,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    threads: int = 0,
    memory_gib: float = 4.0,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Train a network to say what a population was born with, from its density maps.

    Writes best.pt with its card, last.pt, history.csv and history.png into a folder. The figures
    are those of the test set, which training never sees, beside predicting the mean and a ridge
    regression on the maps.

    Parameters
    ----------
    data
        Folder with dataset_train.csv, dataset_valid.csv and dataset_test.csv (popmaps split).
    out
        Folder of the run.
    resume
        Go on from last.pt in that folder.
    model
        Registered model; mapnet if not given.
    channels
        Maps by name, in the order that the network takes them; a * stands for any letters. All
        that the training table has, if not given.
    labels
        What it says; all labels of the table, if not given.
    scale
        Maps standardised each by its own mean and deviation, or by those of training.
    softening
        Maps without negative values are taken as asinh(x / softening); 0 for as they are.
    epochs
        Most times through the data.
    patience
        Epochs without a better one after which the run ends; 0 for never.
    batch_size
        Samples a step, over all processes.
    lr
        Highest learning rate.
    weight_decay
        Of AdamW.
    seed
        Of every draw.
    device
        auto takes a GPU where there is one.
    threads
        Of torch on the CPU; 0 leaves its setting alone.
    memory_gib
        Encoded maps kept in memory between epochs [GiB].
    json
        Print the result as lines of JSON.
    """
    from .map_config import MapsConfig
    from .map_fit import fit_maps
    from .runtime import Runtime, is_first_process

    changes = {
        "model": model,
        "channels": _split(channels),
        "labels": _split(labels),
        "scale": scale,
        "softening": softening,
        "epochs": epochs,
        "patience": patience,
        "batch_size": batch_size,
        "lr": lr,
        "weight_decay": weight_decay,
        "seed": seed,
    }
    config = MapsConfig.changed(changes)
    runtime = Runtime(device=device, threads=threads, memory_gib=memory_gib)
    result = fit_maps(data, config, out=out, resume=resume, runtime=runtime)
    if is_first_process():
        _tell(result, json=json)


def _split(names: Sequence[str]) -> tuple[str, ...]:
    """Names given one by one or with commas between them."""
    return tuple(name for text in names for name in text.split(",") if name)


def _tell(result: FitResult, *, json: bool) -> None:
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
    return run(
        app, argv, to_continue="run it again with --resume to go on from the last whole epoch"
    )


if __name__ == "__main__":
    # torchrun starts a module, not a console script.
    sys.exit(main())
