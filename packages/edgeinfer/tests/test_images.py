from __future__ import annotations

from pathlib import Path

from edgeinfer.images import list_images


def test_folders_are_searched_and_hidden_files_left_out(tmp_path: Path) -> None:
    names = ["b/2.FITS", "a.fit", ".part.fits", ".done/x.fits", "b/notes.txt", "c.fits.json"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = list_images([tmp_path])
    assert found == [tmp_path / "a.fit", tmp_path / "b" / "2.FITS"]


def test_each_file_is_listed_once_and_missing_ones_stay(tmp_path: Path) -> None:
    (tmp_path / "a.fits").touch()
    wanted = [tmp_path / "a.fits", tmp_path / "nonesuch.fits"]
    assert list_images([wanted[0], tmp_path, wanted[1], wanted[0]]) == wanted


def test_an_empty_folder_is_not_forgotten(tmp_path: Path) -> None:
    assert list_images([tmp_path]) == [tmp_path]
