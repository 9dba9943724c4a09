import math
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmaps.observed.meerkat import catalogue_fluxes, read_census
from popmaps.observed.pulsars import Pulsars, tabulate
from skytypes.errors import InputError

NAMES = ",".join(
    ["PSRJ", *(f"ch{i}{what}" for i in range(1, 9) for what in ("freq", "flux", "errflux"))]
)


def census_row(name: str, flux: str) -> str:
    frequencies = (941, 1038, 1136, 1233, 1331, 1429, 1526, 1624)
    cells = [[str(f), flux if f == 1429 else "9.9", "0.1"] for f in frequencies]
    return ",".join([name, *(cell for band in cells for cell in band)])


def test_the_sixth_band_is_taken_in_jansky(tmp_path: Path) -> None:
    place = tmp_path / "Census_Table5.csv"
    place.write_text("\n".join([NAMES, census_row("J1", "2.5"), census_row("J2", "")]))
    census = read_census(place)
    assert census.jy == {"J1": 0.0025}
    assert census.source == "tpa"
    pulsars = Pulsars(tabulate([{"name": "J2"}, {"name": "J1"}]), "example")
    assert [math.isnan(v) for v in census.of(pulsars)] == [True, False]


@pytest.mark.parametrize(
    "header",
    [
        "PSRJ,ch6freq [MHz],ch6flux [mJy],S1400 [Jy]",
        "PSRJ , ch6freq(MHz),ch6flux  ( mJy ),note [any]",
        '"PSRJ","ch6freq","ch6flux[mJy]","x"',
    ],
)
def test_a_unit_may_follow_a_name(tmp_path: Path, header: str) -> None:
    place = tmp_path / "a.csv"
    place.write_text(f"{header}\nJ1,1429,2.5,7\n")
    census = read_census(place)
    assert (census.jy, census.skipped) == ({"J1": 0.0025}, ())


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("PSRJ,ch6freq,ch6flux [Jy]", r"column ch6flux is in \[Jy\]; give it in \[mJy\]"),
        ("PSRJ,ch6freq [GHz],ch6flux", r"column ch6freq is in \[GHz\]; give it in \[MHz\]"),
        ("PSRJ,ch6freq,ch6flux []", r"column ch6flux is in \[\]"),
        ("PSRJ,ch6freq,ch6flux [mJy", "no column ch6flux"),
    ],
)
def test_another_unit_is_refused(tmp_path: Path, header: str, message: str) -> None:
    place = tmp_path / "a.csv"
    place.write_text(f"{header}\nJ1,1429,2.5\n")
    with pytest.raises(InputError, match=message):
        read_census(place)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (census_row("J2", "bright"), "row 2: ch6flux 'bright' is no number"),
        (census_row("J2", "0"), "row 2: ch6flux 0 is not over 0"),
        (census_row("J2", "-1"), "row 2: ch6flux -1 is not over 0"),
        (census_row("J1", "1"), "row 2: J1 occurs before"),
        ("J2,1,2", "row 2: 3 cells under 25 names"),
        (census_row("J2", "1").replace("1429", "1331"), "ch6freq 1331 is not from 1381"),
    ],
)
def test_a_bad_row_is_left_out(tmp_path: Path, row: str, message: str) -> None:
    place = tmp_path / "a.csv"
    place.write_text("\n".join([NAMES, census_row("J1", "2.5"), row]))
    census = read_census(place)
    assert census.jy == {"J1": 0.0025}
    assert re.search(message, census.skipped[0]), census.skipped[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column PSRJ, ch6flux; give the census' table 5, separated by commas"),
        (NAMES.replace(",", ";"), "no column PSRJ, ch6flux"),
        (NAMES, "no row has a flux density ch6flux"),
        (NAMES + "\n" + census_row("J2", "x"), r"ch6flux \(census, row 1: ch6flux 'x'"),
    ],
)
def test_what_is_no_census_is_refused(tmp_path: Path, text: str, message: str) -> None:
    place = tmp_path / "a.csv"
    place.write_text(text)
    with pytest.raises(InputError, match=message):
        read_census(place)


def test_substitutes_come_from_the_catalogue() -> None:
    rows: list[dict[str, object]] = [
        {"name": "J1", "s1400_mjy": 3.0, "s1284_mjy": 4.0},
        {"name": "J2", "s1400_mjy": 0.0},
        {"name": "J3"},
    ]
    pulsars = Pulsars(tabulate(rows), "example")
    taken = catalogue_fluxes(pulsars, "s1400")
    assert taken.jy == {"J1": 0.003}
    assert taken.skipped == ("1 flux densities S1400 are not over 0; left out",)
    scaled = catalogue_fluxes(pulsars, "s1284").jy
    assert scaled["J1"] == pytest.approx(0.004 * math.exp(-1.8 * math.log(1429 / 1284)), rel=1e-14)
    assert list(scaled) == ["J1"]


def test_a_catalogue_without_the_substitute_is_refused() -> None:
    pulsars = Pulsars(tabulate([{"name": "J1", "s1400_mjy": 3.0}]), "ATNF export")
    with pytest.raises(InputError, match=r"\(ATNF export\) has no S1284; give tpa or s1400"):
        catalogue_fluxes(pulsars, "s1284")
    with pytest.raises(InputError, match="fluxes from 'tpa' are in no catalogue"):
        catalogue_fluxes(pulsars, "tpa")


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet='PSRJch6flux,"\n1.5-e \r[]()', max_size=120))
def test_garbage_is_refused_or_read_and_never_crashes(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    place = tmp_path_factory.mktemp("census") / "a.csv"
    for start in ("", "PSRJ,ch6flux\n"):
        place.write_text(start + text)
        try:
            assert read_census(place).jy
        except InputError as error:
            assert str(error)
