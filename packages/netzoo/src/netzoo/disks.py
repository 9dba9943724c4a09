"""What every disk network answers: the five raw columns and how to read them."""

from __future__ import annotations

from skytypes.cards import UsableRule
from skytypes.specs import OutputSpec

COLUMNS = ("incl/90", "sin2PA", "cos2PA", "dx/0.14", "dy/0.14")
"""Raw columns, as checkpoints name them. dx and dy are fractions of the window's half width,
positive to higher column (west) and higher row (north)."""

DISK_OUTPUTS = (
    OutputSpec("incl_deg", "deg", "linear", (0,), scale=90.0, bounds=(0.0, 90.0)),
    OutputSpec("pa_deg", "deg", "double_angle", (1, 2)),
    OutputSpec("dx_arcsec", "arcsec", "field_fraction", (3,), scale=0.14, axis="x"),
    OutputSpec("dy_arcsec", "arcsec", "field_fraction", (4,), scale=0.14, axis="y"),
)
"""Inclination, position angle of the major axis (east of north) and centre (east and north of the
reference position), read from `COLUMNS`."""

DISK_LIMITS = (
    "Trained on simulated single disks; two sources in the window give one wrong answer.",
    "The nearer side is not told: inclination is 0 to 90 deg, position angle 0 to 180 deg.",
    "Position angle means nothing for a face-on disk (inclination below about 10 deg).",
    "Disks smaller than the beam and pictures with peak/rms below about 15 are measured little "
    "better than by predicting the mean.",
)
"""Where no disk network must be trusted."""

DISK_RULES = (
    UsableRule(
        "peak_over_rms",
        "peak below 5 times the picture's noise: no disk to measure, or one that fills the picture",
        at_least=5.0,
    ),
    UsableRule(
        "window_over_beam",
        "source hardly larger than the beam: its shape is the beam's",
        at_least=3.6,
    ),
    UsableRule(
        "window_over_beam",
        "window more than 500 beams wide: see whether the header's pixel and beam are right",
        at_most=500.0,
    ),
    UsableRule(
        "beam_over_pixel",
        "beam narrower than 0.7 pixels: see whether the header's pixel and beam are right",
        at_least=0.7,
    ),
)
"""When an answer must not be used.

A point source's window is 2.6 to 3.5 beams wide. The narrowest beam of the training, of a sigma of
0.3 pixels, is 0.71 pixels wide.
"""
