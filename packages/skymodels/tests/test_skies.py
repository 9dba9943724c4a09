from pathlib import Path

import numpy as np
import pytest

from skymodels import DiskSkies, draw_catalogue, write_catalogue
from skymodels.skies import render_sky
from skymodels.structure import ARRAYS_OF_PARAMS
from skytypes.checks import check_sky_source
from skytypes.errors import InputError

ROWS = draw_catalogue(3, seed=42)


def test_contract() -> None:
    check_sky_source(DiskSkies.example())


def test_a_sky_is_complete() -> None:
    sky = DiskSkies(ROWS, size=128).sky(1)
    assert (sky.name, sky.unit, sky.centre_px) == ("Disk_002", "Jy/pixel", (64.0, 64.0))
    assert (sky.ra_deg, sky.dec_deg, sky.frequency_hz) == (250.0, -30.0, 230e9)
    assert sky.pixel_scale_arcsec == pytest.approx(ROWS[1].pixel_mas / 1000 * 1024 / 128)
    assert sky.data.sum() == pytest.approx(ROWS[1].flux_jy, rel=1e-12)
    assert set(sky.truth) == {"recipe", "tb_peak_k", "seed", *ARRAYS_OF_PARAMS} - {"texture"}
    assert sky.truth["seed"] == ROWS[1].seed == (sky.provenance and sky.provenance.seed)


def test_from_a_file(tmp_path: Path) -> None:
    write_catalogue(tmp_path / "c.csv", ROWS)
    from_file, from_rows = (DiskSkies(c, size=64) for c in (tmp_path / "c.csv", ROWS))
    assert len(from_file) == 3
    assert np.array_equal(from_file.sky(2).data, from_rows.sky(2).data)


def test_recipes_differ() -> None:
    published, physical = (
        render_sky(ROWS[0], recipe=r, size=64) for r in ("published", "physical")
    )
    assert not np.allclose(published.data, physical.data)


def test_refused() -> None:
    with pytest.raises(InputError, match="without rows"):
        DiskSkies([])
    with pytest.raises(InputError, match="recipe 'x'; allowed"):
        DiskSkies(ROWS, "x")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="give 64 to 8192"):
        render_sky(ROWS[0], size=10**6)
    with pytest.raises(IndexError, match="sky 3 of 3"):
        DiskSkies(ROWS).sky(3)
