"""What the packages register, checked by the command that lists it."""

from __future__ import annotations

import subprocess
import sys


def test_everything_registered_is_checked_but_the_simulator_that_needs_casa() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "skytypes"], capture_output=True, text=True, check=False
    )
    lines = [line.split(maxsplit=3) for line in done.stdout.splitlines()]
    others = {(group, name): said for group, name, _, said in lines if said != "checked"}
    assert others == {("simulators", "casa"): "imported (no example() to check)"}, done.stderr
    assert {group for group, *_ in lines} >= {"datasets", "skies", "simulators", "models"}
    assert done.returncode == 0
