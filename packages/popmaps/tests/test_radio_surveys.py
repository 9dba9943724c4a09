"""Built-in surveys, and surveys from a user's file."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from popmaps.coordinates import wrapped_longitude_deg
from popmaps.radio.survey_files import read_surveys
from popmaps.radio.surveys import built_in_surveys
from skytypes.errors import InputError

GOOD = """
[survey.MINE]
frequency_mhz = 1400
bandwidth_mhz = 100
channel_mhz = 1
integration_s = 60
sampling_us = 100
receiver_k = 20
gain_k_jy = 1.0
sky = [{ abs_b_deg = [0, 1] }, { l_deg = [170, 180], dec_deg = [0, 90] }]
"""
BUILT_IN = built_in_surveys()


def test_built_in_numbers() -> None:
    """Frequency, bandwidth, channel, time, sampling and temperature of the published set-ups."""
    rows: dict[str, tuple[float, ...]] = {
        "PMPS": (1374, 288, 3, 2100, 250, 21),
        "SMPS": (1374, 288, 3, 265, 125, 21),
        "HTRU_low": (1352, 340, 0.390625, 4300, 64, 23),
        "HTRU_mid": (1352, 340, 0.390625, 540, 64, 23),
        "HTRU_high": (1352, 340, 0.390625, 270, 64, 23),
    }
    for name, row in rows.items():
        s = BUILT_IN.surveys[name]
        found = (s.frequency_mhz, s.bandwidth_mhz, s.channel_mhz, s.integration_s, s.sampling_us)
        assert (*found, s.receiver_k) == row
        assert (s.gain_k_jy, s.digitisation_loss, s.polarisations) == (0.735, 1.25, 2)
    counts = {name: group.detections for name, group in BUILT_IN.groups.items()}
    assert counts == {"PMPS": 1045, "SMPS": 218, "HTRU_low_mid": 1095, "HTRU_high": 20}


@pytest.mark.parametrize(
    ("name", "l", "b", "dec", "inside"),
    [
        ("PMPS", 49.0, -4.9, 10.0, True),
        ("PMPS", 51.0, 0.0, 10.0, False),
        ("PMPS", 261.0, 0.0, -40.0, True),
        ("PMPS", 0.0, 5.1, -20.0, False),
        ("SMPS", 0.0, 5.1, -20.0, True),
        ("SMPS", 0.0, -30.1, -20.0, False),
        ("HTRU_low", 281.0, 3.4, -60.0, True),
        ("HTRU_low", 279.0, 3.4, -60.0, False),
        ("HTRU_mid", 241.0, 14.9, -30.0, True),
        ("HTRU_high", 200.0, 0.0, 9.0, True),
        ("HTRU_high", 200.0, 0.0, 11.0, False),
        ("HTRU_high", 0.0, 16.0, -10.0, True),
        ("HTRU_high", 0.0, 10.0, -10.0, False),
    ],
)
def test_coverage(name: str, l: float, b: float, dec: float, inside: bool) -> None:  # noqa: E741
    position = (np.array([value]) for value in (l, b, dec))
    assert BUILT_IN.surveys[name].covers(*position).tolist() == [inside]


@given(st.floats(-1e4, 1e4))
def test_wrapped_longitude_is_the_same_direction(longitude: float) -> None:
    wrapped = float(wrapped_longitude_deg(np.array([longitude]))[0])
    assert -180 < wrapped <= 180 or wrapped == pytest.approx(-180, abs=1e-9)
    assert np.cos(np.deg2rad(wrapped - longitude)) == pytest.approx(1, abs=1e-9)


def test_a_file_adds_to_the_built_in_surveys(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD + '\n[group.BOTH]\nsurveys = ["MINE", "PMPS"]\ndetections = 7\n')
    table = read_surveys(path)
    assert list(table.surveys) == [*BUILT_IN.surveys, "MINE"]
    assert table.groups["BOTH"].detections == 7
    zero = np.zeros(1)
    assert table.surveys["MINE"].covers(zero + 175, zero + 50, zero + 20).tolist() == [True]
    assert table.surveys["MINE"].covers(zero + 175, zero + 50, zero - 20).tolist() == [False]
    assert pickle.loads(pickle.dumps(table)) == table, "workers get it by pickle"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("1400", "-3"), "survey.MINE.frequency_mhz: .*greater than 0 .given -3."),
        (GOOD.replace("1400", '"1400"'), "frequency_mhz: Input should be a valid number"),
        (GOOD.replace("1400", "nan"), "frequency_mhz: .*finite"),
        (GOOD.replace("channel_mhz = 1", ""), "survey.MINE.channel_mhz: Field required"),
        (GOOD.replace("channel_mhz = 1", "chanel_mhz = 1"), "MINE.cha"),
        (GOOD.replace("[0, 1]", "[1, 0]"), "abs_b_deg is .1, 0.; give two that rise"),
        (GOOD.replace("[170, 180]", "[170, 190]"), "between -180 and 180"),
        (GOOD.replace("sky = [", "sky = []\nother = ["), "sky"),
        (GOOD.replace("MINE", "PMPS"), "survey PMPS is built in; give it another name"),
        (GOOD + '[group.X]\nsurveys = ["YOURS"]', "group X names the survey 'YOURS'"),
        (GOOD.replace("MINE", '"../up"'), "should match pattern"),
        (GOOD + "[other]\nx = 1", "nothing else"),
        ("survey = 3", "give tables"),
        ("[survey", "not TOML"),
        pytest.param("a = " + "[" * 100_000, "not TOML .maximum recursion depth", id="deep"),
        pytest.param("a = " + "9" * 10_000, "not TOML .Exceeds the limit", id="digits"),
        pytest.param(
            GOOD.replace("1400", "0x" + "f" * 10_000),
            "frequency_mhz: Input should be a valid number$",
            id="hexadecimal digits",
        ),
        pytest.param(
            GOOD.replace("1400", "'" + "x" * 10_000 + "'"), "given 'x{59}.$", id="long text"
        ),
        (GOOD + '"a\\nb" = 1', "survey.MINE.a b: Extra inputs"),
        (GOOD + '[group.X]\nsurveys = ["MINE"]\ndetections = 1000000001', "less than or equal"),
        (GOOD + '[group.X]\nsurveys = ["MINE", "MINE"]', "group X names a survey twice; give each"),
        (GOOD.replace("MINE", "P_dot"), "survey P_dot has the name of a column of the tables"),
        (GOOD.replace("MINE", '"A.B"'), "should match pattern"),
        (GOOD.replace("MINE", "pmps"), "survey pmps and PMPS differ in case only"),
        (GOOD + GOOD.replace("MINE", "mine"), "survey mine and MINE differ in case only"),
        (GOOD + '[group.pmps]\nsurveys = ["MINE"]', "group pmps and PMPS differ in case only"),
        (GOOD + '[group.mine]\nsurveys = ["PMPS"]', "group MINE and mine differ in case only"),
        (GOOD + '[group.MINE]\nsurveys = ["PMPS"]', "survey MINE is in no group, but group MINE"),
        (GOOD.replace("MINE", "HTRU_low_mid"), "survey HTRU_low_mid is in no group, but"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_surveys(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.toml"):
        read_surveys(tmp_path / "no.toml")
