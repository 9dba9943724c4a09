from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skytypes.errors import InputError
from trainkit.metrics import PA_MIN_INCL_DEG, axial_distance_deg, bootstrap_interval, score

ANGLES = st.floats(-720, 720)


@given(a=ANGLES, b=ANGLES)
def test_axial_distance_is_symmetric_and_at_most_90(a: float, b: float) -> None:
    d = float(axial_distance_deg(a, b))
    assert 0 <= d <= 90
    assert d == pytest.approx(float(axial_distance_deg(b, a)), abs=1e-9)
    assert d == pytest.approx(float(axial_distance_deg(a + 180, b)), abs=1e-9)


def truth(**changes: Any) -> dict[str, Any]:
    labels: dict[str, Any] = {"incl_deg": [60.0, 10.0], "pa_deg": [5.0, 90.0]}
    return labels | {"dx_arcsec": [0.0, 0.0], "dy_arcsec": [0.0, 0.0]} | changes


def test_a_perfect_answer_scores_zero_and_states_its_numbers() -> None:
    figures = score(truth(), truth(), data="two disks")
    assert {m.value for m in figures.values()} == {0.0}
    assert {name: m.n for name, m in figures.items()} == {
        "incl_mae_deg": 2,
        "pa_mae_deg": 1,
        "centre_mae_arcsec": 2,
    }
    assert "two disks" in figures["incl_mae_deg"].definition
    assert f"at least {PA_MIN_INCL_DEG:g} deg" in figures["pa_mae_deg"].definition


def test_face_on_disks_do_not_count_for_the_position_angle() -> None:
    figures = score(truth(), truth(pa_deg=[178.0, 0.0]))
    assert figures["pa_mae_deg"].value == pytest.approx(7.0)
    assert "pa_mae_deg" not in score(truth(incl_deg=[0.0, 10.0]), truth())


def test_the_centre_is_a_distance() -> None:
    figures = score(truth(), truth(dx_arcsec=[0.3, 0.0], dy_arcsec=[0.4, 0.0]))
    assert figures["centre_mae_arcsec"].value == pytest.approx(0.25)


def test_the_interval_agrees_with_the_normal_approximation() -> None:
    values = np.abs(np.random.default_rng(0).normal(size=400))
    low, high = bootstrap_interval(values)
    half = 1.96 * values.std() / 20
    assert low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.1 * half)
    assert (low, high) == bootstrap_interval(values)


def test_bad_answers_are_refused() -> None:
    with pytest.raises(InputError, match="2 labels and 1 answers; give one answer a disk"):
        score(truth(), {k: v[:1] for k, v in truth().items()})
    with pytest.raises(InputError, match="answers: 'incl_deg' holds numbers that are not finite"):
        score(truth(), truth(incl_deg=[np.nan, 0.0]))
    with pytest.raises(InputError, match="labels have no 'pa_deg'"):
        score({k: v for k, v in truth().items() if k != "pa_deg"}, truth())
