"""The walk against protobuf's own parsers: what any of them reads, the walk reads or refuses.

Two parsers: that of Python, and C++'s, which onnxruntime shares and which reads what Python's
refuses. Models with a tensor outside are written in every way that a stranger's writer could.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from edgeinfer import wire
from edgeinfer.errors import ModelFileError

VARINT, FIXED64, TEXT, GROUP, END_GROUP, FIXED32 = 0, 1, 2, 3, 4, 5


def varint(number: int, *, pad: int = 0) -> bytes:
    """A number in at least ``pad`` bytes."""
    data = bytearray()
    while number >= 0x80 or len(data) + 1 < pad:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*data, number])


@dataclass
class Field:
    """A field to be written: a number, bytes, or a message of fields."""

    number: int
    wire_type: int
    value: int | bytes | list[Field]
    tag_pad: int = 0
    tag_above: int = 0
    pad: int = 0
    above: int = 0

    def parts(self) -> list[Field]:
        return self.value if isinstance(self.value, list) else []

    def payload(self) -> bytes:
        if isinstance(self.value, list):
            return b"".join(part.encoded() for part in self.value)
        return self.value if isinstance(self.value, bytes) else b""

    def encoded(self) -> bytes:
        tag = varint((self.number << 3 | self.wire_type) | self.tag_above << 32, pad=self.tag_pad)
        if self.wire_type == VARINT:
            number = self.value if isinstance(self.value, int) else 1
            return tag + varint(number | self.above << 32, pad=self.pad)
        data = self.payload()
        if self.wire_type == TEXT:
            return tag + varint(len(data) | self.above << 32, pad=self.pad) + data
        if self.wire_type == GROUP:
            return tag + data + varint(self.number << 3 | END_GROUP)
        return tag + data[: 8 if self.wire_type == FIXED64 else 4].ljust(
            8 if self.wire_type == FIXED64 else 4, b"\x01"
        )


def taken_apart(data: bytes, descriptor: Any) -> list[Field]:
    """A message as its fields, by onnx's schema; packed numbers stay bytes."""
    fields, place = [], 0
    view = memoryview(data)
    while place < len(view):
        tag, place = wire._varint(view, place, bits=32)
        value, place = wire._value(view, place, tag & 7)
        known = descriptor.fields_by_number.get(tag >> 3)
        whole = value if isinstance(value, int) else bytes(value)
        inner = known.message_type if known is not None else None
        held = whole if inner is None else taken_apart(bytes(whole), inner)
        fields.append(Field(tag >> 3, tag & 7, held))
    return fields


def messages(fields: list[Field]) -> Iterator[list[Field]]:
    yield fields
    for one in fields:
        if isinstance(one.value, list):
            yield from messages(one.value)


def outside() -> TensorProto:
    tensor = TensorProto(name="w", data_type=1, dims=[4], data_location=TensorProto.EXTERNAL)
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "secret.bin"
    return tensor


def model_of(place: str) -> onnx.ModelProto:
    """A model with one tensor outside itself, at the place named."""
    tensor = outside()
    graph = helper.make_graph([], "g", [], [])
    inner = helper.make_graph([], "inner", [], [], [tensor])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    constant = helper.make_node("Constant", [], ["w"], value=tensor)
    sparse = onnx.SparseTensorProto(values=tensor, dims=[4])
    attributes: dict[str, dict[str, Any]] = {
        "tensors": {"name": "a", "type": onnx.AttributeProto.TENSORS, "tensors": [tensor]},
        "graphs": {"name": "a", "type": onnx.AttributeProto.GRAPHS, "graphs": [inner]},
        "sparse": {"name": "a", "sparse_tensor": sparse},
        "sparses": {"name": "a", "sparse_tensors": [sparse]},
    }
    if place == "initializer":
        model.graph.initializer.append(tensor)
    elif place == "sparse_initializer":
        model.graph.sparse_initializer.append(sparse)
    elif place == "sparse_indices":
        model.graph.sparse_initializer.append(onnx.SparseTensorProto(indices=tensor, dims=[4]))
    elif place == "constant":
        model.graph.node.append(constant)
    elif place == "subgraph":
        model.graph.node.append(
            helper.make_node("If", ["c"], [], then_branch=inner, else_branch=inner)
        )
    elif place == "function":
        made = helper.make_function("mine", "F", [], ["w"], [constant], model.opset_import)
        model.functions.append(made)
    elif place == "function_attribute":
        made = helper.make_function("mine", "F", [], [], [], model.opset_import)
        made.attribute_proto.append(constant.attribute[0])
        model.functions.append(made)
    elif place in ("training_initialization", "training_algorithm"):
        getattr(model.training_info.add(), place.removeprefix("training_")).CopyFrom(inner)
    else:
        node = onnx.NodeProto(op_type="Any", attribute=[onnx.AttributeProto(**attributes[place])])
        model.graph.node.append(node)
    entry = model.metadata_props.add()
    entry.key, entry.value = "key", "value"
    return model


