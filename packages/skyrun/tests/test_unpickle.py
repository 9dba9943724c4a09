"""Data come back; nothing of a pickle is ever called; memory is not taken on its word."""

import base64
import collections
import datetime
import gzip
import os
import pickle
import struct
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skyrun.unpickle import safe_load
from skytypes.errors import InputError, MissingPackageError

pd = pytest.importorskip("pandas")


def loaded(folder: Path, value: Any, protocol: int = pickle.DEFAULT_PROTOCOL) -> Any:
    path = folder / "a.pkl"
    path.write_bytes(pickle.dumps(value, protocol))
    return safe_load(path)


def from_bytes(folder: Path, content: bytes, **options: Any) -> Any:
    path = folder / "a.pkl"
    path.write_bytes(content)
    return safe_load(path, **options)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pickles")


TABLES = [
    pd.DataFrame(
        np.arange(6.0).reshape(2, 3),
        columns=pd.MultiIndex.from_tuples([("spin", "P"), ("spin", "Pdot"), ("place", "x")]),
    ),
    pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [0.5, np.nan]}, index=[7, 5]),
    pd.DataFrame({"mixed": pd.Series([1, "a", None], dtype=object), "yes": [True, False, True]}),
    pd.DataFrame({"nbytes": [1.0], "shape": [2.0], "size": ["x"]}),
    pd.DataFrame(index=pd.Index(["x", "y"], name="pulsar")),
    pd.DataFrame(),
    pd.DataFrame(np.zeros((3, 0))),
    pd.DataFrame(np.ones((2, 2), np.float32), columns=["x", "x"]),
]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("table", TABLES, ids=range(len(TABLES)))
def test_tables_come_back(place: Path, table: Any, protocol: int) -> None:
    table.attrs = {"source": "test"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = loaded(place, table, protocol)
    pd.testing.assert_frame_equal(got, table)
    assert got.attrs == table.attrs


def test_labels_may_repeat(place: Path) -> None:
    labels = pd.Index(
        [("a", 1), 2**70, datetime.date(2020, 1, 1)] * 400, dtype=object, tupleize_cols=False
    )
    table = pd.DataFrame({"x": np.arange(1200.0), "y": "text"}, index=labels)
    pd.testing.assert_frame_equal(loaded(place, table), table)


def test_keys_of_every_kind_come_back(place: Path) -> None:
    keys = (
        [(i, "a") for i in range(5000)] + [2.0**i for i in range(1000)] + [2**i for i in range(99)]
    )
    keys += [frozenset([i, (i,)]) for i in range(500)] + [np.float64(0.3), complex(1, 2), None, "a"]
    assert loaded(place, dict.fromkeys(keys, 1)) == dict.fromkeys(keys, 1)
    assert loaded(place, set(keys)) == set(keys)


def test_a_table_can_be_changed_afterwards(place: Path) -> None:
    got = loaded(place, TABLES[1])
    got.loc[7, "a"] = 9
    got["new"] = 1.0
    assert got.loc[7].tolist()[0] == 9


@pytest.mark.parametrize("protocol", [2, 5])
@pytest.mark.parametrize("column", ["a", "b", "c"])
def test_series_come_back(place: Path, column: str, protocol: int) -> None:
    pd.testing.assert_series_equal(loaded(place, TABLES[1][column], protocol), TABLES[1][column])


numbers = hnp.arrays(
    hnp.scalar_dtypes() | hnp.array_dtypes(max_size=3),
    hnp.array_shapes(min_dims=0, min_side=0, max_dims=3, max_side=4),
)


@settings(max_examples=100)
@given(numbers, st.integers(0, 5), st.booleans())
def test_arrays_come_back(place: Path, array: Any, protocol: int, fortran: bool) -> None:
    array = np.asfortranarray(array) if fortran else array
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = loaded(place, array, protocol)
    assert got.dtype == array.dtype
    assert got.shape == array.shape
    assert got.tobytes() == array.tobytes()
    assert got.flags.writeable
    assert got.flags.f_contiguous == array.flags.f_contiguous


keys = st.text(max_size=3) | st.integers()
things = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(max_size=5)
    | st.binary(max_size=5)
    | st.binary(max_size=5).map(bytearray)
    | st.frozensets(st.integers())
    | st.datetimes()
    | st.dates()
    | st.timedeltas(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(keys, inner, max_size=3)
        | st.dictionaries(keys, inner, max_size=3).map(collections.OrderedDict)
    ),
    max_leaves=6,
)


@given(things, st.integers(0, 5))
def test_plain_values_come_back(place: Path, value: Any, protocol: int) -> None:
    got = loaded(place, value, protocol)
    assert got == value
    assert type(got) is type(value)


