"""Skies, catalogues, and a CASA that costs nothing."""

from __future__ import annotations

import csv
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from casa_sim.native.cache import VARIABLE
from skyrun.fits import write_image
from skytypes import SkyImage

# The first example pays for imports; a busy machine is no failure.
settings.register_profile("casa-sim", deadline=None)
settings.load_profile("casa-sim")

collect_ignore = ["fake_casa", "fake_skies"]

REFERENCE = Path(__file__).resolve().parents[4] / "shared" / "data" / "casa_reference"
ROW = {
    "ID": "Disk_001",
    "incl_deg": "45.0",
    "pa_deg": "30.0",
    "rout_arcsec": "0.5",
    "rmin_arcsec": "0.0",
    "flux_jy": "0.03",
    "time_s": "1200",
    "array_cfg": "alma.cycle9.7.cfg",
    "pwv": "1.0",
    "niter": "1200",
    "band": "6",
    "array_lo": "alma.cycle9.5.cfg",
    "dx_arcsec": "0.01",
    "dy_arcsec": "-0.02",
    "pixel_mas": "2.6",
    "seed": "7",
}


@pytest.fixture
def fake_casa(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Quick stand-ins for CASA's packages, here and in processes started from here."""
    folder = Path(__file__).parent / "fake_casa"
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder


@pytest.fixture
def sky() -> SkyImage:
    """Emission in the north-east of a small field."""
    data = np.zeros((32, 32))
    data[20, 10] = 0.03
    truth = {"incl_deg": 45.0, "pa_deg": 30.0, "dx_arcsec": 0.01, "dy_arcsec": -0.02}
    return SkyImage(
        data, 0.005, "Jy/pixel", frequency_hz=230e9, name="Disk_001", truth={**truth, "rc": 0.2}
    )


@pytest.fixture
def pair() -> SkyImage:
    """Two points on either side of the phase centre, for arrays of some 100 mas."""
    data = np.zeros((64, 64))
    data[40, 20], data[30, 30] = 0.03, 0.02
    return SkyImage(data, 0.02, "Jy/pixel", truth={"pa_deg": 3.0})


@pytest.fixture
def make_catalogue(tmp_path: Path, sky: SkyImage) -> Callable[..., Path]:
    """Writes a catalogue and its models; each argument changes one row."""

    def make(*changes: dict[str, Any], models: bool = True) -> Path:
        path = tmp_path / "catalogue.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, ROW)
            writer.writeheader()
            for number, change in enumerate(changes, start=1):
                row = {**ROW, "ID": f"Disk_{number:03d}", "seed": str(number), **change}
                writer.writerow(row)
                if models:
                    write_image(tmp_path / "models" / f"{row['ID']}.fits", sky)
        return path

    return make


def _cases() -> list[str]:
    return sorted(p.stem for p in REFERENCE.glob("b*.json"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``reference``: one of the stored CASA cases."""
    if "reference" in metafunc.fixturenames:
        metafunc.parametrize("reference", _cases() or [None], indirect=True)


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> dict[str, Any]:
    if request.param is None:
        pytest.skip(f"no reference data at {REFERENCE}")
    case: dict[str, Any] = json.loads((REFERENCE / f"{request.param}.json").read_text())
    return case


@pytest.fixture(autouse=True, scope="session")
def _setups_of_this_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The user's own cache is neither read nor written."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(tmp_path_factory.mktemp("setups")))
        yield


@pytest.fixture(autouse=True, scope="session")
def _interrupts_reach_children() -> None:
    """A background job starts with SIGINT ignored, and its children would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
