"""What an ONNX file holds, read from its bytes before any library is given them.

ONNX is a protocol-buffers message. A walk over its fields finds the metadata and every tensor, so
that a file with weights *outside* itself is refused before onnxruntime looks for them: such a
file can name any path on this machine. Nothing is copied and no tensor is read.

Where protobuf's parsers differ from each other or are lenient, the walk refuses, so that none of
them finds what it did not: the C++ one, which onnxruntime has, drops the bits of a tag above 32;
a known field of another wire type is to them an unknown one; groups can hide anything.

Source: protobuf.dev "Encoding"; field numbers of onnx/onnx.proto (a test holds them to the
installed ``onnx``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .errors import ModelFileError

MAX_FIELDS = 2_000_000
MAX_DEPTH = 32

_VARINT, _LENGTH_DELIMITED = 0, 2
_FIXED: Mapping[int, int] = {1: 8, 5: 4}

# message -> field number -> message held there; only what can hold a tensor.
_HOLDS: Mapping[str, Mapping[int, str]] = {
    "ModelProto": {7: "GraphProto", 20: "TrainingInfoProto", 25: "FunctionProto"},
    "GraphProto": {1: "NodeProto", 5: "TensorProto", 15: "SparseTensorProto"},
    "NodeProto": {5: "AttributeProto"},
    "AttributeProto": {
        5: "TensorProto",
        6: "GraphProto",
        10: "TensorProto",
        11: "GraphProto",
        22: "SparseTensorProto",
        23: "SparseTensorProto",
    },
    "SparseTensorProto": {1: "TensorProto", 2: "TensorProto"},
    "TrainingInfoProto": {1: "GraphProto", 2: "GraphProto"},
    "FunctionProto": {7: "NodeProto", 11: "AttributeProto"},
}
_GRAPH, _OPSET_IMPORT, _METADATA = 7, 8, 14
_TENSOR_NAME, _EXTERNAL_DATA, _DATA_LOCATION = 8, 13, 14
_KEY, _VALUE = 1, 2
_OPSET_DOMAIN, _OPSET_VERSION = 1, 2

# message -> field number -> wire type, of the other fields that are read.
_READ: Mapping[str, Mapping[int, int]] = {
    "ModelProto": {_OPSET_IMPORT: _LENGTH_DELIMITED, _METADATA: _LENGTH_DELIMITED},
    "OperatorSetIdProto": {_OPSET_DOMAIN: _LENGTH_DELIMITED, _OPSET_VERSION: _VARINT},
    "StringStringEntryProto": {_KEY: _LENGTH_DELIMITED, _VALUE: _LENGTH_DELIMITED},
    "TensorProto": {
        _TENSOR_NAME: _LENGTH_DELIMITED,
        _EXTERNAL_DATA: _LENGTH_DELIMITED,
        _DATA_LOCATION: _VARINT,
    },
}


@dataclass
class Contents:
    """What a walk over an ONNX file found.

    Parameters
    ----------
    metadata : dict of str to str
        ``metadata_props``.
    opsets : dict of str to int
        Operator set version by domain; the standard domain is ``""``.
    external : list of str
        Names of tensors whose data lie outside the file.
    graphs : int
        Main graphs; a whole model has one.
    """

    metadata: dict[str, str] = field(default_factory=dict)
    opsets: dict[str, int] = field(default_factory=dict)
    external: list[str] = field(default_factory=list)
    graphs: int = 0


class _Walk:
    """One pass over a file: counts fields, so that a hostile file can't keep us busy."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.left = MAX_FIELDS

    def fields(self, data: memoryview, kind: str) -> Iterator[tuple[int, int | memoryview]]:
        """Number and value of each field of a message; those of fixed size as their bytes."""
        holds, read = _HOLDS.get(kind, {}), _READ.get(kind, {})
        place, end = 0, len(data)
        while place < end:
            self.left -= 1
            if self.left < 0:
                raise ModelFileError(f"more than {MAX_FIELDS} fields; no model of ours has so many")
            tag, place = _varint(data, place, bits=32)
            number, wire_type = tag >> 3, tag & 7
            if number == 0:
                raise ModelFileError("it has a field of number 0; it is no ONNX file")
            wanted = _LENGTH_DELIMITED if number in holds else read.get(number, wire_type)
            if wire_type != wanted:
                raise ModelFileError(
                    f"field {number} of a {kind} has wire type {wire_type} instead of {wanted}; "
                    "it is no ONNX file"
                )
            value, place = _value(data, place, wire_type)
            yield number, value

    def message(self, data: memoryview, kind: str, depth: int = 0) -> None:
        if depth > MAX_DEPTH:
            raise ModelFileError(f"graphs nested deeper than {MAX_DEPTH}; refused")
        if kind == "TensorProto":
            self.tensor(data)
            return
        for number, value in self.fields(data, kind):
            if not isinstance(value, memoryview):
                continue
            if kind == "ModelProto":
                self.of_model(number, value)
            inner = _HOLDS[kind].get(number)
            if inner is not None:
                self.message(value, inner, depth + 1)

    def of_model(self, number: int, value: memoryview) -> None:
        if number == _METADATA:
            pair = dict(self.fields(value, "StringStringEntryProto"))
            self.contents.metadata[_text(pair.get(_KEY))] = _text(pair.get(_VALUE))
        elif number == _OPSET_IMPORT:
            pair = dict(self.fields(value, "OperatorSetIdProto"))
            domain = _text(pair.get(_OPSET_DOMAIN))
            self.contents.opsets[domain] = _int64(pair.get(_OPSET_VERSION))
        elif number == _GRAPH:
            self.contents.graphs += 1

    def tensor(self, data: memoryview) -> None:
        # A message given in parts is the parts put together; a part with either field is enough.
        name, external = "", False
        for number, value in self.fields(data, "TensorProto"):
            if number == _TENSOR_NAME:
                name = _text(value)
            external |= number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0)
        if external:
            self.contents.external.append(name)


