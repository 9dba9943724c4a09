import json
from pathlib import Path
from typing import Any

import pytest

from skyrun.folder import ResumableFolder
from skytypes import Provenance
from skytypes.errors import InputError

ONE = Provenance("test", seed=1)


@pytest.fixture
def folder(tmp_path: Path) -> ResumableFolder:
    folder = ResumableFolder(tmp_path / "out", ONE)
    (folder.path / "a.fits").write_text("picture")
    folder.finish("a", ["a.fits"], {"flux_jy": 0.5})
    return folder


INCOMPLETE: list[dict[str, Any]] = [
    {},
    {"files": [], "record": {}},
    {"files": {}, "record": 3},
    {"files": {"a.fits": 7}, "record": {}},
    {"files": {"a.fits": [7]}, "record": {}},
    {"files": {"a.fits": ["x", None]}, "record": {}},
]


def mark(folder: ResumableFolder, name: str = "a") -> Path:
    return folder.path / ".done" / f"{name}.json"


def test_a_finished_item_is_done_in_the_next_run_too(folder: ResumableFolder) -> None:
    again = ResumableFolder(folder.path, ONE)
    assert again.is_done("a")
    assert not again.is_done("b")
    assert again.records() == {"a": {"flux_jy": 0.5}}


def test_files_without_a_mark_are_half_made(folder: ResumableFolder) -> None:
    (folder.path / "b.fits").write_text("half")
    assert not folder.is_done("b")
    assert "b" not in folder.records()


@pytest.mark.parametrize("content", ["pictur", "pictures", "Picture", ""])
def test_a_changed_file_is_not_done(folder: ResumableFolder, content: str) -> None:
    (folder.path / "a.fits").write_text(content)
    assert not folder.is_done("a")


def test_a_lost_file_is_not_done(folder: ResumableFolder) -> None:
    (folder.path / "a.fits").unlink()
    assert not folder.is_done("a")


def test_another_provenance_is_not_done(folder: ResumableFolder) -> None:
    other = ResumableFolder(folder.path, Provenance("test", seed=2))
    assert not other.is_done("a")
    assert other.records() == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"null",
        b'{"provenance": 1}',
        *(json.dumps({"provenance": ONE.digest(), **rest}).encode() for rest in INCOMPLETE),
    ],
)
def test_a_damaged_mark_is_not_done_and_stops_nothing(
    folder: ResumableFolder, content: bytes
) -> None:
    (folder.path / "b.fits").write_text("x")
    folder.finish("b", ["b.fits"], {"n": 1})
    mark(folder).write_bytes(content)
    assert not folder.is_done("a")
    assert folder.records()["b"] == {"n": 1}


@pytest.mark.parametrize("file", ["x" * 300, "a\0b", "../outside.txt", "/outside.txt", ""])
def test_a_mark_with_impossible_files_is_not_done(folder: ResumableFolder, file: str) -> None:
    (folder.path.parent / "outside.txt").write_text("x")
    content = json.loads(mark(folder).read_text())
    content["files"] = {file: next(iter(content["files"].values()))}
    mark(folder).write_text(json.dumps(content))
    assert not folder.is_done("a")


def test_records_come_in_the_order_of_names(folder: ResumableFolder) -> None:
    for name in ("a.b", "a-1", "Z", "a0"):
        folder.finish(name, [], {"name": name})
    assert list(folder.records()) == sorted(["a", "a.b", "a-1", "Z", "a0"])


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "/etc/a", ".hidden", "a\\b", "a\0"])
def test_names_that_leave_the_folder_are_refused(folder: ResumableFolder, name: str) -> None:
    calls: list[Any] = [folder.is_done, lambda n: folder.finish(n, [])]
    for call in calls:
        with pytest.raises(InputError, match="give a plain file name without folders"):
            call(name)


@pytest.mark.parametrize("file", ["nonesuch", "../out/a.fits", "/etc/passwd", ""])
def test_an_item_without_its_files_is_not_finished(folder: ResumableFolder, file: str) -> None:
    with pytest.raises(InputError, match=f"b: '{file}' is no file inside .*; it is not done"):
        folder.finish("b", [file])
    assert not folder.is_done("b")


def test_a_record_that_is_not_json_is_not_finished(folder: ResumableFolder) -> None:
    with pytest.raises(InputError, match="JSON holds finite numbers only"):
        folder.finish("b", [], {"rms": float("nan")})
    assert not folder.is_done("b")


def test_finishing_again_replaces(folder: ResumableFolder) -> None:
    (folder.path / "a.fits").write_text("better")
    folder.finish("a", ["a.fits"], {"flux_jy": 0.7})
    assert folder.is_done("a")
    assert folder.records() == {"a": {"flux_jy": 0.7}}


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "file" / "inner"):
        with pytest.raises(InputError, match="can't be a folder"):
            ResumableFolder(path, ONE)
