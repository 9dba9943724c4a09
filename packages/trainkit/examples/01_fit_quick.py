"""Train a small network for a few seconds, and see what it is worth.

So short a run measures disks badly, which the table shows: every figure stands beside two
baselines, and beside the number of held-out disks that it was measured on. The preset as it is
(``trainkit fit disks --preset quick``) takes a few minutes.
"""

import tempfile
from pathlib import Path

from skyrun.commands import answer
from trainkit import Runtime, fit_disks, preset


def main() -> None:
    """Train, score and print."""
    config = preset("quick", synthetic=400, epochs=5, batch_size=16, validation=0.15)
    with tempfile.TemporaryDirectory() as folder:
        result = fit_disks(config, out=Path(folder) / "run", runtime=Runtime(device="cpu"))
        rows = [
            {"figure": m.name, "value": m.value, "n": m.n, m.baseline: m.baseline_value}
            for m in result.card.metrics
        ]
        answer(rows, json=False)
        print(f"{result.best.name} with its card, after {len(result.history)} epochs")


# Data are made ahead in a thread, and torchrun starts processes: keep the guard.
if __name__ == "__main__":
    main()
