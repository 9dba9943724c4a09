import math
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmaps.observed.atnf import parse_atnf
from popmaps.observed.catalogues import read_pulsars
from skytypes.errors import InputError

NAMES = (
    "#;PSRJ;PMRA;PMDEC;PX;POSEPOCH;Gl;Gb;RAJD;DECJD;P0;P1;DM;TAU_SC;S400;S1400;S2000;DIST;"
    "ZZ;XX;YY;ASSOC;SURVEY;"
)
UNITS = (
    ";;(mas/yr);(mas/yr);(mas);(MJD);(deg);(deg);(deg);(deg);(s);;(cm^-3pc);(s);(mJy);(mJy);"
    "(mJy);(kpc);(kpc);(kpc);(kpc);;;"
)
FIRST = (
    "1;J0002+6216;32.5;-13.7;0.6;55806;117.327;-0.074;0.742375;62.269278;0.115364;5.97e-15;"
    "218.6;NAN;NAN;0.022;NAN;6.357;0.01;-5.6;11.2;GRS:4FGL,XRS:1X;FermiBlind;"
)
SECOND = (
    "2;J1341-6023;*;*;NAN;NAN;308.5;1.8;205.3;-60.4;0.6273;1.9e-14;364;NAN;NAN;0.6;NAN;6.5;"
    "0.2;1;2;NAN;pksmb,htru_pks;"
)
EXPORT = "\n".join((NAMES, UNITS, FIRST, SECOND)) + "\n"
PLAIN = "PSRJ;RAJD;DECJD;P0;P1;ASSOC;SURVEY;S1284_MED\nJ1;180;-30;0.5;1e-15;NAN;pksmb;2.5\n"


def test_the_export_with_two_headers_is_read() -> None:
    pulsars = parse_atnf(EXPORT)
    assert pulsars.layout == "ATNF export"
    assert not pulsars.binaries_known
    assert pulsars.table["name"].tolist() == ["J0002+6216", "J1341-6023"]
    second = pulsars.table.iloc[1]
    assert second["l_deg"] == pytest.approx(308.5 - 360.0)
    assert (second["p_s"], second["p_dot"], second["s1400_mjy"]) == (0.6273, 1.9e-14, 0.6)
    assert second["association"] == ""
    assert pulsars.table["pm_ra_mas_yr"].isna().tolist() == [False, True]


def test_the_csv_with_one_header_is_read() -> None:
    pulsars = parse_atnf(PLAIN)
    assert pulsars.layout == "one-header CSV"
    row = pulsars.table.iloc[0]
    assert row["s1284_mjy"] == 2.5
    # By the Galactic pole at J2000 (Hipparcos catalogue, vol. 1, eq. 1.5.11).
    dec, pole, away = (math.radians(v) for v in (-30.0, 27.12825, 180.0 - 192.85948))
    sin_b = math.sin(dec) * math.sin(pole) + math.cos(dec) * math.cos(pole) * math.cos(away)
    y = math.cos(dec) * math.sin(away)
    x = math.sin(dec) * math.cos(pole) - math.cos(dec) * math.sin(pole) * math.cos(away)
    assert row["b_deg"] == pytest.approx(math.degrees(math.asin(sin_b)), abs=1e-4)
    l_deg = 122.93192 - math.degrees(math.atan2(y, x))
    assert (row["l_deg"] - l_deg + 180) % 360 == pytest.approx(180, abs=1e-4)


def test_a_table_with_companions_says_so() -> None:
    text = PLAIN.replace("PSRJ;", "BINARY;PSRJ;").replace("J1;", "ELL1;J1;")
    pulsars = parse_atnf(text)
    assert pulsars.binaries_known
    assert pulsars.table["binary"].tolist() == ["ELL1"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.115364", "quick", "row 1: P0 'quick' is no number"),
        ("0.115364", "-1", "row 1: P0 -1 is not from 1e-06"),
        ("62.269278", "91", "row 1: DECJD 91 is not from -90 to 90"),
        ("0.742375", "NAN", "row 1: no position"),
        ("1;J0002+6216", "1;NAN", "row 1: 'NAN' is no name"),
        ("0.742375;", "", "row 1: P0 5.97e-15 is not from 1e-06 to 1e\\+06; left out"),
        ("FermiBlind;", "FermiBlind;x;y", "row 1: 25 cells under 24 names"),
    ],
)
def test_a_bad_row_is_left_out(old: str, new: str, message: str) -> None:
    pulsars = parse_atnf(EXPORT.replace(old, new, 1))
    assert pulsars.table["name"].tolist() == ["J1341-6023"]
    assert re.search(message, pulsars.skipped[0]), pulsars.skipped[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty; give psrcat.db"),
        ("\n \n", "empty; give psrcat.db"),
        (EXPORT.replace(";", ","), r"separated by commas\); give psrcat.db"),
        ("a poem\nof two lines", "no catalogue of pulsars is recognised"),
        (PLAIN.replace("P1;", "PX;"), "no column P1; its columns are PSRJ, RAJD"),
        (PLAIN.replace("PSRJ;", ";"), "no column PSRJ"),
        (PLAIN.split("\n", maxsplit=1)[0], "no pulsar can be read from it; it has no rows"),
        (EXPORT.replace("(s)", "(ms)", 1), r"column P0 is in \(ms\); give it in \(s\)"),
        (EXPORT.replace("(mJy);(mJy)", "(mJy);(Jy)"), r"S1400 is in \(Jy\); give it in \(mJy\)"),
        (PLAIN.replace("0.5", "half"), r"no pulsar can be read from it \(row 1: P0 'half'"),
    ],
)
def test_what_is_no_catalogue_is_refused(tmp_path: Path, text: str, message: str) -> None:
    place = tmp_path / "a.csv"
    place.write_text(text)
    with pytest.raises(InputError, match=message):
        read_pulsars(place)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=";,\n#PSRJ0NAN.5-()x\x00\x1b", max_size=150))
def test_garbage_is_refused_or_read_and_never_crashes(text: str) -> None:
    for start in ("", PLAIN.split("\n", maxsplit=1)[0] + "\n", NAMES + "\n"):
        try:
            pulsars = parse_atnf(start + text)
        except InputError as error:
            assert str(error)
        else:
            assert len(pulsars) >= 1
