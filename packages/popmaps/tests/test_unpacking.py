import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmaps.observed.unpacking import read_catalogue_text
from skytypes.errors import InputError

Pack = Callable[[bytes], bytes]
TEXT = "PSRJ J1\n" * 1000


@pytest.mark.parametrize("pack", [bytes, lzma.compress, gzip.compress])
def test_plain_and_packed_files_are_read_whatever_their_name(tmp_path: Path, pack: Pack) -> None:
    place = tmp_path / "catalogue.txt"
    place.write_bytes(pack(TEXT.encode()))
    assert read_catalogue_text(place) == TEXT


@pytest.mark.parametrize("pack", [lzma.compress, gzip.compress])
def test_streams_one_after_another_are_read(tmp_path: Path, pack: Pack) -> None:
    place = tmp_path / "a"
    place.write_bytes(pack(b"one ") + pack(b"two"))
    assert read_catalogue_text(place) == "one two"


@pytest.mark.parametrize("pack", [lzma.compress, gzip.compress])
def test_a_bomb_is_refused(tmp_path: Path, pack: Pack) -> None:
    place = tmp_path / "a"
    place.write_bytes(pack(b"#" * (8 << 20)))
    with pytest.raises(InputError, match="unpacks to more than 1048576 bytes"):
        read_catalogue_text(place, max_bytes=1 << 20)
    assert len(read_catalogue_text(place, max_bytes=8 << 20)) == 8 << 20


def test_a_dictionary_of_more_memory_than_needed_is_refused(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 28}]
    place = tmp_path / "a.xz"
    place.write_bytes(lzma.compress(b"x", filters=filters))
    with pytest.raises(InputError, match=r"the xz file is damaged \(Memory usage limit"):
        read_catalogue_text(place)


@pytest.mark.parametrize(("pack", "kind"), [(lzma.compress, "xz"), (gzip.compress, "gzip")])
def test_a_file_cut_short_is_refused(tmp_path: Path, pack: Pack, kind: str) -> None:
    place = tmp_path / "a"
    packed = pack(TEXT.encode())
    for keep in (len(packed) - 1, len(packed) // 2, 12):
        place.write_bytes(packed[:keep])
        with pytest.raises(InputError, match=f"the {kind} file is (cut short|damaged)"):
            read_catalogue_text(place)


def test_damage_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "a.gz"
    packed = bytearray(gzip.compress(TEXT.encode()))
    packed[-6] ^= 0xFF
    place.write_bytes(packed)
    with pytest.raises(InputError, match="the gzip file is damaged"):
        read_catalogue_text(place)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "a"
    place.write_bytes(b"\x89PNG\0\0")
    with pytest.raises(InputError, match="holds zero bytes"):
        read_catalogue_text(place)
    with pytest.raises(InputError, match="is a folder; give a file"):
        read_catalogue_text(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read_catalogue_text(tmp_path / "nonesuch")


@settings(max_examples=100, deadline=None)
@given(start=st.sampled_from([b"", b"\xfd7zXZ\x00", b"\x1f\x8b"]), rest=st.binary(max_size=100))
def test_any_bytes_are_text_or_refused(
    tmp_path_factory: pytest.TempPathFactory, start: bytes, rest: bytes
) -> None:
    place = tmp_path_factory.mktemp("any") / "a"
    place.write_bytes(start + rest)
    try:
        assert isinstance(read_catalogue_text(place), str)
    except InputError as error:
        assert "\n" not in str(error)
