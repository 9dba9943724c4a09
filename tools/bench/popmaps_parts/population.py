"""The fiducial population against the real surveys, and the cost of a full population.

    OMP_NUM_THREADS=1 uv run --all-extras tools/bench/popmaps_parts/population.py [--seeds 5]

Stars are drawn until PMPS has its 1045 detections; what the other surveys have by then, the birth
rate, and the distance of Kolmogorov and Smirnov to the catalogue (in ../shared/data/pulsars) are
the test. Nothing is fitted: the parameters are those published.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import ks_2samp

from popmaps.observed.catalogues import read_pulsars
from popmaps.observed.selection import in_survey, isolated_galactic, slowing_measured
from popmaps.population.full import full_population
from popmaps.population.settings import PopulationSettings
from popmaps.population.survey_draw import birth_rate_per_century, draw_until_detected
from popmaps.radio.surveys import built_in_surveys

CATALOGUE = Path(__file__).resolve().parents[4] / "shared/data/pulsars/psrcat_v2.7.0.db.xz"
TARGET = 1045
TABLES = {"PMPS": "PMPS", "SMPS": "SMPS", "HTRU": "HTRU_low_mid"}


def real() -> dict[str, dict[str, np.ndarray]]:
    """Logarithms of P and P_dot of the pulsars that each survey really detected."""
    pulsars = read_pulsars(CATALOGUE)
    kept = isolated_galactic(pulsars) & slowing_measured(pulsars)
    found = {}
    for name in TABLES:
        mask = kept & in_survey(pulsars, name)
        found[name] = {
            "P": np.log10(pulsars.table["p_s"].to_numpy(float)[mask]),
            "P_dot": np.log10(pulsars.table["p_dot"].to_numpy(float)[mask]),
        }
    return found


def fiducial(t_max_yr: float, seed: int) -> tuple[list[float], dict[str, dict[str, np.ndarray]]]:
    """Counts of one seed and the logarithms of P and P_dot."""
    settings = PopulationSettings()
    settings = replace(settings, galaxy=replace(settings.galaxy, t_max_yr=t_max_yr))
    population = draw_until_detected(
        settings, built_in_surveys(), {"PMPS": TARGET}, seed=seed, stars=20_000_000
    )
    tables = population.tables
    counts = [
        birth_rate_per_century(population.stars, t_max_yr),
        *(float(len(tables[t]["idx"])) for t in (*TABLES.values(), "HTRU_high")),
    ]
    logs = {
        name: {c: np.log10(tables[table][c]) for c in ("P", "P_dot")}
        for name, table in TABLES.items()
    }
    return counts, logs


def surveys(seeds: int) -> Iterator[str]:
    """Lines of the table of surveys."""
    catalogue = real()
    yield (
        "| t_max yr | births/century | PMPS | SMPS | HTRU low+mid | HTRU high | "
        + " | ".join(f"KS {name} {column}" for name in TABLES for column in ("P", "P_dot"))
        + " |"
    )
    yield "|" + "---|" * 12
    for t_max_yr in (3e7, 1e8):
        lines = []
        for seed in range(seeds):
            counts, logs = fiducial(t_max_yr, seed)
            distances = [
                float(ks_2samp(logs[n][c], catalogue[n][c]).statistic)
                for n in TABLES
                for c in ("P", "P_dot")
            ]
            lines.append([*counts, *distances])
        low, middle, high = np.min(lines, 0), np.median(lines, 0), np.max(lines, 0)
        cells = [
            f"{m:.3g} ({a:.3g}-{b:.3g})" if k == 0 or k > 4 else f"{m:.0f} ({a:.0f}-{b:.0f})"
            for k, (a, m, b) in enumerate(zip(low, middle, high, strict=True))
        ]
        yield f"| {t_max_yr:.0e} | " + " | ".join(cells) + " |"


CHANGES: dict[str, dict[str, dict[str, Any]]] = {
    "none": {},
    "h_c 0.05 kpc": {"galaxy": {"h_c_kpc": 0.05}},
    "sigma_k 150 km/s": {"galaxy": {"sigma_k_km_s": 150.0}},
    "sigma of log L0 0.6": {"radio": {"L_radio_log10_sigma": 0.6}},
    "no scatter of scattering": {"radio": {"scattering_log10_sigma": 0.0}},
}


def causes(seed: int = 1) -> Iterator[str]:
    """Which single change of a parameter moves the count of SMPS, one seed for all."""
    yield "| changed | births/century | SMPS | HTRU low+mid | PMPS median abs(b) deg |"
    yield "|---|---|---|---|---|"
    for name, parts in CHANGES.items():
        settings = PopulationSettings()
        for part, values in parts.items():
            settings = replace(settings, **{part: replace(getattr(settings, part), **values)})
        population = draw_until_detected(
            settings, built_in_surveys(), {"PMPS": TARGET}, seed=seed, stars=20_000_000
        )
        rate = birth_rate_per_century(population.stars, settings.galaxy.t_max_yr)
        tables = population.tables
        latitude = float(np.median(np.abs(tables["PMPS"]["b"])))
        counts = " | ".join(str(len(tables[t]["idx"])) for t in ("SMPS", "HTRU_low_mid"))
        yield f"| {name} | {rate:.2f} | {counts} | {latitude:.2f} |"


def full_cost(stars: int = 100_000, repeats: int = 7) -> str:
    """CPU seconds of a full population in memory."""
    arguments = (PopulationSettings(), built_in_surveys())
    times = []
    for seed in range(repeats + 1):
        start = time.process_time()
        list(full_population(*arguments, stars=stars, seed=seed))
        times.append(time.process_time() - start)
    first, rest = times[0], times[1:]
    return (
        f"full population of {stars} stars: {np.median(rest):.2f} CPU s "
        f"({min(rest):.2f}-{max(rest):.2f}, {repeats} seeds); the first in a process {first:.2f} "
        "(compiled code is loaded, rays of the electron density are integrated)"
    )


def main() -> None:
    """Print both parts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    print("# The fiducial population against the real surveys\n")
    print(
        f"Printed by `popmaps_parts/population.py`: stars are drawn until PMPS has "
        f"{TARGET}; median (least - most) of {seeds} seeds. Really found: PMPS 1047, SMPS 218, "
        "HTRU low+mid 1106 (psrcat v2.7.0). KS: distance of log10 P and log10 P_dot to the "
        "catalogue's.\n"
    )
    print("\n".join(surveys(seeds)))
    print()
    print("\n".join(causes()))
    print()
    print(full_cost())


if __name__ == "__main__":
    main()
