"""The published rules, against what real CASA was given in the reference cases."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casa_sim.antennas import antenna_positions, longest_baseline_m
from casa_sim.arrays import ARRAYS, BANDS, find_array, find_band
from casa_sim.imaging_rules import cell_rule_mas, imsize_rule, needs_two_arrays, scales_rule
from casa_sim.settings import ObservationSettings
from casa_sim.site import elevation_deg
from skytypes.errors import InputError


@pytest.mark.shared_data
def test_rules_give_what_casa_was_given(reference: dict[str, Any]) -> None:
    params = reference["params"]
    setup = params["array_cfg"], params["band"]
    assert cell_rule_mas(*setup) == reference["cell_arcsec"] * 1000
    assert imsize_rule(cell_rule_mas(*setup), params["band"]) == reference["imsize"]
    assert scales_rule(cell_rule_mas(*setup), *setup) == tuple(reference["scales"])
    assert find_band(params["band"]).frequency_hz == reference["freq_hz"]


PUBLISHED_ARRAYS = {
    "alma.cycle9.5.cfg": (130, 22),
    "alma.cycle9.6.cfg": (80, 13),
    "alma.cycle9.7.cfg": (50, 8),
    "alma.cycle9.8.cfg": (28, 5),
    "alma.cycle9.9.cfg": (18, 3),
}
PUBLISHED_BANDS = {6: (230e9, 25.0), 8: (405e9, 14.3)}


def test_published_rows_of_the_tables() -> None:
    bands = {n: (BANDS[n].frequency_hz, BANDS[n].primary_beam_arcsec) for n in PUBLISHED_BANDS}
    assert bands == PUBLISHED_BANDS
    arrays = {n: (ARRAYS[n].beam_mas, ARRAYS[n].cell_mas) for n in PUBLISHED_ARRAYS}
    assert arrays == PUBLISHED_ARRAYS


def test_the_other_rows_follow_the_stated_rule() -> None:
    others = [a for a in ARRAYS.values() if a.name not in PUBLISHED_ARRAYS]
    assert [a.name.split(".")[2] for a in others] == ["1", "2", "3", "4", "10"]
    for array in others:
        longest = longest_baseline_m(antenna_positions(array.name))
        beam = math.degrees(0.7 * 299_792_458.0 / 230e9 / longest) * 3.6e6
        assert array.beam_mas == float(f"{beam:.2g}")
        assert array.cell_mas == int(array.beam_mas / 6)


def test_primary_beams_scale_with_the_wavelength() -> None:
    assert list(BANDS) == [3, 4, 5, 6, 7, 8, 9]
    for band in BANDS.values():
        # The published 14.3" of band 8 is 25" x 230/405 = 14.2" in another rounding.
        exact = 25.0 * 230e9 / band.frequency_hz
        assert band.primary_beam_arcsec == pytest.approx(
            exact, abs=0.05 + 0.06 * (band.number == 8)
        )


def test_every_published_setup_is_imaged_with_1024_pixels() -> None:
    setups = [(a, b) for a in PUBLISHED_ARRAYS for b in PUBLISHED_BANDS]
    assert {ObservationSettings(a, band=b).image_size_px for a, b in setups} == {1024}


@pytest.mark.parametrize("band", BANDS)
@pytest.mark.parametrize("array", ARRAYS)
def test_every_setup_samples_its_longest_baseline(array: str, band: int) -> None:
    settings = ObservationSettings(array, band=band)
    wavelength_m = 299_792_458.0 / settings.receiver.frequency_hz
    nyquist_rad = wavelength_m / (2 * longest_baseline_m(antenna_positions(array)))
    assert settings.image_cell_mas < math.degrees(nyquist_rad) * 3.6e6
    assert settings.image_cell_mas <= ARRAYS[array].beam_mas * 230e9 / (
        4 * settings.receiver.frequency_hz
    )
    assert settings.scales_px[1] >= 2
    assert settings.image_size_px in (256, 512, 1024)


def test_cell_is_truncated_and_at_least_two() -> None:
    # 13 mas x 230/405 = 7.38 and 3 mas x 230/405 = 1.70.
    assert cell_rule_mas("alma.cycle9.6.cfg", 8) == 7
    assert cell_rule_mas("alma.cycle9.9.cfg", 8) == 2
    # 12 mas x 230/405 / 4 = 1.704: two would be coarser than a quarter of the beam.
    assert cell_rule_mas("alma.cycle9.10.cfg", 8) == 1.7


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


def test_arrays_lists_the_more_extended_first() -> None:
    both = ObservationSettings("alma.cycle9.7.cfg", array_lo="alma.cycle9.5.cfg")
    assert both.arrays == ("alma.cycle9.7.cfg", "alma.cycle9.5.cfg")
    assert ObservationSettings("alma.cycle9.7.cfg").arrays == ("alma.cycle9.7.cfg",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"array_cfg": "vla.a.cfg"}, r"array is 'vla.a.cfg'; allowed: alma.cycle9.1.cfg, "),
        ({"array_lo": "aca.cfg"}, "array is 'aca.cfg'"),
        (
            {"array_lo": "alma.cycle9.8.cfg"},
            "array_lo is 'alma.cycle9.8.cfg', with baselines to 8548 m; give an array more compact "
            "than 'alma.cycle9.7.cfg', with baselines to 3638 m, or leave it out",
        ),
        ({"array_lo": "alma.cycle9.7.cfg"}, "array_lo .* to 3638 m; give .* to 3638 m"),
        ({"band": 10}, "band is 10; allowed: 3, 4, 5, 6, 7, 8, 9$"),
        ({"pwv_mm": 0.0}, "pwv_mm is 0; allowed: 0.05 to 20 mm"),
        ({"pwv_mm": float("nan")}, "pwv_mm is nan"),
        ({"time_s": 30.0}, "time_s is 30; allowed: 60 to 21600 s"),
        ({"time_s": 1205.0}, "give a multiple of 10 s"),
        ({"niter": 0}, "niter is 0; allowed: 1"),
        ({"robust": 3.0}, "robust is 3; allowed: -2 to 2$"),
        ({"robust": -1.0, "weighting": "natural"}, "robust -1 does nothing to natural weights"),
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
