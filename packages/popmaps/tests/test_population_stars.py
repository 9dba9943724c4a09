"""Blocks of stars: the same bits in any population, and one chain behind both kinds of run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from popmaps.columns import DYNAMICS, FULL, HTRU, INITIAL, MAGNETO_ROTATION, SURVEY
from popmaps.population.detections import Columns, group_columns, joined
from popmaps.population.full import Kind, full_population
from popmaps.population.settings import PopulationSettings
from popmaps.population.stars import BLOCK_STARS
from popmaps.population.survey_draw import TargetsOutOfReachError, draw_until_detected
from popmaps.radio.surveys import built_in_surveys
from skytypes.errors import InputError

SETTINGS, SURVEYS = PopulationSettings(), built_in_surveys()


def whole(stars: int, kind: Kind = "full") -> tuple[Columns, Columns, dict[str, Columns]]:
    blocks = list(full_population(SETTINGS, SURVEYS, stars=stars, seed=5, kind=kind))
    tables = {name: joined([b.surveys[name] for b in blocks]) for name in blocks[0].surveys}
    return joined([b.initial for b in blocks]), joined([b.final for b in blocks]), tables


@pytest.fixture(scope="module")
def population() -> tuple[Columns, Columns, dict[str, Columns]]:
    return whole(BLOCK_STARS + 3000)


def test_columns_are_those_of_the_documents(
    population: tuple[Columns, Columns, dict[str, Columns]],
) -> None:
    initial, final, tables = population
    assert set(initial) == {c.name for c in INITIAL}
    assert list(final) == [c.name for c in FULL]
    assert {n: set(t) for n, t in tables.items()} == {
        name: {c.name for c in (HTRU if name == "HTRU_low_mid" else SURVEY)} for name in tables
    }
    assert group_columns(SURVEYS.groups["HTRU_low_mid"]) == HTRU
    assert final["idx"].tolist() == list(range(BLOCK_STARS + 3000))
    assert all(np.isfinite(values).all() for values in final.values())


def test_a_smaller_population_is_the_beginning_of_a_larger(
    population: tuple[Columns, Columns, dict[str, Columns]],
) -> None:
    for less, more in zip(whole(700)[:2], population[:2], strict=True):
        for name, values in less.items():
            assert np.array_equal(values, more[name][:700]), name


def test_orbits_alone_and_spins_alone_are_those_of_the_full_run(
    population: tuple[Columns, Columns, dict[str, Columns]],
) -> None:
    for kind, columns in (("dyn", DYNAMICS), ("magrot", MAGNETO_ROTATION)):
        initial, final, _ = whole(500, kind)  # type: ignore[arg-type]
        assert set(final) == {c.name for c in columns}
        assert all(np.array_equal(v, population[1][n][:500]) for n, v in final.items())
        assert all(np.array_equal(v, population[0][n][:500]) for n, v in initial.items())


def test_radio_columns_are_zero_where_no_beam_crosses_the_sun(
    population: tuple[Columns, Columns, dict[str, Columns]],
) -> None:
    final = population[1]
    hit = final["intercepted_radio"]
    assert 0.02 < hit.mean() < 0.5
    for name in ("L_radio_bol", "S_radio_bol", "w_int", "DM", "tau_sc", "spectral_index"):
        assert not final[name][~hit].any()
        assert (final[name][hit] != 0).all()


def test_the_survey_draw_sees_the_stars_of_the_full_run(
    population: tuple[Columns, Columns, dict[str, Columns]],
) -> None:
    """Only beamed stars are moved through the Galaxy there; all of them here."""
    drawn = draw_until_detected(SETTINGS, SURVEYS, {"PMPS": 8, "SMPS": 1}, seed=5)
    assert drawn.stars <= BLOCK_STARS
    last = {name: table["idx"][-1] for name, table in drawn.tables.items() if table["idx"].size}
    assert max(last.values()) == drawn.stars - 1
    for name, table in drawn.tables.items():
        of_full = population[2][name]
        chosen = of_full["idx"] < drawn.stars
        for column, values in table.items():
            assert np.array_equal(values, of_full[column][chosen]), (name, column)
    assert len(drawn.tables["PMPS"]["idx"]) >= 8
    assert len(drawn.tables["SMPS"]["idx"]) >= 1


def test_a_detection_in_either_of_two_surveys_counts_once(
    population: tuple[Columns, Columns, dict[str, Columns]],
) -> None:
    table = population[2]["HTRU_low_mid"]
    assert table["HTRU_low"].any()
    assert table["HTRU_mid"].any()
    assert (table["HTRU_low"] | table["HTRU_mid"]).all()
    assert len(set(table["idx"])) == len(table["idx"])
    deep = np.abs(table["b"]) <= 3.5
    assert not table["HTRU_low"][~deep].any()


def test_targets_that_the_most_stars_do_not_reach_say_how_many_were_found() -> None:
    with pytest.raises(TargetsOutOfReachError, match=r"500 stars \(0.00167 births .*PMPS . of 900"):
        draw_until_detected(SETTINGS, SURVEYS, {"PMPS": 900}, seed=5, stars=500)


def test_a_target_of_nothing_is_refused() -> None:
    for targets in ({}, {"FAST": 1}):
        with pytest.raises(InputError, match=r"target of .*; give it for one of PMPS, SMPS"):
            draw_until_detected(SETTINGS, SURVEYS, targets, seed=5)


def test_kicks_do_not_change_what_chance_decides_about_spins() -> None:
    fast = replace(SETTINGS, galaxy=replace(SETTINGS.galaxy, sigma_k_km_s=600.0))
    (one,), (other,) = (
        list(full_population(s, SURVEYS, stars=100, seed=5)) for s in (SETTINGS, fast)
    )
    for name in ("age", "P", "P_dot", "B", "chi"):
        assert np.array_equal(one.final[name], other.final[name])
    assert not np.array_equal(one.final["r"], other.final["r"])
