"""The TOML of the README is what `simulate` takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from popmaps.cli import main
from popmaps.population.settings import PopulationSettings, read_settings
from popmaps.radio.survey_files import read_surveys
from popmaps.radio.surveys import built_in_surveys

README = Path(__file__).parents[1] / "README.md"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The settings and the surveys that it shows."""
    blocks = re.findall(r"^```toml\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    paths = (tmp_path / "slow.toml", tmp_path / "mine.toml")
    for path, block in zip(paths, blocks, strict=True):
        path.write_text(block)
    return paths


def test_settings_and_surveys_are_read(files: tuple[Path, Path]) -> None:
    settings = read_settings(files[0])
    assert settings.galaxy.vk_c_km_s == 150
    assert all(
        getattr(settings, part) != getattr(PopulationSettings(), part)
        for part in ("galaxy", "spin", "radio")
    )
    table = read_surveys(files[1])
    assert [n for n in table.surveys if n not in built_in_surveys().surveys] == ["NORTH", "DEEP"]
    assert table.groups["BOTH"].detections == 40


def test_the_command_runs(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(files[0].parent)
    line = next(x for x in README.read_text().splitlines() if "--surveys mine.toml --target" in x)
    assert main(line.split()[1:]) == 0
    table, counted = capsys.readouterr().out.splitlines()
    assert dict(zip(table.split(), counted.split(), strict=True))["BOTH"] == "40"
    assert Path("own/000000/survey_BOTH_results.parquet").is_file()
