"""Every benchmark of popmaps, one after another, each in a process of its own with one thread.

    uv run --all-extras tools/bench/popmaps.py > tools/bench/popmaps.md
    uv run --all-extras tools/bench/popmaps.py --only maps spin
    uv run --all-extras tools/bench/popmaps.py --only learning --maps FOLDER

Each carries its plain baseline and times it in turns with ours in the same process; see the
folder ``popmaps_parts``. The part ``learning`` trains on a split folder of survey maps.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

PARTS = Path(__file__).resolve().parent / "popmaps_parts"
LARGE = ["--large", "10000000"]
TOPICS = ("maps", "spin", "orbits", "dispersion", "population")


def run(topic: str, arguments: list[str]) -> int:
    """Print the report of one benchmark; its exit status."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    script = PARTS / f"{topic}.py"
    return subprocess.run(
        [sys.executable, str(script), *arguments], env=environment, check=False
    ).returncode


def main() -> int:
    """Run those asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=(*TOPICS, "learning"), default=TOPICS)
    parser.add_argument("--maps", type=Path, help="split folder of survey maps, for learning")
    args = parser.parse_args()
    if "learning" in args.only and args.maps is None:
        parser.error("learning needs --maps FOLDER, what popmaps split wrote to")
    failed = 0
    for topic in args.only:
        failed |= run(topic, {"learning": [str(args.maps)], "maps": LARGE}.get(topic, []))
        print(flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
