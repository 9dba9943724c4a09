"""Settings of the magneto-rotational part are checked when they are made."""

from __future__ import annotations

import math
from typing import Any

import pytest

from popmaps.spin.decay_law import FieldDecay
from popmaps.spin.settings import SpinSettings
from skytypes.errors import InputError


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"B_initial_log10_sigma": -0.1}, "B_initial_log10_sigma is -0.1; give a number from 0"),
        ({"P_initial_log10_mean": math.nan}, "P_initial_log10_mean is nan"),
        ({"P_initial_mean": "0.3"}, "P_initial_mean is 0.3; give a number"),
        ({"a_late": 0.5}, "a_late is 0.5; give a number from -20 to 0"),
        ({"decay": "none"}, "decay is 'none'; allowed: dipolar, multipolar"),
        ({"equation_of_state": "APR"}, "allowed: BSk24, SLy4, analytic"),
        ({"torque": (0.0, 0.0, 1.0)}, "k0 \\+ k1 > 0"),
        ({"torque": (1.0, 1.0)}, "give three numbers"),
        ({"B_initial_distribution": "smooth-top-hat", "B_initial_log10_mean": 15}, "top-hat"),
    ],
)
def test_a_setting_out_of_range_is_refused_in_one_line(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        SpinSettings(**change)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("exponents", [{"a_late": 0.1}, {"a_early": -4.0}, {"early_time_yr": 0.0}])
def test_a_field_that_could_grow_is_refused(exponents: dict[str, float]) -> None:
    with pytest.raises(InputError, match="field"):
        FieldDecay(**exponents)


def test_late_exponent_and_fit_reach_the_law() -> None:
    decay = SpinSettings(decay="multipolar", a_late=-1.7).field_decay
    assert (decay.a_early, decay.a_hall, decay.a_late) == (-0.15, -4.0, -1.7)
    assert decay.early_time_yr == pytest.approx(9e13)


def test_radius_follows_the_equation_of_state() -> None:
    radii = [SpinSettings(equation_of_state=e).star.radius_cm for e in ("BSk24", "SLy4")]
    assert radii == [1.259e6, 1.170e6]
