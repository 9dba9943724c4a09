from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skymodels.alma import sky_pixel_mas
from skymodels.catalogue import draw_catalogue, draw_rmin_arcsec, draw_row
from skymodels.catalogue_rows import COLUMNS
from skymodels.errors import CatalogueError
from skytypes.errors import InputError

# Draws of seed 42, pinned: a change here is a change of every catalogue.
GOLDEN = {
    0: (
        "Disk_001", 27.649, 29.326, 0.48014, 0.0, 0.015662, 1200.0, "alma.cycle9.8.cfg",
        1.657, 882, 6, "alma.cycle9.5.cfg", -0.014108, 0.004101, 2.10999, 178406906219077,
    ),
    1: (
        "Disk_002", 0.594, 122.272, 0.23663, 0.0, 0.006855, 2400.0, "alma.cycle9.6.cfg",
        0.954, 557, 6, "alma.cycle9.5.cfg", 0.013436, 0.00306, 4.333333, 249701658988074,
    ),
}  # fmt: skip


def test_columns_are_those_of_the_contract() -> None:
    assert ", ".join(COLUMNS) == (
        "ID, incl_deg, pa_deg, rout_arcsec, rmin_arcsec, flux_jy, time_s, array_cfg, pwv, niter, "
        "band, array_lo, dx_arcsec, dy_arcsec, pixel_mas, seed"
    )


@pytest.mark.parametrize("index", GOLDEN)
def test_draws_do_not_change(index: int) -> None:
    assert astuple(draw_row(42, index)) == GOLDEN[index]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**64 - 1), st.integers(1, 12), st.integers(1, 12))
def test_longer_catalogue_begins_with_the_shorter(seed: int, a: int, b: int) -> None:
    short, long = sorted((a, b))
    assert draw_catalogue(long, seed=seed)[:short] == draw_catalogue(short, seed=seed)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**64 - 1), st.integers(0, 10**6))
def test_row_keeps_the_limits(seed: int, index: int) -> None:
    row = draw_row(seed, index)
    assert 0 <= row.incl_deg <= 80 and 0 <= row.pa_deg < 180
    assert 0.10 <= row.rout_arcsec <= 1.80
    assert row.rmin_arcsec == 0 or 0.05 <= row.rmin_arcsec <= 0.55 * row.rout_arcsec + 1e-5
    assert 0.005 <= row.flux_jy <= (0.080 if row.band == 6 else 0.040)
    assert 300 <= row.niter <= 1500 and row.time_s in (1200, 1800, 2400, 3600)
    pixel = sky_pixel_mas(row.rout_arcsec, row.array_cfg, row.band)
    assert row.pixel_mas == pytest.approx(pixel, abs=1e-6)


# Rows of seed 1 that had the same seed each, and so the same features, when seeds had 32 bits.
ONCE_EQUAL = [(51952, 70604), (33491, 74909), (68023, 91249), (71547, 110274)]


def test_seeds_of_rows_differ_and_fit_a_spreadsheet() -> None:
    for one, other in ONCE_EQUAL:
        assert draw_row(1, one).seed != draw_row(1, other).seed
    seeds = np.array([row.seed for row in draw_catalogue(2000, seed=1)])
    assert len(set(seeds.tolist())) == 2000
    assert (seeds < 10**15).all() and (seeds.astype(float).astype(np.int64) == seeds).all()
    # Uniform in 48 bits: the mean of 2000 has a standard deviation of 0.0065.
    assert np.mean(seeds / 2**48) == pytest.approx(0.5, abs=0.03)


def test_names_go_on_after_999() -> None:
    assert draw_row(1, 999).ID == "Disk_1000"


def test_small_disk_has_no_cavity_and_draws_the_same() -> None:
    a, b = np.random.default_rng(5), np.random.default_rng(5)
    assert draw_rmin_arcsec(a, 0.08) == 0.0
    draw_rmin_arcsec(b, 1.0)
    assert a.random() == b.random()


@pytest.mark.parametrize("count", [0, -1, 1_000_001])
def test_count_out_of_range(count: int) -> None:
    with pytest.raises(InputError, match="give a number from 1 to 1000000"):
        draw_catalogue(count, seed=1)


def test_seed_out_of_range() -> None:
    with pytest.raises(InputError, match="seed is -1"):
        draw_catalogue(1, seed=-1)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("incl_deg", 91.0, "column incl_deg: '91.0'; give a number from 0 to 90"),
        ("incl_deg", float("nan"), "incl_deg: 'nan'"),
        ("rmin_arcsec", 5.0, "rmin_arcsec: '5.0'; give a number from 0 to below rout_arcsec"),
        ("flux_jy", -1.0, "flux_jy: '-1.0'; give a number from 1e-9 to 1e6"),
        ("array_cfg", "vla.a.cfg", "array_cfg: 'vla.a.cfg'; give alma.cycle9.5.cfg"),
        ("band", 7, "band: '7'; give 6 or 8"),
        ("ID", "../etc", "ID: '../etc'; give a name of letters"),
    ],
)
def test_row_checks_itself(column: str, value: object, said: str) -> None:
    with pytest.raises(CatalogueError, match=said):
        replace(draw_row(1, 0), **{column: value})  # type: ignore[arg-type]
