"""mypy strict, package by package, with the number of files checked asserted.

A checker given a pattern that matches nothing exits 0, and mypy over all tests at once stops on
modules of one name: so each package is checked alone, and its files are counted first.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def targets() -> dict[str, list[Path]]:
    """Folders to check, by package; tools, cross-package tests and examples are one each."""
    found = {path.name: [path / "src", path / "tests"] for path in sorted(ROOT.glob("packages/*"))}
    return {**found, **{name: [ROOT / name] for name in ("tools", "tests", "examples")}}


def check(name: str, folders: list[Path]) -> bool:
    """Check one package; True when mypy is content and saw every file."""
    files = [str(f) for folder in folders for f in sorted(folder.rglob("*.py"))]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    said = re.search(r"no issues found in (\d+) source file", done.stdout)
    seen = int(said.group(1)) if said else 0
    good = done.returncode == 0 and seen == len(files) > 0
    if not good:
        sys.stdout.write(done.stdout + done.stderr)
    sys.stdout.write(f"mypy {name}: {seen} of {len(files)} files clean\n")
    return good


def main() -> int:
    """Check every package."""
    results = [check(name, folders) for name, folders in targets().items()]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
