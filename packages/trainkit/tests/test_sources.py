"""The data of a run by name; folders of disks stand in for simulated ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netzoo import DISCONET_COMPACT
from skytypes import find
from skytypes.errors import InputError
from trainkit import FitConfig, Runtime
from trainkit.corpus import Corpus
from trainkit.sources import make_corpus

Folders = Callable[..., Path]


@pytest.fixture
def folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gaussian_disks: Callable[..., Any]
) -> Folders:
    """Makes folders whose files name the disks; the pictures are Gaussians."""

    def opened(folder: Path) -> Any:
        files = sorted(folder.glob("*.fits")) if folder.is_dir() else []
        dataset = gaussian_disks(len(files) or 40)
        if files:
            dataset.files, dataset.groups = files, [path.stem for path in files]
        return dataset

    def found(group: str, name: str) -> Any:
        return opened if name in ("disks-simulated", "others") else find(group, name)

    def make(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        for number in range(40):
            (folder / f"Disk_{number:03d}.fits").write_text(name)
        return folder

    monkeypatch.setattr("trainkit.sources.find", found)
    return make


def corpus(*data: object) -> Corpus:
    config = FitConfig(synthetic=0, data=tuple(map(str, data)), validation=0.3)
    return make_corpus(config, DISCONET_COMPACT.card, Runtime())


def test_two_folders_of_the_same_disks_are_split_alike(folders: Folders) -> None:
    both = corpus(folders("cycle9.7"), folders("cycle9.8"))
    held = both.validation()
    first, second = (set(held.item[held.source == k].tolist()) for k in (0, 1))
    assert first == second
    assert first
    assert not first & set(both.training(0).item.tolist())


def test_one_folder_given_twice_is_refused(folders: Folders) -> None:
    folder = folders("sims")
    link = folder.parent / "link"
    link.symlink_to(folder)
    for other in (folder, link, f"disks-simulated={folder}", f"disks-simulated={folder}/."):
        with pytest.raises(InputError, match=r"data '.*' and '.*' are the same; give it once"):
            corpus(folder, other)


def test_another_dataset_of_the_same_folder_is_other_data(
    folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders("sims")
    monkeypatch.chdir(tmp_path)
    assert len(corpus("sims", "others=sims").sources) == 2


def test_two_folders_of_one_name_are_refused(folders: Folders) -> None:
    with pytest.raises(InputError, match="two sources of data are called 'sims'"):
        corpus(folders("a/sims"), folders("b/sims"))


def test_a_changed_file_is_other_data(folders: Folders, tmp_path: Path) -> None:
    folder = folders("sims")
    before = corpus(folder).describe()
    assert corpus(folder).describe() == before
    (folder / "Disk_007.fits").write_text("sime")
    assert corpus(folder).describe() != before
    table = tmp_path / "catalogue.csv"
    table.write_text("one")
    listed = corpus(f"others={table}").describe()
    table.write_text("two")
    assert corpus(f"others={table}").describe() != listed
