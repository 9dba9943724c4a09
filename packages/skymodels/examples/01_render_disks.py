"""Draw three disks, render them, and read their inclination back off the pictures.

Run it with ``uv run --package skymodels packages/skymodels/examples/01_render_disks.py``.
"""

import math

import numpy as np

from skymodels import Grid, draw_catalogue, draw_params, render_disks

# A catalogue is drawn from a seed; row i is the same however many rows are drawn.
rows = draw_catalogue(3, seed=42)

# Everything random is drawn here. What follows is deterministic.
params = draw_params(rows, recipe="physical")

# Pictures of 256 pixels, each six outer radii wide.
size = 256
pixel_arcsec = np.array([6 * row.rout_arcsec / size for row in rows])
images = render_disks(params, Grid(size, pixel_arcsec))

# Second moments of a flat disk give its axis ratio, cos(inclination).
for row, image, pixel in zip(rows, images, pixel_arcsec, strict=True):
    steps = (np.arange(size) - size // 2) * pixel
    east, north = np.broadcast_arrays(-steps[None, :], steps[:, None])
    weights = image / image.sum()
    offsets = np.stack([east - (weights * east).sum(), north - (weights * north).sum()])
    covariance = np.einsum("iyx,jyx,yx->ij", offsets, offsets, weights)
    small, large = np.linalg.eigvalsh(covariance)
    measured = math.degrees(math.acos(math.sqrt(small / large)))
    print(
        f"{row.ID}: {image.sum() * 1000:.3f} mJy, inclination {row.incl_deg:.1f} deg, "
        f"from the picture {measured:.1f} deg"
    )
