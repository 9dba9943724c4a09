"""Figures of labels: what they are, and what their intervals hold."""

import numpy as np
import pytest

from skytypes.errors import InputError
from trainkit.regression import r_squared, r_squared_of, resampled, score_labels


def test_r_squared_is_1_for_the_truth_0_for_its_mean_and_below_for_worse() -> None:
    truth = np.array([1.0, 2.0, 4.0, 5.0])
    assert r_squared(truth, truth) == 1
    assert r_squared(truth, np.full(4, 3.0)) == 0
    assert r_squared(truth, np.full(4, 9.0)) < -5
    assert np.isnan(r_squared(np.ones(3), np.zeros(3)))


def test_resampled_figures_are_those_of_each_resample() -> None:
    rng = np.random.default_rng(1)
    truth, said = rng.normal(size=(2, 20))
    picks = resampled(20, seed=3)
    values = r_squared_of(truth, said, picks)
    assert values[7] == pytest.approx(r_squared(truth[picks[7]], said[picks[7]]))
    assert (resampled(20, seed=3) == picks).all()


def test_intervals_hold_the_value_of_a_large_sample() -> None:
    """95 % intervals of samples of 40 hold the value of the whole in about 95 of 100."""
    rng = np.random.default_rng(2)
    truth = rng.uniform(-1, 1, size=(100, 40))
    said = truth + rng.normal(0, 0.3, size=truth.shape)
    whole = r_squared(truth.ravel(), said.ravel())
    held = 0
    for t, s in zip(truth, said, strict=True):
        low, high = score_labels({"a": t}, {"a": s})["a_r2"].interval or (0, 0)
        held += low <= whole <= high
    assert 85 <= held <= 100


def test_figures_carry_their_definition() -> None:
    truth = {"h_c": np.array([0.1, 0.2, 0.4]), "even": np.ones(3)}
    figures = score_labels(truth, {k: v + 0.1 for k, v in truth.items()}, data="3 samples")
    assert sorted(figures) == ["even_mae", "h_c_mae", "h_c_r2"]
    assert figures["h_c_mae"].value == pytest.approx(0.1)
    assert figures["h_c_r2"].n == 3
    assert "R^2 of h_c" in figures["h_c_r2"].definition
    assert "on 3 samples; 95 % interval" in figures["h_c_r2"].definition


def test_answers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="1 answers for 2 labels 'a'; give as many"):
        score_labels({"a": np.zeros(2)}, {"a": np.zeros(1)})
    with pytest.raises(InputError, match="0 answers for 2 labels 'a'"):
        score_labels({"a": np.zeros(2)}, {})
