"""ALMA's tables, made from CASA: where the antennas stand, and the fitted atmosphere.

``python tools/tables/alma_tables.py`` writes packages/casa-sim/src/casa_sim/data/*.csv in some
minutes; ``--check`` writes nothing and exits 1 where the committed tables differ from fresh ones.
Both print how far the spectrum is from CASA between its knots. It needs the casa extra.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import casadata
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from casa_sim.antenna_lists import read_antenna_list
from casa_sim.arrays import ARRAYS, BANDS, BANDWIDTH_HZ, Band
from casa_sim.native.atmosphere import (
    AIRMASS,
    BACKGROUND_K,
    GROUND_K,
    H_OVER_K,
    SPILLOVER_EFFICIENCY,
    Atmosphere,
)
from casa_sim.native.atmosphere_table import MAX_OPACITY, find_atmosphere
from skyrun.files import write_text
from skytypes.errors import InputError

Table = NDArray[np.float64]

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "packages" / "casa-sim" / "src" / "casa_sim" / "data"

# Water for which the law holds to 0.1 % of the noise up to the largest airmass; beyond it bands 7
# to 9 are opaque.
PWV_MM: dict[int, tuple[float, float]] = dict.fromkeys((3, 4, 5, 6), (0.05, 20.0))
PWV_MM |= {7: (0.05, 10.0), 8: (0.05, 5.0), 9: (0.05, 1.5)}
ERRORS = ("max_tau_error", "max_tebb_error_k", "max_sigma_error")
"""Largest difference from CASA, for airmass 1 to 3.9: opacity; brightness [K]; noise, relative."""
STEP_MHZ = 5.0
"""Samples of the spectrum; the cores of ozone's lines are not much wider."""
ACCURACY_STEP_MHZ = 25.0
KNOT_ERROR = 2e-3
KNOT_WATER_MM = (0.5, 5.0)
WATER_MM = np.geomspace(0.05, 20.0, 12)
TYPICAL = (260.0, 242.0, 0.285)
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


def casa_tools() -> tuple[Any, Any]:
    """CASA's atmosphere, of the site that simobserve takes, and its quantities."""
    from casatools import atmosphere as atmosphere_tool
    from casatools import quanta

    tool, qa = atmosphere_tool(), quanta()
    tool.initAtmProfile(
        humidity=20,
        temperature=qa.quantity(270, "K"),
        altitude=qa.quantity(5000, "m"),
        pressure=qa.quantity(560, "mbar"),
        atmType=1,
        h0=qa.quantity(2, "km"),
        dTem_dh=qa.quantity(-5.6, "K/km"),
    )
    return tool, qa


def atmosphere() -> str:
    """The atmosphere table: a row for each band, rounded, with the error of the rounded row."""
    with warnings.catch_warnings():
        # CASA's own source is compiled with a warning on every first import.
        warnings.simplefilter("ignore", SyntaxWarning)
        from casatasks.private import simutil
    (tool, qa), receivers = casa_tools(), simutil.simutil()
    names = [field.name for field in fields(Atmosphere)]
    lines = [",".join((*names, *ERRORS))]
    for band in BANDS.values():
        trx_k = float(receivers.noisetemp("ALMA", qa.quantity(band.frequency_hz, "Hz"))[5])
        fitted, errors = fit(band, trx_k, *casa_atmosphere(tool, qa, band))
        numbers = (*(getattr(fitted, name) for name in names), *errors)
        lines.append(",".join(f"{number:.10g}" for number in numbers))
    return "\n".join(lines) + "\n"


def casa_atmosphere(tool: Any, qa: Any, band: Band) -> tuple[Table, Table, Table]:
    """CASA's pwv [mm], zenith opacities (dry, wet) and sky brightness [K] at each airmass."""
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


def fit(
    band: Band, trx_k: float, pwv: Table, taus: Table, skies: Table
) -> tuple[Atmosphere, tuple[float, float, float]]:
    """The band's row (opacity read off, mean temperature fitted to the noise) and its `ERRORS`."""
    low, high = PWV_MM[band.number]
    dry, wet = round(float(taus[0, 0]), 8), round(float(taus[-1, 1] / pwv[-1]), 8)
    row = Atmosphere(band.number, band.frequency_hz, dry, wet, 260, 240, 0.3, trx_k, low, high)
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
    return final, (
        float(f"{tau_error:.1e}"),
        float(f"{np.abs(ours - casa).max():.2g}"),
        float(f"{sigma_error.max():.2g}"),
    )


