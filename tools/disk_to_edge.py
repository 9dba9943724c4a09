"""The main job: a disk goes from a catalogue row through ALMA to an ONNX model that measures it.

``uv run tools/disk_to_edge.py`` writes ``report.html`` and ``report.json``. Run again
in the same folder it continues where it was stopped.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

# Before numpy is loaded: its threads would wait for each other by spinning, which doubled the
# training's processor time and saved none.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from cyclopts import App, Parameter
from journey.folder import JourneyFolder, Options

from skyrun import note, run
from skytypes.errors import InputError, MissingPackageError

_DISKS = {"native": 40, "casa": 8}

app = App(
    name="disk_to_edge",
    help="From a catalogue row through ALMA to an ONNX model that measures a disk.",
    result_action="return_value",
    help_format="plaintext",
    suppress_keyboard_interrupt=False,
    version_flags=[],
)


@app.default
def disk_to_edge(
    *,
    disks: int | None = None,
    preset: Literal["quick", "full"] = "quick",
    backend: Literal["native", "casa"] = "native",
    seed: int = 0,
    out: Annotated[Path, Parameter(name=["--out", "-o"])] = Path("runs/disk_to_edge"),
    workers: int = 2,
) -> None:
    """Go through all stages; what is done is not done again.

    Parameters
    ----------
    disks
        Disks that are observed, 40 or (with CASA) 8; half of them (a fifth of more than 16) are
        held out of the training.
    preset
        Of the training: quick takes about 100 CPU seconds, full is the published recipe.
    backend
        What observes the disks: native, or the installed CASA.
    seed
        Of every draw.
    out
        Folder of everything made.
    workers
        Processes for rendering and observing.
    """
    from importlib.util import find_spec

    from journey.stages import Journey

    options = Options(_DISKS[backend] if disks is None else disks, preset, backend, seed)
    if workers < 1:
        raise InputError(f"--workers is {workers}; give 1 or more")
    if backend == "casa" and find_spec("casatasks") is None:
        raise MissingPackageError(
            "CASA is not installed; run: uv run --extra casa tools/disk_to_edge.py --backend casa"
        )
    report = Journey(JourneyFolder(out, options), workers=workers).run()
    note(f"report: {report}")


if __name__ == "__main__":
    sys.exit(run(app))
