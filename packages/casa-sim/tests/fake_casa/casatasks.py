"""Stands in for casatasks: quick, noisy on standard output, and in trouble when asked to be.

The weather decides on the trouble: a water vapour of 11 mm raises, 12 dies, 13 hangs, 14 dies
after a SEVERE message, 15 goes on without writing an image, 16 flags a hundred rows of 500, and 17
all of them.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from casatools import version_string  # noqa: F401 - CASA's tasks import its tools

print("CASA greets on standard output")


class _Log:
    path = os.devnull

    def setlogfile(self, path: str) -> None:
        self.path = path

    def post(self, text: str, priority: str = "INFO") -> None:
        with Path(self.path).open("a") as file:
            file.write(f"2026-01-01 00:00:00\t{priority}\tfake::::casa\t{text}\n")


casalog = _Log()


def _trouble(pwv: float) -> None:
    if pwv == 11:
        casalog.post("An exception of class RuntimeError", "SEVERE")
        raise RuntimeError("No overlap between\n model and pointings")
    if pwv == 12:
        os.kill(os.getpid(), signal.SIGKILL)
    if pwv == 13:
        time.sleep(3600)
    if pwv == 14:
        casalog.post("Table is not\tthere", "SEVERE")
        casalog.post("MeasTable::dUTC(Double) Leap second table TAI_UTC", "SEVERE")
        os.kill(os.getpid(), signal.SIGSEGV)


def simobserve(**k: Any) -> None:
    Path("casa-stray.log").write_text("left in the current folder")
    Path("~/.casa").expanduser().mkdir(exist_ok=True)
    print("simobserve talks", k["antennalist"])
    print("and on standard error", file=sys.stderr)
    casalog.post(f"observing with {k['antennalist']}")
    _trouble(k["user_pwv"])
    sky = np.load(k["skymodel"])
    root = f"{k['project']}/{k['project']}.{k['antennalist'].removesuffix('.cfg')}"
    for ending, sigma in (("ms", 0.0), ("noisy.ms", 0.01)):
        folder = Path(f"{root}.{ending}")
        folder.mkdir(parents=True)
        about = {"seed": k["seed"], "sigma": sigma, "flux": float(sky.sum()), "pwv": k["user_pwv"]}
        position = {"direction": k["direction"], "frequency": k["incenter"], "width": k["inwidth"]}
        position["flagged"] = {16: 100, 17: 500}.get(k["user_pwv"], 0)
        position["channels"] = sky.shape[3] if sky.ndim == 4 else 1
        (folder / "ms.json").write_text(json.dumps({**about, **position}))


def tclean(
    vis: list[str], imagename: str, imsize: int, cell: str, niter: int, **k: Any
) -> dict[str, Any]:
    sets = [json.loads(Path(v, "ms.json").read_text()) for v in vis]
    restart = k.get("calcres") is False
    if restart and not Path(f"{imagename}.residual").exists():
        raise RuntimeError("nothing to go on from")
    picture = np.zeros((imsize, imsize))
    for one in sets:
        picture += 1e-3 * np.random.default_rng(one["seed"]).normal(size=picture.shape)
    picture[imsize // 2, imsize // 2] += sets[0]["flux"] * (1 if niter == 0 else 2)
    picture[0, 0] = np.nan
    about = {"cell": float(cell.removesuffix("mas")), "direction": sets[0]["direction"]}
    if sets[0]["pwv"] != 15:
        for ending, data in (("image", picture), ("residual", picture), ("psf", picture)):
            with Path(f"{imagename}.{ending}").open("wb") as file:
                np.save(file, data)
            Path(f"{imagename}.{ending}.json").write_text(json.dumps(about))
    return {"iterdone": niter, "nmajordone": 1, "stopcode": 1, "summary": np.zeros(3)}


def exportfits(imagename: str, fitsimage: str, **_: Any) -> None:
    data = np.load(imagename).T.astype(">f4")
    about = json.loads(Path(f"{imagename}.json").read_text())
    n, step = data.shape[0], about["cell"] / 3.6e6
    ra, dec = (_degrees(text) for text in about["direction"].split()[1:])
    cards: dict[str, Any] = {"SIMPLE": "T", "BITPIX": -32, "NAXIS": 2, "NAXIS1": n, "NAXIS2": n}
    cards |= {"CTYPE1": "'RA---SIN'", "CRVAL1": 15 * ra, "CRPIX1": n // 2 + 1, "CDELT1": -step}
    cards |= {"CTYPE2": "'DEC--SIN'", "CRVAL2": dec, "CRPIX2": n // 2 + 1, "CDELT2": step}
    cards |= {"BMAJ": 0.1 / 3600, "BMIN": 0.05 / 3600, "BPA": -30.0}
    header = "".join(f"{k:<8}= {v!s:>20}".ljust(80) for k, v in cards.items()) + "END".ljust(80)
    blocks = [header.encode().ljust(2880), data.tobytes()]
    Path(fitsimage).write_bytes(b"".join(b + bytes(-len(b) % 2880) for b in blocks))


def _degrees(text: str) -> float:
    """``-30d00m00.0s``, or hours, as a number."""
    units, minutes, seconds = re.split("[hdms]", text.rstrip("s"))
    value = abs(float(units)) + float(minutes) / 60 + float(seconds) / 3600
    return -value if text.startswith("-") else value
