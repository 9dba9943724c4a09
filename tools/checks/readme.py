"""Run the shell blocks of README.md in order, as a reader would.

The test command is left out (.ci/run runs the same tests, each once) and the main job runs with
``--disks 4``. Each command must exit 0. ``python tools/checks/readme.py FOLDER`` has the main job
write into FOLDER, so that a run of other options in its usual folder is left alone.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
MAIN_JOB = "tools/disk_to_edge.py"
TESTS = "uv run --all-extras pytest"


def commands(text: str, out: str) -> list[str]:
    """Commands of the shell blocks, the main job made small and the tests left out.

    Parameters
    ----------
    text : str
        Of the README.
    out : str
        Folder that the main job writes into.
    """
    found = []
    small = f"--disks 4 --out {shlex.quote(out)}"
    for block in BLOCK.findall(text):
        lines = [line.split("  #")[0].strip() for line in block.splitlines()]
        for line in filter(None, lines):
            if line.startswith("#") or line == TESTS:
                continue
            found.append(f"{line} {small}" if MAIN_JOB in line else line)
    return found


def main(argv: list[str]) -> int:
    """Run them all; stop at the first that fails."""
    if len(argv) != 1:
        sys.stderr.write("give the folder that the main job writes into\n")
        return 2
    found = commands((ROOT / "README.md").read_text(encoding="utf-8"), argv[0])
    if not any(MAIN_JOB in command for command in found):
        sys.stderr.write("README.md does not show the main job\n")
        return 1
    for command in found:
        start = time.monotonic()
        sys.stdout.write(f"$ {command}\n")
        sys.stdout.flush()
        done = subprocess.run(["bash", "-ec", command], cwd=ROOT, check=False)
        sys.stdout.write(f"  exit {done.returncode}, {time.monotonic() - start:.0f} s\n")
        if done.returncode != 0:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
