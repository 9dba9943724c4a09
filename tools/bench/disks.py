"""How fast `SyntheticDisks` makes pictures, against the naive construction, on one thread.

The naive construction makes one picture at a time: the profile is evaluated on every pixel of the
grid, and the disk and the white noise are each convolved with the beam sampled on 43 x 43 pixels
(`scipy.signal.convolve2d`). It is the oracle too: from the same drawn numbers and the same noise
both must make the same picture, within the tolerances printed.

Both are timed in turns in this one process (CPU time); neither uses a second thread. Run it with

    uv run tools/bench/disks.py > tools/bench/disks.md
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.signal import convolve2d

from skymodels import SyntheticDisks
from skymodels.beams import inverse_crop, transfer
from skymodels.canvas import Canvas
from skymodels.noise import complex_normals, white_spectrum
from skymodels.radial_tables import REACH_OVER_ROUT
from skymodels.scenes import Scene, draw_scene
from skymodels.synthetic import STREAM
from skytypes import item_rng

Picture = NDArray[np.float64]

KERNEL_HALF = 21
ORACLE_POINTS = 8
SIZE = 128
SAME_CONVOLUTION = 2e-5
SAME_PICTURE_RMS = 1e-3
"""Largest allowed difference over the peak: from the same sky; and rms, from the same scene."""


def smooth_disk(r: Picture, disk: Mapping[str, Any]) -> Picture:
    """Step 1 of the recipe, written out [K]."""

    def density(x: Any) -> Any:
        x = x / disk["rc_arcsec"]
        return x ** -disk["gamma"] * np.exp(-(x ** (2 - disk["gamma"])))

    sigma = np.clip(density(r) / density(disk["floor_arcsec"]), 0, 1)
    warmth = np.clip(disk["t0_k"] * (r / disk["rref_arcsec"]) ** -disk["q"], 5, 2000)
    return np.asarray(warmth * (1 - np.exp(-disk["tau"] * sigma)))


def with_cavity(image: Picture, r: Picture, disk: Mapping[str, Any]) -> Picture:
    """Step 2, written out [K]."""
    rmin = disk["rmin_arcsec"]
    taper = (1 + np.tanh((r - rmin) / disk["cavity_width_arcsec"])) / 2
    image = image * (1 - disk["cavity_depth"] * (1 - taper))
    level = smooth_disk(np.array([disk["floor_arcsec"] + rmin]), disk)[0]
    rim = np.exp(-(((r - rmin) / disk["wall_width_arcsec"]) ** 2))
    return np.asarray(image + disk["wall_fraction"] * level * rim)


def with_gaps(image: Picture, r: Picture, disk: Mapping[str, Any], peak: float) -> Picture:
    """Step 3, written out [K]."""

    def rings(kind: str, strength: str) -> list[tuple[float, Picture]]:
        names = (f"{kind}_radius_arcsec", f"{kind}_width_arcsec", f"{kind}_{strength}")
        columns = zip(*(disk[name] for name in names), strict=True)
        return [(h, np.exp(-0.5 * ((r - c) / w) ** 2)) for c, w, h in columns if h]

    for depth, shape in rings("gap", "depth"):
        image = image * (1 - depth * shape)
    for fraction, shape in rings("ring", "fraction"):
        image = image + fraction * peak * shape
    return image


def brightness(r: Picture, azimuth: Picture, disk: Mapping[str, Any]) -> Picture:
    """The whole disk at places in its plane, in double precision and without a table [K]."""
    line = np.geomspace(disk["floor_arcsec"], REACH_OVER_ROUT * disk["rout_arcsec"], 4001)
    peak = float(with_cavity(smooth_disk(line, disk), line, disk).max())

    def featured(x: Picture) -> Picture:
        return with_gaps(with_cavity(smooth_disk(x, disk), x, disk), x, disk, peak)

    image, top = featured(r), float(featured(line).max())
    image = image + disk["centre_fraction"] * top * np.exp(
        -0.5 * (r / disk["centre_sigma_arcsec"]) ** 2
    )
    top *= 1 + disk["centre_fraction"]
    image = image + disk["halo_fraction"] * top * np.exp(-((r / disk["halo_scale_arcsec"]) ** 0.7))
    if disk["crescent_factor"]:
        middle, width = disk["crescent_radius_arcsec"], disk["crescent_width_arcsec"]
        even = np.sqrt(np.linspace((middle - width) ** 2, (middle + width) ** 2, 4001))
        away = np.angle(np.exp(1j * (azimuth - disk["crescent_angle_rad"])))
        arc = ((r - middle) / width) ** 2 + (away / disk["crescent_sigma_rad"]) ** 2
        level = disk["crescent_factor"] * np.median(featured(even))
        image = image + level * np.exp(-0.5 * arc)
    image = image * np.exp(-((r / disk["rout_arcsec"]) ** disk["taper_power"]))
    return np.asarray(np.where(r < line[-1], image, 0.0))


def direct_sky(scene: Scene, *, size: int, margin: int, points: int) -> Picture:
    """The disk before the beam, its brightness taken at ``points``^2 places of every pixel [K]."""
    pixel = scene.crop_arcsec / size
    full = size + 2 * margin
    steps = ((np.arange(full * points) + 0.5) / points - 0.5 - margin - size // 2) * pixel
    east, north = -steps[None, :] - scene.dx_arcsec, steps[:, None] - scene.dy_arcsec
    pa = math.radians(scene.pa_deg)
    major = east * math.sin(pa) + north * math.cos(pa)
    minor = (east * math.cos(pa) - north * math.sin(pa)) / math.cos(math.radians(scene.incl_deg))
    radius = np.maximum(np.hypot(major, minor), scene.structure["floor_arcsec"])
    image = brightness(radius, np.arctan2(minor, major), scene.structure)
    return np.asarray(image.reshape(full, points, full, points).mean(axis=(1, 3)))


def direct_kernel(scene: Scene, size: int) -> Picture:
    """The beam on 43 x 43 pixels, its sum 1."""
    steps = np.arange(-KERNEL_HALF, KERNEL_HALF + 1) * scene.crop_arcsec / size
    east, north = -steps[None, :], steps[:, None]
    pa = math.radians(scene.beam_pa_deg)
    along = (east * math.sin(pa) + north * math.cos(pa)) / scene.beam_sigma_arcsec
    across = (east * math.cos(pa) - north * math.sin(pa)) / (
        scene.beam_sigma_arcsec * scene.beam_ratio
    )
    kernel = np.exp(-0.5 * (along**2 + across**2))
    return np.asarray(kernel / kernel.sum())


def naive_picture(scene: Scene, rng: np.random.Generator, size: int) -> Picture:
    """One picture the naive way [Jy/beam]: what is timed."""
    kernel = direct_kernel(scene, size)
    disk = convolve2d(direct_sky(scene, size=size, margin=0, points=1), kernel, mode="same")
    noise = convolve2d(rng.standard_normal((size, size)), kernel, mode="same")
    noise /= noise.std()
    if scene.slow_over_rms:
        sigma = scene.slow_sigma_arcsec / scene.crop_arcsec * size
        slow = gaussian_filter(rng.standard_normal((size, size)), sigma)
        noise += scene.slow_over_rms * slow / slow.std()
    image = scene.peak_jy_beam * (disk / disk.max() + noise / scene.peak_over_rms)
    return np.asarray(image)


def oracle_noise(scene: Scene, rng: np.random.Generator, size: int) -> Picture:
    """The very noise of the fast picture, by direct convolution, its rms 1 by expectation."""
    canvas = Canvas(scene, size)
    inner = slice(canvas.margin, canvas.margin + size)
    kernel = direct_kernel(scene, size)
    white = _white(white_spectrum(rng, canvas.full))
    noise = convolve2d(white, kernel, mode="same", boundary="wrap")[inner, inner]
    noise /= math.sqrt(float(np.sum(kernel**2)))
    if scene.slow_over_rms:
        sigma = scene.slow_sigma_arcsec / canvas.pixel_arcsec
        cut = math.sqrt(-math.log(1e-4) / 2) / (math.pi * sigma)
        waves = min(math.ceil(cut * canvas.full), canvas.full // 2 - 1)
        block = complex_normals(rng, (2 * waves + 1, waves + 1))
        block[:, 0] *= math.sqrt(2)
        spectrum = np.zeros((canvas.full, canvas.full // 2 + 1), np.complex128)
        spectrum[np.arange(-waves, waves + 1)[:, None], np.arange(waves + 1)] = block
        slow = gaussian_filter(_white(spectrum), sigma, mode="wrap", truncate=8.0)[inner, inner]
        point = np.zeros((canvas.full, canvas.full))
        point[canvas.full // 2, canvas.full // 2] = 1.0
        spread = gaussian_filter(point, sigma, mode="wrap", truncate=8.0)
        noise += scene.slow_over_rms * slow / math.sqrt(float(np.sum(spread**2)))
    return np.asarray(noise)


def _white(spectrum: NDArray[Any]) -> Picture:
    """White noise of unit variance from its half plane."""
    size = spectrum.shape[0]
    rows = scipy.fft.ifft(spectrum.astype(np.complex128), axis=0)
    return np.asarray(scipy.fft.irfft(rows, n=size, axis=1) * size / math.sqrt(2))


def compare(dataset: SyntheticDisks, index: int) -> tuple[float, float, float]:
    """Differences between the fast and the direct picture of an item, over the disk's peak.

    Returns
    -------
    convolution : float
        Largest difference when the direct way is given the fast way's sky before the beam.
    rms, largest : float
        Rms and largest difference when it makes the sky by itself, 8 x 8 points a pixel.
    """
    size = dataset.size
    scene = dataset.scene(index)
    rng = item_rng(dataset.seed, index, STREAM)
    draw_scene(rng)
    noise = oracle_noise(scene, rng, size)
    kernel = direct_kernel(scene, size)
    canvas = Canvas(scene, size)
    inner = slice(canvas.margin, canvas.margin + size)
    own = direct_sky(scene, size=size, margin=KERNEL_HALF, points=ORACLE_POINTS)
    pictures = [
        convolve2d(own, kernel, mode="valid"),
        convolve2d(canvas.sky().astype(float), kernel, mode="same")[inner, inner],
    ]
    fast = dataset[index].inputs["image"] / scene.peak_jy_beam
    wanted = [p / p.max() + noise / scene.peak_over_rms for p in pictures]
    away = [fast - w for w in wanted]
    return (
        float(abs(away[1]).max()),
        float(np.sqrt(np.mean(away[0] ** 2))),
        float(abs(away[0]).max()),
    )


def per_cpu_second(function: Callable[..., object], *calls: Sequence[Any]) -> float:
    """How often a function can be called with these arguments in a second of CPU time."""
    start = time.process_time()
    for arguments in calls:
        function(*arguments)
    return len(calls) / (time.process_time() - start)


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Median and the middle 90 % of values."""
    low, middle, high = np.percentile(values, [5, 50, 95])
    return float(middle), float(low), float(high)


