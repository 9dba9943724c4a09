from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skymodels import (
    CatalogueRow,
    DiskSkies,
    Grid,
    draw_catalogue,
    draw_params,
    read_catalogue,
    render_disks,
)
from skymodels.alma import sky_pixel_mas
from skymodels.catalogue_files import format_catalogue
from skymodels.catalogue_rows import COLUMNS
from skymodels.cli import main
from skymodels.errors import CatalogueError
from skymodels.extents import misfit, sky_reach_arcsec
from skymodels.skies import render_sky
from skymodels.structure import RECIPES, Recipe
from skytypes.errors import InputError

ROW = replace(draw_catalogue(1, seed=42)[0], dx_arcsec=0.0, dy_arcsec=0.0)
BAD = [
    ({"rout_arcsec": 60.0, "pixel_mas": 50.0}, r"rout_arcsec 60.*give pixel_mas 228\.242 or more"),
    ({"rout_arcsec": 60.0, "pixel_mas": 0.01}, r"0\.01, .*rout_arcsec 60.*228\.242 or more"),
    ({"dx_arcsec": 3.0}, r"2\.10999, .*dx_arcsec 3,.*give pixel_mas 7\.57457 or more"),
    ({"dy_arcsec": -60.0}, r"dy_arcsec -60\).*or more"),
    ({"rout_arcsec": 0.001, "pixel_mas": 50.0}, r"rout_arcsec 0\.001.*give pixel_mas .* or less"),
    ({"rout_arcsec": 0.02, "incl_deg": 90.0}, r"minor semi-axis of 1 mas.*pixel_mas 1 or less"),
    (
        {"rout_arcsec": 0.001, "dx_arcsec": 9.0},
        r"no pixel shows a disk so small so far out.*nearer",
    ),
]


@pytest.mark.parametrize(("change", "said"), BAD)
def test_a_disk_that_its_grid_cannot_show_is_refused(change: dict[str, float], said: str) -> None:
    row = replace(ROW, **change)  # type: ignore[arg-type]
    for make in (lambda: render_sky(row), lambda: DiskSkies([ROW, row])):
        with pytest.raises(
            CatalogueError, match=rf"^Disk_001: column pixel_mas: .*{said}"
        ) as caught:
            make()
        assert "\n" not in str(caught.value)


def bad_catalogue(folder: Path) -> Path:
    rows = [replace(ROW, ID=f"D{i}") for i in range(3)]
    rows[1] = replace(rows[1], rout_arcsec=40.0, pixel_mas=50.0)
    path = folder / "c.csv"
    path.write_text(format_catalogue(rows))
    return path


def test_it_is_one_bad_row_of_its_catalogue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, models = bad_catalogue(tmp_path), tmp_path / "models"
    with pytest.raises(CatalogueError, match=r"c\.csv: line 3, column pixel_mas: 50, a field"):
        read_catalogue(path)
    command = ["disks", str(path), "-o", str(models), "--size", "64"]
    assert main(command) == 2
    assert "line 3, column pixel_mas: 50" in capsys.readouterr().err
    assert not models.exists()
    assert main([*command, "--skip-bad-rows"]) == 1
    assert sorted(p.stem for p in models.glob("*.fits")) == ["D0", "D2"]


def test_without_a_pixel_of_its_own_a_row_is_told_the_rule_s(tmp_path: Path) -> None:
    keep = [i for i, c in enumerate(COLUMNS) if c != "pixel_mas"]
    lines = bad_catalogue(tmp_path).read_text().splitlines()
    text = "\n".join(",".join(line.split(",")[i] for i in keep) for line in lines)
    (tmp_path / "c.csv").write_text(text)
    with pytest.raises(CatalogueError, match=r"line 3, column pixel_mas: 50, .* give pixel_mas"):
        read_catalogue(tmp_path / "c.csv")


@settings(max_examples=300)
@given(
    st.builds(
        lambda **values: replace(ROW, **values),
        rout_arcsec=st.floats(0.001, 60),
        incl_deg=st.floats(0, 90),
        pa_deg=st.floats(0, 180),
        dx_arcsec=st.floats(-60, 60),
        dy_arcsec=st.floats(-60, 60),
        pixel_mas=st.floats(0.01, 1000),
    )
)
def test_what_it_says_to_give_is_taken(row: CatalogueRow) -> None:
    said = misfit(row)
    if said is None or "no pixel" in said:
        return
    given = float(said.split("give pixel_mas ")[1].split()[0])
    assert misfit(replace(row, pixel_mas=given)) is None


def test_reach_is_that_of_the_ellipse_drawn_point_by_point() -> None:
    row = replace(ROW, incl_deg=65.0, pa_deg=25.0, dx_arcsec=0.05, dy_arcsec=-0.02)
    turn = np.linspace(0, 2 * np.pi, 100001)
    pa, reach = np.radians(25.0), 2 * row.rout_arcsec
    along, across = reach * np.cos(turn), reach * np.cos(np.radians(65.0)) * np.sin(turn)
    east = 0.05 + along * np.sin(pa) + across * np.cos(pa)
    north = -0.02 + along * np.cos(pa) - across * np.sin(pa)
    widest = max(abs(east).max(), abs(north).max())
    assert sky_reach_arcsec(row) == pytest.approx(widest, rel=1e-8)


# The worst that `skymodels catalogue` draws: an offset of 7 of its standard deviations is met once
# in 4e11 draws.
CORNERS = [
    (band, array, rout, incl)
    for (band, arrays) in ((6, "678"), (8, "567"))
    for array, incl in product(arrays, (0.0, 80.0))
    for rout in np.arange(0.10, 1.8001, 0.001).tolist()
]


def test_every_disk_that_can_be_drawn_is_taken() -> None:
    for band, array, rout, incl in CORNERS:
        array_cfg = f"alma.cycle9.{array}.cfg"
        pixel = round(sky_pixel_mas(rout, array_cfg, band), 6)
        shape = {"rout_arcsec": rout, "incl_deg": incl, "pa_deg": 90.0, "pixel_mas": pixel}
        row = replace(ROW, **shape, dx_arcsec=0.07, dy_arcsec=0.07)
        assert misfit(row) is None


def test_drawn_disks_are_taken() -> None:
    assert [row.ID for row in draw_catalogue(3000, seed=11) if misfit(row)] == []


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_is_left_out_of_a_disk_that_is_taken(recipe: Recipe) -> None:
    """Where the reach just fits, the field holds 97 % of the flux of every one of these disks."""
    for row in draw_catalogue(12, seed=5):
        centred: CatalogueRow = replace(row, incl_deg=0.0, dx_arcsec=0.0, dy_arcsec=0.0)
        params = draw_params([centred], recipe=recipe)
        wide = render_disks(params, Grid(256, 8 * row.rout_arcsec / 256))[0]
        assert wide[64:192, 64:192].sum() > 0.97 * wide.sum()


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("change", [{"dx_arcsec": 60.0}, {"rout_arcsec": 0.001}])
def test_a_picture_without_its_disk_is_refused(recipe: Recipe, change: dict[str, float]) -> None:
    row = replace(ROW, **change, pixel_mas=50.0)  # type: ignore[arg-type]
    row = replace(row, dy_arcsec=0.02)
    with pytest.raises(InputError, match="off or between the 64 pixels of its picture; give"):
        render_disks(draw_params([row], recipe=recipe), Grid(64, 0.05))
