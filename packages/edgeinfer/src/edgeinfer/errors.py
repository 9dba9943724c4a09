"""What can go wrong here, beside bad input (`skytypes.errors.InputError`)."""

from __future__ import annotations

from skytypes.errors import InputError, SkyError


class ModelFileError(InputError):
    """An ONNX file that is no model of ours, or not whole, or not safe to load."""


class CheckpointError(InputError):
    """A checkpoint that can't be read, or whose weights do not fit the card's architecture."""


class ExportError(SkyError, RuntimeError):
    """The network can't be written as ONNX; nothing was written."""


class ParityError(ExportError):
    """onnxruntime and torch give different answers; nothing was written."""


def shorten(text: object, limit: int = 240) -> str:
    """The first ``limit`` characters of a library's message, as one line.

    Parameters
    ----------
    text : object
        Usually an exception.
    limit : int
        Characters kept.

    Examples
    --------
    >>> shorten("  one   line ")
    'one line'
    """
    line = " ".join(str(text).split())
    return line if len(line) <= limit else line[: limit - 3] + "..."
