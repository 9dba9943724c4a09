import pytest

from popmaps.maps import layout
from popmaps.observed.pulsars import Pulsars, tabulate
from popmaps.observed.selection import SURVEYS, in_survey, isolated_galactic, slowing_measured

GOOD = {"name": "J1", "p_s": 0.5, "l_deg": 0.0, "b_deg": 1.0, "surveys": "x,pksmb,pkssw,htru_pks"}


def pulsars(**changes: object) -> Pulsars:
    return Pulsars(tabulate([GOOD | changes]), "example")


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, True),
        ({"p_s": 0.01}, False),
        ({"p_s": 0.010001}, True),
        ({"p_s": float("nan")}, False),
        ({"association": "XRS:a,GC:47Tuc(NGC104)"}, False),
        ({"association": "EXGAL:SMC,SNR:b"}, False),
        ({"association": "EXGAL:LMC"}, False),
        ({"association": "SNR:GC:like,XRS:LMC"}, True),
        ({"binary": "ELL1"}, False),
    ],
)
def test_galactic_field_pulsars_without_companion(changes: dict[str, object], kept: bool) -> None:
    assert isolated_galactic(pulsars(**changes)).tolist() == [kept]


@pytest.mark.parametrize(
    ("l_deg", "b_deg", "seen"),
    [
        (0.0, 1.0, {"PMPS", "SMPS", "HTRU"}),
        (-110.0, 1.0, {"HTRU"}),
        (40.0, 1.0, {"PMPS", "SMPS"}),
        (50.0, 1.0, set()),
        (0.0, 5.0, {"SMPS", "HTRU"}),
        (0.0, -40.0, {"SMPS"}),
    ],
)
def test_what_the_surveys_cover(l_deg: float, b_deg: float, seen: set[str]) -> None:
    one = pulsars(l_deg=l_deg, b_deg=b_deg)
    assert {s for s in ("PMPS", "SMPS", "HTRU") if in_survey(one, s)[0]} == seen


def test_a_tag_is_a_whole_entry_of_the_list() -> None:
    one = pulsars(surveys="htru_pks_low,xpksmb")
    assert not any(in_survey(one, s)[0] for s in ("PMPS", "SMPS", "HTRU"))


def test_slowing_must_be_measured() -> None:
    values = [1e-19, 1.1e-19, -1e-15, float("nan")]
    assert [bool(slowing_measured(pulsars(p_dot=v))[0]) for v in values] == [
        False,
        True,
        False,
        False,
    ]


def test_surveys_are_in_the_order_of_the_maps() -> None:
    assert tuple(SURVEYS) == layout.SURVEYS
