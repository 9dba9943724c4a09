from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from edgeinfer import read_model
from edgeinfer.errors import ExportError
from edgeinfer.parity import largest_difference, measure_parity, name_outputs
from edgeinfer.sessions import Session


def test_other_weights_are_noticed(exported: Path) -> None:
    from edgeinfer_moments import MOMENTS

    network = MOMENTS.build().eval()
    session = Session(read_model(exported), threads=1)
    assert measure_parity(network, session).max_abs_diff <= 1e-5
    with torch.no_grad():
        network.gain[3] = 1.01
    found = measure_parity(network, session)
    assert 1e-4 < found.max_abs_diff < 0.1


def test_a_network_that_says_nan_is_never_equal(exported: Path) -> None:
    from edgeinfer_moments import MOMENTS

    network = MOMENTS.build().eval()
    with torch.no_grad():
        network.gain[0] = torch.nan
    found = measure_parity(network, Session(read_model(exported), threads=1))
    assert found.max_abs_diff == float("inf")


@pytest.mark.parametrize(
    "theirs", [np.zeros((2, 3)), np.array([0.0, np.nan]), np.array([0.0, np.inf])]
)
def test_shapes_and_nan_are_infinitely_apart(theirs: np.ndarray) -> None:
    assert largest_difference({"y": np.zeros(2)}, {"y": theirs}) == float("inf")
    assert largest_difference({}, {"y": theirs}) == float("inf")
    infinite = {"y": np.full(2, np.inf)}
    assert largest_difference(infinite, infinite) == float("inf")


def test_outputs_are_named_as_the_card_has_them() -> None:
    assert name_outputs({"b": 1, "a": 2, "c": 3}, ["a", "b"]) == {"a": 2, "b": 1}
    assert name_outputs((1, 2), ["a", "b"]) == {"a": 1, "b": 2}
    assert name_outputs(5, ["a"]) == {"a": 5}
    with pytest.raises(ExportError, match=r"returns \['b'\], the card reads \['a'\]"):
        name_outputs({"b": 1}, ["a"])
