"""The options of an observation through real CASA and through the native simulator.

    uv run tools/bench/alma_options.py

takes one ring through CASA (simobserve, tclean) and through casa_sim.native for each of the
settings below, and writes the last section of alma.md: about two CPU minutes of CASA.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import json
import math
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from alma import OPTIONS_HEADING, PSF_PX, REPORT, covariance_error, crop

from casa_sim import ObservationSettings
from casa_sim.casa.calls import measurement_set
from casa_sim.casa.observing import exported_visibilities, observe_with_casa
from casa_sim.casa.worker import CasaWorker
from casa_sim.comparison_table import relative_rms
from casa_sim.native.correlator import observe_visibilities
from casa_sim.native.imaging import clean_image, image_visibilities
from casa_sim.native.observing import observe_natively
from casa_sim.native.setup import make_setup, setup_from_baselines
from casa_sim.visibility_table import Visibilities
from skytypes import Observation, SkyImage

SEED = 5
RING_JY = 0.05
BASE = ObservationSettings("alma.cycle9.6.cfg", time_s=600, imsize_px=512)
CASES = {
    "the band's own frequency": BASE,
    "250 GHz, 4 GHz wide": replace(BASE, frequency_ghz=250.0, bandwidth_ghz=4.0),
    "4 channels in 8 GHz": replace(BASE, bandwidth_ghz=8.0, channels=4),
    "3 channels in 30 GHz at 240, 2 mm": replace(
        BASE, frequency_ghz=240.0, bandwidth_ghz=30.0, channels=3, pwv_mm=2.0
    ),
    "4 channels in 8 GHz at 322, by a water line; spectral index 2.5": replace(
        BASE,
        band=7,
        frequency_ghz=322.0,
        bandwidth_ghz=8.0,
        channels=4,
        pwv_mm=0.5,
        spectral_index=2.5,
    ),
    "noise none": replace(BASE, noise="none"),
    "hour angle 2.5 h": replace(BASE, hour_angle_h=2.5),
    "natural": replace(BASE, weighting="natural"),
    "uniform": replace(BASE, weighting="uniform"),
    "natural, taper 0.15 arcsec": replace(BASE, weighting="natural", taper_arcsec=0.15),
    "briggs, taper 0.15 arcsec": replace(BASE, taper_arcsec=0.15),
    "two arrays, cycle9.8 and 9.5": replace(
        BASE, array_cfg="alma.cycle9.8.cfg", array_lo="alma.cycle9.5.cfg"
    ),
}
Figures = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """What CASA made of the ring: images, visibilities with and without noise."""

    made: Observation
    seen: Visibilities
    noiseless: Visibilities


def ring(frequency_hz: float) -> SkyImage:
    """A tilted ring around a core."""
    y, x = np.mgrid[-128:128, -128:128]
    along = x * math.cos(0.5) + y * math.sin(0.5)
    across = (y * math.cos(0.5) - x * math.sin(0.5)) / 0.6
    data = np.exp(-(((np.hypot(along, across) - 60) / 8) ** 2))
    data += np.exp(-((along / 20) ** 2) - (across / 20) ** 2)
    data *= RING_JY / data.sum()
    return SkyImage(data, 0.005, "Jy/pixel", frequency_hz=frequency_hz, name="ring")


def run_casa(sky: SkyImage, settings: ObservationSettings, worker: CasaWorker, folder: Path) -> Run:
    """Take a sky through CASA."""
    log = folder.with_suffix(".log")
    keep = ("dirty", "psf", "work")
    made = observe_with_casa(worker, sky, settings, seed=SEED, folder=folder, log=log, keep=keep)
    if not isinstance(made, Observation):
        raise SystemExit("CASA made no image")
    both = []
    for noisy in (settings.noise == "thermal", False):
        vis = [measurement_set(array, noisy=noisy) for array in settings.arrays]
        export = ("export_visibilities", {"vis": vis, "file": "exported.npz"})
        worker.run([export], folder=folder, log=log)
        both.append(exported_visibilities(folder / "exported.npz", sky, settings, made.settings))
    shutil.rmtree(folder)
    return Run(made, *both)


def measure(sky: SkyImage, settings: ObservationSettings, casa: Run) -> Figures:
    """How far native is from CASA."""
    setup = make_setup(settings, sky.ra_deg, sky.dec_deg)
    quiet = replace(settings, noise="none")
    ours = observe_visibilities(sky, quiet, seed=1, tracks=setup.tracks)
    same = setup_from_baselines(casa.seen.middle_uvw_m, settings)
    dirty = image_visibilities(casa.seen, same)
    image, told = clean_image(dirty, same, niter=settings.niter)
    made = casa.made
    if made.psf is None or made.dirty is None or made.image.beam is None:
        raise SystemExit("CASA left no PSF, dirty image or beam")
    return {
        "uvw": relative_rms(ours.uvw_m, casa.seen.uvw_m),
        "vis": float(
            np.linalg.norm(ours.values - casa.noiseless.values)
            / np.linalg.norm(casa.noiseless.values)
        ),
        "psf": relative_rms(crop(setup.inner_psf, PSF_PX), crop(made.psf.data, PSF_PX)),
        "beam": covariance_error(setup.beam, made.image.beam),
        "noise": noise_ratios(sky, settings, made),
        "dirty": relative_rms(dirty, made.dirty.data),
        "clean": relative_rms(crop(image), crop(made.image.data)),
        "iterations": f"{told['iterdone']} / {made.settings['iterdone']}",
        "cpu": made.settings["cpu_seconds"],
    }


def noise_ratios(sky: SkyImage, settings: ObservationSettings, made: Observation) -> str:
    """Native noise of a visibility over CASA's, less one, by channel or array; sampling error."""
    if settings.noise == "none":
        return "none"
    ours = observe_natively(sky, settings, seed=1).settings

    def listed(told: Any) -> Any:
        return np.array(told.get("channel_sigma_jy", told["sigma_jy"])).ravel()

    # CASA's is measured: real and imaginary parts of two polarisations.
    error = 1 / math.sqrt(2 * 4 * made.settings["visibilities"][0])
    off = ", ".join(f"{ratio - 1:+.2%}" for ratio in listed(ours) / listed(made.settings))
    return f"{off} +- {error:.2%}"


