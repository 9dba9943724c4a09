import math
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmaps.observed.catalogues import read_pulsars
from popmaps.observed.psrcat import parse_psrcat
from skytypes.errors import InputError

TEXT = """#CATALOGUE 9.9.9
#
PSRJ     J0002+6216                    cwp+17
# a comment inside a record
RAJ      00:02:58.17              2    cwp+17
DECJ     +62:16:09.4              1    cwp+17
F0       8.0                      10   cwp+17
F1       -4.0E-13                 5    cwp+17
S1400    0.022                         wu18
S1400    9.9                           later
DIST_DM  6.357                         ymw17
DIST_A   3.0                           abc
S1284    5.0                      3    kjk+24
S1284    1.0                      3    kjk+24
S1284    2.0                      3    kjk+24
TYPE     HE[wcp+18]
ASSOC    GRS:4FGL_J0002.8+6217[aab+22],XRS:1XSPS[wcp+18]
SURVEY   FermiBlind,pksmb
@-----------------------------------------------------------------
PSRJ     J0023+0923                    x
ELONG    9.07039380               5    x
ELAT     6.30910890               5    x
P0       0.5                      5    x
P0       0.7                      5    other
P1       -1E-15                   5    x
BINARY   ELL1
@-----------------------------------------------------------------
"""


def test_the_first_value_of_a_key_is_the_preferred_one() -> None:
    row = parse_psrcat(TEXT).table.iloc[0]
    assert row["s1400_mjy"] == 0.022
    assert parse_psrcat(TEXT).table["p_s"][1] == 0.5


def test_period_and_derivative_come_from_the_frequency() -> None:
    row = parse_psrcat(TEXT).table.iloc[0]
    assert row["p_s"] == 0.125
    assert row["p_dot"] == pytest.approx(4.0e-13 / 64, rel=1e-15, abs=0)


def test_an_associated_distance_goes_before_that_of_the_dispersion() -> None:
    assert parse_psrcat(TEXT).table["dist_kpc"][0] == 3.0
    assert parse_psrcat(TEXT.replace("DIST_A ", "OTHER  ")).table["dist_kpc"][0] == 6.357


def test_epochs_at_1284_mhz_are_joined_by_their_median() -> None:
    assert parse_psrcat(TEXT).table["s1284_mjy"][0] == 2.0


def test_texts_are_kept_and_absent_values_are_nan() -> None:
    pulsars = parse_psrcat(TEXT)
    assert pulsars.version == "9.9.9"
    assert pulsars.layout == "psrcat.db"
    assert pulsars.table["surveys"].tolist() == ["FermiBlind,pksmb", ""]
    assert pulsars.table["binary"].tolist() == ["", "ELL1"]
    assert math.isnan(pulsars.table["dm_pc_cm3"][0])
    assert pulsars.skipped == ()


def test_positions_are_equatorial_or_ecliptic() -> None:
    # J0002+6216 by hand; J0023+0923: RAJ 00:23:16.88, DECJ +09:23:23.9 in the catalogue.
    table = parse_psrcat(TEXT).table
    assert table["ra_deg"][0] == pytest.approx(15 * (2 / 60 + 58.17 / 3600), abs=1e-12)
    assert table["dec_deg"][0] == pytest.approx(62 + 16 / 60 + 9.4 / 3600, abs=1e-12)
    assert table["ra_deg"][1] == pytest.approx(5.8203, abs=3e-4)
    assert table["dec_deg"][1] == pytest.approx(9.3900, abs=3e-4)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("8.0  ", "fast ", "F0 'fast' is no number"),
        ("8.0  ", "0.0  ", "F0 0 is not from 1e-06"),
        ("8.0  ", "1e999", "F0 '1e999' is no number"),
        ("8.0  ", "nan  ", "F0 'nan' is no number"),
        ("00:02:58.17", "25:02:58.17", "RAJ 25.0495 is not from 0 to 24"),
        ("00:02:58.17", "00:72:58.17", "minutes or seconds over 60"),
        ("+62:16:09.4", "north", "DECJ 'north' is no angle"),
        ("PSRJ     J0002+6216", "PSRX     J0002+6216", "'' is no name"),
        ("J0002+6216", "J0002\x1b[31m", "is no name"),
        ("S1284    1.0 ", "S1284    1.0?", "S1284 '1.0\\?' is no number"),
        ("RAJ ", "RAX ", "no position"),
    ],
)
def test_a_bad_value_leaves_its_pulsar_out(old: str, new: str, message: str) -> None:
    pulsars = parse_psrcat(TEXT.replace(old, new, 1))
    assert pulsars.table["name"].tolist() == ["J0023+0923"]
    assert re.search(message, pulsars.skipped[0]), pulsars.skipped[0]
    assert len(pulsars.skipped) == 1
    assert pulsars.skipped[0].isprintable()


def test_a_name_that_occurs_again_is_left_out() -> None:
    pulsars = parse_psrcat(TEXT.replace("J0023+0923", "J0002+6216"))
    assert len(pulsars) == 1
    assert "occurs before" in pulsars.skipped[0]


def test_a_text_cut_short_is_refused() -> None:
    with pytest.raises(InputError, match="ends inside the record of 'J0023"):
        parse_psrcat(TEXT[: TEXT.rindex("@")])


def test_a_text_of_bad_records_only_is_refused() -> None:
    with pytest.raises(InputError, match=r"no pulsar can be read from it \(record 1: "):
        parse_psrcat("PSRJ J1 x\nRAJ x x\nDECJ y x\n@-\n")
    with pytest.raises(InputError, match="no pulsar can be read from it; records end"):
        parse_psrcat("#CATALOGUE 2.7.0\n")


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_garbage_inside_the_database_never_crashes(text: str) -> None:
    try:
        pulsars = parse_psrcat("PSRJ " + text + "\n@--\n")
    except InputError as error:
        assert str(error)
    else:
        assert len(pulsars) >= 1


@settings(max_examples=100, deadline=None)
@given(
    key=st.sampled_from(["F0", "F1", "RAJ", "DECJ", "DM", "S1400", "DIST_A", "S1284", "PMRA"]),
    value=st.text(alphabet="0123456789+-.:eEnaif_ x", max_size=20),
)
def test_any_value_gives_a_finite_number_or_leaves_the_pulsar_out(key: str, value: str) -> None:
    first, second = TEXT.split("PSRJ     J0023+0923")
    broken = f"{first}PSRJ J1 x\n{key} {value}\n" + second.split("\n", 1)[1]
    pulsars = parse_psrcat(broken)
    assert pulsars.table["name"][0] == "J0002+6216"
    assert len(pulsars) + len(pulsars.skipped) == 2
    numbers = pulsars.table[["ra_deg", "dec_deg", "l_deg", "b_deg"]].to_numpy(float)
    assert all(math.isfinite(v) for v in numbers.ravel())


def test_the_layout_is_found_from_the_content(tmp_path: Path) -> None:
    place = tmp_path / "anything.csv"
    place.write_text(TEXT)
    assert read_pulsars(place).layout == "psrcat.db"