PLACES = (
    "initializer",
    "sparse_initializer",
    "sparse_indices",
    "constant",
    "subgraph",
    "tensors",
    "graphs",
    "sparse",
    "sparses",
    "function",
    "function_attribute",
    "training_initialization",
    "training_algorithm",
)


def by_python(data: bytes) -> onnx.ModelProto | None:
    try:
        model: onnx.ModelProto = onnx.ModelProto.FromString(data)
    except Exception:  # noqa: BLE001 - protobuf's own, which has no stubs
        return None
    return model


def by_cpp(data: bytes) -> onnx.ModelProto | None:
    """As C++ reads it: shape inference of bytes parses them there and writes them again."""
    try:
        return onnx.shape_inference.infer_shapes(data)
    except Exception:  # noqa: BLE001 - C++'s errors share no base; it also refuses what it parsed
        return None


PARSERS = {"python": by_python, "c++": by_cpp}


def tensors_in(message: Any) -> Iterator[TensorProto]:
    """Every tensor of a parsed message, wherever the schema can hold one."""
    if isinstance(message, TensorProto):
        yield message
        return
    for known, value in message.ListFields():
        if known.message_type is not None:
            for one in value if known.is_repeated else [value]:
                yield from tensors_in(one)


def is_outside(tensor: TensorProto) -> bool:
    return bool(tensor.external_data) or tensor.data_location != TensorProto.DEFAULT


def check(data: bytes) -> bool:
    """Whether the walk took the bytes and a parser too; fails where they disagree."""
    try:
        contents = wire.read_contents(data)
    except ModelFileError:
        return False
    compared = False
    for name, parse in PARSERS.items():
        model = parse(data)
        if model is None:
            continue
        compared = True
        if any(is_outside(tensor) for tensor in tensors_in(model)):
            assert contents.external, f"{name} reads a tensor outside the file"
        assert contents.metadata == {p.key: p.value for p in model.metadata_props}, name
        assert contents.opsets == {o.domain: o.version for o in model.opset_import}, name
    return compared


def reachable(descriptor: Any, found: dict[str, Any]) -> dict[str, Any]:
    if descriptor.name not in found:
        found[descriptor.name] = descriptor
        for known in descriptor.fields:
            if known.message_type is not None:
                reachable(known.message_type, found)
    return found


def test_every_message_that_reaches_a_tensor_is_walked() -> None:
    """Found from the schema, so that a release of onnx with a new place for tensors fails here."""
    all_of_them = reachable(onnx.ModelProto.DESCRIPTOR, {})
    reaching = {k for k, d in all_of_them.items() if "TensorProto" in reachable(d, {})}
    assert set(wire._HOLDS) == reaching - {"TensorProto"}
    for name in wire._HOLDS:
        wanted = {
            known.number: known.message_type.name
            for known in all_of_them[name].fields
            if known.message_type is not None and known.message_type.name in reaching
        }
        assert dict(wire._HOLDS[name]) == wanted, name