def _varint(data: memoryview, place: int, *, bits: int) -> tuple[int, int]:
    """A number of at most so many bits, in no more bytes than they need, and what follows it."""
    number = 0
    for shift in range(0, bits, 7):
        if place >= len(data):
            raise ModelFileError(
                "it ends in the middle of a number; it is cut short or no ONNX file"
            )
        byte = data[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            if number >> bits:
                break
            return number, place
    raise ModelFileError(f"a number in it has more than {bits} bits; it is no ONNX file")


def _value(data: memoryview, place: int, wire_type: int) -> tuple[int | memoryview, int]:
    if wire_type == _VARINT:
        return _varint(data, place, bits=64)
    if wire_type == _LENGTH_DELIMITED:
        length, place = _varint(data, place, bits=31)
    elif wire_type in _FIXED:
        length = _FIXED[wire_type]
    else:
        raise ModelFileError(f"wire type {wire_type} is not used by ONNX; it is no ONNX file")
    if place + length > len(data):
        raise ModelFileError("a field runs past the end; it is cut short or no ONNX file")
    return data[place : place + length], place + length


def _int64(value: int | memoryview | None) -> int:
    """A varint as protobuf's int64: two's complement; 0 where there is none."""
    number = value if isinstance(value, int) else 0
    return number - (1 << 64) if number >> 63 else number


def _text(value: int | memoryview | None) -> str:
    if not isinstance(value, memoryview):
        return ""
    try:
        return bytes(value).decode()
    except UnicodeDecodeError:
        raise ModelFileError("a name in it is not UTF-8; it is no ONNX file") from None


def read_contents(data: bytes) -> Contents:
    """Metadata, operator sets and tensors kept outside of an ONNX file.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    Contents

    Raises
    ------
    ModelFileError
        If the bytes are no ONNX model, or cut short; the caller adds the file's name.

    Examples
    --------
    >>> read_contents(b"not a model")
    Traceback (most recent call last):
    ...
    edgeinfer.errors.ModelFileError: wire type 6 is not used by ONNX; it is no ONNX file
    """
    contents = Contents()
    _Walk(contents).message(memoryview(data), "ModelProto")
    if contents.graphs != 1:
        raise ModelFileError(f"it holds {contents.graphs} graphs; an ONNX model has one")
    return contents
