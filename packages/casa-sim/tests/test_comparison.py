"""Both backends on one sky, with a stand-in for CASA; its table and its picture."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from casa_sim.comparison import Comparison, compare_backends
from casa_sim.comparison_files import PICTURE, TABLE_CSV, TABLE_JSON, compare_sky, draw_image
from casa_sim.comparison_table import COLUMNS, relative_rms, source_box
from casa_sim.native.setup import make_setup, setup_from_baselines
from casa_sim.settings import ObservationSettings
from skyrun.fits import write_image
from skytypes import Beam, SkyImage
from skytypes.errors import InputError, MissingPackageError

SETTINGS = ObservationSettings(
    "alma.cycle9.7.cfg", array_lo="alma.cycle9.6.cfg", time_s=60, niter=30, imsize_px=128
)


def compared(sky: SkyImage, folder: Path, **changes: Any) -> Comparison:
    return compare_backends(sky, replace(SETTINGS, **changes), seed=3, folder=folder)


@pytest.mark.usefixtures("fake_casa")
def test_table_of_both_backends(sky: SkyImage, tmp_path: Path) -> None:
    made = compared(sky, tmp_path / "out")
    rows = {row["quantity"]: row for row in made.rows}
    assert len(rows) == len(made.rows)
    assert all(tuple(row) == COLUMNS for row in made.rows)
    for row in made.rows:
        if row["native"] is not None:
            assert row["difference"] == row["native"] - row["casa"]
    # Of the stand-in: noise of 0.01 Jy, twice the flux in the middle, a beam of its own.
    assert rows["noise of a visibility, array 2"]["casa"] == pytest.approx(0.01, rel=0.1)
    assert rows["noise of a visibility, array 2"]["native"] == pytest.approx(9.32e-3, rel=0.01)
    assert rows["peak"]["casa"] == pytest.approx(0.06, rel=0.1)
    assert rows["beam minor axis"]["casa"] == pytest.approx(0.05)
    assert rows["CLEAN iterations"]["native"] == 30
    assert rows["CPU time, imports left out"]["native"] > 0
    apart = rows["same visibilities: CLEAN image, relative rms of the difference"]
    assert (apart["native"], apart["casa"]) == (None, None)
    assert apart["difference"] == relative_rms(
        made.same_visibilities.image.data, made.casa.image.data
    )


@pytest.mark.usefixtures("fake_casa")
def test_the_dirty_stage_has_no_rows_of_clean(sky: SkyImage, tmp_path: Path) -> None:
    made = compared(sky, tmp_path, stage="dirty")
    assert not [row for row in made.rows if "CLEAN" in row["quantity"]]
    assert made.same_visibilities.dirty is not None
    assert (made.same_visibilities.image.data == made.same_visibilities.dirty.data).all()


@pytest.mark.usefixtures("fake_casa")
def test_only_the_log_is_left_beside_the_products(sky: SkyImage, tmp_path: Path) -> None:
    write_image(tmp_path / "sky.fits", sky)
    out = tmp_path / "new" / "out"
    made = compare_sky(tmp_path / "sky.fits", out, SETTINGS, seed=3)
    names = sorted(path.name for path in out.iterdir())
    assert names == sorted([TABLE_CSV, TABLE_JSON, PICTURE, "casa.log"])
    assert "observing with alma.cycle9.6.cfg" in (out / "casa.log").read_text()
    assert json.loads((out / TABLE_JSON).read_text()) == list(made.rows)
    with (out / TABLE_CSV).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["quantity"] for row in rows] == [row["quantity"] for row in made.rows]
    assert {row["casa"] == "" for row in rows if row["native"] == ""} == {True}


@pytest.mark.usefixtures("fake_casa")
def test_picture_is_a_png_of_some_size(sky: SkyImage, tmp_path: Path) -> None:
    from matplotlib.image import imread

    write_image(tmp_path / "sky.fits", sky)
    compare_sky(tmp_path / "sky.fits", tmp_path, SETTINGS)
    picture = imread(tmp_path / PICTURE)
    assert min(picture.shape[:2]) > 500
    assert picture[..., :3].std() > 0.1


def test_east_is_left_and_the_beam_leans_to_the_east() -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    data = np.zeros((64, 64))
    data[40, 10] = 1.0
    image = SkyImage(data, 0.1, "Jy/beam", beam=Beam(0.6, 0.2, 30.0))
    figure = Figure()
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    drawn = draw_image(axis, image, (slice(30, 50), slice(4, 24)), limits=(0.0, 1.0))
    east, west = axis.get_xlim()
    south, north = axis.get_ylim()
    assert (east, west) == pytest.approx((2.85, 0.85))
    assert (south, north) == pytest.approx((-0.25, 1.75))
    # The pixel (10, 40) is 2.2 arcsec east and 0.8 arcsec north.
    assert int(np.asarray(drawn.get_array()).argmax()) == 10 * 20 + 6
    (ellipse,) = axis.patches
    tip = ellipse.get_patch_transform().transform([(0.0, 1.0)])[0]
    centre = ellipse.get_patch_transform().transform([(0.0, 0.0)])[0]
    assert tip - centre == pytest.approx([0.3 * 0.5, 0.3 * np.sqrt(0.75)])


def test_own_baselines_given_as_foreign_ones_make_the_same_setup() -> None:
    settings = ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=256)
    own = make_setup(settings, 250.0, -30.0)
    other = setup_from_baselines(own.uvw_m, settings)
    assert (own.psf == other.psf).all()
    assert (own.weights == other.weights).all()
    assert own.beam == other.beam


def test_box_keeps_to_the_image() -> None:
    data = np.ones((8, 8))
    image = SkyImage(np.zeros((16, 16)), 0.01, "Jy/beam", beam=Beam(0.1, 0.1, 0.0))
    box = source_box(SkyImage(data, 0.01, "Jy/pixel"), image, margin_beams=5)
    assert box == (slice(0, 16), slice(0, 16))


def test_bad_input(sky: SkyImage, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("fake_casa")
    with pytest.raises(InputError, match="stage is 'visibilities'; an image is needed"):
        compared(sky, tmp_path / "out", stage="visibilities")
    with pytest.raises(InputError, match="phase_rms_deg is 20: the casa backend has no such"):
        compared(sky, tmp_path / "out", phase_rms_deg=20.0)
    with pytest.raises(InputError, match="no-such"):
        compare_sky(tmp_path / "no-such.fits", tmp_path / "out", SETTINGS)
    assert not (tmp_path / "out").exists()


def test_missing_casa_is_told_at_once(
    sky: SkyImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match="uv sync --extra casa"):
        compare_sky(tmp_path / "sky.fits", tmp_path / "out", SETTINGS)
    with pytest.raises(MissingPackageError, match="uv sync --extra casa"):
        compared(sky, tmp_path / "out")
    assert not (tmp_path / "out").exists()
