"""The whole catalogue: counts published with it, and positions of two independent tables."""

import lzma
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from popmaps.observed.catalogues import read_pulsars
from popmaps.observed.meerkat import catalogue_fluxes
from popmaps.observed.positions import equatorial
from popmaps.observed.pulsars import Pulsars
from popmaps.observed.selection import SURVEYS, in_survey, isolated_galactic, slowing_measured

FOLDER = Path(__file__).parents[5] / "shared/data/pulsars"
DATABASE = FOLDER / "psrcat_v2.7.0.db.xz"
CSV = FOLDER / "atnf_v2.7.0_nobinary.csv"

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not DATABASE.exists(), reason=f"{FOLDER} is absent"),
]


@cache
def pulsars(path: Path) -> Pulsars:
    return read_pulsars(path)


def test_every_pulsar_of_the_database_is_read() -> None:
    database = pulsars(DATABASE)
    assert (len(database), database.version, database.skipped) == (4351, "2.7.0", ())
    assert (len(pulsars(CSV)), pulsars(CSV).skipped) == (3854, ())
    assert (database.table["binary"] == "").sum() == 3854


@pytest.mark.parametrize("path", [DATABASE, CSV], ids=lambda p: p.suffix)
def test_counts_in_coverage(path: Path) -> None:
    chosen = isolated_galactic(pulsars(path))
    counts = {s: int((chosen & in_survey(pulsars(path), s)).sum()) for s in SURVEYS}
    assert counts == {"PMPS": 1047, "SMPS": 218, "HTRU": 1106}
    chosen &= slowing_measured(pulsars(path))
    timed = {s: int((chosen & in_survey(pulsars(path), s)).sum()) for s in SURVEYS}
    assert timed == {"PMPS": 987, "SMPS": 202, "HTRU": 985}


def test_both_tables_agree() -> None:
    joined = pulsars(DATABASE).table.merge(pulsars(CSV).table, on="name", suffixes=("", "_csv"))
    assert len(joined) == 3854
    for column in ("p_s", "p_dot", "s1400_mjy", "s1284_mjy", "dm_pc_cm3", "dist_kpc"):
        ours, theirs = joined[column].to_numpy(float), joined[column + "_csv"].to_numpy(float)
        np.testing.assert_allclose(ours, theirs, rtol=1e-14)
    for column, rounding in (("ra_deg", 5e-9), ("dec_deg", 5e-9), ("l_deg", 5e-4), ("b_deg", 5e-4)):
        ours, theirs = joined[column].to_numpy(float), joined[column + "_csv"].to_numpy(float)
        away = np.abs((ours - theirs + 180.0) % 360.0 - 180.0)
        assert away.max() < rounding * 1.01


def test_pulsars_with_both_positions_are_at_one_place() -> None:
    """The median over 111 pulsars is under half an arc second: the right ecliptic is used."""
    records = lzma.decompress(DATABASE.read_bytes()).decode().split("\n@")
    places = []
    for record in records:
        keys = {
            line.split()[0]: line.split()[1] for line in record.splitlines()[::-1] if " " in line
        }
        if {"RAJ", "ELONG"} <= keys.keys():
            places.append((keys["PSRJ"], float(keys["ELONG"]), float(keys["ELAT"])))
    assert len(places) == 111
    table = pulsars(DATABASE).table.set_index("name").loc[[p[0] for p in places]]
    ra, dec = equatorial(np.array([p[1] for p in places]), np.array([p[2] for p in places]))
    east = (ra - table["ra_deg"]) * np.cos(np.radians(dec))
    apart = np.hypot(east, dec - table["dec_deg"]) * 3600.0
    assert np.median(apart) < 0.5


def test_meerkat_scaled_to_1400_mhz_agrees_with_other_telescopes() -> None:
    """Of 596 pulsars with both the median differs by 0.04 dex, under the spread of 0.14 dex."""
    database = pulsars(DATABASE)
    scaled = catalogue_fluxes(database, "s1284").of(database)
    others = catalogue_fluxes(database, "s1400").of(database)
    both = (scaled > 0) & (others > 0)
    assert both.sum() == 596
    assert abs(np.median(np.log10(scaled[both] / others[both]))) < 0.05