def section(found: dict[str, Figures], versions: str) -> str:
    """The section of alma.md."""
    columns = {
        "settings": "{name}",
        "uvw": "{uvw:.1e}",
        "model visibilities": "{vis:.1e}",
        "PSF centre": "{psf:.1e}",
        "beam": "{beam:.1e}",
        "noise of a visibility": "{noise}",
        "dirty": "{dirty:.1e}",
        "CLEAN": "{clean:.1e}",
        "iterations native / CASA": "{iterations}",
    }
    worst = {key: max(f[key] for f in found.values()) for key in ("psf", "beam", "dirty", "clean")}
    return "\n".join(
        [
            OPTIONS_HEADING,
            "",
            f"`uv run tools/bench/alma_options.py`; CASA {versions}. A ring of {RING_JY:g} Jy,",
            "cycle9.6, 230 GHz, 1 mm, 600 s, briggs 0.5, 512 pixels, one thing changed at a time.",
            "uvw, model visibilities, PSF, beam, noise: everything native against everything of",
            "CASA; dirty image (full frame) and CLEAN (256 crop): CASA's own visibilities imaged",
            "by both. Relative rms of the difference; the beam as a covariance; the noise by",
            "channel, or by array, with the sampling error of CASA's (one seed: rows with the same",
            "number of channels have the same noise).",
            "",
            f"| {' | '.join(columns)} |",
            "|---" * len(columns) + "|",
            *(
                f"| {' | '.join(form.format(name=name, **f) for form in columns.values())} |"
                for name, f in found.items()
            ),
            "",
            f"Worst: PSF {worst['psf']:.1e}, beam {worst['beam']:.1e}, dirty image "
            f"{worst['dirty']:.1e}, CLEAN {worst['clean']:.1e}.",
            "Several channels go into CASA as a cube, into the image as `specmode='mfs'` of one",
            "term. CASA takes the efficiency of the dish's surface at one frequency for all, we at",
            "each channel's own: with 30 GHz that is 0.5 % of the noise of the outer ones. CASA's",
            "Planck term is about half a bandwidth too high in frequency: 0.3 % less noise there.",
            "",
        ]
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", default=[], help="words of the settings; prints only")
    only = parser.parse_args(argv).only
    cases = {n: s for n, s in CASES.items() if not only or any(word in n for word in only)}
    found: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as scratch, CasaWorker(Path(scratch, "worker")) as worker:
        for number, (name, settings) in enumerate(cases.items()):
            sky = ring(settings.receiver.frequency_hz if settings.band != BASE.band else 230e9)
            casa = run_casa(sky, settings, worker, Path(scratch, f"case{number}"))
            found[name] = measure(sky, settings, casa)
            sys.stderr.write(f"{name}: {json.dumps(found[name])}\n")
        versions = worker.versions["casa"]
    text = section(found, versions)
    sys.stdout.write(text)
    if not only:
        before = REPORT.read_text(encoding="utf-8").partition(OPTIONS_HEADING)[0].rstrip("\n")
        REPORT.write_text(f"{before}\n\n{text}", encoding="utf-8")


if __name__ == "__main__":
    main()
