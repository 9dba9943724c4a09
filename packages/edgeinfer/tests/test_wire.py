from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from edgeinfer import wire
from edgeinfer.errors import ModelFileError

WEIGHTS_INSIDE = {
    "GraphProto",
    "NodeProto",
    "AttributeProto",
    "TensorProto",
    "SparseTensorProto",
    "FunctionProto",
    "TrainingInfoProto",
}


def outside(name: str = "w") -> TensorProto:
    tensor = TensorProto(name=name, data_type=1, dims=[4], data_location=TensorProto.EXTERNAL)
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../secret.bin"
    return tensor


def model_with(**graph: Any) -> onnx.ModelProto:
    made = helper.make_graph(graph.pop("nodes", []), "g", [], [], **graph)
    return helper.make_model(made)


def of_subgraph() -> onnx.ModelProto:
    inner = helper.make_graph([], "inner", [], [], [outside()])
    branch = helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
    return model_with(nodes=[branch])


def of_function() -> onnx.ModelProto:
    node = helper.make_node("Constant", [], ["w"], value=outside())
    function = helper.make_function("mine", "F", [], ["w"], [node], [helper.make_opsetid("", 18)])
    return helper.make_model(helper.make_graph([], "g", [], []), functions=[function])


def of_sparse() -> onnx.ModelProto:
    model = model_with()
    model.graph.sparse_initializer.add().values.CopyFrom(outside())
    return model


def of_training() -> onnx.ModelProto:
    model = model_with()
    model.training_info.add().initialization.initializer.append(outside())
    return model


PLACES: dict[str, Callable[[], onnx.ModelProto]] = {
    "initializer": lambda: model_with(initializer=[outside()]),
    "constant": lambda: model_with(
        nodes=[helper.make_node("Constant", [], ["w"], value=outside())]
    ),
    "subgraph": of_subgraph,
    "function": of_function,
    "sparse": of_sparse,
    "training": of_training,
}


def test_field_numbers_are_those_of_the_installed_onnx() -> None:
    """Every message that can hold a tensor, at any depth, is walked through."""
    for message, holds in wire._HOLDS.items():
        fields = getattr(onnx, message).DESCRIPTOR.fields
        wanted = {
            f.number: f.message_type.name
            for f in fields
            if f.message_type is not None and f.message_type.name in WEIGHTS_INSIDE
        }
        assert dict(holds) == wanted, message
    tensor = TensorProto.DESCRIPTOR.fields_by_name
    assert tensor["external_data"].number == wire._EXTERNAL_DATA
    assert tensor["data_location"].number == wire._DATA_LOCATION
    assert tensor["name"].number == wire._TENSOR_NAME


@pytest.mark.parametrize("place", PLACES)
def test_tensors_kept_outside_are_found(place: str) -> None:
    assert set(wire.read_contents(PLACES[place]().SerializeToString()).external) == {"w"}


def test_contents_are_those_that_onnx_reads(exported: Path) -> None:
    model = onnx.load(exported)
    contents = wire.read_contents(exported.read_bytes())
    assert contents.metadata == {p.key: p.value for p in model.metadata_props}
    assert contents.opsets == {o.domain: o.version for o in model.opset_import}
    assert contents.external == []


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_in_our_own_words(data: bytes) -> None:
    try:
        contents = wire.read_contents(data)
    except ModelFileError:
        return
    # Bytes that happen to be a message with one graph.
    assert contents.graphs == 1


@given(st.integers(min_value=0))
def test_a_model_cut_short_is_refused_or_lacks_only_its_end(cut: int) -> None:
    whole = PLACES["constant"]().SerializeToString()
    try:
        contents = wire.read_contents(whole[: cut % len(whole)])
    except ModelFileError:
        return
    assert contents.external == ["w"]


def test_endless_fields_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_FIELDS", 100)
    with pytest.raises(ModelFileError, match="more than 100 fields"):
        wire.read_contents(b"\x08\x01" * 101)


def test_deep_nesting_is_refused() -> None:
    graph = helper.make_graph([], "g", [], [])
    for _ in range(wire.MAX_DEPTH):
        graph = helper.make_graph(
            [helper.make_node("If", ["c"], ["y"], then_branch=graph)], "g", [], []
        )
    with pytest.raises(ModelFileError, match="nested deeper than 32"):
        wire.read_contents(helper.make_model(graph).SerializeToString())


def test_two_graphs_are_refused() -> None:
    one = model_with().SerializeToString()
    with pytest.raises(ModelFileError, match="it holds 2 graphs"):
        wire.read_contents(one + one)
