from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgeinfer import Answer
from edgeinfer.answers import value_of


def test_numbers_have_the_digits_of_float32() -> None:
    assert json.dumps(value_of(np.float32(45.1), ())) == "45.1"
    assert value_of(np.float32("inf"), ()) is None


def test_an_angle_below_180_deg_stays_below() -> None:
    """Seven digits would round it up, to an angle that there is not."""
    below = np.nextafter(np.float32(180), np.float32(0))
    assert value_of(below, ()) == 179.99998


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_the_number_said_is_the_float32_it_was(value: float) -> None:
    said = value_of(np.float32(value), ())
    assert isinstance(said, float)
    assert np.float32(said) == np.float32(value)
    assert len(f"{said!r}".partition("e")[0].replace(".", "").strip("-0")) <= 9


def test_classes_are_named_and_all_or_nothing() -> None:
    assert value_of(np.array([0.25, 0.75], np.float32), ("a", "b")) == {"a": 0.25, "b": 0.75}
    assert value_of(np.array([0.25, np.nan], np.float32), ("a", "b")) is None


def test_a_row_holds_either_the_answer_or_the_error() -> None:
    assert Answer("a", {"x": 1.0}, ("too faint",), 0.5).row() == {
        "file": "a",
        "x": 1.0,
        "usable": False,
        "reasons": ["too faint"],
        "seconds": 0.5,
    }
    assert Answer("a", error="no such file").row() == {"file": "a", "error": "no such file"}
    assert not Answer("a", error="no such file").usable
