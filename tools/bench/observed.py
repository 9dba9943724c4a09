"""How many disks a CPU second `ObservedSkies` observes, by each of its routes, on one thread.

Disks of a catalogue at 1024 px are rendered before the clock starts; the dirty images have 256 px,
thermal noise included. What each setup of the catalogue needs once is made before the clock starts
too, and told beside it. Both routes are timed in turns in this one process (CPU time). From the
same skies without noise both must make the same images, within the tolerance printed. Run it with

    OMP_NUM_THREADS=1 uv run tools/bench/observed.py > tools/bench/observed.md
"""

from __future__ import annotations

import os

# Before numpy is imported: the libraries below read them once.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from casa_sim import ObservationSettings
from casa_sim.observed import ObservedSkies
from casa_sim.settings import needs_two_arrays
from skymodels import CatalogueRow, DiskSkies, draw_catalogue
from skytypes import SkyImage

SIDE = 256
SAME_IMAGE = 5e-4
"""Largest allowed relative rms of the difference of two noise-free images."""
MUST, AIM = 20, 100
ROUTES = ("visibilities", "image-plane")


@dataclass(frozen=True)
class Rendered:
    """Skies that are in memory."""

    skies: Sequence[SkyImage]

    def __len__(self) -> int:
        return len(self.skies)

    def sky(self, index: int) -> SkyImage:
        return self.skies[index]


def observation(row: CatalogueRow) -> ObservationSettings:
    """The published observation of a disk, at 256 px."""
    two = needs_two_arrays(row.rout_arcsec, row.array_cfg, row.array_lo)
    return ObservationSettings(
        row.array_cfg,
        array_lo=row.array_lo if two else None,
        band=row.band,
        pwv_mm=row.pwv,
        time_s=row.time_s,
        imsize_px=SIDE,
    )


def seconds(function: Callable[[], object]) -> float:
    """CPU time of a call."""
    start = time.process_time()
    function()
    return time.process_time() - start


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Median and the middle 90 % of values."""
    low, middle, high = np.percentile(values, [5, 50, 95])
    return float(middle), float(low), float(high)


def differences(skies: Rendered, settings: Sequence[ObservationSettings]) -> list[float]:
    """Relative rms of the routes' difference for each disk, without noise."""
    quiet = [replace(s, noise="none") for s in settings]
    both = [ObservedSkies(skies, quiet, route="visibilities"), None]
    both[1] = ObservedSkies(skies, quiet, route="image-plane")
    found = []
    for index in range(len(skies)):
        one, two = (d.observe(index).data.astype(float) for d in both if d is not None)
        found.append(float(np.sqrt(np.mean((one - two) ** 2) / np.mean(one**2))))
    return found


def report(args: argparse.Namespace) -> int:
    """Print the tables; 1 if the images differ or the speed is below what it must be."""
    rows = draw_catalogue(args.disks, seed=args.seed)
    source = DiskSkies(rows)
    rendering = [0.0] * len(rows)
    skies = []
    for index in range(len(rows)):
        rendering[index] = seconds(lambda i=index: skies.append(source.sky(i)))
    rendered, settings = Rendered(skies), [observation(row) for row in rows]
    datasets = {r: ObservedSkies(rendered, settings, seed=args.seed, route=r) for r in ROUTES}
    every = range(len(rows))
    first = {r: seconds(lambda d=d: d.batch(every)) for r, d in datasets.items()}
    rates: dict[str, list[float]] = {r: [] for r in ROUTES}
    for _ in range(args.rounds):
        for route, dataset in datasets.items():
            rates[route].append(len(rows) / seconds(lambda d=dataset: d.batch(every)))
    ratio = [b / a for a, b in zip(*rates.values(), strict=True)]
    one = {r: [] for r in ROUTES}
    inside = [i for i in every if 2 * rows[i].rout_arcsec < 0.75 * SIDE * cell(settings[i])]
    for _ in range(args.rounds):
        spent = seconds(lambda: datasets["image-plane"].batch(inside))
        one["image-plane"].append(len(inside) / spent)
    away = differences(rendered, settings)
    say = sys.stdout.write
    say("# Observed skies: dirty images per CPU second\n\n")
    say(f"Printed by `tools/bench/observed.py`: {len(rows)} disks of the published catalogue ")
    say(
        f"(seed {args.seed}), sky models of 1024 px, dirty images of {SIDE} px with thermal noise, "
    )
    say(f"one thread, {args.rounds} rounds of one batch by each route in turns, CPU time, ")
    say("rendering left out. Median and the middle 90 % of the rounds. ")
    say(f"Load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.\n\n")
    say("| disks per CPU second | median | 5 % | 95 % |\n|---|---|---|---|\n")
    for route in ROUTES:
        say("| {} | {:.1f} | {:.1f} | {:.1f} |\n".format(route, *interval(rates[route])))
    say("| ratio | {:.1f} | {:.1f} | {:.1f} |\n".format(*interval(ratio)))
    name = f"image-plane, the {len(inside)} disks that fit into 3/4 of the image"
    say("| {} | {:.1f} | {:.1f} | {:.1f} |\n\n".format(name, *interval(one["image-plane"])))
    speed = interval(rates["image-plane"])[0]
    say(f"Must be {MUST} by the faster route, aim {AIM}: {speed:.0f}.\n\n")
    say(f"The first batch, which makes {len({repr(key(s)) for s in settings})} setups: ")
    say(", ".join(f"{r} {first[r] / len(rows):.2f} s a disk" for r in ROUTES))
    say(f". Rendering, left out above: {np.median(rendering):.2f} s a disk.\n\n")
    say("Without noise, image of the image-plane route against that of the visibilities, relative ")
    say(f"rms: median {np.median(away):.1e}, largest {max(away):.1e}; allowed {SAME_IMAGE:g}.\n")
    return int(max(away) > SAME_IMAGE or speed < MUST)


def cell(settings: ObservationSettings) -> float:
    """Pixel of the image [arcsec]."""
    return settings.image_cell_mas / 1000


def key(settings: ObservationSettings) -> tuple[object, ...]:
    """What decides a setup here."""
    return settings.arrays, settings.band, settings.time_s


def main() -> int:
    """Read the options and print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--disks", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=9)
    return report(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
