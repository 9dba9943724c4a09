"""ALMA's tables, made from CASA: where the antennas stand, and the fitted atmosphere.

``python tools/tables/alma_tables.py`` writes packages/casa-sim/src/casa_sim/data/*.csv;
``--check`` writes nothing and exits 1 where the committed tables differ from fresh ones.
It needs the casa extra.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import casadata
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from casa_sim.antennas import read_antenna_list
from casa_sim.arrays import ARRAYS, BANDS, BANDWIDTH_HZ, Band
from casa_sim.native.atmosphere import (
    AIRMASS,
    GROUND_K,
    H_OVER_K,
    SPILLOVER_EFFICIENCY,
    Atmosphere,
)
from skyrun.files import write_text

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "packages" / "casa-sim" / "src" / "casa_sim" / "data"

# Water for which the law holds to 0.1 % of the noise up to the largest airmass; beyond it bands 7
# to 9 are opaque.
PWV_MM: dict[int, tuple[float, float]] = dict.fromkeys((3, 4, 5, 6), (0.05, 20.0))
PWV_MM |= {7: (0.05, 10.0), 8: (0.05, 5.0), 9: (0.05, 1.5)}
PATHS = (AIRMASS[0], 1.1, 1.2, 1.5, 2.0, 3.0, AIRMASS[1])
SITE = """\
import casadata
datapath = [casadata.datapath]
measurespath = casadata.datapath
measures_auto_update = False
data_auto_update = False
nogui = True
nologger = True
agg = True
iplog = False
logfile = "/dev/null"
cachedir = {cache!r}
"""


@contextlib.contextmanager
def quiet_casa() -> Iterator[None]:
    """A folder of CASA's own for its configuration and what it writes; it fetches nothing."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        site = Path(folder, "casasiteconfig.py")
        site.write_text(SITE.format(cache=folder))
        own = {"CASASITECONFIG": str(site), "MPLBACKEND": "agg"}
        os.environ |= own | dict.fromkeys(("HOME", "MPLCONFIGDIR", "XDG_CACHE_HOME"), folder)
        yield


def antennas() -> str:
    """The antenna table: every list that CASA has of the arrays, in ITRF."""
    lines = ["array,pad,x_m,y_m,z_m"]
    for array in ARRAYS:
        path = Path(casadata.datapath) / "alma" / "simmos" / array
        rows = [r.split() for r in path.read_text().splitlines() if not r.startswith("#")]
        for row, (x, y, z) in zip(rows, read_antenna_list(path), strict=True):
            lines.append(f"{array},{row[4]},{x:.5f},{y:.5f},{z:.5f}")
    return "\n".join(lines) + "\n"


def atmosphere() -> str:
    """The atmosphere table: a row for each band, rounded, with the error of the rounded row."""
    with warnings.catch_warnings():
        # CASA's own source is compiled with a warning on every first import.
        warnings.simplefilter("ignore", SyntaxWarning)
        from casatasks.private import simutil
    from casatools import atmosphere as atmosphere_tool
    from casatools import quanta

    tool, qa, receivers = atmosphere_tool(), quanta(), simutil.simutil()
    names = [field.name for field in fields(Atmosphere)]
    lines = [",".join(names)]
    for band in BANDS.values():
        trx_k = float(receivers.noisetemp("ALMA", qa.quantity(band.frequency_hz, "Hz"))[5])
        fitted = fit(band, trx_k, *casa_atmosphere(tool, qa, band))
        lines.append(",".join(f"{getattr(fitted, name):.10g}" for name in names))
    return "\n".join(lines) + "\n"


Table = NDArray[np.float64]


def casa_atmosphere(tool: Any, qa: Any, band: Band) -> tuple[Table, Table, Table]:
    """CASA's pwv [mm], zenith opacities (dry, wet) and sky brightness [K] at each airmass."""
    tool.initAtmProfile(
        humidity=20,
        temperature=qa.quantity(270, "K"),
        altitude=qa.quantity(5000, "m"),
        pressure=qa.quantity(560, "mbar"),
        atmType=1,
        h0=qa.quantity(2, "km"),
        dTem_dh=qa.quantity(-5.6, "K/km"),
    )
    width = qa.quantity(BANDWIDTH_HZ, "Hz")
    tool.initSpectralWindow(1, qa.quantity(band.frequency_hz, "Hz"), width, width)
    pwv = np.geomspace(*PWV_MM[band.number], 40)
    taus, skies = [], []
    for water in pwv:
        tool.setUserWH2O(qa.quantity(float(water), "mm"))
        taus.append((tool.getDryOpacity(), tool.getWetOpacity()["value"][0]))
        for airmass in PATHS:
            tool.setAirMass(airmass)
            skies.append(tool.getTebbSky()["value"][0])
        tool.setAirMass(1.0)
    return pwv, np.array(taus), np.reshape(skies, (len(pwv), len(PATHS)))


def fit(band: Band, trx_k: float, pwv: Table, taus: Table, skies: Table) -> Atmosphere:
    """The band's row: opacity read off, mean temperature fitted to the noise."""
    low, high = PWV_MM[band.number]
    dry, wet = round(float(taus[0, 0]), 8), round(float(taus[-1, 1] / pwv[-1]), 8)
    row = Atmosphere(
        band.number, band.frequency_hz, dry, wet, 260, 240, 0.3, trx_k, low, high, 0, 0, 0
    )
    quantum_k = H_OVER_K * band.frequency_hz
    spilled = (1 - SPILLOVER_EFFICIENCY) * row.radiation_k(GROUND_K)
    wanted = SPILLOVER_EFFICIENCY * row.radiation_k(skies) + spilled

    def received(row: Atmosphere) -> Table:
        return np.array([row.sky_temperature_k(float(water), PATHS) for water in pwv])

    def with_law(law: Table) -> Atmosphere:
        return replace(row, tm_wet_k=law[0], tm_dry_k=law[1], tm_rate=law[2])

    def misfit(law: Table) -> Table:
        relative: Table = (received(with_law(law)) - wanted) / (wanted + trx_k)
        return relative.ravel()

    best = least_squares(misfit, [260.0, 240.0, 0.3], x_scale=[1, 1, 0.1]).x
    law = np.array([round(float(best[0]), 2), round(float(best[1]), 2), round(float(best[2]), 4)])
    final = with_law(law.tolist())
    ours = quantum_k / np.log1p(quantum_k / received(final))
    casa = quantum_k / np.log1p(quantum_k / wanted)
    tau_error = np.abs(dry + wet * pwv - taus.sum(axis=1)).max()
    sigma_error = np.abs(misfit(law)) + tau_error * AIRMASS[1]
    return replace(
        final,
        max_tau_error=float(f"{tau_error:.1e}"),
        max_tebb_error_k=float(f"{np.abs(ours - casa).max():.2g}"),
        max_sigma_error=float(f"{sigma_error.max():.2g}"),
    )


def main() -> int:
    """Write or check the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    same = True
    with quiet_casa():
        for name, make in {"antennas.csv": antennas, "atmosphere.csv": atmosphere}.items():
            text, path = make(), DATA / name
            if check:
                agrees = path.exists() and path.read_text(encoding="utf-8") == text
                print(f"{name}: {'as committed' if agrees else 'differs from the committed table'}")
                same = same and agrees
            else:
                write_text(path, text)
                print(f"{name}: {text.count(chr(10)) - 1} rows")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