def test_numpy_numbers_come_back(place: Path) -> None:
    for value in (np.float32(0.1), np.int64(3), np.bool_(True), np.datetime64("2020-01-01", "ns")):
        got = loaded(place, value)
        assert got == value
        assert type(got) is type(value)
    assert loaded(place, np.dtype(">f4")) == np.dtype(">f4")
    assert loaded(place, datetime.time(1, 2)) == datetime.time(1, 2)


def test_arrays_of_objects_come_back(place: Path) -> None:
    array = np.array([[1, "x"], [None, np.arange(3)]], dtype=object)
    got = loaded(place, array)
    assert got[0].tolist() == [1, "x"]
    assert got[1, 0] is None
    assert got[1, 1].tolist() == [0, 1, 2]


def test_shared_parts_are_one(place: Path) -> None:
    part = np.arange(3)
    got = loaded(place, [part, {"again": part}])
    assert got[0] is got[1]["again"]


def test_gzip_is_unpacked(place: Path) -> None:
    assert from_bytes(place, gzip.compress(pickle.dumps({"a": 1}))) == {"a": 1}


# A table with two levels of columns, as pandas 1.1 under Python 3.7 wrote it: its own
# modules (Int64Index, BlockManager.__setstate__) are gone, the data must still open.
class _Old:
    """Stands in for a class of an old library while a pickle is written."""

    def __init__(self, where: str, args: tuple[Any, ...], state: Any = None) -> None:
        self.where, self.args, self.state = where, args, state


def old_pickle(value: Any) -> bytes:
    """Pickle protocol 2 with calls by name, whatever is installed."""

    def write(v: Any) -> bytes:
        if isinstance(v, _Old):
            module, name = v.where.rsplit(".", 1)
            call = f"c{module}\n{name}\n".encode() + write(v.args) + b"R"
            return call + (write(v.state) + b"b" if v.state is not None else b"")
        if isinstance(v, type(_Old)):
            return b"cpandas\n" + v.__name__.encode() + b"\n"
        if isinstance(v, tuple):
            return b"(" + b"".join(write(i) for i in v) + b"t"
        if isinstance(v, list):
            return b"(" + b"".join(write(i) for i in v) + b"l"
        if isinstance(v, dict):
            return b"(" + b"".join(write(k) + write(i) for k, i in v.items()) + b"d"
        return pickle.dumps(v, 2)[2:-1]

    return b"\x80\x02" + write(value) + b"."


def test_a_table_of_an_old_pandas_opens(place: Path) -> None:
    columns = _Old(
        "pandas.core.indexes.base._new_Index",
        (
            pd.MultiIndex,
            {
                "levels": [
                    _Old(
                        "pandas.core.indexes.base._new_Index",
                        (pd.Index, {"data": np.array(list(names), object), "name": None}),
                    )
                    for names in ("ab", "xy")
                ],
                "labels": [np.array([0, 0, 1], np.int8), np.array([0, 1, 0], np.int8)],
                "names": [None, None],
            },
        ),
    )
    index = _Old(
        "pandas.core.indexes.base._new_Index",
        (
            _Old("pandas.core.indexes.numeric.Int64Index", ()),
            {"data": np.array([5, 7]), "name": "id"},
        ),
    )
    blocks: list[dict[str, Any]] = [
        {"values": np.array([[1.0, 2.0], [5.0, 6.0]]), "mgr_locs": slice(0, 4, 2)},
        {"values": np.array([["p", "q"]], object), "mgr_locs": np.array([1])},
    ]
    state: tuple[Any, ...] = (
        [columns, index],
        [b["values"] for b in blocks],
        [],
        {"0.14.1": {"axes": [columns, index], "blocks": blocks}},
    )
    manager = _Old("pandas.core.internals.managers.BlockManager", (), state)
    frame = _Old("pandas.core.frame.DataFrame", (), {"_data": manager, "_typ": "dataframe"})
    content = old_pickle(frame)
    # `Int64Index` is named, not called, in real files.
    content = content.replace(
        b"cpandas.core.indexes.numeric\nInt64Index\n(tR",
        b"cpandas.core.indexes.numeric\nInt64Index\n",
    )
    got = from_bytes(place, content)
    assert got.columns.tolist() == [("a", "x"), ("a", "y"), ("b", "x")]
    assert got.index.tolist() == [5, 7]
    assert got[("a", "x")].tolist() == [1.0, 2.0]
    assert got[("a", "y")].tolist() == ["p", "q"]
    assert got[("b", "x")].tolist() == [5.0, 6.0]


class Call:
    """Asks the reader of its pickle to call something."""

    def __init__(self, function: Any, *args: Any) -> None:
        self.function, self.args = function, args

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.function, self.args


