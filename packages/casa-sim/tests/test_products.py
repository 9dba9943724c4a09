"""Names and headers of the files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from casa_sim.products import check_name, header_cards, write_products
from casa_sim.settings import ObservationSettings
from skytypes import Beam, Observation, SkyImage
from skytypes.errors import InputError


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".hidden", "a b", "x" * 81, "a\n", "é"])
def test_unsafe_names(name: str) -> None:
    with pytest.raises(InputError, match="give letters, digits"):
        check_name(name)


@given(st.text(max_size=12))
def test_a_name_that_passes_stays_in_its_folder(name: str) -> None:
    try:
        check_name(name)
    except InputError:
        return
    assert (Path("/a") / name).parent == Path("/a")
    assert not name.startswith(".")


def test_products_hold_settings_and_truth(tmp_path: Path) -> None:
    beam = Beam(0.1, 0.05, 30.0)
    image = SkyImage(
        np.ones((8, 8), np.float32), 0.01, "Jy/beam", beam=beam, truth={"incl_deg": 40.0}
    )
    settings = ObservationSettings("alma.cycle9.7.cfg", array_lo="alma.cycle9.5.cfg").as_dict()
    measured = {"sigma_jy": [0.009, 0.0091], "visibilities": [10, 11], "seed": 3, "iterdone": 5}
    observation = Observation(image, {**settings, **measured}, dirty=image)
    written = write_products(tmp_path / "d", "Disk_001", observation)
    assert {k: p.name for k, p in written.items()} == {
        "dirty": "Disk_001_B6_dirty.fits",
        "simulated": "Disk_001_B6_simulated.fits",
    }
    header = fits.getheader(written["simulated"])
    assert (header["ARRAY"], header["ARRAYLO"]) == ("alma.cycle9.7.cfg", "alma.cycle9.5.cfg")
    assert (header["SIGMA2"], header["NVIS2"], header["SEED"]) == (0.0091, 11, 3)
    assert header["TRUTH"] == '{"incl_deg": 40.0}'


def test_cards_leave_out_what_is_not_known() -> None:
    assert set(header_cards({"band": 6, "array_lo": None})) == {"TELESCOP", "BAND"}
