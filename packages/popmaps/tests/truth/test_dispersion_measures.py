"""Dispersion measures against the ATNF catalogue, plain quadrature and measured columns."""

from __future__ import annotations

import lzma
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray
from scipy.integrate import quad

from popmaps.radio.dispersion import CAP_KPC, dispersion_measure, distance_kpc
from popmaps.radio.electron_columns import electron_column
from popmaps.radio.electron_density import electron_density

CATALOGUE = Path(__file__).resolve().parents[5] / "shared/data/pulsars/psrcat_v2.7.0.db.xz"

shared_data = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not CATALOGUE.is_file(), reason="no ../shared/data/pulsars here"),
]

Pulsars = dict[str, NDArray[np.float64]]


def places(records: list[dict[str, str]]) -> NDArray[np.float64]:
    """Galactic coordinates [deg] of records that give RAJ and DECJ, or else ELONG and ELAT."""
    found = np.empty((2, len(records)))
    for x, y, frame, unit in (
        ("RAJ", "DECJ", "icrs", (units.hourangle, units.deg)),
        ("ELONG", "ELAT", "barycentricmeanecliptic", (units.deg, units.deg)),
    ):
        rows = [i for i, r in enumerate(records) if x in r and (x == "RAJ" or "RAJ" not in r)]
        pairs = [[records[i][key] for i in rows] for key in (x, y)]
        sky = SkyCoord(*pairs, frame=frame, unit=unit).galactic
        found[:, rows] = sky.l.deg, sky.b.deg
    return found


@cache
def galactic_pulsars(distance: str) -> Pulsars:
    """Position, dispersion measure and one kind of distance of the pulsars of the Galaxy.

    DIST_DM is the distance that YMW16 gives for the dispersion measure, exactly 25 kpc where that
    is larger than the Galaxy's whole column: these are left out. So are the pulsars of the
    Magellanic Clouds, which YMW16 models and we do not. DIST_A is known in another way.
    """
    records, first = [], dict[str, str]()
    with lzma.open(CATALOGUE, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("@"):
                if {"DM", distance} <= first.keys() and "EXGAL:" not in first.get("ASSOC", ""):
                    records.append(first)
                first = {}
            elif not line.startswith("#") and len(words := line.split()) > 1:
                first.setdefault(words[0], words[1])
    l_deg, b_deg = places(records)
    dm, dist = (np.array([float(r[key]) for r in records]) for key in ("DM", distance))
    columns = {"l_deg": l_deg, "b_deg": b_deg, "dm": dm, "dist_kpc": dist}
    kept = columns["dist_kpc"] < CAP_KPC
    return {name: values[kept] for name, values in columns.items()}


def misfit(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median and 90th percentile of |log10| of the ratio."""
    return np.quantile(np.abs(np.log10(ours / theirs)), [0.5, 0.9])


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("how", [dispersion_measure, electron_column])
class TestTheCatalogue:
    pytestmark = shared_data

    def test_measures_at_its_distances(self, how: object, half: int) -> None:
        stars = galactic_pulsars("DIST_DM")
        cells = np.floor(stars["l_deg"] / 10) + np.floor((stars["b_deg"] + 90) / 10)
        l_deg, b_deg, dm, dist = (values[cells % 2 == half] for values in stars.values())
        assert len(dm) > 2000
        assert callable(how)
        middle, most = misfit(how(l_deg, b_deg, dist), dm)
        assert middle < 0.003
        assert most < 0.012


@pytest.mark.shared_data
@pytest.mark.skipif(not CATALOGUE.is_file(), reason="no ../shared/data/pulsars here")
class TestDistances:
    def test_distances_for_its_measures(self) -> None:
        l_deg, b_deg, dm, dist = galactic_pulsars("DIST_DM").values()
        middle, most = misfit(distance_kpc(l_deg, b_deg, dm), dist)
        assert middle < 0.004
        assert most < 0.02

    def test_pulsars_of_independent_distance(self) -> None:
        # The model is what limits this, not the code: a factor of 1.25 in the middle.
        l_deg, b_deg, dm, dist = galactic_pulsars("DIST_A").values()
        assert len(dm) > 350
        assert misfit(dispersion_measure(l_deg, b_deg, dist), dm)[0] < 0.12


@pytest.mark.parametrize(
    ("l_deg", "b_deg", "dist_kpc"),
    [
        (35.0, 0.4, 7.0),
        (180.0, -12.0, 3.0),
        (264.0, -4.0, 1.5),
        (0.2, 0.1, 9.0),
        (305.0, 40.0, 2.0),
    ],
)
def test_columns_are_integrals_of_the_density(l_deg: float, b_deg: float, dist_kpc: float) -> None:
    ray = SkyCoord(l_deg, b_deg, unit="deg", frame="galactic").cartesian.xyz.value

    def density(t: float) -> float:
        # Astropy's axes point to the centre, to l = 90 deg and north.
        point = (t * ray[1], 8.3 - t * ray[0], 0.006 + t * ray[2])
        return float(electron_density(*point))

    edges = np.linspace(0, dist_kpc, int(20 * dist_kpc) + 1)
    parts = [quad(density, a, b, epsrel=1e-6, limit=200)[0] for a, b in pairwise(edges)]
    assert electron_column(l_deg, b_deg, dist_kpc) == pytest.approx(1e3 * sum(parts), rel=1e-3)


def test_vertical_column_is_the_measured_one() -> None:
    # n0 z0 = (0.015 +- 0.001) x (1570 +- 150) pc: Ocker, Cordes & Chatterjee 2020, ApJ 897, 124;
    # 25.6 +- 2.6: Gaensler, Madsen, Chatterjee & Mao 2008, PASA 25, 184.
    l_deg, b_deg = np.meshgrid(np.arange(0, 360, 10), [-80, -70, -60, -50, 50, 60, 70, 80])
    vertical = dispersion_measure(l_deg, b_deg, 30.0) * np.sin(np.radians(np.abs(b_deg)))
    assert 18 < np.median(vertical) < 28
    assert vertical.min() > 10


def test_magnetar_at_the_galactic_centre() -> None:
    # PSR J1745-2900, 3 arcsec from Sgr A*: 1778 pc cm^-3 (Eatough et al. 2013, Nature 501, 391).
    assert dispersion_measure(359.944, -0.047, 8.3) == pytest.approx(1778, rel=0.1)


def test_the_galaxy_has_an_inside_and_an_outside() -> None:
    inner, outer = dispersion_measure([0.0, 30.0, 330.0, 180.0, 150.0, 210.0], 0.0, 25.0).reshape(
        2, 3
    )
    assert inner.min() > 4 * outer.max()
    # The farthest anticentre pulsars and FRBs seen through the outer disk: a few hundred.
    assert 150 < outer.min() < outer.max() < 600
