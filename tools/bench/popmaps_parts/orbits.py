"""How fast `popmaps` moves its stars, against one scipy call a star, on one thread.

The plain way integrates each star by itself with `scipy.integrate.odeint` at its default
tolerances, in cylindrical coordinates, kpc and kpc/Myr, its force written in plain Python, and asks
for the place every 10,000 years although only the last is used. Both ways are compared with a tight
integration by `scipy.integrate.solve_ivp` (DOP853, 1e-12).

Both are timed in turns in this one process (CPU time); neither uses a second thread. Run it with

    OMP_NUM_THREADS=1 uv run tools/bench/popmaps_parts/orbits.py
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import odeint, solve_ivp

from popmaps.constants import GRAVITY, KPC_CM, YEAR_S
from popmaps.galaxy.dynamics import Births, born, evolved
from popmaps.galaxy.frames import seen_from_sun
from popmaps.galaxy.orbits import TIME_PER_YEAR, TOLERANCE, evolve
from popmaps.galaxy.potentials import accelerations
from popmaps.galaxy.settings import GalaxySettings
from popmaps.galaxy.vectors import to_cartesian

Floats = NDArray[np.float64]

KM_S_PER_KPC_MYR = KPC_CM / 1e5 / (1e6 * YEAR_S)
GRAVITY_MYR = GRAVITY / KM_S_PER_KPC_MYR**2
"""Newton's constant [kpc^3 Myr^-2 per solar mass]."""
OUTPUT_MYR = 0.01
TOLERANCES = (1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10)
POPULATION = 100_000
REQUIRED = 40.0


@dataclass(frozen=True)
class Stars:
    """Stars to follow: positions [kpc], velocities [km/s], ages [yr]."""

    positions: Floats
    velocities: Floats
    ages: Floats

    def some(self, chosen: slice) -> Stars:
        """Part of the stars."""
        return Stars(self.positions[chosen], self.velocities[chosen], self.ages[chosen])


def draw(seed: int, number: int) -> Stars:
    """Stars of the default population at birth."""
    births = born(np.random.default_rng(seed), number, GalaxySettings())
    return stars_of(births)


def stars_of(births: Births) -> Stars:
    """Births in Cartesian axes."""
    none = np.zeros_like(births.r_kpc)
    motion = (births.v_r_km_s, births.v_phi_km_s, births.v_z_km_s)
    return Stars(
        to_cartesian(births.phi_rad, births.r_kpc, none, births.z_kpc),
        to_cartesian(births.phi_rad, *motion),
        births.age_yr,
    )


def plain_slope(y: Sequence[float], _: float) -> tuple[float, ...]:
    """Time derivatives of r, phi, z, v_r, v_phi, v_z in kpc and Myr, in the M19 potential."""
    r, _phi, z, v_r, v_phi, v_z = y
    s = math.sqrt(r * r + z * z)
    height = math.sqrt(z * z + 0.28**2)
    disk = 6.8e10 / (r * r + (3.0 + height) ** 2) ** 1.5
    spheres = 5.0e9 / (s + 1.0) ** 2 + 1.71e9 / (s + 0.07) ** 2
    halo = 5.4e11 * (math.log(1 + s / 15.62) / s - 1 / (s + 15.62)) / s
    both = (spheres + halo) / s
    pull_r = GRAVITY_MYR * r * (disk + both)
    pull_z = GRAVITY_MYR * z * (disk * (3.0 + height) / height + both)
    return v_r, v_phi / r, v_z, v_phi * v_phi / r - pull_r, -v_r * v_phi / r, -pull_z


def plain_orbits(stars: Stars) -> Floats:
    """Places today [kpc], one star after the other: what is timed."""
    ends = np.empty_like(stars.positions)
    for i, (place, speed, age) in enumerate(
        zip(stars.positions, stars.velocities / KM_S_PER_KPC_MYR, stars.ages / 1e6, strict=True)
    ):
        r, phi = math.hypot(place[0], place[1]), math.atan2(place[1], place[0])
        v_r = (place[0] * speed[0] + place[1] * speed[1]) / r
        v_phi = (place[0] * speed[1] - place[1] * speed[0]) / r
        times = np.append(np.arange(0.0, age, OUTPUT_MYR), age)
        path = odeint(plain_slope, [r, phi, place[2], v_r, v_phi, speed[2]], times)
        r, phi, z = path[-1, :3]
        ends[i] = r * math.cos(phi), r * math.sin(phi), z
    return ends


