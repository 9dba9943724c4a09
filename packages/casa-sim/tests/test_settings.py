"""The published rules, against what real CASA was given in the reference cases."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casa_sim.arrays import ARRAYS, BANDS, find_array, find_band
from casa_sim.settings import (
    ObservationSettings,
    cell_rule_mas,
    elevation_deg,
    imsize_rule,
    needs_two_arrays,
    scales_rule,
)
from skytypes.errors import InputError


@pytest.mark.shared_data
def test_rules_give_what_casa_was_given(reference: dict[str, Any]) -> None:
    params = reference["params"]
    setup = params["array_cfg"], params["band"]
    assert cell_rule_mas(*setup) == reference["cell_arcsec"] * 1000
    assert imsize_rule(cell_rule_mas(*setup), params["band"]) == reference["imsize"]
    assert scales_rule(cell_rule_mas(*setup), *setup) == tuple(reference["scales"])
    assert find_band(params["band"]).frequency_hz == reference["freq_hz"]


def test_bands_and_arrays_of_the_table() -> None:
    assert {n: (b.frequency_hz, b.primary_beam_arcsec) for n, b in BANDS.items()} == {
        6: (230e9, 25.0),
        8: (405e9, 14.3),
    }
    table = {n.split(".")[2]: (a.beam_mas, a.cell_mas) for n, a in ARRAYS.items()}
    assert table == {"5": (130, 22), "6": (80, 13), "7": (50, 8), "8": (28, 5), "9": (18, 3)}


def test_every_listed_setup_is_imaged_with_1024_pixels() -> None:
    setups = [(a, b) for a in ARRAYS for b in BANDS]
    assert {ObservationSettings(a, band=b).image_size_px for a, b in setups} == {1024}


def test_cell_is_truncated_and_at_least_two() -> None:
    # 13 mas x 230/405 = 7.38 and 3 mas x 230/405 = 1.70.
    assert cell_rule_mas("alma.cycle9.6.cfg", 8) == 7
    assert cell_rule_mas("alma.cycle9.9.cfg", 8) == 2


def test_scales_never_start_below_four() -> None:
    assert scales_rule(60.0, "alma.cycle9.5.cfg", 6) == (0, 2, 4, 8)


@pytest.mark.parametrize(
    ("rout", "low", "two"),
    [
        (0.81, "alma.cycle9.5.cfg", True),
        (0.80, "alma.cycle9.5.cfg", False),
        (1.5, "alma.cycle9.7.cfg", False),
        (1.5, None, False),
    ],
)
def test_two_arrays_only_for_large_disks_and_another_array(
    rout: float, low: str | None, two: bool
) -> None:
    assert needs_two_arrays(rout, "alma.cycle9.7.cfg", low) is two


def test_arrays_lists_the_second_only_if_it_differs() -> None:
    both = ObservationSettings("alma.cycle9.7.cfg", array_lo="alma.cycle9.5.cfg")
    assert both.arrays == ("alma.cycle9.7.cfg", "alma.cycle9.5.cfg")
    same = ObservationSettings("alma.cycle9.7.cfg", array_lo="alma.cycle9.7.cfg")
    assert same.arrays == ("alma.cycle9.7.cfg",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"array_cfg": "vla.a.cfg"}, r"array is 'vla.a.cfg'; allowed: alma.cycle9.5.cfg, "),
        ({"array_lo": "aca.cfg"}, "array is 'aca.cfg'"),
        ({"band": 7}, "band is 7; allowed: 6, 8"),
        ({"pwv_mm": 0.0}, "pwv_mm is 0; allowed: 0.05 to 20 mm"),
        ({"pwv_mm": float("nan")}, "pwv_mm is nan"),
        ({"time_s": 30.0}, "time_s is 30; allowed: 60 to 21600 s"),
        ({"time_s": 1205.0}, "give a multiple of 10 s"),
        ({"niter": 0}, "niter is 0; allowed: 1"),
        ({"robust": 3.0}, "robust is 3; allowed: -2 to 2$"),
        ({"cell_mas": 40.0}, "cell_mas is 40; allowed: 0.1 to 25 mas"),
        ({"imsize_px": 10_000_000}, r"imsize_px is 1e\+07; allowed: 64 to 4096"),
        ({"imsize_px": 255}, "even number"),
    ],
)
def test_what_is_not_allowed_is_said_in_one_line(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        ObservationSettings(**{"array_cfg": "alma.cycle9.7.cfg", **change})
    assert "\n" not in str(caught.value)


def test_find_array_names_all() -> None:
    with pytest.raises(InputError) as caught:
        find_array("alma.cycle8.7.cfg")
    assert all(name in str(caught.value) for name in ARRAYS)


def test_settings_tell_what_a_rule_filled() -> None:
    told = ObservationSettings("alma.cycle9.8.cfg", band=8).as_dict()
    assert (told["cell_mas"], told["imsize_px"], told["integration_s"]) == (2.0, 1024, 10.0)


def test_low_targets_are_refused() -> None:
    settings = ObservationSettings("alma.cycle9.7.cfg", time_s=3600)
    settings.check_target(-30.0)
    with pytest.raises(InputError, match="declination 60 deg: the elevation falls to 6"):
        settings.check_target(60.0)


@given(dec=st.floats(-90, 90), seconds=st.floats(0, 43200))
def test_elevation_is_highest_at_transit(dec: float, seconds: float) -> None:
    assert elevation_deg(dec, seconds) <= elevation_deg(dec, 0.0) + 1e-9
    assert abs(elevation_deg(dec, 0.0) - (90 - abs(dec + 23.022886))) < 1e-5
