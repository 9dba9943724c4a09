"""FITS images of strangers, read into `SkyImage`, and ours written with a complete header.

Accepted: one picture (further axes only of length 1) in the first HDU that holds one, RA/Dec WCS,
square pixels with north up (mirrored axes are flipped: row 0 south, column 0 east), BUNIT Jy/beam
(then with BMAJ, BMIN, BPA), Jy/pixel, K, or counts; multiples such as mJy/beam are converted.
"""

from .reading import read_image
from .writing import make_header, write_image

__all__ = ["make_header", "read_image", "write_image"]
