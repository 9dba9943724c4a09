"""What a population is made with: one flat set of parameters, by the names of the literature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from skytypes.errors import InputError

LIMITS: Final[dict[str, tuple[float, float]]] = {
    "B_initial_log10_mean": (8.0, 16.0),
    "B_initial_log10_sigma": (0.0, 3.0),
    "P_initial_log10_mean": (-3.0, 1.5),
    "P_initial_log10_sigma": (0.0, 3.0),
    "P_initial_mean": (1e-3, 10.0),
    "P_initial_sigma": (0.0, 10.0),
    "a_late": (-5.0, 0.0),
    "L_radio_log10_mean": (20.0, 32.0),
    "epsilon_L": (0.0, 2.0),
    "h_c": (0.001, 5.0),
    "sigma_k": (0.1, 1500.0),
    "vk_c": (0.1, 1500.0),
}
"""What can vary, and between what: the table is in docs/popmaps.md."""
