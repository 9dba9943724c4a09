from __future__ import annotations

import base64
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeinfer import read_model
from edgeinfer.errors import ModelFileError
from edgeinfer.golden import Golden, golden_inputs
from edgeinfer.modelfile import GOLDEN_KEY
from skytypes import ModelCard
from skytypes.specs import Channel, TensorSpec


def record_of(exported: Path) -> dict[str, Any]:
    record = read_model(exported).record(GOLDEN_KEY)
    assert record is not None
    return record


def test_a_picture_survives_the_record_bit_by_bit(exported: Path) -> None:
    from edgeinfer_moments import CARD

    stored = Golden.from_record(record_of(exported), "x")
    asked = golden_inputs(CARD)
    assert stored.sample is not None
    assert asked.sample is not None
    for name, array in asked.sample.items():
        assert np.array_equal(stored.sample[name], array)
    assert set(stored.answers) == {o.name for o in CARD.outputs}


def test_a_card_without_pictures_keeps_tensors() -> None:
    spec = TensorSpec("curve", (20,), (Channel("c", (), "curve"),))
    card = ModelCard("m", "0", "m", (spec,), ())
    golden = replace(golden_inputs(card), raw={"output": np.ones((1, 2), np.float32)})
    again = Golden.from_record(golden.to_record(), "x")
    assert again.sample is None
    assert again.encoded(card)["curve"].shape == (1, 20)
    assert again.decoded(card) == {}


def bomb() -> dict[str, Any]:
    text = base64.b85encode(zlib.compress(bytes(1 << 20))).decode()
    return {"shape": [1, 2], "f4": text}


@pytest.mark.parametrize(
    "entry",
    [
        {"shape": [1 << 40], "f4": ""},
        {"shape": [-1, 4], "f4": ""},
        {"shape": [1, 5], "f4": "not base 85 \n"},
        {"shape": [1, 5], "f4": base64.b85encode(b"not compressed").decode()},
        {"shape": "x", "f4": ""},
        {"shape": [1, 5]},
        [1, 2],
        None,
    ],
)
def test_a_spoilt_record_is_refused(exported: Path, entry: Any) -> None:
    record = record_of(exported) | {"raw": {"output": entry}}
    with pytest.raises(ModelFileError, match="golden item can't be read"):
        Golden.from_record(record, "x")


def test_nothing_is_unpacked_beyond_the_stated_shape(exported: Path) -> None:
    record = record_of(exported) | {"raw": {"output": bomb()}}
    assert Golden.from_record(record, "x").raw["output"].shape == (1, 2)
