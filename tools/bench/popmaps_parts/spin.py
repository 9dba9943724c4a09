"""How fast stars spin down in `popmaps`, against one `odeint` a star, on one thread.

The plain way integrates period and inclination of each star with `scipy.integrate.odeint`
(LSODA, its default tolerance), written out at 100 times a decade of age from 1 yr on, with the
equations in scalar Python. Both ways evolve the same stars; how far each is from a tight
integration (DOP853, relative tolerance 1e-11) is printed beside the times.

Both are timed in turns in this one process (CPU time). Run it with

    uv run tools/bench/popmaps_parts/spin.py
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import odeint, solve_ivp

from popmaps.constants import YEAR_S
from popmaps.radio.detection import Pulsars, observe
from popmaps.radio.draws import draw_beam_offsets, draw_radio
from popmaps.radio.emission import emit, intercepted
from popmaps.radio.settings import RadioSettings
from popmaps.radio.surveys import built_in_surveys
from popmaps.rows import rows
from popmaps.spin.births import Births, draw_births
from popmaps.spin.evolution import SpinToday, spun_down
from popmaps.spin.settings import SpinSettings
from skytypes import item_rng

Values = NDArray[np.float64]
Slope = Callable[[Values, float], tuple[float, float]]

SPIN = SpinSettings()
BETA_YEAR = SPIN.star.braking_s_gauss2 * YEAR_S
OLDEST_YR = 1e8
OUTPUTS_A_DECADE = 100


def slope_of(born: float, floor: float) -> Slope:
    """The two equations of one star, in years."""
    a1, a2, late, tl = -0.13, -3.0, SPIN.a_late, 2e6
    t1, t2 = 1e14 * born**-0.8, 6e8 * born**-0.2

    def field(t: float) -> float:
        if born < floor:
            return born
        if tl < t1:
            now = born * (1 + t / tl) ** late
        elif t2 > tl:
            now = born * (1 + t / t1) ** a1 * (1 + t / tl) ** (late - a1)
        else:
            now = (
                born * (1 + t / t1) ** a1 * (1 + t / t2) ** (a2 - a1) * (1 + t / tl) ** (late - a2)
            )
        return float(max(now, floor))

    def slope(state: Values, t: float) -> tuple[float, float]:
        # Python numbers are faster one by one than numpy's.
        period, chi = state.tolist()
        pull = BETA_YEAR * field(t) ** 2 / period
        sin = math.sin(chi)
        return pull * (1 + sin * sin), -pull / period * sin * math.cos(chi)

    return slope


def plain(births: Births, ages: Values) -> Values:
    """Period and inclination of each star by odeint, shape (2, stars)."""
    found = np.empty((2, ages.size))
    for i, age in enumerate(ages):
        outputs = max(2, int(OUTPUTS_A_DECADE * math.log10(age)))
        times = np.geomspace(1, age, outputs)
        start = (births.period_s[i], births.chi_rad[i])
        slope = slope_of(float(births.B_gauss[i]), float(births.B_floor_gauss[i]))
        found[:, i] = odeint(slope, start, times)[-1]
    return found


def _turned(slope: Slope, t: float, state: Values) -> tuple[float, float]:
    """The arguments in solve_ivp's order."""
    return slope(state, t)


def tight(births: Births, ages: Values) -> Values:
    """The same by a tight integration."""
    found = np.empty((2, ages.size))
    for i, age in enumerate(ages):
        slope = slope_of(float(births.B_gauss[i]), float(births.B_floor_gauss[i]))
        start = [births.period_s[i], births.chi_rad[i]]
        solver = partial(solve_ivp, method="DOP853", rtol=1e-11, atol=1e-16)
        solved = solver(partial(_turned, slope), (0, age), start)
        found[:, i] = solved.y[:, -1]
    return found


def stars(seed: int, turn: int, size: int) -> tuple[Births, Values]:
    """Stars of the fiducial population and their ages."""
    rng = item_rng(seed, turn, "bench.popmaps.spin")
    return draw_births(rng, size, SPIN), rng.uniform(1, OLDEST_YR, size)


def cpu_us(work: Callable[[], object], size: int) -> float:
    """CPU time of a piece of work over its stars [us]."""
    start = time.process_time()
    work()
    return (time.process_time() - start) / size * 1e6


