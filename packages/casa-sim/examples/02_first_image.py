"""An elliptical ring through real CASA (the casa extra; it takes some seconds)."""

import sys
from pathlib import Path

import numpy as np

from casa_sim import CasaSimulator, ObservationSettings
from skyrun.fits import write_image
from skytypes import SkyImage

# East and north of the reference pixel [arcsec]: column 0 is east, row 0 is south.
size, pixel = 256, 0.02
row, column = np.indices((size, size))
east, north = -(column - size // 2) * pixel, (row - size // 2) * pixel

# A ring of 0.8 arcsec, inclined by 60 deg, its major axis at position angle 30 deg.
pa, cos_incl = np.radians(30), np.cos(np.radians(60))
along = east * np.sin(pa) + north * np.cos(pa)
across = (east * np.cos(pa) - north * np.sin(pa)) / cos_incl
ring = np.exp(-0.5 * ((np.hypot(along, across) - 0.8) / 0.15) ** 2)
sky = SkyImage(0.05 * ring / ring.sum(), pixel, "Jy/pixel", frequency_hz=230e9, name="ring")

settings = ObservationSettings(
    "alma.cycle9.5.cfg", band=6, pwv_mm=1.0, time_s=300, niter=200, imsize_px=256
)
with CasaSimulator(settings) as simulator:
    observation = simulator.observe(sky, seed=1)

image, out = observation.image, Path(sys.argv[1] if len(sys.argv) > 1 else "ring.fits")
write_image(out, image)
print(image.beam)
print(f"peak {image.data.max() * 1e3:.2f} mJy/beam, {observation.settings['iterdone']} iterations")
print(f"noise of a visibility {observation.settings['sigma_jy'][0] * 1e3:.2f} mJy; wrote {out}")
