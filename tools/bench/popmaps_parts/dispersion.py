"""How fast `popmaps` gives dispersion measures, against plain numpy and scipy, on one thread.

The plain way evaluates the density along each star's ray in numpy, every 10 pc, and integrates it
by `scipy.integrate.simpson`. It is written anew from the published equations (Yao, Manchester &
Wang 2017, ApJ 835, 29) and so is the oracle too: the exact column of each star must agree within
0.3 %, and the distribution of what the quick way adds is printed.

Both are timed in turns in this one process (CPU time). Run it with

    OMP_NUM_THREADS=1 uv run python -P tools/bench/popmaps_parts/dispersion.py

(-P keeps tools/bench/popmaps.py, which runs it too, from standing in for the package.)
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import simpson

from popmaps.radio import dispersion
from popmaps.radio.dispersion import dispersion_measure, distance_kpc
from popmaps.radio.electron_columns import electron_column
from popmaps.radio.electron_model import read_parameters

Floats = NDArray[np.float64]

STEP_PC = 10.0
LOCAL_PC = 800.0
SAME = 3e-3
STARS = 100_000


def sech2(x: Floats) -> Floats:
    """Square of the hyperbolic secant."""
    return 1 / np.cosh(np.clip(x, -300, 300)) ** 2


def plain_arms(radius: Floats, azimuth: Floats, given: dict[str, Any]) -> Floats:
    """Density of the arms in their mid-plane; azimuth in degrees, from 0 to 360."""
    disk, total = given["disk"], np.zeros_like(radius)
    for arm in given["arms"]:
        pitch = np.radians((arm | given["fitted"].get(arm["name"], {}))["pitch_deg"])
        angle = np.radians((azimuth - arm["azimuth_deg"]) % 360)
        turns = angle + 2 * np.pi * np.arange(4)[:, None]
        loci = arm["radius_pc"] * np.exp(turns * np.tan(pitch))
        distance = np.abs(radius - loci).min(axis=0) * np.cos(pitch)
        density = arm["density_cm3"] * sech2(distance / arm["width_pc"])
        if arm["name"].startswith("Carina"):
            off = (azimuth - disk["carina_azimuth_deg"]) / disk["carina_width_deg"]
            rise = np.where(off < 0, np.exp(-(off**2)), azimuth < disk["carina_end_deg"])
            off = (azimuth - disk["sagittarius_azimuth_deg"]) / disk["sagittarius_width_deg"]
            density *= 1 + disk["carina_excess"] * rise
            density *= 1 - disk["sagittarius_deficit"] * np.exp(-(off**2))
        total += density
    decline = (np.maximum(radius, disk["arm_radius_pc"]) - disk["arm_radius_pc"]) / disk[
        "arm_decline_pc"
    ]
    return total * sech2(decline)


def plain_gum(x: Floats, south: Floats, z: Floats, near: dict[str, float]) -> Floats:
    """Density of the Gum nebula's shell: the nearest of many points of its meridian counts."""
    lon, lat = np.radians(near["gum_longitude_deg"]), np.radians(near["gum_latitude_deg"])
    flat = near["gum_distance_pc"] * np.cos(lat)
    across = np.hypot(x - flat * np.sin(lon), south + flat * np.cos(lon))
    along = np.abs(z - near["gum_distance_pc"] * np.sin(lat))
    t = np.linspace(0, np.pi / 2, 200)[:, None]
    radius = near["gum_radius_pc"]
    off = np.hypot(across - radius * np.cos(t), along - near["gum_elongation"] * radius * np.sin(t))
    scaled = off.min(axis=0) / near["gum_width_pc"]
    return np.asarray(near["gum_density_cm3"] * np.exp(-(scaled**2)))


def bubble_axis(x: Floats, south: Floats, z: Floats, near: dict[str, float]) -> Floats:
    """Distance from the slanted axis of the Local Bubble."""
    tilt = np.radians(near["bubble_tilt_deg"])
    slanted = np.cos(tilt) * (south - near["bubble_offset_pc"]) - np.sin(tilt) * z
    return np.asarray(np.hypot(slanted, x))


def plain_local(x: Floats, south: Floats, z: Floats, near: dict[str, float]) -> Floats:
    """Density of the densest feature near the Sun."""
    from_axis = bubble_axis(x, south, z, near)
    longitude, walls = np.degrees(np.arctan2(x, -south)), np.zeros_like(x)
    for n in (1, 2):
        wall = {k.removeprefix(f"wall_{n}_"): v for k, v in near.items() if f"wall_{n}_" in k}
        off = (longitude - wall["longitude_deg"] + 180) % 360 - 180
        beyond = from_axis - near["bubble_radius_pc"]
        part = sech2(off / wall["spread_deg"]) * sech2(beyond / wall["width_pc"])
        walls += wall["density_cm3"] * part * sech2(z / wall["height_pc"])
    y = south + read_parameters()["disk"]["sun_radius_pc"]
    offset = np.stack([x - near["loop_x_pc"], y - near["loop_y_pc"], z - near["loop_z_pc"]])
    radius, axis = np.linalg.norm(offset, axis=0), np.radians(near["loop_axis_deg"])
    cosine = (offset[0] * np.cos(axis) + offset[2] * np.sin(axis)) / radius
    off = np.degrees(np.arccos(np.clip(cosine, -1, 1))) / near["loop_spread_deg"]
    shell = (radius - near["loop_radius_pc"]) / near["loop_width_pc"]
    loop = near["loop_density_cm3"] * np.exp(-(shell**2) - off**2)
    return np.asarray(np.max([walls, loop, plain_gum(x, south, z, near)], axis=0))


