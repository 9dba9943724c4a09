"""How well networks say the labels of maps, beside ridge regression and the mean, as a table.

``uv run tools/bench/popmaps.py --only learning --maps DATA`` trains `trainkit.fit_maps` on the
folder's dataset_train.csv, stopped by dataset_valid.csv, once for each seed, and prints R^2 on
dataset_test.csv with 95 % bootstrap intervals, the difference to ridge regression by the same
resamples, and CPU seconds, one thread.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from trainkit import MapsConfig, Runtime, fit_maps, load_network, predict
from trainkit.map_fit import predict_mean_label, predict_ridge
from trainkit.map_sets import MapDataset, MapSets, open_sets
from trainkit.regression import r_squared, r_squared_of, resampled

Columns = dict[str, NDArray[np.float64]]
OBSERVABLE = ("*_radec", "*_ppdot_map", "*_ppdot_map_fluxes")


def methods(
    data: Path, config: MapsConfig, sets: MapSets, seeds: int
) -> Iterator[tuple[str, Columns, str]]:
    """Each method's name, its answers on the test set and what it cost."""
    held = held_out(sets)
    yield "predict mean", predict_mean_label(sets.train, len(held)), "-"
    start = time.process_time()
    ridge = predict_ridge(sets.train, held)
    yield "ridge", ridge, f"{time.process_time() - start:.1f}"
    runtime = Runtime(device="cpu", threads=1, quiet=True)
    for seed in range(seeds):
        seeded = replace(config, seed=seed)
        with tempfile.TemporaryDirectory() as folder:
            result = fit_maps(data, seeded, out=folder, runtime=runtime)
            network, card = load_network(result.best)
            said = predict(network, card, held, range(len(held)))
        epochs = f"best epoch {card.training['best_epoch']} of {card.training['epochs_done']}"
        answers = {name: values.astype(np.float64) for name, values in said.items()}
        yield f"network, seed {seed} ({epochs})", answers, f"{result.cpu_seconds:.0f}"


def held_out(sets: MapSets) -> MapDataset:
    """The test set."""
    if sets.test is None:
        raise SystemExit("no dataset_test.csv; split with --test-split")
    return sets.test


def cell(truth: NDArray[np.float64], said: NDArray[np.float64], picks: Any) -> str:
    """R^2 with its interval."""
    low, high = np.nanpercentile(r_squared_of(truth, said, picks), [2.5, 97.5])
    return f"{r_squared(truth, said):.3f} ({low:.3f} to {high:.3f})"


def gain(truth: NDArray[np.float64], said: Columns, ridge: Columns, name: str, picks: Any) -> str:
    """R^2 above ridge regression's, by the same resamples."""
    apart = r_squared_of(truth, said[name], picks) - r_squared_of(truth, ridge[name], picks)
    low, high = np.nanpercentile(apart, [2.5, 97.5])
    value = r_squared(truth, said[name]) - r_squared(truth, ridge[name])
    return f"{value:+.3f} ({low:+.3f} to {high:+.3f})"


def main() -> int:
    """Train, score and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--channels", nargs="*", default=OBSERVABLE)
    parser.add_argument("--labels", nargs="*", default=())
    parser.add_argument("--epochs", type=int)
    given = parser.parse_args()
    changes = {
        "channels": tuple(given.channels),
        "labels": tuple(given.labels),
        "epochs": given.epochs,
    }
    config = MapsConfig.changed(changes)
    sets = open_sets(given.data, config)
    held = held_out(sets)
    truth = held.label_values()
    picks = resampled(len(held))
    print(
        f"{len(sets.train)} training, {len(sets.valid)} validation, {len(held)} test samples; "
        f"{len(sets.train.channels)} channels\n"
    )
    heads = [f"R^2 of {n}" for n in truth] + [f"above ridge, {n}" for n in truth]
    print("| method | " + " | ".join(heads) + " | CPU s |")
    print("|---|" + "---|" * (len(heads) + 1))
    ridge: Columns = {}
    for name, said, cost in methods(given.data, config, sets, given.seeds):
        cells = [cell(truth[n], said[n], picks) for n in truth]
        if name == "ridge":
            ridge = said
        shown = name.startswith("network")
        cells += [gain(truth[n], said, ridge, n, picks) if shown else "-" for n in truth]
        print(f"| {name} | " + " | ".join(cells) + f" | {cost} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
