"""Small folders of samples, as the simulator writes them, of random stars."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

import popmaps
from popmaps.columns import FULL, HTRU, SURVEY
from popmaps.tables import write_table

# Kernels are compiled in the first example; a busy machine is no failure.
settings.register_profile("popmaps", deadline=None)
settings.load_profile("popmaps")

Stars = dict[str, NDArray[Any]]
SOURCE = Path(popmaps.__file__).parent


def forget_old_kernels() -> None:
    """Remove compiled forms that are older than a compiled module of the same folder.

    numba looks for changes only in the file of the function that is called, not in those of the
    functions that this one calls.
    """
    for folder in (path for path in SOURCE.iterdir() if path.is_dir()):
        sources = [p for p in folder.glob("*.py") if "numba.njit" in p.read_text("utf-8")]
        newest = max((p.stat().st_mtime for p in (SOURCE / "constants.py", *sources)), default=0)
        for compiled in folder.glob("__pycache__/*.nb[ci]"):
            if compiled.stat().st_mtime < newest:
                compiled.unlink(missing_ok=True)


forget_old_kernels()

MakeSamples = Callable[..., Path]

DETECTED = {"PMPS": 700, "SMPS": 200, "HTRU_low_mid": 680}


def make_stars(number: int, seed: int) -> Stars:
    """Stars of a whole population; every column of `FULL` and of the surveys."""
    rng = np.random.default_rng(seed)
    zeros = {c.name: np.zeros(number) for c in (*FULL, *HTRU)}
    return {
        **zeros,
        "idx": np.arange(number),
        "r": rng.exponential(6.0, number),
        "phi": rng.uniform(0, 2 * np.pi, number),
        "z": rng.laplace(0, 1.0, number),
        "ra": rng.uniform(0, 360, number),
        "dec": rng.uniform(-90, 90, number),
        "v_r": rng.normal(0, 200, number),
        "v_phi": rng.normal(-200, 90, number),
        "v_z": rng.normal(0, 150, number),
        "pm_ra": rng.normal(0, 10, number),
        "pm_dec": rng.normal(0, 10, number),
        "P": 10 ** rng.normal(-0.1, 0.6, number),
        "P_dot": 10 ** rng.normal(-15, 1.5, number),
        "S_radio_bol": 10 ** rng.normal(-17, 1.5, number),
        "S_radio_obs_mean_1400": 10 ** rng.normal(-3.5, 0.7, number),
        "spectral_index": np.full(number, -1.8),
        "intercepted_radio": rng.random(number) < 0.1,
    }


def write_sample(folder: Path, seed: int, *, stars: int = 500, ending: str = ".parquet") -> None:
    """One sample's folder: the population, what the surveys detect, and the labels."""
    write_table(folder / f"final_population{ending}", make_stars(stars, seed), FULL)
    for place, (name, detected) in enumerate(DETECTED.items()):
        columns = HTRU if name.startswith("HTRU") else SURVEY
        table = make_stars(detected, 1000 * seed + place)
        write_table(folder / f"survey_{name}_results{ending}", table, columns)
    labels = {"B_initial_log10_mean": 12 + seed / 10, "P_initial_log10_mean": -1.0 + seed / 20}
    (folder / "override.json").write_text(json.dumps(labels))


@pytest.fixture
def random_stars() -> Callable[[int, int], Stars]:
    """A function that makes a number of stars from a seed."""
    return make_stars


@pytest.fixture
def make_samples(tmp_path: Path) -> MakeSamples:
    """A function that writes samples of the numbers given and returns their folder."""

    def make(*numbers: int, name: str = "data", **options: Any) -> Path:
        for number in numbers:
            write_sample(tmp_path / name / f"{number:06d}", number, **options)
        return tmp_path / name

    return make
