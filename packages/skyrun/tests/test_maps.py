"""Maps as arrays, stacks and pictures; files of strangers are refused in one line."""

import io
import pickle
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from skyrun.maps import MapFolder, read_map_table
from skyrun.png import read_grey
from skytypes.errors import InputError


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(lines: list[bytes], width: int, *, colour: int = 0, header: tuple[int, ...] = ()) -> bytes:
    """A PNG of filtered lines, written by hand."""
    fields = header or (width, len(lines), 8, colour, 0, 0, 0)
    parts = [
        chunk(b"IHDR", struct.pack(">IIBBBBB", *fields)),
        chunk(b"IDAT", zlib.compress(b"".join(lines))),
        chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_arrays_stacks_and_rows(tmp_path: Path) -> None:
    stack = np.arange(24.0).reshape(3, 4, 2)
    np.save(tmp_path / "stack.npy", stack)
    np.save(tmp_path / "map.npy", np.asfortranarray(stack[1]).astype(">f8"))
    maps = MapFolder(tmp_path)
    assert maps.shape("map.npy") == maps.shape("stack.npy#2") == (4, 2)
    for cell in ("map.npy", "stack.npy#1"):
        read = maps.read(cell)
        assert read.dtype == np.float32
        assert read.flags.c_contiguous
        assert read.flags.writeable
        np.testing.assert_array_equal(read, stack[1])
    again = pickle.loads(pickle.dumps(maps))
    np.testing.assert_array_equal(again.read("stack.npy#2"), stack[2])
    assert len(pickle.dumps(maps)) < 1000, "an open stack travelled along"


def saved(array: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


GOOD = saved(np.ones((4, 2)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a numpy array file"),
        (b"\x93NUMPY\x01\x00\xff\xff{'descr'", "not a numpy array file"),
        (GOOD[:-1], r"bytes do not hold shape \(4, 2\); it is cut short"),
        (GOOD + b"\0", r"bytes do not hold shape"),
        (saved(np.array([{}], object), allow_pickle=True), "holds object, not real numbers"),
        (saved(np.ones((2, 2), complex)), "holds complex128, not real numbers"),
        (saved(np.ones(4)), r"has shape \(4,\); give \(n_x, n_y\)"),
        (saved(np.ones((1, 9000))), "1 to 8192 bins an axis"),
        (saved(np.ones((0, 2))), r"has shape \(0, 2\)"),
        (saved(np.ones((2, 2, 2))), r"has shape \(2, 2, 2\); give \(n_x, n_y\)"),
        (saved(np.full((2, 2), np.nan)), "a.npy: 4 bins are not finite"),
        (saved(np.full((2, 2), 1e300)), "4 bins are not finite"),
        (GOOD.replace(b"(4, 2)", b"(4e4,)"), "not a numpy array file"),
        # A header that claims a terabyte: found from the file's length, no memory is taken.
        (GOOD.replace(b"(4, 2)", b"(8000,8000)").replace(b"     \n", b"\n"), "do not hold|not a"),
    ],
)
def test_bad_arrays_are_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        MapFolder(tmp_path).read("a.npy")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "a.npy"))