def plain_density(x: Floats, y: Floats, z: Floats, given: dict[str, Any]) -> Floats:
    """Free electrons [cm^-3] at points [pc]."""
    disk, near = given["disk"], given["neighbourhood"]
    radius, azimuth = np.hypot(x, y), np.degrees(np.arctan2(y, x)) % 360
    warp = np.maximum(radius - disk["warp_radius_pc"], 0) * disk["warp_slope"] * x / radius
    height, flare = z - warp, 32 + 1.6e-3 * radius + 4e-7 * radius**2
    edge = sech2(np.maximum(radius - disk["edge_radius_pc"], 0) / disk["edge_width_pc"])
    thick = disk["thick_density_cm3"] * edge * sech2(height / disk["thick_height_pc"])
    ring = sech2((radius - disk["thin_radius_pc"]) / disk["thin_width_pc"])
    thin = disk["thin_density_cm3"] * ring * sech2(height / (disk["thin_heights"] * flare))
    arms = plain_arms(radius, azimuth, given) * sech2(height / (disk["arm_heights"] * flare))
    south = y - disk["sun_radius_pc"]
    inside = bubble_axis(x, south, z, near) < near["bubble_radius_pc"]
    thick = np.where(inside, near["bubble_factor"], 1) * thick
    close, local = x**2 + south**2 + z**2 < LOCAL_PC**2, np.zeros_like(x)
    local[close] = plain_local(x[close], south[close], z[close], near)
    centre = np.exp(-((x - disk["centre_x_pc"]) ** 2 + y**2) / disk["centre_radius_pc"] ** 2)
    centre *= disk["centre_density_cm3"] * sech2(
        (z - disk["centre_z_pc"]) / disk["centre_height_pc"]
    )
    return np.asarray(np.maximum(thick + edge * np.maximum(thin, arms), local) + centre)


def plain_measures(l_deg: Floats, b_deg: Floats, dist_kpc: Floats) -> Floats:
    """Dispersion measures, a star at a time."""
    given, measures = read_parameters(), np.empty(l_deg.size)
    sun_y, sun_z = given["disk"]["sun_radius_pc"], given["disk"]["sun_height_pc"]
    for i, (lon, lat, reach) in enumerate(
        zip(np.radians(l_deg), np.radians(b_deg), 1e3 * dist_kpc, strict=True)
    ):
        t = np.linspace(0, reach, 2 * int(reach / STEP_PC / 2) + 3)
        x, y = t * np.cos(lat) * np.sin(lon), sun_y - t * np.cos(lat) * np.cos(lon)
        measures[i] = simpson(plain_density(x, y, sun_z + t * np.sin(lat), given), x=t)
    return measures


def make_stars(number: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Galactic coordinates of stars of a disk as thick as old pulsars make it."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(0, 5, (2, number))
    towards, z = 8.3 - y, rng.laplace(0, 0.5, number)
    dist = np.sqrt(x**2 + towards**2 + z**2)
    return np.degrees(np.arctan2(x, towards)), np.degrees(np.arcsin(z / dist)), dist


def cpu_us(function: Callable[..., object], *stars: Floats) -> float:
    """CPU time of a star [us]."""
    start = time.process_time()
    function(*stars)
    return 1e6 * (time.process_time() - start) / len(stars[0])


def fresh(*stars: Floats) -> Floats:
    """The quick way with no ray known yet."""
    dispersion._rays.cache_clear()
    return dispersion_measure(*stars)


def report(seed: int, rounds: int, slow: int) -> int:
    """Compare and time; 1 where the two ways disagree."""
    many, few = make_stars(STARS, seed), make_stars(slow, seed + 1)
    exact, plain = electron_column(*few), plain_measures(*few)
    worst = np.abs(exact / plain - 1).max()
    added = np.abs(dispersion_measure(*few) / plain - 1)
    measures = dispersion_measure(*many)
    ways: dict[str, Callable[[], float]] = {
        "plain numpy and scipy, 10 pc": lambda: cpu_us(plain_measures, *few),
        "each star integrated (`electron_column`)": lambda: cpu_us(electron_column, *few),
        f"`dispersion_measure`, the first {STARS:,} stars": lambda: cpu_us(fresh, *many),
        "`dispersion_measure`, further stars": lambda: cpu_us(dispersion_measure, *many),
        "`distance_kpc`, the inverse": lambda: cpu_us(distance_kpc, *many[:2], measures),
    }
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, run in ways.items():
            times[way].append(run())
    base = float(np.median(times["plain numpy and scipy, 10 pc"]))
    print("# Dispersion measures: CPU time against plain numpy and scipy\n")
    print(f"Printed by `popmaps_parts/dispersion.py`: one thread, {rounds} rounds of all ways")
    print("in turns, CPU time, medians.\n")
    print("| way | CPU us a star | faster |\n|---|---|---|")
    for way, values in times.items():
        print(f"| {way} | {np.median(values):.2f} | {base / np.median(values):.0f}x |")
    print(f"\nExact columns against the plain way: largest difference {worst:.1e} ({slow} stars).")
    quantiles = ", ".join(f"{q:.0%} {np.quantile(added, q):.2%}" for q in (0.5, 0.9, 0.99))
    print(f"What the quick way adds: {quantiles}; largest {added.max():.1%}.")
    print(f"Load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")
    return 0 if worst < SAME else 1


def main() -> int:
    """Read the options and print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow", type=int, default=300, help="stars for the slow ways")
    given = parser.parse_args()
    return report(given.seed, given.rounds, given.slow)


if __name__ == "__main__":
    sys.exit(main())
