"""What all verbs have in common."""

from __future__ import annotations

import subprocess
import sys

VERBS = ("simulate", "generate", "split", "observed", "show")
HEAVY = ("numba", "scipy", "pandas", "pyarrow", "astropy", "matplotlib", "pydantic")

HELPED = f"""
import sys
from popmaps.cli import main
status = [main([verb, "--help"]) for verb in {VERBS!r}]
print("came:", status, [name for name in {HEAVY!r} if name in sys.modules])
"""


def test_help_of_every_verb_tells_of_json_and_imports_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELPED], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "came: [0, 0, 0, 0, 0] []"
    assert done.stdout.count("--json") == len(VERBS)
    assert "--no-" not in done.stdout
