"""The native simulator step by step, in the pictures of docs/alma.md (some seconds; no CASA).

    python 03_native_against_casa.py [FOLDER]

The sky and CASA's images of it are those of ../shared/data/casa_reference beside the repository.
Without them a ring is observed instead, and the picture with CASA in it is left out. Needs
matplotlib.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from PIL import Image

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from casa_sim import ObservationSettings
from casa_sim.comparison_files import draw_image
from casa_sim.comparison_table import relative_rms
from casa_sim.constants import SPEED_OF_LIGHT_M_S
from casa_sim.native.correlator import observe_visibilities
from casa_sim.native.imaging import clean_image, image_visibilities
from casa_sim.native.setup import make_setup
from skytypes import Beam, SkyImage

reference = Path(__file__).resolve().parents[4] / "shared/data/casa_reference/b6_c6_large.json"
out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
out.mkdir(parents=True, exist_ok=True)

# The sky: a disk with a cavity, 1024 pixels of 4.3 mas.
settings = ObservationSettings("alma.cycle9.6.cfg", band=6, pwv_mm=2.3, time_s=1800, niter=700)
if reference.exists():
    about = json.loads(reference.read_text())
    data = np.load(reference.with_name("b6_c6_large_sky.npz"))["sky_f16"].astype(float)
    data *= about["sky_sum_full"] / data.sum()
    pixel = about["pixel_scale_arcsec"]
else:
    row, column = np.indices((1024, 1024)) - 512
    pixel = 0.0043
    radius = np.hypot(row / np.cos(np.radians(20)), column) * pixel
    data = np.exp(-0.5 * ((radius - 0.6) / 0.2) ** 2)
    data *= 0.06 / data.sum()
sky = SkyImage(data, pixel, "Jy/pixel", frequency_hz=230e9, name="disk")

# What array, time, band and weighting decide; then visibilities, dirty image, CLEAN image.
setup = make_setup(settings, sky.ra_deg, sky.dec_deg)
seen = observe_visibilities(sky, settings, seed=1, tracks=setup.tracks)
dirty = image_visibilities(seen, setup)
clean, counted = clean_image(dirty, setup, niter=settings.niter)
beam, size = setup.beam, settings.image_size_px
print(f"{len(seen.values)} visibilities, noise {1e3 * seen.sigma_jy[0]:.2f} mJy each")
print(f"beam {beam.bmaj_arcsec:.4f} x {beam.bmin_arcsec:.4f} arcsec, {counted}")


def picture(values: Any) -> SkyImage:
    """Values in Jy/beam as an image about the phase centre."""
    return SkyImage(np.asarray(values, float), setup.cell_arcsec, "Jy/beam", beam=beam)


def middle(side: int) -> tuple[slice, slice]:
    """The central pixels of the image."""
    inside = slice((size - side) // 2, (size + side) // 2)
    return inside, inside


def save(figure: Figure, name: str) -> None:
    """A picture of the page, in few colours so that it stays small."""
    figure.savefig(out / name, dpi=80)
    with Image.open(out / name) as drawn:
        drawn.convert("RGB").quantize(128, Image.Quantize.FASTOCTREE).save(
            out / name, optimize=True
        )
    plt.close(figure)
    print(f"wrote {out / name}")


# The uv coverage: both halves of the plane, and how many baselines there are of which length.
uv = seen.uvw_m[:, :2] * seen.frequency_hz / SPEED_OF_LIGHT_M_S / 1e6
some = np.random.default_rng(1).choice(len(uv), 12000, replace=False)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for half in (uv[some], -uv[some]):
    left.plot(*half.T, ",", color="#1f4e79")
left.set(xlabel="u [million wavelengths]", ylabel="v [million wavelengths]", aspect="equal")
left.invert_xaxis()
right.hist(np.hypot(*uv.T), 80, color="#1f4e79", label="natural", density=True)
right.hist(
    np.hypot(*uv.T), 80, weights=setup.weights, color="#d95f02", histtype="step", density=True,
    label="Briggs, robust 0.5",
)  # fmt: skip
right.set(xlabel="baseline [million wavelengths]", ylabel="share of the weight, normalised")
right.legend(frameon=False)
save(figure, "alma_uv.png")

# The point spread function, and a cut through it with the Gaussian that restores.
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
drawn = draw_image(left, picture(1e-3 * setup.inner_psf), middle(128), limits=(-1e-4, 1e-3))
left.set(xlabel="east [arcsec]", ylabel="north [arcsec]")
figure.colorbar(drawn, ax=left, label="Jy/beam of a source of 1 Jy")
offset = (np.arange(128) - 64) * setup.cell_arcsec
slope = np.linalg.inv(beam.covariance_arcsec2())[1, 1]
right.plot(offset, setup.inner_psf[middle(128)][:, 64], color="#1f4e79", label="PSF")
right.plot(offset, np.exp(-slope * offset**2 / 2), "--", color="#d95f02", label="restoring beam")
right.axhline(0.35, color="0.7", lw=0.8)
right.set(xlabel="north [arcsec]", ylim=(-0.15, 1.05))
right.legend(frameon=False)
save(figure, "alma_psf.png")

# From the sky to the CLEAN image.
scale = setup.cell_arcsec / pixel
coarse = SkyImage(data * scale**2, pixel, "Jy/beam", beam=Beam(pixel, pixel, 0.0))
figure, axes = plt.subplots(1, 3, figsize=(12, 4), layout="constrained", sharex=True, sharey=True)
extent = round(128 * scale)
inner = (slice(512 - extent, 512 + extent),) * 2
draw_image(axes[0], coarse, inner, limits=(0, coarse.data.max()))
limits = float(min(dirty.min(), clean.min())), float(max(dirty.max(), clean.max()))
draw_image(axes[1], picture(dirty), middle(256), limits=limits)
drawn = draw_image(axes[2], picture(clean), middle(256), limits=limits)
for axis, title in zip(axes, ("sky model", "dirty image", "CLEAN image"), strict=True):
    axis.set(title=title, xlabel="east [arcsec]")
axes[0].set_ylabel("north [arcsec]")
figure.colorbar(drawn, ax=axes, label="mJy/beam")
save(figure, "alma_images.png")

# CASA beside native: CLEAN images with noise of their own, dirty images without noise.
if not reference.exists():
    print(f"no CASA images at {reference}: alma_casa.png is left out")
    sys.exit()
with np.load(reference.with_suffix(".npz")) as file:
    casa = {name: file[name].T for name in ("clean256", "noisefree_dirty256")}  # CASA has [x, y]
quiet = replace(settings, noise="none")
noiseless = observe_visibilities(sky, quiet, seed=1, tracks=setup.tracks)
exact = image_visibilities(noiseless, setup)[middle(256)]
away = 1000 * (exact - casa["noisefree_dirty256"])
rows = (
    ("CLEAN", casa["clean256"], clean[middle(256)], clean[middle(256)] - casa["clean256"], ""),
    ("noise-free dirty", casa["noisefree_dirty256"], exact, away, " x 1000"),
)
figure, axes = plt.subplots(2, 3, figsize=(11, 7), layout="constrained", sharex=True, sharey=True)
whole = (slice(0, 256),) * 2
for line, (what, theirs, ours, left, times) in zip(axes, rows, strict=True):
    titles = (f"CASA, {what}", f"native, {what}", f"native - CASA{times}")
    for axis, title, values in zip(line, titles, (theirs, ours, left), strict=True):
        limits = float(theirs.min()), float(theirs.max())
        drawn = draw_image(axis, picture(values), whole, limits=limits)
        axis.set_title(title)
    figure.colorbar(drawn, ax=line, label="mJy/beam")
    line[0].set_ylabel("north [arcsec]")
for axis in axes[1]:
    axis.set_xlabel("east [arcsec]")
save(figure, "alma_casa.png")
print(f"noise-free dirty image: {relative_rms(exact, casa['noisefree_dirty256']):.1e} from CASA's")
