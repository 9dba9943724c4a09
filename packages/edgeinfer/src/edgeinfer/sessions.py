"""`Session`: a model file in onnxruntime, its tensors held to the card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skytypes.errors import InputError
from skytypes.specs import OutputSpec

from .errors import ModelFileError, shorten
from .modelfile import ModelFile

if TYPE_CHECKING:
    import onnxruntime

MAX_THREADS = 1024
_FLOAT = "tensor(float)"
_FATAL_ONLY = 4


def _options(threads: int | None) -> onnxruntime.SessionOptions:
    import onnxruntime

    if threads is not None and not 1 <= threads <= MAX_THREADS:
        raise InputError(f"threads is {threads}; give 1 to {MAX_THREADS}")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _FATAL_ONLY
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = threads or 0
    # Else bytes that are ONNX to us can be another model to it, in its own format.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    # Idle threads must sleep: a telescope's computer has other work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _open(file: ModelFile, threads: int | None) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = _options(threads)
    try:
        return onnxruntime.InferenceSession(file.data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - onnxruntime's errors share no base but Exception
        reason = shorten(str(error).rpartition(" : ")[2])
        raise ModelFileError(f"{file.path}: onnxruntime can't load it: {reason}") from None


def tensor_names(outputs: Sequence[OutputSpec]) -> list[str]:
    """Names of the raw tensors that the outputs read, each once, in order.

    Examples
    --------
    >>> tensor_names([OutputSpec("a", "", "linear", (0,)), OutputSpec("b", "", "linear", (1,))])
    ['output']
    """
    return list(dict.fromkeys(o.tensor for o in outputs))


class Session:
    """Runs the network of a `ModelFile` on encoded tensors.

    Parameters
    ----------
    file : ModelFile
    threads : int or None
        Threads of onnxruntime; None leaves the choice to it (all cores).

    Raises
    ------
    ModelFileError
        If onnxruntime can't load it (an operator unknown to it, a broken graph), or its inputs and
        outputs are not those of the card, float32, with a free batch axis.
    """

    def __init__(self, file: ModelFile, *, threads: int | None = None) -> None:
        self.file = file
        self.names = tensor_names(file.card.outputs)
        self._session = _open(file, threads)
        self._check_inputs()
        self._check_outputs()

    def _refuse(self, reason: str) -> ModelFileError:
        return ModelFileError(f"{self.file.path}: {reason}; the card does not fit the network")

    def _check_inputs(self) -> None:
        found = {i.name: i for i in self._session.get_inputs()}
        wanted = {s.name: s for s in self.file.card.inputs}
        if set(found) != set(wanted):
            raise self._refuse(
                f"the network takes {sorted(found)}, the card gives {sorted(wanted)}"
            )
        for name, spec in wanted.items():
            shape = found[name].shape
            if found[name].type != _FLOAT or tuple(shape[1:]) != tuple(spec.shape):
                raise self._refuse(
                    f"input {name!r} is {found[name].type} of shape {shape}, the card gives "
                    f"float32 of shape (batch, {', '.join(str(n) for n in spec.shape)})"
                )
            if isinstance(shape[0], int):
                raise ModelFileError(
                    f"{self.file.path}: input {name!r} takes batches of {shape[0]} only; "
                    "export it with a dynamic batch"
                )

    def _check_outputs(self) -> None:
        found = {o.name: o for o in self._session.get_outputs()}
        for output in self.file.card.outputs:
            if output.tensor not in found:
                raise self._refuse(
                    f"the network has no output {output.tensor!r} (it has {sorted(found)})"
                )
            kind, shape = found[output.tensor].type, found[output.tensor].shape
            columns = shape[1] if len(shape) > 1 else 0
            if kind != _FLOAT or (isinstance(columns, int) and columns <= max(output.columns)):
                raise self._refuse(
                    f"output {output.name!r} reads columns {output.columns} of "
                    f"{output.tensor!r}, which is {kind} of shape {shape}"
                )

    def __call__(self, tensors: Mapping[str, Any]) -> dict[str, NDArray[np.float32]]:
        """Raw outputs by tensor name, shape (batch, column, ...), of encoded inputs.

        Raises
        ------
        ModelFileError
            If the network fails on them; the runtime's reason is given.
        """
        feeds = {k: np.ascontiguousarray(v, dtype=np.float32) for k, v in tensors.items()}
        try:
            raw = self._session.run(self.names, feeds)
        except Exception as error:  # noqa: BLE001 - onnxruntime's errors share no base
            reason = shorten(str(error).rpartition(" : ")[2])
            raise ModelFileError(f"{self.file.path}: the network failed: {reason}") from None
        return dict(zip(self.names, raw, strict=True))