def spectrum() -> str:
    """The atmosphere at all frequencies of the bands: knots, and what is fitted at each."""
    tool, qa = casa_tools()
    lines = ["frequency_mhz,tau_dry,tau_wet_per_mm,tm_wet_k,tm_dry_k,tm_rate"]
    for band in BANDS.values():
        sampled = casa_spectrum(tool, qa, band.low_hz / 1e6, band.high_hz / 1e6, STEP_MHZ)
        for n in knots(sampled, find_atmosphere(band.number).trx_k):
            dry, wet = sampled.dry[n], sampled.wet[n]
            law = fit_law(find_atmosphere(band.number), sampled, int(n))
            numbers = f"{dry:.6f},{wet:.6f},{law[0]:.1f},{law[1]:.1f},{law[2]:.3f}"
            lines.append(f"{sampled.frequency_mhz[n]:.0f},{numbers}")
    return "\n".join(dict.fromkeys(lines)) + "\n"


@dataclass(frozen=True)
class Sampled:
    """CASA's atmosphere along a band.

    Frequencies, opacities there, and brightness by water, airmass and frequency.
    """

    frequency_mhz: Table
    dry: Table
    wet: Table
    sky_k: Table


def casa_spectrum(tool: Any, qa: Any, low_mhz: float, high_mhz: float, step_mhz: float) -> Sampled:
    """CASA's atmosphere in steps, the ends included; each frequency for itself."""
    # CASA puts the first channel's middle half a step above the lower edge.
    middle, width = (low_mhz + high_mhz) / 2, high_mhz - low_mhz + step_mhz
    tool.initSpectralWindow(
        1,
        qa.quantity(middle, "MHz"),
        qa.quantity(width, "MHz"),
        qa.quantity(step_mhz, "MHz"),
    )
    frequencies = np.round(np.array(tool.getSpectralWindow(0)["value"]) / 1e6, 3)
    tool.setUserWH2O(qa.quantity(1.0, "mm"))
    dry, wet = tool.getDryOpacitySpec(0)[1], tool.getWetOpacitySpec(0)[1]["value"]
    skies = []
    for water in WATER_MM:
        tool.setUserWH2O(qa.quantity(float(water), "mm"))
        for airmass in PATHS:
            tool.setAirMass(airmass)
            skies.append(tool.getTebbSkySpec(0)[1]["value"])
    tool.setAirMass(1.0)
    sky = np.reshape(skies, (len(WATER_MM), len(PATHS), -1))
    return Sampled(frequencies, np.array(dry), np.array(wet), sky)


def knots(sampled: Sampled, trx_k: float) -> NDArray[np.int64]:
    """Where to keep the opacities, so that lines between them change the noise by `KNOT_ERROR`.

    Ramer 1972, Computer Graphics and Image Processing 1, 244: the point furthest from the line
    between two knots becomes a knot. What is opaque in the driest weather is left out, but for the
    knots beside it.
    """
    x, taus = sampled.frequency_mhz, np.stack([sampled.dry, sampled.wet])
    water = np.array([[1.0, KNOT_WATER_MM[0]], [1.0, KNOT_WATER_MM[1]]])
    through = np.exp(-water @ taus)
    # How fast ln(Tsys) grows with opacity at the zenith, by weather.
    steepness = 1 + 245 * through / (trx_k + 15 + 260 * (1 - through))
    kept, spans = {0, len(x) - 1}, [(0, len(x) - 1)]
    while spans:
        first, last = spans.pop()
        inside = slice(first + 1, last)
        share = (x[inside] - x[first]) / (x[last] - x[first])
        straight = taus[:, [first]] * (1 - share) + taus[:, [last]] * share
        off = (water @ np.abs(straight - taus[:, inside]) * steepness[:, inside]).max(axis=0)
        if len(off) and off.max() > KNOT_ERROR:
            worst = first + 1 + int(off.argmax())
            kept.add(worst)
            spans += [(first, worst), (worst, last)]
    places = np.array(sorted(kept))
    clear = (taus[0] + WATER_MM[0] * taus[1] < MAX_OPACITY)[places]
    beside = clear | np.append(clear[1:], False) | np.append(False, clear[:-1])
    return np.asarray(places[beside], dtype=np.int64)


