from __future__ import annotations

import json
from pathlib import Path

import pytest

from popmaps.population.settings import VARIABLES, PopulationSettings, read_settings
from skytypes.errors import InputError


def test_every_variable_changes_its_own_field_alone() -> None:
    text = "[galaxy]\nkick_law = '{}'\n[spin]\nP_initial_distribution = '{}'\n"
    for name, place in VARIABLES.items():
        needs = {place.needs[0]: place.needs[1]} if place.needs else {}
        base = _read(
            text.format(
                needs.get("kick_law", "maxwell"), needs.get("P_initial_distribution", "log-normal")
            )
        )
        value = (place.low + place.high) / 2
        changed = base.with_values({name: value})
        assert changed.value(name) == value
        others = [n for n in VARIABLES if n != name]
        assert [changed.value(n) for n in others] == [base.value(n) for n in others]


def test_both_ends_of_each_variable_are_allowed() -> None:
    for name, place in VARIABLES.items():
        if not place.needs:
            for end in (place.low, place.high):
                assert PopulationSettings().with_values({name: end}).value(name) == end


def test_the_record_is_json() -> None:
    record = PopulationSettings().record()
    assert json.loads(json.dumps(record))["galaxy"]["h_c_kpc"] == 0.18


def _read(text: str, folder: Path | None = None) -> PopulationSettings:
    import tempfile

    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = Path(place, "settings.toml")
        path.write_text(text, encoding="utf-8")
        return read_settings(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[galaxy", "not TOML"),
        ("a=" + "[" * 100_000, "not TOML|nested"),
        ("[galaxies]\n", r"table \[galaxies\]; there are galaxy, spin, radio"),
        ("[galaxy]\nh_kpc = 1", r"galaxy.h_kpc: there are .*h_c_kpc"),
        ("[galaxy]\nh_c_kpc = 'thick'", r"galaxy.h_c_kpc: .*number"),
        ("[galaxy]\nh_c_kpc = -1", r"h_c_kpc is -1; allowed: 0.001 to 5"),
        ("[galaxy]\npotential = 'MW'", "potential"),
        ("[spin]\nB_initial_log10_mean = nan", "B_initial_log10_mean is nan"),
        ("[radio]\nspectral_index = -1", "spectral_index"),
    ],
)
def test_settings_that_are_none_are_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        _read(text)
    assert "settings.toml: " in str(caught.value)
    assert "\n" not in str(caught.value)
