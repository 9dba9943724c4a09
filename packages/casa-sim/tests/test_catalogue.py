"""Catalogues: what is read, and hostile ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casa_sim.catalogue import COLUMNS, OPTIONAL, parse_catalogue, read_catalogue
from skytypes.errors import InputError

MakeCatalogue = Callable[..., Path]


def test_rows_become_settings(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue(
        {},
        {"rout_arcsec": "1.2", "niter": "300"},
        {"array_lo": ""},
        {"rout_arcsec": "1.2", "array_lo": "alma.cycle9.7.cfg"},
    )
    one, two, three, same = read_catalogue(path)
    assert (one.ID, one.seed, one.labels["dy_arcsec"]) == ("Disk_001", 1, -0.02)
    assert one.settings().niter == 800  # the row's 1200, bounded
    assert one.settings().arrays == ("alma.cycle9.7.cfg",)
    assert two.settings().arrays == ("alma.cycle9.7.cfg", "alma.cycle9.5.cfg")
    assert two.settings().niter == 300
    assert three.array_lo is None
    assert same.settings().arrays == ("alma.cycle9.7.cfg",)


def test_a_position_angle_is_a_label_below_180(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue({"pa_deg": "180"}, {"pa_deg": "179.5"}, {"pa_deg": "0"})
    assert [row.labels["pa_deg"] for row in read_catalogue(path)] == [0.0, 179.5, 0.0]


@pytest.mark.parametrize("column", sorted(set(COLUMNS) - set(OPTIONAL)))
def test_a_missing_column_is_named(make_catalogue: MakeCatalogue, column: str) -> None:
    text = make_catalogue({}).read_text().replace(column, f"no_{column}", 1)
    with pytest.raises(InputError, match=rf"x.csv: no column {column}; a catalogue needs"):
        parse_catalogue(text, source="x.csv")


FOREIGN = """ID,incl_deg,pa_deg,rout_arcsec,flux_jy,time_s,array_cfg,pwv,niter,band
ring,29,45.7,1.2,0.15,1800,alma.cycle9.7.cfg,1.0,800,6
wide,29,45.7,1.2,0.15,1800,alma.cycle9.4.cfg,1.0,800,6
"""


def test_a_foreign_catalogue_may_lack_what_is_ours() -> None:
    ring, wide = parse_catalogue(FOREIGN)
    assert ring.settings().arrays == ("alma.cycle9.7.cfg", "alma.cycle9.5.cfg")
    # cycle9.5 is not more compact than that one.
    assert wide.settings().arrays == ("alma.cycle9.4.cfg",)
    assert (ring.dx_arcsec, ring.dy_arcsec) == (0, 0)
    # The seed that skymodels gives this name: six bytes of BLAKE2b, the lowest first.
    assert ring.seed == 140311985437658
    assert ring.seed != wide.seed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"flux_jy": "-0.1"}, r"line 3, flux_jy: '-0.1': .*greater than 0"),
        ({"flux_jy": "bright"}, "line 3, flux_jy: 'bright': .*valid number"),
        ({"flux_jy": ""}, "line 3, flux_jy: '': .*valid number"),
        ({"incl_deg": "nan"}, "line 3, incl_deg: 'nan': .*finite"),
        ({"pa_deg": "inf"}, "line 3, pa_deg: 'inf': .*finite"),
        ({"incl_deg": "95"}, "line 3, incl_deg: '95': .*less than or equal to 90"),
        ({"niter": "1.5"}, "line 3, niter: '1.5'"),
        ({"seed": "-1"}, "line 3, seed: '-1'"),
        ({"band": "10"}, "line 3, band: '10': band is 10; allowed: 3, 4, 5, 6, 7, 8, 9"),
        ({"array_cfg": "vla.cfg"}, r"line 3, array_cfg: .*allowed: alma.cycle9.1.cfg"),
        ({"array_lo": "vla.cfg"}, r"line 3, array_lo: .*allowed: alma.cycle9.1.cfg"),
        ({"array_lo": "alma.cycle9.8.cfg"}, "line 3: array_lo .* to 8548 m; give .* to 3638 m"),
        ({"ID": "../../etc"}, "line 3, ID: .*give letters, digits"),
        ({"ID": "Disk_001"}, "line 3: ID Disk_001 was given in line 2 already"),
        ({"time_s": "1205"}, "line 3: time_s is 1205.0; give a multiple of 10 s"),
        ({"pwv": "1650"}, "line 3: pwv_mm is 1650; allowed: 0.05 to 20 mm"),
    ],
)
def test_a_bad_value_is_told_with_its_line(
    make_catalogue: MakeCatalogue, change: dict[str, Any], message: str
) -> None:
    path = make_catalogue({}, change, models=False)
    with pytest.raises(InputError, match=message) as caught:
        read_catalogue(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column ID"),
        (",".join(COLUMNS) + "\n", "holds no disk"),
        (",".join(COLUMNS) + "\na,b\n", "line 2: 2 fields; the header names"),
        (",".join((*COLUMNS, "seed")) + "\n", "column seed is given twice"),
        (",".join(COLUMNS) + '\n"a', "not CSV"),
    ],
)
def test_what_is_no_catalogue(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_catalogue(text)


@given(st.text(max_size=200))
def test_any_text_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_catalogue(",".join(COLUMNS) + "\n" + text)
    assert "\n" not in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_catalogue(tmp_path / "none.csv")