def fit_law(air: Atmosphere, sampled: Sampled, n: int) -> Table:
    """Mean temperatures of wet and dry air, and their rate, at one frequency."""
    dry, wet = float(sampled.dry[n]), float(sampled.wet[n])
    here = replace(
        air, frequency_hz=sampled.frequency_mhz[n] * 1e6, tau_dry=dry, tau_wet_per_mm=wet
    )
    clear = dry + wet * WATER_MM <= MAX_OPACITY
    clear[:3] = True  # beside an opaque line there is no weather to fit to
    zenith = (dry + wet * WATER_MM[clear])[:, None]
    path = zenith * np.array(PATHS)
    wanted = here.radiation_k(sampled.sky_k[clear, :, n])
    cold = here.radiation_k(BACKGROUND_K) * np.exp(-path)

    def misfit(law: Table) -> Table:
        thin = law[0] + (law[1] - law[0]) * dry / zenith
        mean = GROUND_K - (GROUND_K - thin) * np.exp(-law[2] * path)
        seen = here.radiation_k(mean) * (1 - np.exp(-path)) + cold
        off: Table = SPILLOVER_EFFICIENCY * (seen - wanted) / (wanted + here.trx_k)
        # Where only one kind of air radiates, nothing says how warm the other is.
        return np.append(off.ravel(), 1e-5 * (law - TYPICAL) / (1, 1, 0.01))

    best: Table = least_squares(misfit, TYPICAL, x_scale=(1, 1, 0.1), method="lm").x
    return best


def accuracy() -> list[str]:
    """How far the noise of the spectrum in use is from CASA's, halfway between its samples."""
    tool, qa = casa_tools()
    lines = ["band  frequencies  largest  99 %     median   (noise, relative; airmass 1 to 3)"]
    for band in BANDS.values():
        low, high = (edge / 1e6 + STEP_MHZ / 2 for edge in (band.low_hz, band.high_hz))
        high -= ACCURACY_STEP_MHZ
        sampled = casa_spectrum(tool, qa, low, high, ACCURACY_STEP_MHZ)
        errors = []
        for n, mhz in enumerate(sampled.frequency_mhz):
            try:
                air = find_atmosphere(band.number, mhz * 1e6)
            except InputError:
                continue
            errors.append(noise_error(air, sampled, n))
        worst, most, median = np.max(errors), np.quantile(errors, 0.99), np.median(errors)
        lines.append(
            f"{band.number:4d}  {len(errors):11d}  {worst:7.2%}  {most:7.2%}  {median:7.3%}"
        )
    return lines


def noise_error(air: Atmosphere, sampled: Sampled, n: int) -> float:
    """Largest relative error of the noise at one frequency, over water and airmass."""
    largest = 0.0
    for k, water in enumerate(WATER_MM):
        if not air.pwv_min_mm <= water <= air.pwv_max_mm:
            continue
        path = (sampled.dry[n] + sampled.wet[n] * water) * np.array(PATHS[:-1])
        above = SPILLOVER_EFFICIENCY * air.radiation_k(sampled.sky_k[k, :-1, n])
        ground = (1 - SPILLOVER_EFFICIENCY) * air.radiation_k(GROUND_K)
        casa = np.exp(path) * (above + ground + air.trx_k)
        ours = air.system_temperature_k(float(water), PATHS[:-1])
        largest = max(largest, float(np.abs(ours / casa - 1).max()))
    return largest


def main() -> int:
    """Write or check the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    same = True
    with quiet_casa():
        tables = {
            "antennas.csv": antennas,
            "atmosphere.csv": atmosphere,
            "atmosphere_spectrum.csv": spectrum,
        }
        for name, make in tables.items():
            text, path = make(), DATA / name
            if check:
                agrees = path.exists() and path.read_text(encoding="utf-8") == text
                print(f"{name}: {'as committed' if agrees else 'differs from the committed table'}")
                same = same and agrees
            else:
                write_text(path, text)
                print(f"{name}: {text.count(chr(10)) - 1} rows")
        print("\n".join(accuracy()))
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
