"""The command ``edgeinfer``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from skyrun.commands import FAILED, USAGE, answer, exit_status, make_app, note
from skyrun.commands import run as run_app

if TYPE_CHECKING:
    from .answers import Answer

app = make_app(
    "edgeinfer", "Trained networks as ONNX: export, verify, run and time them; no torch to run."
)

Out = Annotated[Path, Parameter(name=["--out", "-o"])]
Json = Annotated[bool, Parameter(name="--json", negative="")]


@app.command
def export(
    checkpoint: Path,
    *,
    out: Out,
    card: Path | None = None,
    tolerance: float = 1e-4,
    json: Json = False,
) -> int:
    """Write a checkpoint as ONNX with its card, if onnxruntime answers as torch does.

    Parameters
    ----------
    checkpoint
        best.pt, written by trainkit.
    out
        The ONNX file to write.
    card
        The checkpoint's card; best.card.json beside it unless given.
    tolerance
        Largest difference between the two that is allowed; at most 1e-4.
    json
        Print a line of JSON instead of a table.
    """
    from .export import export_checkpoint

    written = export_checkpoint(checkpoint, out, card=card, tolerance=tolerance)
    answer([written.row()], json=json)
    return 0


@app.command
def run(
    model: Path,
    /,
    *images: Path,
    out: Out | None = None,
    batch_size: int = 8,
    threads: int | None = None,
    json: Json = False,
) -> int:
    """Measure images or maps: one answer an item, in the units of the model's card.

    Exit status 0 when every item has an answer, 1 when some have not, 2 when none has or the model
    is bad.

    Parameters
    ----------
    model
        The ONNX file.
    images
        FITS files, and folders with FITS files in them and below; for a model of maps the CSV of
        a dataset, as popmaps writes it.
    out
        Write the answers to this .csv or .jsonl file instead of printing them.
    batch_size
        Images that the network sees at once.
    threads
        Threads of the network; all cores unless given.
    json
        Print a line of JSON for each item instead of a table.
    """
    from skyrun.progress import track
    from skytypes.errors import InputError

    from .images import list_images
    from .items import count_rows, reads_maps
    from .models import load_model
    from .tables import check_ending, write_answers

    if not images:
        raise InputError(
            "no images given; name FITS files, folders with FITS files, or a dataset's CSV"
        )
    if out is not None:
        check_ending(out)
    loaded = load_model(model, threads=threads)
    maps = reads_maps(loaded.card)
    paths = list(images) if maps else list_images(images)
    what = "rows" if maps else "images"
    total = sum(map(count_rows, paths)) if maps else len(paths)
    counts = _Counts()
    answers = counts.watch(loaded.run_files(paths, batch_size=batch_size))
    # Lines that come as they are made are progress enough.
    answers = track(answers, what, total, quiet=json and out is None)
    if out is None:
        answer((a.row() for a in answers), json=json)
    else:
        write_answers(out, answers, loaded.card)
        note(f"{out}: {counts.good} of {counts.good + counts.bad} {what} answered")
    if counts.status == USAGE:
        note(f"edgeinfer: error: none of {counts.bad} {what} was answered; first: {counts.first}")
    return counts.status


class _Counts:
    """How many files were answered, counted as the answers pass."""

    def __init__(self) -> None:
        self.good = self.bad = 0
        self.first = ""

    def watch(self, answers: Iterable[Answer]) -> Iterator[Answer]:
        for one in answers:
            self.good += one.error is None
            self.bad += one.error is not None
            self.first = self.first or (f"{one.file}: {one.error}" if one.error else "")
            yield one

    @property
    def status(self) -> int:
        return exit_status(self.good, self.bad)


@app.command
def verify(
    model: Path,
    *,
    checkpoint: Path | None = None,
    threads: int | None = None,
    json: Json = False,
) -> int:
    """Check that a model file answers on this machine as it did where it was exported.

    Exit status 1 when a check fails, 2 when the file can't be loaded.

    Parameters
    ----------
    model
        The ONNX file.
    checkpoint
        best.pt that it was exported from: torch is asked again (needs the extra export).
    threads
        Threads of the network; all cores unless given.
    json
        Print a line of JSON for each check instead of a table.
    """
    from .verification import verify_model

    checks = verify_model(model, checkpoint=checkpoint, threads=threads)
    answer((c.row() for c in checks), json=json)
    failed = [c.check for c in checks if not c.ok]
    if failed:
        note(f"edgeinfer: {model}: {len(failed)} checks failed: {', '.join(failed)}")
    return FAILED if failed else 0


@app.command
def bench(
    model: Path,
    *,
    threads: int = 1,
    repeat: int = 50,
    pixels: int = 256,
    json: Json = False,
) -> int:
    """Time an image on this machine: encoding, network and decoding, at batches of 1 and 32.

    Parameters
    ----------
    model
        The ONNX file.
    threads
        Threads of the network; numpy's are set by OMP_NUM_THREADS.
    repeat
        Calls timed, after a warm-up.
    pixels
        Side of the pictures, in pixels.
    json
        Print a line of JSON for each stage instead of a table.
    """
    from .benchmarks import bench_model

    timings = bench_model(model, threads=threads, repeats=repeat, pixels=pixels)
    answer((t.row() for t in timings), json=json)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is returned."""
    return run_app(app, argv, to_continue="no file was written; run it again")