@pytest.mark.parametrize(
    "call",
    [
        (os.system, ("touch HACKED",), "posix.system"),
        (subprocess.Popen, (["touch", "HACKED"],), "(subprocess|commands).Popen"),
        (eval, ("open('HACKED', 'w')",), "(__builtin__|builtins).eval"),
        (exec, ("open('HACKED', 'w')",), "(__builtin__|builtins).exec"),
        (getattr, ("text", "upper"), "(__builtin__|builtins).getattr"),
        (open, ("HACKED", "w"), "(_io|io).open"),
        (__import__, ("antigravity",), "(__builtin__|builtins).__import__"),
        (np.load, ("x.npy",), "numpy.load"),
        (np.memmap, ("HACKED", "f8", "w+", 0, (1,)), "numpy.memmap"),
        (pd.read_pickle, ("x.pkl",), "pandas.*read_pickle"),
        (pd.eval, ("1",), "pandas.*eval"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize(
    "wrap", [lambda c: c, lambda c: {"a": [1, (c,)]}, lambda c: {"x": Call(list, [c])}]
)
def test_no_call_is_made(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: tuple[Any, tuple[Any, ...], str],
    protocol: int,
    wrap: Any,
) -> None:
    monkeypatch.chdir(tmp_path)
    function, args, name = call
    content = pickle.dumps(wrap(Call(function, *args)), protocol)
    with pytest.raises(InputError, match=f"a.pkl: the pickle asks for {name}; only numpy and pan"):
        from_bytes(tmp_path, content)
    assert not (tmp_path / "HACKED").exists()


@pytest.mark.parametrize(
    "name",
    [
        b"builtins\nobject.__subclasses__",
        b"numpy\ndtype.__reduce__",
        b"numpy.core.multiarray\nsys.modules",
        b"pandas\nDataFrame.to_pickle",
        b"copyreg\n_reconstructor",
        b"pandas.io.pickle\nread_pickle",
        b"functools\npartial",
        b"operator\nattrgetter",
        b"types\nCodeType",
        b"torch._utils\n_rebuild_tensor_v2",
        b"codecs\nopen",
        b"_codecs\ndecode",
    ],
)
def test_names_beside_the_admitted_are_refused(place: Path, name: bytes) -> None:
    for content in (b"c" + name + b"\n.", b"(i" + name + b"\n."):
        with pytest.raises(InputError, match="the pickle asks for "):
            from_bytes(place, content)
    module, attribute = name.split(b"\n")
    stacked = b"".join(b"\x8c" + bytes([len(t)]) + t for t in (module, attribute))
    with pytest.raises(InputError, match="the pickle asks for "):
        from_bytes(place, b"\x80\x04" + stacked + b"\x93.")


def test_admitted_names_do_nothing_by_themselves(place: Path) -> None:
    """A class as the answer, attributes set on a class, a class called with odd arguments."""
    before = dict(vars(pd.DataFrame)), dict(vars(collections.OrderedDict))
    frame = b"cpandas\nDataFrame\n"
    for content in (
        frame + b".",
        b"cnumpy\nndarray\n.",
        # BUILD with (None, {"to_csv": 1}) upon the class: setattr.
        frame + b"(N(Vto_csv\nI1\ndtb.",
        b"ccollections\nOrderedDict\n(N(Vpop\nI1\ndtb.",
        b"cnumpy\nndarray\n((I1000000000000\nttR.",
        b"cbuiltins\nbytearray\n(I1000000000000\ntR.",
        b"cbuiltins\nlist\n(cbuiltins\nrange\n(I1000000000000\ntRtR.",
        b"c_codecs\nencode\n(Vx\nVzlib\ntR.",
        b"cnumpy\ndtype\n(Vf8\ntR.",
        b"cbuiltins\nset\n(I1\ntR.",
        b"cbuiltins\nslice\n(Vx\ntR.",
        b"cdatetime\ndatetime\n(Vx\ntR.",
    ):
        with pytest.raises(InputError, match=r"a.pkl: .*(is not as numpy|holds a class|damaged)"):
            from_bytes(place, content)
    assert (dict(vars(pd.DataFrame)), dict(vars(collections.OrderedDict))) == before


def array_pickle(dtype: Any, shape: Any, content: Any, state: Any = None) -> bytes:
    """An array by ``_reconstruct`` with whatever type state, shape and content are wished for."""
    kind = _Old("numpy.dtype", (dtype, False, True), state or (3, "<", None, None, None, -1, -1, 0))
    body = old_pickle((1, shape, kind, False, content))[2:-1]
    start = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntC\x01btR"
    return start + body + b"b."


def test_the_maker_of_bad_arrays_makes_good_ones(place: Path) -> None:
    content = np.arange(2.0).tobytes()
    assert from_bytes(place, array_pickle("f8", (2,), content)).tolist() == [0.0, 1.0]


OBJECT = (3, "|", None, None, None, -1, -1, 63)


@pytest.mark.parametrize(
    ("dtype", "shape", "content", "state"),
    [
        ("f8", (10**12,), b"", None),
        ("f8", (2,), b"\0" * 15, None),
        ("f8", (2,), b"\0" * 17, None),
        ("f8", (-1,), b"", None),
        ("f8", (1.5,), b"", None),
        ("f8", (2**62, 2**62), b"", None),
        ("f8", (1,) * 40, b"\0" * 8, None),
        ("f8", "2", b"", None),
        ("f8", (1,), ["x"], None),
        ("V0", (2**60,), b"", None),
        ("O8", (1000,), [1], OBJECT),
        ("O8", (1,), b"\x41" * 8, OBJECT),
        # An object type whose flags say that it holds no references: bytes taken for pointers.
        ("O8", (1,), b"\x41" * 8, (3, "|", None, None, None, -1, -1, 0)),
        ("V8", (1,), b"\x41" * 8, (3, "|", None, ("a",), {"a": (np.dtype("O"), 0)}, 8, 1, 0)),
        # A field that lies outside its record.
        ("V8", (1,), b"\0" * 8, (3, "|", None, ("a",), {"a": (np.dtype("f8"), 4096)}, 8, 1, 16)),
        ("V8", (1,), b"\0" * 8, (3, "|", None, ("a",), {}, 8, 1, 16)),
        ("V8", (1,), b"\0" * 8, (3, "|", (np.dtype("O"), (1,)), None, None, 8, 1, 0)),
        ("f8,O", (1,), b"\0" * 16, None),
        ("U999999999", (10**6,), b"", None),
        (5, (1,), b"", None),
        ("f8", (1,), b"\0" * 8, (3,)),
        ("f8", (1,), b"\0" * 8, (3, "?", None, None, None, -1, -1, 0)),
        ("M8", (1,), b"\0" * 8, (4, "<", None, None, None, -1, -1, 0, ({}, (b"xx", 1, 1, 1)))),
    ],
)
def test_arrays_that_lie_about_themselves_are_refused(
    place: Path, dtype: Any, shape: Any, content: Any, state: Any
) -> None:
    with pytest.raises(
        InputError, match=r"a.pkl: (.* not as numpy or pandas|damaged, or not a pi)"
    ):
        from_bytes(place, array_pickle(dtype, shape, content, state))


def test_blocks_that_lie_about_their_place_are_refused(place: Path) -> None:
    index = {
        n: _Old(
            "pandas.core.indexes.base._new_Index",
            (_Old("pandas.RangeIndex", ()), {"start": 0, "stop": n, "step": 1}),
        )
        for n in (1, 2, 10**12)
    }

    def table(places: Any, columns: int, rows: int = 2) -> bytes:
        block = _Old("pandas._libs.internals._unpickle_block", (np.zeros((2, 2)), places, 2))
        axes = [index[columns], index[rows]]
        manager = _Old("pandas.core.internals.managers.BlockManager", ((block,), axes))
        content = old_pickle(_Old("pandas.DataFrame", (), {"_mgr": manager}))
        return content.replace(b"cpandas\nRangeIndex\n(tR", b"cpandas\nRangeIndex\n")

    assert from_bytes(place, table(slice(0, 2), 2)).shape == (2, 2)
    for places, columns, rows in [
        (np.array([0, 10**9]), 2, 2),
        (np.array([-1, 0]), 2, 2),
        (np.array([0, 0]), 2, 2),
        (slice(0, 10**12), 2, 2),
        (slice(0, 2), 1, 2),
        (slice(0, 2), 2, 1),
        (slice(0, 2), 2, 10**12),
        (slice(0, 2), 10**12, 2),
        ("x", 2, 2),
        (np.array([0.0, 1.0]), 2, 2),
    ]:
        with pytest.raises(InputError, match=r"not as numpy or pandas|damaged|more memory"):
            from_bytes(place, table(places, columns, rows))


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
from skyrun.unpickle import safe_load
from skytypes.errors import InputError
try:
    safe_load(sys.argv[1], max_bytes=int(sys.argv[2]))
except InputError as error:
    print(error)
# Not getrusage: its peak begins with that of the process which started this one.
status = open("/proc/self/status").read()
print("peak", int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""


def huge_memo() -> bytes:
    return b"\x80\x02Nr" + struct.pack("<I", 2**31) + b"."


def huge_bytearray() -> bytes:
    return b"\x80\x05\x96" + struct.pack("<Q", 10**12) + b"."


def huge_bytes() -> bytes:
    return b"\x80\x04\x8e" + struct.pack("<Q", 10**12) + b"."


def gzip_bomb() -> bytes:
    return gzip.compress(b"\0" * (1 << 29), 9)


def bomb_that_declares() -> bytes:
    """Bytes that are said to be 20 GiB and are 3 GiB of zeros, in parts that repeat."""
    head = gzip.compress(b"\x80\x04\x8e" + struct.pack("<Q", 20 << 30))
    return head + gzip.compress(b"\0" * (64 << 20)) * 48


def shared_content() -> bytes:
    """One content of 16 MB, taken by two hundred arrays."""
    content = np.zeros(2 << 20).tobytes()
    kind = _Old("numpy.dtype", ("f8", False, True), (3, "<", None, None, None, -1, -1, 0))
    start = b"\x80\x03B" + struct.pack("<I", len(content)) + content + b"q\xc8"
    start += old_pickle(kind)[2:-1] + b"q\xc9("
    one = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntC\x01btR"
    one += b"(I1\n(I2097152\nth\xc9I00\nh\xc8tb"
    return start + one * 200 + b"l."


# A tuple of itself twice, again and again: 2**60 when it is written out, or hashed.
NESTED = b"(t" + b"2\x86" * 60


def nested_reference() -> bytes:
    """A reference to outside data whose text would be 2**60 letters long."""
    return b"\x80\x02" + NESTED + b"Q."


FIELDS = b"\x80\x04cnumpy\ndtype\n(U\x02V8\x89\x88tR(K\x03U\x01|N"


def name_that_is_nested() -> bytes:
    """A type whose field's name is missing from its fields and has an endless text."""
    return FIELDS + NESTED + b"\x85}K\x08K\x01K\x00tb."


def title_that_is_nested() -> bytes:
    number = b"cnumpy\ndtype\n(U\x02f8\x89\x88tR(K\x03U\x01<NNNK\x08K\x08K\x00tb"
    fields = b"}U\x01a(" + number + b"K\x00" + NESTED + b"ts"
    return FIELDS + b"U\x01a\x85" + fields + b"K\x08K\x01K\x00tb."


def many_sets() -> bytes:
    """Four million sets in 4 kB, 216 bytes each."""
    return gzip.compress(b"\x80\x04(" + b"\x8f" * (4 << 20) + b"l.")


def many_classes() -> bytes:
    """A million times a name, of which a class could be made each time."""
    return gzip.compress(b"\x80\x04(" + b"cnumpy\ndtype\n" * 10**6 + b"l.")


def many_copies() -> bytes:
    """A list of a million numbers made a hundred thousand times from one of them."""
    copies = (
        b"cbuiltins\nlist\nq\x01((" + b"K\x01" * 10**6 + b"lq\x00tq\x020(" + b"h\x01h\x02R" * 10**5
    )
    return b"\x80\x02" + copies + b"l."


def many_sets_well_packed() -> bytes:
    """Sixty million sets in 64 kB; what they unpack to is large, and is no measure."""
    return gzip.compress(b"\x80\x04(" + b"\x8f" * (60 << 20) + b"l.")


def nested_key() -> bytes:
    return b"\x80\x02}" + NESTED + b"K\x01s."


def nested_member() -> bytes:
    return b"\x80\x04\x8f(" + NESTED + b"\x90."


def nested_frozen_member() -> bytes:
    """Two frozensets that are equal but not the same, of the last and of a tuple of the last."""
    level = b"r%b\x00\x00\x000(j%b\x00\x00\x002\x85\x91"
    chains = [b"(K\x01\x91" + level.replace(b"%b", n) * 60 for n in (b"\x01", b"\x02")]
    return b"\x80\x04\x8f(" + b"".join(chains) + b"\x90."


def deep_key() -> bytes:
    """A key nested so deeply that its hash would need more stack than there is."""
    return b"\x80\x02}N" + b"\x85" * 10**6 + b"K\x01s."


def equal_hashes() -> bytes:
    """A million numbers with the same hash."""
    alike = (b"\x8a\x0b" + (i * (2**61 - 1)).to_bytes(11, "little") + b"N" for i in range(10**6))
    return b"\x80\x02}(" + b"".join(alike) + b"u."


def equal_hashes_one_by_one() -> bytes:
    return (
        equal_hashes().replace(b"\x80\x02}(", b"\x80\x02}").replace(b"N\x8a", b"Ns\x8a")[:-2]
        + b"s."
    )


def equal_hashes_in_a_call() -> bytes:
    """The same, in a list of which a set is to be made."""
    numbers = [i * (2**61 - 1) for i in range(10**6)]
    return old_pickle(_Old("builtins.set", (numbers,)))


def heavy_key() -> bytes:
    """A number of eight million digits, hashed a million times."""
    number = b"\x8b" + struct.pack("<i", 3 << 20) + b"\x01" * (3 << 20)
    return b"\x80\x02}" + number + b"q\x000(" + b"h\x00N" * 10**6 + b"u."


def nested_name_of_a_type() -> bytes:
    """Arrow's name for a type, looked up before it is known to be text."""
    return ARROW_TEXT.replace(b"\x8c\x0clarge_string", NESTED)


def types_within_types() -> bytes:
    """A type with two fields of one type, at the same place, again and again."""
    one = b"cnumpy\ndtype\n(U\x02f8\x89\x88tR(K\x03U\x01<NNNK\x08K\x08K\x00tb"
    names = b"(U\x01aU\x01bt"
    for level in range(30):
        place = b"r" + bytes([level]) + b"\x00\x00\x00"
        fields = b"}(U\x01aj" + place[1:] + b"K\x00\x86U\x01bj" + place[1:] + b"K\x00\x86u"
        one += place + b"0" + FIELDS[2:] + names + fields + b"K\x08K\x01K\x00tb"
    return b"\x80\x02" + one + b"."


def index_of(kind: str, **data: Any) -> _Old:
    """An index of a class that pandas has by this name."""
    return _Old("pandas.core.indexes.base._new_Index", (getattr(pd, kind), data))


def wide_table() -> bytes:
    """A table of ten million columns and no row, in half a thousand bytes."""
    half, name = 5 * 10**6, "pandas._libs.internals._unpickle_block"
    places = (slice(0, half), slice(half, 2 * half))
    blocks = tuple(_Old(name, (np.zeros((half, 0)), where, 2)) for where in places)
    axes = [index_of("RangeIndex", start=0, stop=n, step=1) for n in (2 * half, 0)]
    manager = _Old("pandas.core.internals.managers.BlockManager", (blocks, axes))
    return old_pickle(_Old("pandas.DataFrame", (), {"_mgr": manager}))


def objects(values: list[Any]) -> bytes:
    """The opcodes of an array of objects."""
    return array_pickle("O8", (len(values),), values, OBJECT)[2:-1]


def labels_with_one_hash() -> bytes:
    """An index whose labels would be told apart one by one at the first look-up."""
    return index_pickle(objects([i * (2**61 - 1) for i in range(10**5)]))


def label_that_is_nested() -> bytes:
    return index_pickle(objects(["NESTED"]).replace(pickle.dumps("NESTED", 2)[2:-1], NESTED))


def index_pickle(data: bytes) -> bytes:
    start = b"\x80\x02cpandas.core.indexes.base\n_new_Index\n(cpandas\nIndex\n(U\x04data"
    return start + data + b"dtR."


def chunks_of_one_buffer() -> bytes:
    """Text in a thousand chunks, each of which is the same million of empty texts."""
    kind = _Old("pyarrow.lib.type_for_alias", ("large_string",))
    places = np.zeros(1 + 10**6, "<i8").tobytes()
    buffers = [None, *(_Old("pyarrow.lib.py_buffer", (b,)) for b in (places, b""))]
    chunk = old_pickle(_Old("pyarrow.lib._restore_array", ((kind, 10**6, 0, 0, buffers),)))[2:-1]
    start = b"\x80\x02cpandas.arrays\nArrowStringArray\n)R}U\x09_pa_array"
    many = b"((" + chunk + b"r\x00\x00\x00\x00" + b"j\x00\x00\x00\x00" * 999 + b"lNt"
    return start + b"cpyarrow.lib\nchunked_array\n" + many + b"Rsb."


def many_tables() -> bytes:
    """A million tables of one state, a few bytes each."""
    axes = [index_of("RangeIndex", start=0, stop=0, step=1)] * 2
    manager = _Old("pandas.core.internals.managers.BlockManager", ((), axes))
    state = old_pickle({"_mgr": manager})[2:-1] + b"r\x01\x00\x00\x000"
    start = b"\x80\x02" + state + b"cpandas\nDataFrame\nr\x02\x00\x00\x000("
    return start + b"h\x02)Rh\x01b" * 10**6 + b"l."


def many_sets_of_one_list() -> bytes:
    """A list of a million times the same number, of which sets are made: they are small."""
    numbers = b"K\x01q\x000(" + b"h\x00" * 10**6 + b"l"
    start = b"\x80\x02cbuiltins\nset\nq\x010" + numbers + b"\x85q\x020("
    return start + b"h\x01h\x02R" * 10**5 + b"l."


def levels_of_one_array() -> bytes:
    """An index of a hundred thousand levels, of which each is the same million of places."""
    level = old_pickle(index_of("Index", data=np.array(["a"], object), name=None))[2:-1]
    codes = pickle.dumps(np.zeros(10**6, np.int8), 2)[2:-1]
    start = b"\x80\x02cpandas.core.indexes.base\n_new_Index\n(cpandas\nMultiIndex\n("
    parts = [level + b"r\x01\x01\x00\x00", codes + b"r\x02\x01\x00\x00"]
    again = [b"j\x01\x01\x00\x00", b"j\x02\x01\x00\x00"]
    lists = [
        b"(" + first + more * (10**5 - 1) + b"l" for first, more in zip(parts, again, strict=True)
    ]
    return start + b"U\x06levels" + lists[0] + b"U\x05codes" + lists[1] + b"dtR."


def numbers_to_divide() -> bytes:
    """A range of numbers with a million digits."""
    parts = [b"\x8b" + struct.pack("<i", n) + b"\x01" * n for n in (1, 2 << 20, 1 << 20)]
    return b"\x80\x02cbuiltins\nrange\n" + b"".join(parts) + b"\x87R."


@pytest.mark.parametrize(
    ("make", "message", "max_bytes"),
    [
        (huge_memo, "numbers its parts by leaps", 1 << 28),
        (huge_bytearray, "damaged, or not a pickle", 1 << 28),
        (huge_bytes, "damaged, or not a pickle", 1 << 28),
        (gzip_bomb, "grows over 268435456 bytes when unpacked", 1 << 28),
        (bomb_that_declares, "grows over 268435456 bytes when unpacked", 4 << 30),
        (shared_content, "take more memory than is allowed", 4 << 30),
        (nested_reference, "refers to data outside itself", 1 << 28),
        (name_that_is_nested, "a type with fields is not as numpy", 1 << 28),
        (title_that_is_nested, "a field's title is not as numpy", 1 << 28),
        (many_sets, "take more memory than is allowed", 4 << 30),
        (many_sets_well_packed, "take more memory than is allowed", 4 << 30),
        (many_classes, "holds a class or a function", 4 << 30),
        (many_copies, "take more memory than is allowed", 4 << 30),
        (nested_key, "take more memory than is allowed", 4 << 30),
        (nested_member, "take more memory than is allowed", 4 << 30),
        (nested_frozen_member, "take more memory than is allowed", 4 << 30),
        (deep_key, "nests a key too deeply", 4 << 30),
        (equal_hashes, "keys are too much alike", 4 << 30),
        (equal_hashes_one_by_one, "keys are too much alike", 4 << 30),
        (equal_hashes_in_a_call, "keys are too much alike", 4 << 30),
        (heavy_key, "take more memory than is allowed", 4 << 30),
        (nested_name_of_a_type, "an array of text is not as numpy", 4 << 30),
        (types_within_types, "take more memory than is allowed", 4 << 30),
        (wide_table, "take more memory than is allowed", 4 << 30),
        (labels_with_one_hash, "keys are too much alike", 4 << 30),
        (label_that_is_nested, "take more memory than is allowed", 4 << 30),
        (chunks_of_one_buffer, "take more memory than is allowed", 4 << 30),
        (many_tables, "take more memory than is allowed", 4 << 30),
        (many_sets_of_one_list, "take more memory than is allowed", 4 << 30),
        (levels_of_one_array, "take more memory than is allowed", 4 << 30),
        (numbers_to_divide, "a number of a range is not as numpy", 4 << 30),
    ],
)
def test_memory_is_not_taken_on_a_pickles_word(
    tmp_path: Path, make: Any, message: str, max_bytes: int
) -> None:
    path = tmp_path / "bomb.pkl"
    path.write_bytes(make())
    command = [sys.executable, "-c", LIMITED, str(path), str(max_bytes)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    line, peak = run.stdout.splitlines()
    assert message in line
    assert len(line) < 400
    assert int(peak.removeprefix("peak ")) < 1400


def test_what_is_large_may_grow_by_forty(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skyrun.unpickle.loading._ALWAYS_BYTES", 0)
    numbers = np.random.default_rng(0).random(10_000)
    mixed = np.concatenate([numbers, np.zeros(300_000)])
    assert np.array_equal(from_bytes(place, gzip.compress(pickle.dumps(mixed))), mixed)
    with pytest.raises(InputError, match="bytes when unpacked"):
        from_bytes(place, gzip.compress(pickle.dumps(np.zeros(300_000))))


def test_values_inside_themselves_are_refused(place: Path) -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(InputError, match="holds a value inside itself"):
        loaded(place, loop)


def test_deep_nesting_is_one_line(place: Path) -> None:
    with pytest.raises(InputError, match=r"damaged, or not a pickle .RecursionError"):
        from_bytes(place, b"]" * 100_000 + b"a" * 99_999 + b".")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged, or not a pickle"),
        (b"hello", "damaged, or not a pickle"),
        (b"\x80\x04K\x01", "damaged, or not a pickle"),
        (b"\x80\xffK\x01.", "damaged, or not a pickle"),
        (b"\x80\x02\x82\x01.", "asks for registered code"),
        (b"\x80\x02Vx\nQ.", "refers to data outside itself"),
        (b"Px\n.", "refers to data outside itself"),
        (b"\x1f\x8bgarbage", "the gzip file is damaged"),
        (gzip.compress(pickle.dumps([1] * 1000))[:-12], "the gzip file is damaged"),
    ],
)
def test_damaged_files_are_one_line(place: Path, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        from_bytes(place, content)
    assert str(caught.value).startswith(f"{place / 'a.pkl'}: ")


@given(st.data())
def test_a_damaged_byte_is_data_or_one_line(place: Path, data: st.DataObject) -> None:
    content = bytearray(pickle.dumps(TABLES[0], 4))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        from_bytes(place, bytes(content))
    except InputError as error:
        assert str(error).startswith(f"{place / 'a.pkl'}: ")


def test_a_large_file_is_refused_by_its_size(place: Path) -> None:
    with pytest.raises(InputError, match="bytes; at most 10 are read"):
        from_bytes(place, pickle.dumps("x" * 100), max_bytes=10)


def test_long_names_are_cut(place: Path) -> None:
    with pytest.raises(InputError) as caught:
        from_bytes(place, b"c" + b"m" * 10**6 + b"\nx\n.")
    assert len(str(caught.value)) < 1000


def test_other_pandas_values_are_named(place: Path) -> None:
    for value, name in [
        (pd.Timestamp("2020-01-01"), "Timestamp"),
        (pd.Series(["a"], dtype="category"), "Categorical"),
        (pd.date_range("2020", periods=2), "Datetime"),
    ]:
        with pytest.raises(
            InputError, match=f"the pickle asks for pandas.*{name.lower()[:4]}|{name}"
        ):
            loaded(place, value)


def test_without_pandas_the_extra_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = pickle.dumps(TABLES[0])
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingPackageError, match=r"install skyrun\[pickle\]"):
        from_bytes(place, content)


# The pickle of pandas 3's pd.Series(["x", None, "äö"]).array where pyarrow is installed.
ARROW_TEXT = base64.b85decode(
    "fCQCO0RR910001t4RB#@WMOkIVRCX|d2^JE5J7TsZ+BC4a%pa7L2`0od6bisDS?!Ilqie|UvObxVRCX|d6bL`aCu>J"
    "a&LDoY-wVYj1FINWpi|Ia%Ep(a&lpLl#`SwXa<Z9ba`-"
    "PUuJJ|Utw%%VRMv|l#C2)VRC0>UvqSFX>Mnfg_Kg1O9M**O8{MzC};+Z32=E|Vs&O_Wpb30l#B>sb!lvLX>N0rj0s|"
    "SbY)?3a$$LtlaxaN1(b!9Qj~?1Qj};AXcI#q00000000000RR91000000RR91000001poj500000l!cU1l!cU1lxPr"
    "W6GH`f!=%Hul!cU1l!cU1lx1C%PIQ!olv0$8247@!d2nTvj0SLFZe(F|l#B~gbaH8KXGC;)aAlN}l#B;(d0}#LZ+Db"
    "OfA|0Z00000hLlp2j0Rt0VPj}zlzo(SVlD"
)
STARTS = np.array([0, 1, 1, 5], "<i8").tobytes()


def test_text_in_arrows_memory_comes_back(place: Path) -> None:
    got = from_bytes(place, ARROW_TEXT)
    assert isinstance(got.dtype, pd.StringDtype)
    assert [None if pd.isna(text) else text for text in got] == ["x", None, "äö"]


@pytest.mark.parametrize("starts", [[0, 1, 1, 6], [-1, 1, 1, 5], [0, 4, 1, 5], [9, 9, 9, 2**62]])
def test_text_that_lies_about_its_places_is_refused(place: Path, starts: list[int]) -> None:
    content = ARROW_TEXT.replace(STARTS, np.array(starts, "<i8").tobytes())
    assert content != ARROW_TEXT
    with pytest.raises(InputError, match="an array of text is not as numpy or pandas write it"):
        from_bytes(place, content)


def test_text_longer_than_its_places_is_refused(place: Path) -> None:
    # Length 3, one missing, from place 0.
    longer = ARROW_TEXT.replace(b"K\x03K\x01K\x00", b"K\x7fK\x01K\x00")
    assert longer != ARROW_TEXT
    with pytest.raises(InputError, match="an array of text is not as numpy or pandas write it"):
        from_bytes(place, longer)
