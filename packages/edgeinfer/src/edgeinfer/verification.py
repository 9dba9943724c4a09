"""`verify_model`: whether a file answers on this machine as it did where it was exported."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skytypes.arrays import to_numpy
from skytypes.errors import ContractError

from .errors import ModelFileError
from .golden import Golden
from .modelfile import GOLDEN_KEY, PARITY_KEY, ModelFile, read_model
from .parity import TOLERANCE, largest_difference
from .probes import PICTURE_INPUTS, probe_tensors
from .sessions import Session

_BATCH = 5
_SEED = 11
# The raw answer is stored whole; decoding it again finds the picture's window again, to within the
# rounding of this machine's sums.
_DECODE_TOLERANCE = 1e-3
_DECODE_FLOOR = 1e-2


@dataclass(frozen=True)
class Check:
    """One thing looked at.

    Parameters
    ----------
    check : str
    ok : bool
    measured, allowed : float or None
        Where the check is a number: what was found, and the most that is allowed.
    note : str

    Examples
    --------
    >>> Check("finite", True).row()["ok"]
    True
    """

    check: str
    ok: bool
    measured: float | None = None
    allowed: float | None = None
    note: str = ""

    def row(self) -> dict[str, object]:
        """The check as one line of a table or of JSON."""
        return {
            "check": self.check,
            "ok": self.ok,
            "measured": self.measured,
            "allowed": self.allowed,
            "note": self.note,
        }


def _bounded(check: str, measured: float, allowed: float, note: str = "") -> Check:
    return Check(check, bool(measured <= allowed), measured, allowed, note)


def verify_model(
    path: str | os.PathLike[str],
    *,
    checkpoint: str | os.PathLike[str] | None = None,
    threads: int | None = None,
) -> list[Check]:
    """Check a model file; without a checkpoint torch is not needed.

    Parameters
    ----------
    path : path
        The ONNX file.
    checkpoint : path or None
        ``best.pt`` that it was exported from: parity is measured again.
    threads : int or None
        Threads of onnxruntime.

    Returns
    -------
    list of Check
        Card and network fit; parity stored at export; finite answers; an item alone equals the
        same item in a batch of five; the golden item encoded, run and decoded as torch had it;
        with a checkpoint, parity measured now.

    Raises
    ------
    InputError, ModelFileError
        If the file can't be loaded at all, or the checkpoint is bad.
    """
    file = read_model(path)
    session = Session(file, threads=threads)
    checks = [_fit(file), _stored_parity(file), *_batches(session), *_golden(session)]
    if checkpoint is not None:
        checks.append(_parity(session, checkpoint))
    return checks


def _fit(file: ModelFile) -> Check:
    inputs = ", ".join(f"{s.name} {list(s.shape)}" for s in file.card.inputs)
    outputs = ", ".join(o.name for o in file.card.outputs)
    note = f"{file.card.name} {file.card.version}, opset {file.opset}: {inputs} -> {outputs}"
    return Check("card_fits_network", True, note=note)


def _stored_parity(file: ModelFile) -> Check:
    record = file.record(PARITY_KEY) or {}
    value = record.get("max_abs_diff")
    if not isinstance(value, int | float):
        return Check("parity_at_export", False, note="no figure stored; export again")
    return _bounded("parity_at_export", float(value), TOLERANCE)


def _batches(session: Session) -> list[Check]:
    tensors = probe_tensors(session.file.card, _BATCH, seed=_SEED)
    together = session(tensors)
    apart = 0.0
    for i in range(_BATCH):
        alone = session({k: v[i : i + 1] for k, v in tensors.items()})
        theirs = {k: v[i : i + 1] for k, v in together.items()}
        apart = max(apart, largest_difference(alone, theirs))
    finite = all(bool(np.isfinite(v).all()) for v in together.values())
    return [
        Check("answers_finite", finite, note=f"{_BATCH} probe items"),
        _bounded("batch_of_1_equals_batch_of_5", apart, TOLERANCE),
    ]


def _golden(session: Session) -> list[Check]:
    file = session.file
    record = file.record(GOLDEN_KEY)
    if record is None:
        return [Check("golden_item", False, note="none stored; export again with edgeinfer")]
    golden = Golden.from_record(record, file.path)
    lacking = sorted(
        PICTURE_INPUTS - set(golden.sample if golden.sample is not None else PICTURE_INPUTS)
    )
    if lacking:
        note = f"the stored picture has no input {lacking[0]!r}; export again"
        return [Check("golden_item", False, note=note)]
    try:
        raw = session(golden.encoded(file.card))
        decoded = golden.decoded(file.card)
    except (ContractError, ModelFileError) as error:
        return [Check("golden_item", False, note=str(error))]
    checks = [_bounded("golden_raw_as_torch", largest_difference(raw, golden.raw), TOLERANCE)]
    if golden.sample is not None:
        apart = _relative_difference(decoded, golden.answers)
        checks.append(_bounded("golden_decoded_as_at_export", apart, _DECODE_TOLERANCE, "relative"))
    return checks


def _relative_difference(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> float:
    """Largest difference over the value's size, at least 1e-2; infinite if names differ."""
    if set(ours) != set(theirs):
        return float("inf")
    scaled = {k: np.maximum(np.abs(to_numpy(v)), _DECODE_FLOOR) for k, v in theirs.items()}
    return largest_difference(
        {k: np.asarray(ours[k]) / s for k, s in scaled.items() if ours[k].shape == s.shape},
        {k: np.asarray(theirs[k]) / s for k, s in scaled.items()},
    )


def _parity(session: Session, checkpoint: str | os.PathLike[str]) -> Check:
    from .architectures import build_network
    from .checkpoints import read_checkpoint
    from .parity import measure_parity

    network = build_network(session.file.card, read_checkpoint(checkpoint))
    found = measure_parity(network, session)
    note = f"largest output {found.largest_output:.3g}, batches {list(found.batches)}"
    return _bounded("parity_with_checkpoint", found.max_abs_diff, TOLERANCE, note)
