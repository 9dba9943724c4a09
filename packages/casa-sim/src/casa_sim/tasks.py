"""One disk of a campaign: what is to be made, made or kept, in the disk's own folder."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from skyrun.folder import ResumableFolder
from skytypes import Observation, Provenance, SkyImage
from skytypes.errors import InputError, SkyError

from .catalogue import CatalogueRow
from .errors import CasaSimError
from .labels import LABELS
from .products import STAGES, WORK, check_name, product_name, wanted_stages, write_products
from .settings import ObservationSettings
from .skies import check_field, read_sky
from .visibility_table import Visibilities, write_visibilities

_SAME_LABEL = 1e-6


@dataclass(frozen=True)
class DiskResult:
    """What became of one disk.

    Parameters
    ----------
    name : str
    status : str
        ``made``, ``kept`` (was there already) or ``failed``.
    file : str
        The simulated image; empty when it failed.
    reason : str
        Why it failed; CASA's own words, if it was CASA.
    seconds : float
        Spent now [s].
    """

    name: str
    status: str
    file: str = ""
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class DiskTask:
    """One disk to be observed: its name, sky file, settings, seed and labels.

    With ``uv_table`` (`casa_sim.visibility_table`) its baselines and noise are observed
    with, not the array's.
    """

    name: str
    sky: Path
    settings: ObservationSettings
    seed: int
    row: CatalogueRow | None = None
    uv_table: Path | None = None

    @property
    def told_settings(self) -> dict[str, Any]:
        """The settings that decide on the products, as JSON holds them."""
        return self.settings.as_dict() if self.uv_table is None else self.settings.imaging_dict()

    @property
    def labels(self) -> dict[str, float] | None:
        """What the catalogue says of the disk; None where there is no catalogue."""
        return None if self.row is None else self.row.labels


class Observer(Protocol):
    """A backend, as the making of disks sees it."""

    def provenance(self, task: DiskTask, sky: str) -> Provenance:
        """Where the products of a task come from; ``sky`` is a digest of the sky's file.

        All that decides on a product is in it, the task's labels included: what is finished is
        kept as long as it stays the same.
        """

    def observe(
        self, task: DiskTask, sky: SkyImage, folder: Path, keep: Collection[str]
    ) -> Observation | Visibilities:
        """Observe a sky; logs and what ``keep`` asks for besides pictures go to ``folder``."""


def try_disk(task: DiskTask, observer: Observer, *, out: Path, keep: Collection[str]) -> DiskResult:
    """`make_disk` without its errors: the result tells what went wrong, and how long it took.

    Parameters
    ----------
    task, observer, out, keep
        As `make_disk`.
    """
    start = time.monotonic()
    try:
        result = make_disk(task, observer, out=out, keep=keep)
    except SkyError as error:
        result = DiskResult(task.name, "failed", reason=str(error))
    except OSError as error:
        # A full disk, say: this disk's failure, told in one line.
        reason = f"{task.name}: {error.filename or out}: {error.strerror or error}"
        result = DiskResult(task.name, "failed", reason=reason)
    return replace(result, seconds=time.monotonic() - start)


def make_disk(
    task: DiskTask, observer: Observer, *, out: Path, keep: Collection[str]
) -> DiskResult:
    """Observe one disk, unless its folder holds it already.

    Parameters
    ----------
    task : DiskTask
    observer : Observer
        Used only if something must be made.
    out : path
        The products go to ``out / task.name``.
    keep : collection of str
        Of `casa_sim.products.KEEP`.

    Raises
    ------
    SkyError
        If the sky can't be read or observed, or the backend failed.
    """
    name, band = check_name(task.name), task.settings.band
    sky = _read_model(task)
    check_field(sky, task.settings)
    digest = hashlib.sha256(task.sky.read_bytes()).hexdigest()
    new = not (out / name).exists()
    folder = ResumableFolder(out / name, observer.provenance(task, digest))
    stages = wanted_stages(keep, task.settings.stage)
    image = folder.path / product_name(name, band, stages[0])
    if all(folder.is_done(stage) for stage in stages):
        return DiskResult(name, "kept", str(image))
    _clear(folder.path)
    try:
        made = observer.observe(task, sky, folder.path, keep)
    except InputError:
        if new:
            _remove_empty(folder.path / ".done", folder.path, out)
        raise
    if isinstance(made, Visibilities):
        write_visibilities(image, made)
        folder.finish(stages[0], [image.name], {"settings": task.told_settings})
    else:
        _finish(folder, name, made)
    return DiskResult(name, "made", str(image))


def _read_model(task: DiskTask) -> SkyImage:
    """The sky of a task; truth that the catalogue knows and the file lacks is added."""
    sky = read_sky(task.sky)
    truth = dict(sky.truth)
    if task.labels is not None:
        for label in LABELS:
            said, stored = task.labels[label], truth.setdefault(label, task.labels[label])
            if not (isinstance(stored, int | float) and _same(label, stored, said)):
                raise InputError(
                    f"{task.sky}: its {label} is {stored!r} but the catalogue says {said:g}; "
                    "make the models from this catalogue"
                )
    return replace(sky, name=task.name, truth=truth)


def _same(label: str, one: float, other: float) -> bool:
    """Whether two values of a label mean the same; an axis turned by half a turn is itself."""
    apart = one - other
    if label == "pa_deg":
        apart = (apart + 90) % 180 - 90
    return abs(apart) <= _SAME_LABEL


def _clear(folder: Path) -> None:
    """Remove what an earlier run with other settings left of this disk."""
    for stage in STAGES:
        # Hidden ones are what a killed run was writing.
        for pattern in (f"*_{stage}.fits", f".*_{stage}.fits.*.part*"):
            for old in folder.glob(pattern):
                old.unlink()
    shutil.rmtree(folder / WORK, ignore_errors=True)


def _remove_empty(*folders: Path) -> None:
    """Folders that a refusal would leave behind."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _finish(folder: ResumableFolder, name: str, observation: Observation) -> None:
    if observation.image.data.max() <= 0:
        raise CasaSimError(f"the image of {name} has no positive pixel; is its sky in the field?")
    record = {"settings": dict(observation.settings)}
    for stage, path in write_products(folder.path, name, observation).items():
        folder.finish(stage, [path.name], record)
