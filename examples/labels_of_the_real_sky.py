"""From simulated populations to what the real pulsars were born with (under a minute when small).

    uv run examples/labels_of_the_real_sky.py [--samples 500 --target 1045] [--out FOLDER]

popmaps simulates populations that differ in field and period at birth, and makes maps of what
three surveys detect of them; trainkit trains a network on the nine maps that the real sky has too;
edgeinfer exports it and asks it about the maps of the pulsar catalogue. The small default shows
the way and learns little: 24 populations of 60 pulsars. Give ``--catalogue psrcat.db`` for the real
sky; without one, the populations' own test set is the sky. ``--maps FOLDER`` takes maps that
popmaps generate and split wrote.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

import edgeinfer.cli
import popmaps.cli
import trainkit.cli
from skyrun.files import read_json

LABELS = ("B_initial_log10_mean", "P_initial_log10_mean")
OBSERVABLE = ("*_radec", "*_ppdot_map", "*_ppdot_map_fluxes")
RESOLUTION = ("--resolution-dyn", "32", "--resolution-ppdot", "32")


def run(command: Callable[[Sequence[str]], int], *arguments: object) -> None:
    """Run a command of one of the packages; stop where it fails."""
    status = command([str(a) for a in arguments])
    if status != 0:
        raise SystemExit(status)


def make_maps(out: Path, samples: int, target: int) -> Path:
    """Populations, their maps, and the sets for training."""
    vary = [
        *("--vary", LABELS[0], 12, 13.5),
        *("--vary", LABELS[1], -1.5, -0.3),
    ]
    kind = ("--kind", "surveys")
    goal = ("--target", "PMPS", target)
    run(popmaps.cli.main, "simulate", *kind, "--samples", samples, "--seed", 1, *vary, *goal,
        "-o", out / "samples")  # fmt: skip
    run(popmaps.cli.main, "generate", *kind, "--data", out / "samples", "--save-dir",
        out / "maps", *RESOLUTION)  # fmt: skip
    run(popmaps.cli.main, "split", "--dataset-path", out / "maps", "--test-split", 0.2,
        "--valid-split", 0.2)  # fmt: skip
    return out / "maps"


def answers(model: Path, table: Path, out: Path) -> list[dict[str, str]]:
    """What the exported network says of each row of a table of maps."""
    run(edgeinfer.cli.main, "run", model, table, "--out", out)
    with out.open(newline="") as file:
        return list(csv.DictReader(file))


def truth(table: Path) -> list[dict[str, str]]:
    """Rows of a dataset's table."""
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


def draw(maps: Path, held: list[dict[str, str]], sky: list[dict[str, str]], path: Path) -> None:
    """Answers against truth for samples the training never saw, and the answer for the sky."""
    figure, axes = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
    known = truth(maps / "dataset_test.csv")
    for panel, label in zip(axes, LABELS, strict=True):
        true = [float(row[label]) for row in known]
        panel.plot(true, [float(row[label]) for row in held], ".", label="simulated, held out")
        panel.axline((true[0], true[0]), slope=1, color="grey", lw=0.8)
        if len(sky) == 1:
            panel.axhline(float(sky[0][label]), color="C1", label="the real sky")
        panel.set(xlabel=f"true {label}", ylabel="answer of the network")
    axes[0].legend()
    figure.savefig(path, dpi=120)


def main() -> None:
    """Everything, one step after another; finished steps are not made again."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/labels_of_the_real_sky"))
    parser.add_argument("--samples", type=int, default=24)
    parser.add_argument("--target", type=int, default=60, help="detections of PMPS")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--catalogue", type=Path, help="psrcat.db, or a table of the catalogue")
    parser.add_argument("--maps", type=Path, help="folder of maps that are split already")
    args = parser.parse_args()
    out: Path = args.out
    maps = args.maps or make_maps(out, args.samples, args.target)
    fit, model = out / "fit", out / "popmaps.onnx"
    how = ("--epochs", args.epochs, "--batch-size", 8, "--seed", 1, "--threads", 1)
    run(trainkit.cli.main, "fit", "popmaps", "--data", maps, "--channels", *OBSERVABLE, *how,
        "--out", fit)  # fmt: skip
    run(edgeinfer.cli.main, "export", fit / "best.pt", "-o", model)
    held = answers(model, maps / "dataset_test.csv", out / "held_out.csv")
    sky = held
    if args.catalogue is not None:
        run(popmaps.cli.main, "observed", "--path-atnf", args.catalogue, "--save-dir",
            out / "sky", *RESOLUTION)  # fmt: skip
        sky = answers(model, out / "sky" / "dataset_atnf.csv", out / "sky.csv")
    draw(maps, held, sky, out / "labels_of_the_real_sky.png")
    card = read_json(fit / "best.card.json")
    print(f"{len(held)} samples held out; metrics on the card: {len(card['metrics'])}")
    print(f"{out / 'labels_of_the_real_sky.png'}")


if __name__ == "__main__":
    main()
