"""ALMA's tables, made from CASA: where the antennas stand, and the fitted atmosphere.

``python tools/tables/alma.py`` writes packages/casa-sim/src/casa_sim/data/*.csv;
``--check`` writes nothing and exits 1 where the committed tables differ from fresh ones.
It needs the casa extra.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import casadata

from casa_sim.arrays import ARRAYS
from casa_sim.native.antennas import read_antenna_list
from skyrun.files import write_text

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "packages" / "casa-sim" / "src" / "casa_sim" / "data"


def antennas() -> str:
    """The antenna table: every list that CASA has of the arrays, in ITRF."""
    lines = ["array,pad,x_m,y_m,z_m"]
    for array in ARRAYS:
        path = Path(casadata.datapath) / "alma" / "simmos" / array
        rows = [r.split() for r in path.read_text().splitlines() if not r.startswith("#")]
        for fields, (x, y, z) in zip(rows, read_antenna_list(path), strict=True):
            lines.append(f"{array},{fields[4]},{x:.5f},{y:.5f},{z:.5f}")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write or check the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    same = True
    for name, make in {"antennas.csv": antennas}.items():
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
