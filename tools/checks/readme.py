"""Run the shell blocks of README.md in order, as a reader would.

The test command is left out (.ci/run runs the same tests, each once) and the main job runs with
``--disks 4``. Each command must exit 0.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
MAIN_JOB = "tools/disk_to_edge.py"
TESTS = "uv run --all-extras pytest"


def commands(text: str) -> list[str]:
    """Commands of the shell blocks, the main job made small and the tests left out."""
    found = []
    for block in BLOCK.findall(text):
        lines = [line.split("  #")[0].strip() for line in block.splitlines()]
        for line in filter(None, lines):
            if line.startswith("#") or line == TESTS:
                continue
            found.append(f"{line} --disks 4" if MAIN_JOB in line else line)
    return found


def main() -> int:
    """Run them all; stop at the first that fails."""
    found = commands((ROOT / "README.md").read_text(encoding="utf-8"))
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
    sys.exit(main())