def measure(seed: int, rounds: int, batch: int, slow: int) -> dict[str, list[float]]:
    """Pictures per CPU second by both ways and their ratio, one value a round."""
    dataset = SyntheticDisks(rounds * batch, seed=seed, size=SIZE)
    dataset.batch(range(4))
    found: dict[str, list[float]] = {"naive": [], "fast": [], "ratio": []}
    for turn in range(rounds):
        items = range(turn * batch, (turn + 1) * batch)
        rngs = [item_rng(seed, i, "bench.naive") for i in items[:slow]]
        scenes = [(dataset.scene(i), rng, SIZE) for i, rng in zip(items[:slow], rngs, strict=True)]
        naive = per_cpu_second(naive_picture, *scenes)
        fast = per_cpu_second(dataset.batch, (items,)) * batch
        for name, value in (("naive", naive), ("fast", fast), ("ratio", fast / naive)):
            found[name].append(value)
    return found


def stages(seed: int, items: int, rounds: int) -> dict[str, float]:
    """CPU time of the parts of a picture [us], the median of rounds over the same items."""
    dataset = SyntheticDisks(items, seed=seed, size=SIZE)
    spent: dict[str, list[float]] = {}

    def timed(name: str, function: Callable[..., Any], *columns: Sequence[Any]) -> list[Any]:
        start = time.process_time()
        made = [function(*row) for row in zip(*columns, strict=True)]
        spent.setdefault(name, []).append((time.process_time() - start) / items * 1e6)
        return made

    def noise(canvas: Canvas, rng: np.random.Generator, beam: Any) -> Any:
        return canvas.noise_spectrum(rng, beam, 1.0)

    for _ in range(rounds):
        rngs = timed("generator", lambda i: item_rng(seed, i, STREAM), range(items))
        scenes = timed("draws", draw_scene, rngs)
        canvases = [Canvas(scene, dataset.size) for scene in scenes]
        tables = timed("radial table", Canvas.table, canvases)
        kernels = timed("beam", Canvas.kernel, canvases)
        fulls = [canvas.full for canvas in canvases]
        beams = timed("transform of the beam", transfer, kernels, fulls)
        skies = timed("sky on pixels", Canvas.sky_of, canvases, tables)
        spectra = timed("transform of the sky", scipy.fft.rfft2, skies)
        waves = timed("noise drawn as waves", noise, canvases, rngs, beams)
        starts = [canvas.margin for canvas in canvases]
        stops = [start + dataset.size for start in starts]
        both = [spectrum * beam for spectrum, beam in zip(spectra, beams, strict=True)]
        timed("disk back to pixels", inverse_crop, both, starts, stops)
        timed("noise back to pixels", inverse_crop, waves, starts, stops)
        timed("all, as `batch` does it", dataset.batch, [range(items)])
    return {name: float(np.median(values)) for name, values in spent.items()}


