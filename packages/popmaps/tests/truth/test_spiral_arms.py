"""The arms pass where masers show them: the frame, the sense of winding and the constants."""

import numpy as np
import pytest

from popmaps.galaxy.settings import ArmModel
from popmaps.galaxy.spiral_arms import ARMS

# Reid et al. 2019, doi:10.3847/1538-4357/ab4a11, table 2 and figure 1: where the line from the
# centre through the Sun crosses the arms [kpc]. Models differ by up to 1 kpc.
CROSSINGS_KPC = {"Carina-Sagittarius": 6.9, "Perseus": 9.9}
APART_KPC = 1.0


def crossings(model: ArmModel, name: str) -> list[float]:
    """Distances at which an arm crosses the line from the centre through the Sun [kpc]."""
    arms = ARMS[model]
    i = arms.names.index(name)
    angles = np.pi / 2 + 2 * np.pi * np.arange(-3, 4)
    return [float(r) for r in arms.r0_kpc[i] * np.exp((angles - arms.phi0_rad[i]) / arms.k[i])]


@pytest.mark.parametrize("model", ["ymw17", "fk06"])
@pytest.mark.parametrize("name", list(CROSSINGS_KPC))
def test_arms_cross_the_line_to_the_sun(model: ArmModel, name: str) -> None:
    nearest = min(abs(r - CROSSINGS_KPC[name]) for r in crossings(model, name))
    assert nearest < APART_KPC


@pytest.mark.parametrize("model", ["ymw17", "fk06"])
def test_arms_trail(model: ArmModel) -> None:
    # The Galaxy turns clockwise, so a trailing arm goes outwards counter-clockwise.
    assert min(ARMS[model].k) > 0


def test_the_local_arm_passes_the_sun() -> None:
    arms = ARMS["ymw17"]
    low, high = arms.local_range_kpc
    ends = arms.k[4] * np.log(np.array([low, high]) / arms.r0_kpc[4]) + arms.phi0_rad[4]
    assert ends[0] < np.pi / 2 < ends[1]
    assert min(abs(r - 8.3) for r in crossings("ymw17", "Local")) < 0.3