def tight_orbits(stars: Stars) -> Floats:
    """Places today [kpc], by a tight integration in Cartesian axes."""

    def slope(_: float, y: Floats) -> Floats:
        return np.concatenate([y[3:], accelerations(y[None, :3])[0]])

    ends = np.empty_like(stars.positions)
    for i, age in enumerate(stars.ages * TIME_PER_YEAR):
        start = np.concatenate([stars.positions[i], stars.velocities[i]])
        found = solve_ivp(slope, (0, age), start, method="DOP853", rtol=1e-12, atol=1e-12)
        ends[i] = found.y[:3, -1]
    return ends


def our_orbits(stars: Stars, tolerance: float) -> Floats:
    """Places today [kpc] by the package."""
    return evolve(stars.positions, stars.velocities, stars.ages, tolerance=tolerance).positions_kpc


def cpu_seconds(function: Callable[..., object], *arguments: Any) -> float:
    """CPU time of one call."""
    start = time.process_time()
    function(*arguments)
    return time.process_time() - start


def errors(ends: Floats, truth: Floats) -> str:
    """Median, 99 % and largest distance from the truth, as cells of a table."""
    away = np.linalg.norm(ends - truth, axis=1)
    return " | ".join(f"{x:.1e}" for x in np.quantile(away, [0.5, 0.99, 1.0]))


def time_orbits(seed: int, rounds: int, plain: int, fast: int) -> dict[float | None, list[float]]:
    """Microseconds a star, one value a round; None is the plain way."""
    found: dict[float | None, list[float]] = {None: [], **{t: [] for t in TOLERANCES}}
    our_orbits(draw(seed, 10), TOLERANCE)
    for turn in range(rounds):
        stars = draw(seed + turn, fast)
        few = stars.some(slice(0, plain))
        found[None].append(1e6 * cpu_seconds(plain_orbits, few) / plain)
        for t in TOLERANCES:
            used = cpu_seconds(our_orbits, stars, t)
            found[t].append(1e6 * used / fast)
    return found


def report_orbits(args: argparse.Namespace) -> float:
    """Print the table of orbits; the ratio at the default tolerance."""
    stars = draw(args.seed, args.compared)
    truth = tight_orbits(stars)
    found = time_orbits(args.seed, args.rounds, args.plain, args.fast)
    say = sys.stdout.write
    say("| way | us a star | times faster | error: median | 99 % | largest [kpc] |\n")
    say("|---|---|---|---|---|---|\n")
    plain = np.array(found[None])
    say(f"| scipy odeint | {np.median(plain):.0f} | 1 | {errors(plain_orbits(stars), truth)} |\n")
    for t in TOLERANCES:
        ratio = np.median(plain / np.array(found[t]))
        mark = " (default)" if t == TOLERANCE else ""
        say(f"| popmaps, {t:g}{mark} | {np.median(found[t]):.2f} | {ratio:.0f} | ")
        say(f"{errors(our_orbits(stars, t), truth)} |\n")
    return float(np.median(plain / np.array(found[TOLERANCE])))


def report_population(seed: int, rounds: int) -> None:
    """Print the CPU time of the parts of a population."""
    parts: dict[str, list[float]] = {"births": [], "orbits and sky": [], "of these, sky": []}
    for turn in range(rounds):
        start = time.process_time()
        births = born(np.random.default_rng(seed + turn), POPULATION, GalaxySettings())
        parts["births"].append(time.process_time() - start)
        parts["orbits and sky"].append(cpu_seconds(evolved, births))
        stars = stars_of(births)
        parts["of these, sky"].append(cpu_seconds(seen_from_sun, stars.positions, stars.velocities))
    sys.stdout.write(f"\n{POPULATION} stars, ages to 3e7 yr:\n\n| part | CPU s |\n|---|---|\n")
    for name, values in parts.items():
        sys.stdout.write(f"| {name} | {np.median(values):.3f} |\n")


def report(args: argparse.Namespace) -> int:
    """Print everything; 1 if the orbits are not fast enough."""
    say = sys.stdout.write
    say("# Orbits of neutron stars: CPU time\n\n")
    say(f"Printed by `popmaps_parts/orbits.py`: M19 potential, seed {args.seed}, one thread, ")
    say(
        f"{args.rounds} rounds of {args.plain} stars the plain way and {args.fast} the fast way in "
    )
    say(f"turns, medians. Errors are of {args.compared} stars, from a tight integration.\n\n")
    ratio = report_orbits(args)
    report_population(args.seed, args.rounds)
    say(f"\nLoad of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.\n")
    return int(ratio < REQUIRED)


def main() -> int:
    """Read the options and print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--plain", type=int, default=400, help="stars a round, the plain way")
    parser.add_argument("--fast", type=int, default=20_000, help="stars a round, the fast way")
    parser.add_argument("--compared", type=int, default=400, help="stars whose errors are shown")
    return report(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
