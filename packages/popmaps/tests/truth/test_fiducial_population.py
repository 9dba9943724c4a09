"""The published parameters make a population like the real one; nothing is fitted here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ks_2samp

from popmaps.observed.catalogues import read_pulsars
from popmaps.observed.selection import in_survey, isolated_galactic, slowing_measured
from popmaps.population.settings import PopulationSettings
from popmaps.population.survey_draw import (
    SurveyPopulation,
    birth_rate_per_century,
    draw_until_detected,
)
from popmaps.radio.surveys import built_in_surveys

CATALOGUE = Path(__file__).resolve().parents[5] / "shared/data/pulsars/psrcat_v2.7.0.db.xz"


@pytest.fixture(scope="module")
def population() -> SurveyPopulation:
    return draw_until_detected(
        PopulationSettings(), built_in_surveys(), {"PMPS": 1045}, seed=0, stars=3_000_000
    )


def test_the_birth_rate_is_one_to_four_a_century(population: SurveyPopulation) -> None:
    assert 1 < birth_rate_per_century(population.stars, 3e7) < 4


def test_htru_finds_what_it_did(population: SurveyPopulation) -> None:
    assert len(population.tables["PMPS"]["idx"]) == 1045
    assert len(population.tables["HTRU_low_mid"]["idx"]) == pytest.approx(1095, rel=0.20)


@pytest.mark.shared_data
@pytest.mark.skipif(not CATALOGUE.exists(), reason="no ../shared/data/pulsars")
def test_periods_and_their_derivatives_are_distributed_as_in_the_catalogue(
    population: SurveyPopulation,
) -> None:
    pulsars = read_pulsars(CATALOGUE)
    kept = isolated_galactic(pulsars) & slowing_measured(pulsars) & in_survey(pulsars, "PMPS")
    table = population.tables["PMPS"]
    for ours, theirs in (("P", "p_s"), ("P_dot", "p_dot")):
        real = np.log10(pulsars.table[theirs].to_numpy(float)[kept])
        assert ks_2samp(np.log10(table[ours]), real).statistic < 0.15