def test_wire_types_are_those_of_the_schema() -> None:
    kinds = {3: VARINT, 5: VARINT, 14: VARINT, 9: TEXT, 11: TEXT, 12: TEXT}
    for name, read in wire._READ.items():
        known = getattr(onnx, name).DESCRIPTOR.fields_by_number
        assert dict(read) == {number: kinds[known[number].type] for number in read}, name


@pytest.mark.parametrize("place", PLACES)
def test_both_parsers_read_the_models_of_this_test(place: str) -> None:
    """Else the comparisons below would say nothing."""
    data = model_of(place).SerializeToString()
    written = b"".join(part.encoded() for part in taken_apart(data, onnx.ModelProto.DESCRIPTOR))
    assert written == data
    for name, parse in PARSERS.items():
        model = parse(data)
        assert model is not None, name
        assert any(is_outside(tensor) for tensor in tensors_in(model)), name
    assert check(data)
    assert "w" in wire.read_contents(data).external


def change_tags(fields: list[Field], numbers: tuple[int, ...], **change: int) -> None:
    for message in messages(fields):
        for one in message:
            if one.number in numbers and any(f.number == 13 for f in message):
                for name, value in change.items():
                    setattr(one, name, value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        # The C++ parser drops what is above 32 bits of a tag and reads external_data.
        ({"tag_above": 1}, "a number in it has more than 32 bits"),
        ({"tag_pad": 6}, "a number in it has more than 32 bits"),
        ({"pad": 6}, "more than 31 bits"),
        ({"above": 1}, "more than 31 bits"),
        ({"wire_type": GROUP}, "field 13 of a TensorProto has wire type 3 instead of 2"),
        ({"wire_type": FIXED64}, "field 13 of a TensorProto has wire type 1 instead of 2"),
        ({"number": 0}, "field of number 0"),
    ],
)
def test_external_data_in_another_spelling_is_refused(change: dict[str, int], message: str) -> None:
    fields = taken_apart(model_of("initializer").SerializeToString(), onnx.ModelProto.DESCRIPTOR)
    change_tags(fields, (13,), **change)
    with pytest.raises(ModelFileError, match=message):
        wire.read_contents(b"".join(one.encoded() for one in fields))


def test_tags_above_32_bits_hide_nothing() -> None:
    """Both fields that make a tensor external, with bit 32 set: EA 80 80 80 10."""
    fields = taken_apart(model_of("initializer").SerializeToString(), onnx.ModelProto.DESCRIPTOR)
    change_tags(fields, (13, 14), tag_above=1)
    data = b"".join(one.encoded() for one in fields)
    assert bytes.fromhex("ea80808010") in data
    with pytest.raises(ModelFileError, match="a number in it has more than 32 bits"):
        wire.read_contents(data)


@pytest.mark.parametrize("pad", [2, 5])
def test_numbers_in_more_bytes_than_they_need_are_read(pad: int) -> None:
    fields = taken_apart(model_of("initializer").SerializeToString(), onnx.ModelProto.DESCRIPTOR)
    for message in messages(fields):
        for one in message:
            one.tag_pad = one.pad = pad
    data = b"".join(one.encoded() for one in fields)
    assert check(data)
    assert wire.read_contents(data).external == ["w"]


def test_a_tensor_given_in_two_parts_is_found() -> None:
    """Protobuf puts the parts of a message together: neither says all."""
    model = model_of("constant")
    model.graph.node[0].attribute[0].t.ClearField("data_location")
    fields = taken_apart(model.SerializeToString(), onnx.ModelProto.DESCRIPTOR)
    for message in messages(fields):
        tensors = [one for one in message if any(part.number == 13 for part in one.parts())]
        if tensors:
            message.append(Field(5, TEXT, [Field(14, VARINT, 1)]))
    data = b"".join(one.encoded() for one in fields)
    merged = by_cpp(data)
    assert merged is not None
    assert merged.graph.node[0].attribute[0].t.data_location == TensorProto.EXTERNAL
    assert wire.read_contents(data).external == ["w", ""]