def report(args: argparse.Namespace) -> int:
    """Print the tables; 1 if the pictures differ by more than they may."""
    dataset = SyntheticDisks(10**6, seed=args.seed, size=SIZE)
    differences = np.array([compare(dataset, i) for i in range(args.compared)])
    found = measure(args.seed, args.rounds, args.batch, args.naive)
    say = sys.stdout.write
    say("# Synthetic disks: pictures per CPU second\n\n")
    say(f"Printed by `tools/bench/disks.py`: {SIZE} px, one thread, seed {args.seed}, ")
    say(f"{args.rounds} rounds of {args.naive} naive and {args.batch} fast pictures in turns, ")
    say("CPU time. Median and the middle 90 % of the rounds. ")
    say(f"Load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.\n\n")
    say("| way | median | 5 % | 95 % |\n|---|---|---|---|\n")
    for name, label in (("naive", "naive [1/s]"), ("fast", "SyntheticDisks.batch [1/s]")):
        say("| {} | {:.1f} | {:.1f} | {:.1f} |\n".format(label, *interval(found[name])))
    say("| ratio | {:.0f} | {:.0f} | {:.0f} |\n".format(*interval(found["ratio"])))
    names = (
        "same sky: largest, over the peak",
        "same scene: rms, over the peak",
        "same scene: largest, over the peak",
    )
    say(f"\nThe same picture from the same draws and noise, {args.compared} pictures:\n\n")
    say("| difference | median | 95 % | largest | allowed |\n|---|---|---|---|---|\n")
    allowed = (f"{SAME_CONVOLUTION:g}", f"{SAME_PICTURE_RMS:g}", "-")
    for column, (name, limit) in enumerate(zip(names, allowed, strict=True)):
        values = differences[:, column]
        middle, high = np.percentile(values, [50, 95])
        say(f"| {name} | {middle:.1e} | {high:.1e} | {values.max():.1e} | {limit} |\n")
    say(f"\nParts of a picture, each for {args.staged} pictures in a row, median of 9 rounds:\n\n")
    say("| part | CPU time [us] |\n|---|---|\n")
    for name, spent in stages(args.seed, args.staged, 9).items():
        say(f"| {name} | {spent:.0f} |\n")
    worst = differences.max(axis=0)
    return int(worst[0] > SAME_CONVOLUTION or worst[1] > SAME_PICTURE_RMS)


def main() -> int:
    """Read the options and print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--batch", type=int, default=128, help="fast pictures a round")
    parser.add_argument("--naive", type=int, default=4, help="naive pictures a round")
    parser.add_argument("--staged", type=int, default=64, help="pictures that are timed by part")
    parser.add_argument("--compared", type=int, default=48, help="pictures made both ways")
    return report(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
