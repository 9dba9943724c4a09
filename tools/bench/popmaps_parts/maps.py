"""How fast `popmaps` makes maps, against plain numpy and scipy, on one thread.

The plain way makes each map by itself: `numpy.histogram2d` with the edges given (once more with
weights where a mean is wanted), and `scipy.ndimage.gaussian_filter`. It is the oracle too: maps
before the filter must be equal to the bit, filtered ones within 1e-12 of a map's largest value.

Both are timed in turns in this one process (CPU time), with tables in memory. Run it with

    OMP_NUM_THREADS=1 uv run tools/bench/popmaps_parts/maps.py
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from popmaps.maps.full_maps import FULL_COLUMNS, FullMaps
from popmaps.maps.layout import FLUX_SAMPLE, SURVEY_KINDS, SURVEYS, survey_map_name
from popmaps.maps.survey_maps import flux_sample, survey_maps

Floats = NDArray[np.float64]
Stars = dict[str, NDArray[Any]]

SAME_FILTERED = 1e-12
FULL_CASES = ((1_000, 32), (100_000, 32), (100_000, 128), (1_000_000, 32), (1_000_000, 128))
DETECTED = {"PMPS": 1045, "SMPS": 218, "HTRU": 1095}
"""Stars of a survey table, as many as the real surveys found."""


def make_stars(number: int, seed: int) -> Stars:
    """Random stars with spreads like those of a simulated population; one in ten is seen."""
    rng = np.random.default_rng(seed)
    return {
        "r": rng.exponential(6.0, number),
        "phi": rng.uniform(0, 2 * np.pi, number),
        "z": rng.laplace(0, 0.7, number),
        "ra": rng.uniform(0, 360, number),
        "dec": np.degrees(np.arcsin(rng.uniform(-1, 1, number))),
        "v_r": rng.normal(0, 200, number),
        "v_phi": rng.normal(-200, 120, number),
        "v_z": rng.normal(0, 150, number),
        "pm_ra": rng.normal(0, 10, number),
        "pm_dec": rng.normal(0, 10, number),
        "P": 10 ** rng.normal(0, 0.6, number),
        "P_dot": 10 ** rng.normal(-15, 1.3, number),
        "S_radio_bol": 10 ** rng.normal(-17, 1.2, number),
        "S_radio_obs_mean_1400": 10 ** rng.normal(-3.5, 0.6, number),
        "spectral_index": np.full(number, -1.8),
        "intercepted_radio": rng.random(number) < 0.1,
    }


def plain_mean(x: Floats, y: Floats, edges: list[Floats], weight: Floats, empty: float) -> Floats:
    """Mean of a weight in each bin."""
    number = np.histogram2d(x, y, bins=edges)[0]
    total = np.histogram2d(x, y, bins=edges, weights=weight)[0]
    return np.where(number > 0, total / np.where(number > 0, number, 1.0), empty)


def plain_full(stars: Stars, resolution: int) -> list[tuple[Floats, Floats]]:
    """The ten maps of a population, each before and after the filter [K]."""
    kpc, ra = np.linspace(-20, 20, resolution + 1), np.linspace(0, 360, resolution + 1)
    plane, sky = [kpc, kpc], [ra, np.linspace(-90, 90, resolution // 2 + 1)]
    periods = [np.logspace(-3, 2, resolution + 1), np.logspace(-21, -9, resolution + 1)]
    x, y = stars["r"] * np.cos(stars["phi"]), stars["r"] * np.sin(stars["phi"])
    places = stars["ra"], stars["dec"]
    seen = stars["intercepted_radio"]
    a = stars["spectral_index"][seen]
    band = 1e11 ** (a + 1) - 1e7 ** (a + 1)
    flux = (a + 1) * stars["S_radio_bol"][seen] * 1.429e9**a / band * 1e23
    measured = stars["P"][seen], stars["P_dot"][seen]
    maps = [
        np.histogram2d(x, y, bins=plane)[0],
        np.histogram2d(x, stars["z"], bins=plane)[0],
        np.histogram2d(*places, bins=sky)[0],
        *(plain_mean(x, y, plane, abs(stars[v]), 0.0) for v in ("v_r", "v_phi", "v_z")),
        *(plain_mean(*places, sky, abs(stars[v]), 0.0) for v in ("pm_ra", "pm_dec")),
        np.histogram2d(stars["P"], stars["P_dot"], bins=periods)[0],
        plain_mean(*measured, periods, np.log10(flux), -7.0),
    ]
    return [(one, gaussian_filter(one, 1)) for one in maps]


def plain_survey(
    stars: Stars, chosen: NDArray[Any], resolution: int
) -> list[tuple[Floats, Floats]]:
    """The five maps of one survey, each before and after the filter [K]."""
    sky = [np.linspace(0, 360, resolution + 1), np.linspace(-90, 90, resolution // 2 + 1)]
    periods = [np.logspace(-3, 2, resolution + 1), np.logspace(-21, -9, resolution + 1)]
    places = stars["ra"], stars["dec"]
    p, p_dot, flux = (stars[n][chosen] for n in ("P", "P_dot", "S_radio_obs_mean_1400"))
    maps = [
        np.histogram2d(*places, bins=sky)[0],
        *(plain_mean(*places, sky, abs(stars[v]), 0.0) for v in ("pm_ra", "pm_dec")),
        np.histogram2d(stars["P"], stars["P_dot"], bins=periods)[0],
        plain_mean(p, p_dot, periods, np.log10(flux), -7.0),
    ]
    return [(one, gaussian_filter(one, 1)) for one in maps]


def plain_draw(number: int, survey: str, seed: int) -> NDArray[Any]:
    """Stars with a measured flux, drawn the usual way [K]."""
    wanted = FLUX_SAMPLE[survey]
    if number <= wanted:
        return np.arange(number)
    return np.random.default_rng(seed).choice(number, wanted, replace=False)


def fast_full(stars: Stars, resolution: int, *, filtered: bool = True) -> dict[str, Floats]:
    """The ten maps by `FullMaps`."""
    population = FullMaps(resolution, resolution)
    population.add(stars)
    return population.maps(filtered=filtered)


def cpu_seconds(function: Callable[[], object], least_s: float) -> float:
    """CPU seconds of one call, from as many as take ``least_s`` together."""
    calls, start = 0, time.process_time()
    while calls == 0 or time.process_time() - start < least_s:
        function()
        calls += 1
    return (time.process_time() - start) / calls


def in_turns(
    fast: Callable[[], object], plain: Callable[[], object], rounds: int
) -> tuple[float, float, list[float]]:
    """Medians of both, and the ratio of every round."""
    fast()
    pairs = [(cpu_seconds(fast, 0.2), cpu_seconds(plain, 0.2)) for _ in range(rounds)]
    quick, slow = np.array(pairs).T
    return float(np.median(quick)), float(np.median(slow)), list(slow / quick)


def largest_difference(
    made: Mapping[str, Floats],
    raw: Mapping[str, Floats],
    plain: Mapping[str, tuple[Floats, Floats]],
) -> tuple[int, float]:
    """Maps that are not equal before the filter, and the largest difference after it."""
    unequal, worst = 0, 0.0
    for name, (before, after) in plain.items():
        # Weights of the population's flux map are computed by another formula of the same value.
        close = np.allclose(raw[name], before, rtol=1e-13)
        same = close if name == "ppdot_map_fluxes" else np.array_equal(raw[name], before)
        unequal += not same
        worst = max(worst, float(abs(made[name] - after).max() / abs(after).max()))
    return unequal, worst


def full_rows(rounds: int) -> tuple[list[str], bool]:
    """Table rows of the ten maps, and whether all maps are right."""
    rows, right = [], True
    for number, resolution in FULL_CASES:
        stars = make_stars(number, 1)
        raw, made = (fast_full(stars, resolution, filtered=f) for f in (False, True))
        plain = dict(zip(made, plain_full(stars, resolution), strict=True))
        unequal, worst = largest_difference(made, raw, plain)
        right &= unequal == 0 and worst <= SAME_FILTERED
        fast, slow, ratios = in_turns(
            lambda s=stars, r=resolution: fast_full(s, r),  # type: ignore[misc]
            lambda s=stars, r=resolution: plain_full(s, r),  # type: ignore[misc]
            rounds,
        )
        low, middle, high = np.percentile(ratios, [5, 50, 95])
        cells = f"{number:.0e} | {resolution} | {1e3 * slow:.1f} | {1e3 * fast:.2f} | "
        cells += f"{1e9 * fast / number:.1f} | **{middle:.0f}** | {low:.0f}-{high:.0f} | "
        rows.append(f"| {cells}{unequal} | {worst:.0e} |")
    return rows, right


def survey_rows(rounds: int, samples: int) -> tuple[list[str], bool]:
    """Table rows of the survey maps, and whether all maps are right."""
    tables: list[dict[str, Stars]] = [
        {survey: make_stars(n, 100 * k + i) for i, (survey, n) in enumerate(DETECTED.items())}
        for k in range(samples)
    ]
    rows, right = [], True
    for resolution in (32, 64, 128):

        def fast(r: int = resolution, *, filtered: bool = True) -> dict[str, Floats]:
            return survey_maps(
                tables,
                numbers=range(samples),
                resolution_dyn=r,
                resolution_ppdot=r,
                filtered=filtered,
            )[0]

        def plain(r: int = resolution) -> None:
            for k, sample in enumerate(tables[:16]):
                for survey, stars in sample.items():
                    plain_survey(stars, plain_draw(stars["ra"].size, survey, k), r)

        made, raw = fast(), fast(filtered=False)
        last = samples - 1
        expected = {}
        for survey in SURVEYS:
            stars = tables[last][survey]
            chosen = flux_sample(stars["ra"].size, survey, seed=0, sample=last)
            maps = plain_survey(stars, chosen, resolution)
            for kind, one in zip(SURVEY_KINDS, maps, strict=True):
                expected[survey_map_name(survey, kind)] = one
        unequal, worst = largest_difference(
            {n: m[last] for n, m in made.items()}, {n: m[last] for n, m in raw.items()}, expected
        )
        right &= unequal == 0 and worst <= SAME_FILTERED
        quick, slow, ratios = in_turns(fast, plain, rounds)
        scaled = np.array(ratios) * samples / 16
        low, middle, high = np.percentile(scaled, [5, 50, 95])
        cells = f"{samples} | {resolution} | {1e3 * slow / 16:.2f} | {1e3 * quick / samples:.3f}"
        rows.append(
            f"| {cells} | **{middle:.0f}** | {low:.0f}-{high:.0f} | {unequal} | {worst:.0e} |"
        )
    return rows, right


def write_large(path: Path, number: int) -> None:
    """A population in Parquet, written a part at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    part = 1_000_000
    writer = None
    for k in range(number // part):
        stars = make_stars(part, k)
        made = pa.table({name: stars[name] for name in FULL_COLUMNS})
        writer = writer or pq.ParquetWriter(path, made.schema, compression="zstd")
        writer.write_table(made)
    if writer is not None:
        writer.close()


def large(folder: Path) -> None:
    """Maps of the one sample in a folder; prints CPU seconds and the peak of memory [MB]."""
    from popmaps.maps.generation import generate_maps

    start = time.process_time()
    generate_maps("full", folder, folder / "maps", resolution_dyn=128, resolution_ppdot=128)
    seconds = time.process_time() - start
    # Not of getrusage, which counts the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    sys.stdout.write(f"{seconds:.1f} {peak / 1024:.0f}\n")


def large_row(number: int) -> str:
    """CPU seconds and memory of a population read from Parquet, in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        sample = Path(name) / "000000"
        sample.mkdir()
        (sample / "override.json").write_text("{}")
        write_large(sample / "final_population.parquet", number)
        size = (sample / "final_population.parquet").stat().st_size / 1e6
        done = subprocess.run(
            [sys.executable, __file__, "--child", name], check=True, capture_output=True, text=True
        )
    seconds, peak = done.stdout.split()
    return f"| {number:.0e} | {size:.0f} | {seconds} | {peak} |"


def report(args: argparse.Namespace) -> int:
    """Print the tables; 1 if a map is not as it must be."""
    say = sys.stdout.write
    say("# Maps: CPU time against plain numpy and scipy\n\n")
    say("Printed by `tools/bench/popmaps_parts/maps.py`: one thread, ")
    say(f"{args.rounds} rounds of both ways in turns, CPU time, tables in memory; medians, and ")
    say("the middle 90 % of the rounds' ratios. ")
    say("Unequal: maps that differ by a bit before the filter. ")
    rows, right = full_rows(args.rounds)
    survey, also_right = survey_rows(args.rounds, args.samples)
    say(f"Load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.\n\n")
    say("Ten maps of a population:\n\n")
    say("| stars | bins | plain [ms] | popmaps [ms] | [ns/star] | ratio | 5-95 % | unequal | ")
    say("largest difference over the peak |\n" + "|---" * 9 + "|\n")
    say("\n".join(rows) + "\n\n")
    say("Fifteen maps of what three surveys detect (1045, 218 and 1095 stars), per sample:\n\n")
    say("| samples together | bins | plain [ms] | popmaps [ms] | ratio | 5-95 % | unequal | ")
    say("largest difference over the peak |\n" + "|---" * 8 + "|\n")
    say("\n".join(survey) + "\n")
    if args.large:
        say("\nOne population from Parquet to ten .npy files, 128 bins:\n\n")
        say("| stars | file [MB] | CPU [s] | peak memory [MB] |\n" + "|---" * 4 + "|\n")
        say(large_row(args.large) + "\n")
    return int(not (right and also_right))


def main() -> int:
    """Read the options and print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--samples", type=int, default=256, help="survey samples together")
    parser.add_argument("--large", type=int, default=0, help="stars of the one from Parquet")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child is not None:
        large(args.child)
        return 0
    return report(args)


if __name__ == "__main__":
    sys.exit(main())