class Runs:
    """Writes a file if it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return Path.touch, (self.path,)  # type: ignore[return-value]


def test_an_array_of_objects_runs_nothing(tmp_path: Path) -> None:
    array = np.empty(1, object)
    array[0] = Runs(tmp_path / "ran")
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(InputError, match="objects are never read"):
        MapFolder(tmp_path).read("a.npy")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("none.npy", "none.npy: no such file"),
        ("none.npy#0", "none.npy: no such file"),
        ("s.npy#3", "no row '3'; it has rows 0 to 2"),
        ("s.npy#-1", "no row '-1'"),
        ("s.npy#1_0", "no row '1_0'"),
        ("s.npy#", "no row ''"),
        ("s.npy#" + "9" * 5000, "no row"),
        ("s.npy", r"has shape \(3, 2, 2\); give \(n_x, n_y\)"),
        ("m.npy#0", r"has shape \(2, 2\); give \(row, n_x, n_y\)"),
        ("a.fits", "ends in '.fits'; give .npy or .png"),
    ],
)
def test_bad_cells_are_one_line(tmp_path: Path, cell: str, message: str) -> None:
    np.save(tmp_path / "s.npy", np.ones((3, 2, 2)))
    np.save(tmp_path / "m.npy", np.ones((2, 2)))
    for ask in (MapFolder(tmp_path).shape, MapFolder(tmp_path).read):
        with pytest.raises(InputError, match=message):
            ask(cell)


def test_a_picture_lies_as_its_map_does(tmp_path: Path) -> None:
    """Three bins along x, two along y: white is 0, black 1; the upper line is the higher y."""
    (tmp_path / "a.png").write_bytes(png([b"\0\xff\x96\x00", b"\0\xf0\xff\xff"], 3))
    maps = MapFolder(tmp_path)
    assert maps.shape("a.png") == (3, 2)
    assert maps.read("a.png").tolist() == [[0.125, 0.0], [0.0, 0.5], [0.0, 1.0]]


def test_a_picture_drawn_by_matplotlib_gives_the_map_back(tmp_path: Path) -> None:
    """Every filter that its writer uses, and the colour map undone to within its steps."""
    from matplotlib import image

    rng = np.random.default_rng(1)
    values = rng.gamma(0.5, size=(40, 17)).cumsum(axis=0)
    values = (values - values.min()) / np.ptp(values)
    image.imsave(tmp_path / "a.png", values.T, cmap="Greys", origin="lower")
    assert np.abs(MapFolder(tmp_path).read("a.png") - values).max() < 0.01


@pytest.mark.parametrize("samples", [1, 3, 4])
def test_every_filter_against_its_definition(samples: int, tmp_path: Path) -> None:
    """Lines filtered by the formulas of the standard, byte by byte, come back."""
    rng = np.random.default_rng(samples)
    width = 7
    grey = rng.integers(0, 256, size=(10, width), dtype=np.uint8)
    pixels = np.repeat(grey[..., None], samples, axis=2)
    if samples == 4:
        pixels[..., 3] = 255
    raw = pixels.reshape(10, -1).astype(int)
    lines = [bytes([row % 5, *filtered(raw, row, samples)]) for row in range(10)]
    path = tmp_path / "a.png"
    path.write_bytes(png(lines, width, colour={1: 0, 3: 2, 4: 6}[samples]))
    np.testing.assert_array_equal(read_grey(path), grey)


def filtered(raw: NDArray[Any], row: int, samples: int) -> list[int]:
    def at(r: int, place: int) -> int:
        return int(raw[r, place]) if r >= 0 and place >= 0 else 0

    made = []
    for place in range(raw.shape[1]):
        a, b = at(row, place - samples), at(row - 1, place)
        c = at(row - 1, place - samples)
        nearest = min((a, b, c), key=lambda v: abs(a + b - c - v))
        guess = (0, a, b, (a + b) // 2, nearest)[row % 5]
        made.append((at(row, place) - guess) % 256)
    return made


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"GIF89a", "is no PNG file"),
        (png([b"\0\x01"], 1)[:-8], "a.png: "),
        (png([b"\0\x01"], 1).replace(b"IDAT", b"IDAU"), "is damaged"),
        (png([b"\7\x01"], 1), "filter 7"),
        (png([b"\0\x01"], 9), "holds 2 bytes of pixels instead of 10"),
        (png([], 1, header=(1, 1, 16, 0, 0, 0, 0)), "bit depth 16"),
        (png([], 1, header=(1, 1, 8, 3, 0, 0, 0)), "colour type 3"),
        (png([], 1, header=(1, 1, 8, 0, 0, 0, 1)), "interlace 1"),
        (png([], 1, header=(90000, 90000, 8, 6, 0, 0, 0)), "90000 x 90000 pixels; at most 8192"),
        (png([b"\0\1\2\3"], 1, colour=2), "is coloured"),
        (png([b"\0\1\1\1\0"], 1, colour=6), "is transparent"),
    ],
)
def test_bad_pictures_are_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputError, match=message):
        MapFolder(tmp_path).read("a.png")


def test_a_table_may_have_empty_cells(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("input:a,input:b,mu\nx.npy,,\n,y.npy,2\n")
    table = read_map_table(tmp_path / "t.csv")
    assert table.files == (("x.npy", ""), ("", "y.npy"))
    assert np.isnan(table.values[0][0])
    assert table.values[1] == (2.0,)
    (tmp_path / "t.csv").write_text("input:a,mu\n../x.npy,1\n")
    with pytest.raises(InputError, match=r"t.csv: path '../x.npy'"):
        read_map_table(tmp_path / "t.csv")