def detect(today: SpinToday, seed: int) -> None:
    """Beams, fluxes and the five built-in surveys, at drawn places a few kiloparsecs away."""
    size, settings = today.period_s.size, RadioSettings()
    rng = item_rng(seed, 0, "bench.popmaps.radio")
    draws = draw_radio(rng, size)
    distance, longitude = rng.uniform(0.5, 15, size), rng.uniform(-180, 180, size)
    latitude = rng.normal(0, 5, size)
    seen = intercepted(today.period_s, today.chi_rad, distance, draws, settings)
    chosen = rows(draws, seen)
    arriving = emit(
        today.period_s[seen],
        today.period_derivative[seen],
        today.chi_rad[seen],
        distance[seen],
        chosen,
        inertia_g_cm2=SPIN.star.inertia_g_cm2,
        settings=settings,
    )
    pulsars = Pulsars(
        l_deg=longitude[seen],
        b_deg=latitude[seen],
        dec_deg=latitude[seen],
        period_s=today.period_s[seen],
        width_s=arriving.width_s,
        flux=arriving.flux,
        dm_pc_cm3=40 * distance[seen],
        scattering_dex=settings.scattering_log10_sigma * chosen.scattering,
    )
    for survey in built_in_surveys().surveys.values():
        offsets = draw_beam_offsets(rng, size)
        observe(survey, pulsars, offsets[seen], spectral_index=settings.spectral_index)


def measure(args: argparse.Namespace) -> dict[str, list[float]]:
    """CPU time a star [us], one value a round."""
    births, ages = stars(args.seed, 0, args.stars)
    detect(spun_down(births, ages, SPIN), args.seed)
    found: dict[str, list[float]] = {name: [] for name in ("plain", "draw", "spin", "radio")}
    for turn in range(args.rounds):
        births, ages = stars(args.seed, turn, args.stars)
        few = rows(births, np.arange(args.plain))
        today = spun_down(births, ages, SPIN)
        work: dict[str, tuple[Callable[[], object], int]] = {
            "plain": (partial(plain, few, ages[: args.plain]), args.plain),
            "draw": (partial(stars, args.seed, turn, args.stars), args.stars),
            "spin": (partial(spun_down, births, ages, SPIN), args.stars),
            "radio": (partial(detect, today, args.seed), args.stars),
        }
        for name, (function, size) in work.items():
            found[name].append(cpu_us(function, size))
    return found


def report(args: argparse.Namespace) -> int:
    """Print the tables; 1 if spin-down is less than 50 times faster or errs by more than 1e-3."""
    found = measure(args)
    births, ages = stars(args.seed, args.rounds, args.compared)
    truth, today = tight(births, ages), spun_down(births, ages, SPIN)
    ours = np.stack([today.period_s, today.chi_rad])
    off = {"plain": plain(births, ages), "spin": ours}
    errors = {name: np.abs(values / truth - 1) for name, values in off.items()}
    ratio = np.divide(found["plain"], found["spin"])
    say = sys.stdout.write
    say("# Spin-down: CPU time a star\n\n")
    say(f"Printed by `popmaps_parts/spin.py`: one thread, seed {args.seed}, {args.rounds} ")
    say(f"rounds of {args.plain} plain and {args.stars} fast stars in turns, ages to 1e8 yr. ")
    say("Median and the extremes of the rounds. ")
    say(f"Load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.\n\n")
    say("| work | median [us] | least | most |\n|---|---|---|---|\n")
    labels = {
        "plain": "one `odeint` a star",
        "spin": "`popmaps.spin.evolution.spun_down`",
        "draw": "drawing births and ages",
        "radio": "beams, fluxes and five surveys, a star born",
    }
    for name, label in labels.items():
        row = found[name]
        say(f"| {label} | {np.median(row):.3g} | {min(row):.3g} | {max(row):.3g} |\n")
    say(f"| ratio of the first two | {np.median(ratio):.0f} | {ratio.min():.0f} ")
    say(f"| {ratio.max():.0f} |\n\nRelative error of period and inclination against a tight ")
    say(f"integration, {args.compared} stars:\n\n| way | median | worst |\n|---|---|---|\n")
    for name, values in errors.items():
        say(f"| {labels[name]} | {np.median(values):.1e} | {values.max():.1e} |\n")
    return int(np.median(ratio) < 50 or errors["spin"].max() > 1e-3)


def main() -> int:
    """Read the options and print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--stars", type=int, default=100_000, help="fast stars a round")
    parser.add_argument("--plain", type=int, default=300, help="plain stars a round")
    parser.add_argument("--compared", type=int, default=200, help="stars compared")
    return report(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