def test_what_is_no_metadata_to_protobuf_is_none_here() -> None:
    """Eight bytes under the number of metadata_props; a group under that of the graph."""
    data = model_of("initializer").SerializeToString()
    for wire_type in (FIXED64, GROUP, FIXED32, VARINT):
        for number in (7, 14):
            with pytest.raises(ModelFileError, match=f"field {number} of a ModelProto has wire"):
                wire.read_contents(data + Field(number, wire_type, b"").encoded())


def test_versions_below_zero_are_read_as_protobuf_reads_them() -> None:
    model = model_of("initializer")
    model.opset_import[0].version = -7
    assert wire.read_contents(model.SerializeToString()).opsets == {"": -7}


Change = Callable[[random.Random, list[Field], int], None]


def repeat(rng: random.Random, message: list[Field], at: int) -> None:
    message.insert(rng.randrange(len(message) + 1), message[at])


def split(rng: random.Random, message: list[Field], at: int) -> None:
    """One submessage as two, which a parser puts together again."""
    one = message[at]
    if isinstance(one.value, list):
        cut = rng.randrange(len(one.value) + 1)
        message[at] = Field(one.number, one.wire_type, one.value[:cut])
        message.insert(
            rng.randrange(at, len(message)) + 1, Field(one.number, TEXT, one.value[cut:])
        )


def shuffle(rng: random.Random, message: list[Field], at: int) -> None:
    rng.shuffle(message)


def wrap(rng: random.Random, message: list[Field], at: int) -> None:
    """Inside a group, or inside a field that the schema does not have."""
    number = rng.choice([one.number for one in message] + [500])
    message[at] = Field(number, rng.choice([GROUP, TEXT]), [message[at]])


def add_unknown(rng: random.Random, message: list[Field], at: int) -> None:
    wire_type = rng.choice([VARINT, FIXED64, TEXT, GROUP, FIXED32, 6, 7])
    number = rng.choice([0, 13, 14, 500, (1 << 29) - 1])
    message.insert(at, Field(number, wire_type, rng.choice([b"", b"\x6a\x00", b"\x70\x01"])))


def spell(name: str, choices: list[int]) -> Change:
    def change(rng: random.Random, message: list[Field], at: int) -> None:
        setattr(message[at], name, rng.choice(choices))

    return change


CHANGES: dict[str, Change] = {
    "tag in more bytes": spell("tag_pad", [2, 4, 5, 6, 10]),
    "tag above 32 bits": spell("tag_above", [1, 7, 8, 1 << 20]),
    "value in more bytes": spell("pad", [2, 5, 6, 10, 11]),
    "value above 32 bits": spell("above", [1, 8, 1 << 31, 1 << 32]),
    "wire type": spell("wire_type", list(range(8))),
    "number": spell("number", [0, 5, 7, 13, 14, 15, 500]),
    "value": spell("value", [0, 1, 2, 256]),
    "repeat": repeat,
    "split": split,
    "shuffle": shuffle,
    "wrap": wrap,
    "unknown": add_unknown,
}


@settings(max_examples=300)
@given(
    st.sampled_from(PLACES),
    st.lists(st.sampled_from(sorted(CHANGES)), max_size=6),
    st.randoms(use_true_random=False),
)
def test_no_spelling_hides_a_tensor(place: str, changes: list[str], rng: random.Random) -> None:
    fields = taken_apart(model_of(place).SerializeToString(), onnx.ModelProto.DESCRIPTOR)
    for name in changes:
        message = rng.choice([m for m in messages(fields) if m])
        CHANGES[name](rng, message, rng.randrange(len(message)))
    check(b"".join(one.encoded() for one in fields))


@settings(max_examples=300)
@given(
    st.sampled_from(PLACES),
    st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=4),
    st.booleans(),
)
def test_no_changed_byte_hides_a_tensor(
    place: str, changes: list[tuple[int, int]], insert: bool
) -> None:
    data = bytearray(model_of(place).SerializeToString())
    for at, byte in changes:
        if insert:
            data.insert(at % len(data), byte)
        else:
            data[at % len(data)] = byte
    check(bytes(data))
