import errno
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyrun.files import (
    atomic_path,
    cannot_write,
    check_size,
    read_json,
    read_text,
    read_toml,
    write_bytes,
    write_json,
    write_text,
)
from skytypes.errors import ContractError, InputError


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_file_appears_only_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "a.fits"
    with atomic_path(path) as temporary:
        assert temporary.parent == path.parent
        assert temporary.suffix == ".fits"
        temporary.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert names(path.parent) == ["a.fits"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_an_interrupt_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert names(tmp_path) == ["a.txt"]


def test_kill_9_in_the_middle_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    code = (
        "import sys, time; from skyrun.files import atomic_path\n"
        "with atomic_path(sys.argv[1]) as t:\n"
        "    t.write_text('half'); print('half', flush=True); time.sleep(3600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "half\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert path.read_text() == "old"
    # What the killed program left is hidden, and goes when the file is written again.
    assert names(tmp_path) == [".a.txt.part.txt", "a.txt"]
    write_text(path, "new")
    assert path.read_text() == "new"
    assert names(tmp_path) == ["a.txt"]


def test_the_temporary_file_of_a_living_writer_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    code = (
        "import sys; from skyrun.files import atomic_path\n"
        "with atomic_path(sys.argv[1]) as t:\n"
        "    t.write_text('slow'); print('half', flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        write_text(path, "quick")
        assert names(tmp_path) == [".a.txt.part.txt", "a.txt"]
        assert path.read_text() == "quick"
        process.communicate("go on\n")
    assert path.read_text() == "slow"
    assert names(tmp_path) == ["a.txt"]


def test_many_writers_of_one_file_leave_a_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    texts = [letter * 4096 for letter in "abcdef"]

    def write(text: str) -> None:
        for _ in range(20):
            write_text(path, text)
            assert path.read_text() in texts

    with ThreadPoolExecutor(len(texts)) as pool:
        list(pool.map(write, texts))
    assert names(tmp_path) == ["a.txt"]


def test_a_disk_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is taken for stale there, and files are written all the same."""

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    (tmp_path / ".a.txt.part.txt").write_text("somebody's")
    write_text(tmp_path / "a.txt", "x")
    write_text(tmp_path / "b.txt", "x")
    assert names(tmp_path) == [".a.txt.part.txt", "a.txt", "b.txt"]


def test_a_link_in_the_place_of_a_temporary_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / ".a.txt.part.txt").symlink_to("mine")
    write_text(tmp_path / "a.txt", "x")
    assert (tmp_path / "a.txt").read_text() == "x"
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_writer_that_replaces_the_temporary_file_is_told(tmp_path: Path) -> None:
    """Its lock would not be on the file that counts."""
    with (
        pytest.raises(ContractError, match="another file took its place; write into the one given"),
        atomic_path(tmp_path / "a.txt") as temporary,
    ):
        (tmp_path / "other").write_text("x")
        (tmp_path / "other").replace(temporary)
    assert names(tmp_path) == []


@pytest.mark.parametrize(("mask", "expected"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_new_files_have_the_usual_permissions(tmp_path: Path, mask: int, expected: int) -> None:
    before = os.umask(mask)
    try:
        write_text(tmp_path / "a.txt", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == expected


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.write_text("old")
    path.chmod(0o600)
    write_text(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_file_behind_a_link_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "a.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder; give the name of a file"):
        write_text(tmp_path, "x")
    assert names(tmp_path) == []


def test_a_device_or_pipe_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path(os.devnull)):
        with pytest.raises(InputError, match="is not an ordinary file"):
            write_text(path, "x")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


@pytest.mark.parametrize("name", ["file/a.txt", "n" * 300, "a\0b", "loop/a.txt"])
def test_places_that_can_not_be_written_are_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(InputError, match=r"can't be written \(.*\); choose another place"):
        write_text(tmp_path / name, "x")


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that may be entered but not written to, with a file that may not be read."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "secret").write_text("x")
        (folder / "secret").chmod(0)
        folder.chmod(0o555)
        root = os.geteuid() == 0
        if root:
            # Root may do everything; nobody may not.
            os.seteuid(65534)
        yield folder
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


def test_a_folder_without_permission(closed_folder: Path) -> None:
    with pytest.raises(InputError, match="Permission denied"):
        write_text(closed_folder / "a.txt", "x")
    with pytest.raises(InputError, match="Permission denied"):
        write_text(closed_folder / "new" / "a.txt", "x")


def test_an_unreadable_file(closed_folder: Path) -> None:
    with pytest.raises(InputError, match="may not be read; change its permissions"):
        read_text(closed_folder / "secret")


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match=r"can't be written \(No space left on device\); make"):
        write_bytes(tmp_path / "a.bin", b"x")
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EDQUOT, "make room"),
        (errno.EISDIR, "remove what is in its way, or choose another place"),
        (errno.ENOTDIR, "remove what is in its way, or choose another place"),
        (errno.ENOENT, "its folder is gone; run again, or choose another place"),
        (errno.EROFS, "choose another place"),
    ],
)
def test_the_advice_fits_the_reason(number: int, advice: str) -> None:
    error = cannot_write("a.npy", OSError(number, os.strerror(number)))
    assert str(error) == f"a.npy: can't be written ({os.strerror(number)}); {advice}"


finite = st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@given(plain)
def test_json_comes_back(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    path = tmp_path_factory.mktemp("json") / "a.json"
    write_json(path, value)
    assert read_json(path) == value
    first = path.read_bytes()
    write_json(path, json.loads(first))
    assert path.read_bytes() == first


@pytest.mark.parametrize("value", [float("nan"), [float("inf")]])
def test_json_has_no_nan(tmp_path: Path, value: object) -> None:
    with pytest.raises(InputError, match="JSON holds finite numbers only"):
        write_json(tmp_path / "a.json", value)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"not JSON \(Expecting value"),
        (b"{", "not JSON"),
        (b"[" * 200_000, r"not JSON \(maximum recursion depth"),
        (b"9" * 5000, r"not JSON \(Exceeds the limit"),
        (b"[NaN]", "it holds NaN, which JSON does not have"),
        (b'{"a": 1e999}', "it holds 1e999, which is too large for a number"),
        (b"\xff\xfe\x00", "byte 0 is not UTF-8; give a text file"),
    ],
)
def test_broken_json_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_json(path)


def test_toml_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbf[a]\r\nb = [1, 2.5]\r\n")
    assert read_toml(path, max_bytes=100) == {"a": {"b": [1, 2.5]}}
    with pytest.raises(InputError, match="at most 10 are read"):
        read_toml(path, max_bytes=10)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a", r"not TOML \(Expected '='"),
        (b"a = 1\na = 2", "not TOML .*Cannot overwrite"),
        (b"a = " + b"[" * 100_000, r"not TOML \(maximum recursion depth"),
        (b"a = " + b"{b = " * 100_000, r"not TOML \(maximum recursion depth"),
        (b"a = " + b"9" * 10_000, r"not TOML \(Exceeds the limit"),
        (b"a = 1999-99-99", "not TOML"),
        (b"a = 1979-05-27T07:32:00+99:99", "not TOML"),
        (b"a = '\xff'", "byte 5 is not UTF-8; give a text file"),
    ],
)
def test_broken_toml_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_toml(path, max_bytes=1_000_000)
    assert "\n" not in str(caught.value)


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfabc")
    assert read_text(tmp_path / "a.txt") == "abc"


def test_sizes_are_checked_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "sparse.bin"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InputError, match="1099511627776 bytes; at most 100 are read"):
        read_text(path, max_bytes=100)
    path.unlink()
    path.write_text("abc")
    assert check_size(path, 3) == path


def test_what_is_no_file_is_one_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("x")
    for name, message in [
        ("nonesuch", "no such file"),
        ("", "is a folder; give a file"),
        ("pipe", "is not an ordinary file"),
        ("n" * 300, r"can't be read \(File name too long\)"),
        ("a\0b", "can't be read"),
        ("file/inner", r"can't be read \(Not a directory\)"),
    ]:
        with pytest.raises(InputError, match=message):
            read_text(tmp_path / name)
