"""What is fitted in the model of the Galaxy's free electrons, and how well the model does.

``python tools/tables/electron_density.py`` fits the pitch angle of the Perseus arm (the published
9.84 deg is rounded too much for a spiral that is followed over 330 deg) to the distances that the
ATNF catalogue gives for its dispersion measures, writes it into
packages/popmaps/src/popmaps/radio/data/electron_density.json, and prints the scores: every half
of the sky with the value fitted to the other half, the halves being the two colours of a
checkerboard of cells of 10 deg. ``--check`` writes nothing and exits 1 where the committed value
differs.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from popmaps.observed.catalogues import read_pulsars
from popmaps.observed.unpacking import read_catalogue_text
from popmaps.radio.electron_columns import electron_column
from popmaps.radio.electron_model import build_model, read_parameters
from skyrun.files import write_text

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "packages/popmaps/src/popmaps/radio/data/electron_density.json"
CATALOGUE = ROOT / "../shared/data/pulsars/psrcat_v2.7.0.db.xz"

CELL_DEG = 10.0
CAP_KPC = 25.0
TYPICAL = 0.003
"""Misfit [dex] beyond which a pulsar counts less: some distances are those of older measures."""
PUBLISHED_DEG = 9.84
DIGITS = 3

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pulsars:
    """Galactic position [deg], dispersion measure [pc cm^-3] and the distance for it [kpc]."""

    l_deg: Floats
    b_deg: Floats
    dm: Floats
    dist_kpc: Floats

    def __getitem__(self, rows: NDArray[np.bool_]) -> Pulsars:
        return Pulsars(self.l_deg[rows], self.b_deg[rows], self.dm[rows], self.dist_kpc[rows])


def model_distances(text: str) -> dict[str, float]:
    """DIST_DM of every pulsar that has one: the distance YMW16 gives for its measure."""
    name, distances = "", dict[str, float]()
    for line in text.splitlines():
        key, *words = line.split() or [""]
        if key == "PSRJ":
            name = words[0]
        elif key == "DIST_DM":
            distances.setdefault(name, float(words[0]))
    return distances


def read_sky(path: Path) -> Pulsars:
    """The pulsars to score by.

    Left out: those at exactly 25 kpc, which is the catalogue's distance for a measure larger than
    the Galaxy's whole column, and those of the Magellanic Clouds, which this model lacks.
    """
    table = read_pulsars(path).table
    distances = model_distances(read_catalogue_text(path))
    dist = table["name"].map(distances).to_numpy(dtype=float)
    columns = [table[name].to_numpy(dtype=float) for name in ("l_deg", "b_deg", "dm_pc_cm3")]
    clouds = table["association"].str.contains("EXGAL:").to_numpy(dtype=bool)
    kept = np.isfinite([*columns, dist]).all(axis=0) & (dist < CAP_KPC) & ~clouds
    return Pulsars(columns[0], columns[1], columns[2], dist)[kept]


def misfit(pitch_deg: float, pulsars: Pulsars, parameters: dict[str, Any]) -> Floats:
    """log10 of ours over the measured one, at the catalogue's distance."""
    fitted = copy.deepcopy(parameters)
    fitted["fitted"] = {"Perseus": {"pitch_deg": float(pitch_deg)}}
    model = build_model(fitted)
    ours = electron_column(pulsars.l_deg, pulsars.b_deg, pulsars.dist_kpc, model=model)
    return np.log10(ours / pulsars.dm)


def fit(pulsars: Pulsars, parameters: dict[str, Any]) -> float:
    """The pitch angle [deg] that fits some pulsars best."""

    def residuals(x: Floats) -> Floats:
        return misfit(x[0], pulsars, parameters)

    best = least_squares(
        residuals, [PUBLISHED_DEG - 0.02], loss="soft_l1", f_scale=TYPICAL, diff_step=1e-3
    )
    return float(best.x[0])


def report(what: str, pitch_deg: float, pulsars: Pulsars, parameters: dict[str, Any]) -> None:
    """Print one line of scores."""
    error = np.abs(misfit(pitch_deg, pulsars, parameters))
    middle, most, nearly_all = np.quantile(error, [0.5, 0.9, 0.99])
    print(
        f"{what:<36} {pitch_deg:7.3f} deg {len(error):5d} pulsars:"
        f" median {middle:.4f}, 90 % {most:.4f}, 99 % {nearly_all:.4f} dex"
    )


def main() -> int:
    """Fit, score, and write or check the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE, help="psrcat.db, may be .xz")
    given = parser.parse_args()
    sky, parameters = read_sky(given.catalogue), read_parameters()
    cells = np.floor((sky.l_deg + 360) / CELL_DEG) + np.floor((sky.b_deg + 90) / CELL_DEG)
    report("published", PUBLISHED_DEG, sky, parameters)
    for colour in (0, 1):
        rest = cells % 2 != colour
        pitch = fit(sky[rest], parameters)
        report(f"colour {colour}, fitted to colour {1 - colour}", pitch, sky[~rest], parameters)
    pitch = round(fit(sky, parameters), DIGITS)
    report("whole sky, fitted to the whole sky", pitch, sky, parameters)
    agrees = parameters["fitted"] == {"Perseus": {"pitch_deg": pitch}}
    if given.check:
        print(f"{TABLE.name}: {'as committed' if agrees else 'differs from the committed value'}")
        return 0 if agrees else 1
    start, _ = TABLE.read_text(encoding="utf-8").split('  "fitted":')
    value = json.dumps({"Perseus": {"pitch_deg": pitch}})
    write_text(TABLE, f'{start}  "fitted": {value}\n}}\n')
    return 0


if __name__ == "__main__":
    sys.exit(main())
