"""How many disks a CPU second `ObservedSkies` observes, by each of its routes, on one thread.

Disks of a catalogue at 1024 px are rendered before the clock starts; the dirty images have 256 px,
thermal noise included. What each setup of the catalogue needs once is made before the clock starts
too, and told beside it. Both routes are timed in turns in this one process (CPU time). From the
same skies without noise both must make the same images, within the tolerance printed. Run it with

    OMP_NUM_THREADS=1 uv run tools/bench/observed.py > tools/bench/observed.md
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from casa_sim import ObservationSettings
from casa_sim.imaging_rules import needs_two_arrays
from casa_sim.observed_skies import ObservedSkies
from casa_sim.skies import check_field
from skymodels import CatalogueRow, DiskSkies, draw_catalogue
from skytypes import SkyImage
from skytypes.errors import InputError

SIDE = 256
SAME_IMAGE = 2e-3
"""Largest allowed relative rms of the difference of two noise-free images.

One has CASA's rounding of the grid; both made exactly they agree (tests/truth/test_routes_agree.py
of casa-sim).
"""
MUST, AIM = 20, 100
SHARE = 0.75


@dataclass(frozen=True)
class Rendered:
    """Skies that are in memory."""

    skies: Sequence[SkyImage]

    def __len__(self) -> int:
        """Number of skies."""
        return len(self.skies)

    def sky(self, index: int) -> SkyImage:
        """Sky ``index``."""
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


def accepted(count: int, seed: int) -> list[tuple[SkyImage, ObservationSettings]]:
    """The first disks of a catalogue that are seen at 256 px, not mostly beyond the image."""
    source = DiskSkies(draw_catalogue(2 * count, seed=seed))
    found: list[tuple[SkyImage, ObservationSettings]] = []
    for index, row in enumerate(source.rows):
        sky, settings = source.sky(index), observation(row)
        try:
            check_field(sky, settings)
        except InputError:
            continue
        found.append((sky, settings))
        if len(found) == count:
            break
    return found


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
    visibilities = ObservedSkies(skies, quiet, route="visibilities")
    plane = ObservedSkies(skies, quiet, route="image-plane")
    found = []
    for index in range(len(skies)):
        one, two = (d.observe(index).data.astype(float) for d in (visibilities, plane))
        found.append(float(np.sqrt(np.mean((one - two) ** 2) / np.mean(one**2))))
    return found


@dataclass(frozen=True)
class Figures:
    """What is measured: disks per CPU second a round, and seconds a disk."""

    rates: dict[str, list[float]]
    first: dict[str, float]


def measure(skies: Rendered, settings: Sequence[ObservationSettings], *, args: Any) -> Figures:
    """Both routes in turns, and those disks that lie well inside their images."""
    visibilities = ObservedSkies(skies, settings, seed=args.seed, route="visibilities")
    plane = ObservedSkies(skies, settings, seed=args.seed, route="image-plane")
    every = range(len(skies))
    inside = [i for i in every if 2 * rout_arcsec(skies.skies[i]) < SHARE * field(settings[i])]
    first = {
        "visibilities": seconds(lambda: visibilities.batch(every)) / len(every),
        "image-plane": seconds(lambda: plane.batch(every)) / len(every),
    }
    rates: dict[str, list[float]] = {"visibilities": [], "image-plane": [], "ratio": []}
    rates[f"image-plane, the {len(inside)} disks within {SHARE:g} of the image"] = few = []
    for _ in range(args.rounds):
        slow = len(every) / seconds(lambda: visibilities.batch(every))
        fast = len(every) / seconds(lambda: plane.batch(every))
        for name, value in (("visibilities", slow), ("image-plane", fast), ("ratio", fast / slow)):
            rates[name].append(value)
        few.append(len(inside) / seconds(lambda: plane.batch(inside)))
    return Figures(rates, first)


def report(args: argparse.Namespace) -> int:
    """Print the tables; 1 if the images differ or the speed is below what it must be."""
    start = time.process_time()
    chosen = accepted(args.disks, args.seed)
    rendering = (time.process_time() - start) / len(chosen)
    skies, settings = Rendered([sky for sky, _ in chosen]), [one for _, one in chosen]
    found = measure(skies, settings, args=args)
    away = differences(skies, settings)
    setups = len({(s.arrays, s.band, s.time_s) for s in settings})
    speed = interval(found.rates["image-plane"])[0]
    say = sys.stdout.write
    say("# Observed skies: dirty images per CPU second\n\n")
    say(f"Printed by `tools/bench/observed.py`: {len(chosen)} disks of the published catalogue ")
    say(
        f"(seed {args.seed}; those of which most is in the image), sky models of 1024 px, "
        f"dirty images of {SIDE} px with thermal noise, "
    )
    say(f"one thread, {args.rounds} rounds of one batch by each route in turns, CPU time, ")
    say("rendering left out. Median and the middle 90 % of the rounds. ")
    say(f"Load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.\n\n")
    say("| disks per CPU second | median | 5 % | 95 % |\n|---|---|---|---|\n")
    for name, values in found.rates.items():
        say("| {} | {:.1f} | {:.1f} | {:.1f} |\n".format(name, *interval(values)))
    say(f"\nMust be {MUST} by the faster route, aim {AIM}: {speed:.0f}.\n\n")
    say(f"The first batch, which makes {setups} setups: ")
    say(", ".join(f"{name} {value:.2f} s a disk" for name, value in found.first.items()))
    say(f". Rendering, left out above: {rendering:.2f} s a disk.\n\n")
    say("Without noise, image of the image-plane route against that of the visibilities, which ")
    say(f"has CASA's rounding, relative rms: median {np.median(away):.1e}, largest ")
    say(f"{max(away):.1e}; allowed {SAME_IMAGE:g}.\n")
    return int(max(away) > SAME_IMAGE or speed < MUST)


def field(settings: ObservationSettings) -> float:
    """Side of the image [arcsec]."""
    return settings.image_cell_mas / 1000 * SIDE


def rout_arcsec(sky: SkyImage) -> float:
    """Outer radius of a disk [arcsec]."""
    return float(sky.truth["rout_arcsec"])


def main() -> int:
    """Read the options and print the report."""
    if os.environ.get("OMP_NUM_THREADS") != "1":
        sys.exit("set OMP_NUM_THREADS=1: products of matrices would use more threads")
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--disks", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=9)
    return report(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
