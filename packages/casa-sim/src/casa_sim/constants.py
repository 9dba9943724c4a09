"""Numbers that no module owns."""

from __future__ import annotations

import math

SPEED_OF_LIGHT_M_S = 299_792_458.0
ARCSEC_RAD = math.pi / 648_000
