"""The stages of the journey; each continues or skips what is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skyrun import bar, note, write_json, write_text
from skytypes.errors import SkyError

from .folder import JourneyFolder

if TYPE_CHECKING:
    from casa_sim import SimulatedDisks


class Journey:
    """From a catalogue to a report, in one folder.

    Parameters
    ----------
    folder : JourneyFolder
    workers : int
        Processes for rendering and observing; the results do not depend on it.
    """

    def __init__(self, folder: JourneyFolder, *, workers: int) -> None:
        self.folder, self.options, self.workers = folder, folder.options, workers
        self.path = folder.path
        self.catalogue = self.path / "catalogue.csv"
        self.models = self.path / "models"
        self.simulations = self.path / "simulations"
        self.fit, self.onnx = self.path / "fit", self.path / "disk.onnx"

    def run(self) -> Path:
        """Go through all stages; the report's path."""
        seconds = {}
        for name, files in (
            ("catalogue", lambda: [self.catalogue]),
            ("skies", lambda: sorted(self.models.glob("*.fits"))),
            ("observe", lambda: sorted(self.simulations.glob("*/*_simulated.fits"))),
            ("train", lambda: [self.fit / "best.pt", self.fit / "best.card.json"]),
            ("export", lambda: [self.onnx]),
            ("infer", lambda: [self.path / "answers.jsonl"]),
            ("score", lambda: [self.path / "scores.json"]),
        ):
            record = self.folder.stage(name, getattr(self, f"do_{name}"), files)
            seconds[name] = record["seconds"]
        self.folder.stage(
            "report",
            lambda: self.do_report(seconds),
            lambda: [self.path / "report.html", self.path / "report.json"],
        )
        return self.path / "report.html"

    def names(self, *, held_out: bool) -> list[str]:
        """IDs of the disks that are trained on, or held out: by their place, before any is made.

        Few disks are halved, so that the score has some; of many every fifth is held out.
        """
        step = 2 if self.options.disks <= 16 else 5
        return [
            f"Disk_{number:03d}"
            for number in range(1, self.options.disks + 1)
            if (number % step == 0) == held_out
        ]

    def do_catalogue(self) -> Mapping[str, Any]:
        """Draw the catalogue."""
        from skymodels import draw_catalogue, write_catalogue

        with bar("catalogue", self.options.disks) as advance:
            rows = draw_catalogue(self.options.disks, seed=self.options.seed)
            write_catalogue(self.catalogue, rows)
            advance(len(rows))
        return {}

    def do_skies(self) -> Mapping[str, Any]:
        """Render the sky models."""
        from skymodels import read_catalogue
        from skymodels.model_folder import make_models

        rows = read_catalogue(self.catalogue)
        made = make_models(rows, self.models, workers=self.workers)
        self._all_or_stop({one.name: one.error for one in made})
        return {}

    def do_observe(self) -> Mapping[str, Any]:
        """Observe them with the chosen backend."""
        from casa_sim import simulate_catalogue

        results = list(
            simulate_catalogue(
                self.catalogue,
                self.models,
                self.simulations,
                backend=self.options.backend,
                workers=self.workers,
                keep=("dirty",),
            )
        )
        self._all_or_stop({r.name: r.reason for r in results})
        return {"seconds_by_disk": {r.name: round(r.seconds, 1) for r in results}}

    def _all_or_stop(self, errors: Mapping[str, str | None]) -> None:
        failed = {name: error for name, error in errors.items() if error}
        for name, error in failed.items():
            note(f"{name}: {error}")
        if failed:
            raise SkyError(
                f"{len(failed)} of {len(errors)} disks failed (above); mend the cause and run "
                "again: the others are kept"
            )

    def do_train(self) -> Mapping[str, Any]:
        """Train, or go on from the last epoch."""
        from casa_sim import SimulatedDisks
        from trainkit import Runtime, fit_disks, preset

        config = preset(self.options.preset, seed=self.options.seed)
        observed = SimulatedDisks(self.simulations, only=self.names(held_out=False))
        # Validation takes the disks that it has always taken: the published figures are theirs.
        observed.groups = tuple(f"{self.options.backend}/{name}" for name in observed.groups)
        resume = (self.fit / "last.pt").is_file()
        # The small network gains nothing from a second thread, and sums keep their order with one.
        runtime = Runtime(threads=1 if self.options.preset == "quick" else 0)
        result = fit_disks(
            config,
            out=self.fit,
            resume=resume,
            runtime=runtime,
            extra=[(self.options.backend, observed)],
        )
        return {"cpu_seconds": round(result.cpu_seconds, 1), "epochs": len(result.history)}

    def do_export(self) -> Mapping[str, Any]:
        """Write the network as ONNX with its card."""
        from edgeinfer import export_checkpoint

        with bar("export", 1) as advance:
            exported = export_checkpoint(self.fit / "best.pt", self.onnx)
            advance()
        return {"max_abs_diff": exported.parity.max_abs_diff, "bytes": exported.bytes}

    def held_out(self) -> SimulatedDisks:
        """The observed disks that the training did not get."""
        from casa_sim import SimulatedDisks

        return SimulatedDisks(self.simulations, only=self.names(held_out=True))

    def do_infer(self) -> Mapping[str, Any]:
        """Measure the held-out files as an operator would, with edgeinfer."""
        from edgeinfer import load_model

        files = self.held_out().files
        lines = []
        with bar("infer", len(files)) as advance:
            for answer in load_model(self.onnx).run_files(files):
                row = answer.row()
                row["file"] = str(Path(answer.file).relative_to(self.path))
                lines.append(json.dumps(row))
                advance()
        write_text(self.path / "answers.jsonl", "\n".join(lines) + "\n")
        return {}

    def do_score(self) -> Mapping[str, Any]:
        """Score the network beside its baselines."""
        from edgeinfer import load_model

        from .scoring import score_observed, score_synthetic

        model = load_model(self.onnx)
        backend, seed = self.options.backend, self.options.seed
        seen, seen_truth, seen_said = score_observed(model, self.held_out(), seed, backend=backend)
        made, made_truth, made_said = score_synthetic(model, seed)
        pairs = {backend: (seen_truth, seen_said), "synthetic": (made_truth, made_said)}
        listed = {
            name: [{k: [float(x) for x in v] for k, v in part.items()} for part in pair]
            for name, pair in pairs.items()
        }
        write_json(
            self.path / "scores.json",
            {"metrics": {backend: seen, "synthetic": made}, "pairs": listed},
        )
        return {}

    def do_report(self, seconds: Mapping[str, float]) -> Mapping[str, Any]:
        """Write report.json and report.html."""
        from .report import write_report

        with bar("report", 1) as advance:
            write_report(self, seconds)
            advance()
        return {}

    def provenance(self) -> dict[str, Any]:
        """What made the journey, as JSON has it."""
        return asdict(self.folder.provenance)
