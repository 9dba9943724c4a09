"""Setups kept: on disk, in memory, and by other processes."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from casa_sim import SetupCache
from casa_sim.native import cache as caching
from casa_sim.native.cache import VARIABLE, default_cache
from casa_sim.settings import ObservationSettings
from skytypes.errors import InputError

SETTINGS = ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=128, niter=30)


def test_setups_are_kept_on_disk_and_bounded(tmp_path: Path) -> None:
    kept = SetupCache(tmp_path / "c")
    made = kept.get(SETTINGS, 250.0, -30.0)
    (file,) = (tmp_path / "c").iterdir()
    read = SetupCache(tmp_path / "c").get(SETTINGS, 250.0, -30.0)
    assert read.psf.tobytes() == made.psf.tobytes()
    assert read.beam == made.beam
    # Noise and CLEAN do not decide a setup; weighting does.
    assert kept.get(replace(SETTINGS, pwv_mm=2.0, niter=9), 250.0, -30.0) is made
    bounded = SetupCache(tmp_path / "c", max_disk_bytes=int(1.5 * file.stat().st_size))
    os.utime(file, (1, 1))
    bounded.get(replace(SETTINGS, robust=0.0), 250.0, -30.0)
    assert not file.exists()
    assert len(list((tmp_path / "c").iterdir())) == 1


def test_memory_is_bounded(tmp_path: Path) -> None:
    kept = SetupCache(max_memory_bytes=1)
    first = kept.get(SETTINGS, 250.0, -30.0)
    kept.get(replace(SETTINGS, robust=0.0), 250.0, -30.0)
    assert kept.get(SETTINGS, 250.0, -30.0) is not first
    with pytest.raises(InputError, match="size is negative"):
        SetupCache(max_disk_bytes=-1)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file; give a folder for the cache"):
        SetupCache(tmp_path / "file")


@pytest.mark.parametrize("damage", [b"", b"PK\3\4 no zip", b"\x80\x04junk"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: bytes) -> None:
    made = SetupCache(tmp_path).get(SETTINGS, 250.0, -30.0)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)
    again = SetupCache(tmp_path).get(SETTINGS, 250.0, -30.0)
    assert again.psf.tobytes() == made.psf.tobytes()
    assert file.stat().st_size > 1000


def test_where_commands_keep_setups(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(VARIABLE, raising=False)
    assert default_cache().folder == tmp_path / "casa-sim"
    monkeypatch.setenv(VARIABLE, "off")
    assert default_cache().folder is None
    monkeypatch.setenv(VARIABLE, str(tmp_path / "x"))
    assert default_cache().folder == tmp_path / "x"
    assert caching.MAX_DISK_BYTES == 1 << 30


def test_a_cache_travels_to_other_processes_as_its_folder(tmp_path: Path) -> None:
    kept = SetupCache(tmp_path, max_memory_bytes=7, max_disk_bytes=1 << 30)
    kept.get(SETTINGS, 250.0, -30.0)
    there = pickle.loads(pickle.dumps(kept))
    assert (there.folder, there.max_memory_bytes) == (tmp_path, 7)
    assert there.get(SETTINGS, 250.0, -30.0).beam == kept.get(SETTINGS, 250.0, -30.0).beam
