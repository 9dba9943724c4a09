"""How every Skyloom command runs.

Command lines (`skyrun.commands`), files that are whole or absent (`skyrun.files`), folders that
continue where they were stopped (`skyrun.folder`), ordered maps over workers or dask
(`skyrun.workers`), progress bars (`skyrun.progress`), FITS images of strangers (`skyrun.fits`,
extra ``fits``) and their pickles (`skyrun.unpickle`, extra ``pickle``).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .commands import answer, exit_status, make_app, note, run
    from .files import atomic_path, read_json, read_text, write_bytes, write_json, write_text
    from .folder import ResumableFolder
    from .progress import bar, track
    from .workers import Outcome, ordered_map

_MODULES = {
    "commands": ("answer", "exit_status", "make_app", "note", "run"),
    "files": ("atomic_path", "read_json", "read_text", "write_bytes", "write_json", "write_text"),
    "folder": ("ResumableFolder",),
    "progress": ("bar", "track"),
    "workers": ("Outcome", "ordered_map"),
}
_PLACE = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [  # noqa: RUF022 - grouped as a table of contents
    # command lines
    "make_app",
    "run",
    "answer",
    "note",
    "exit_status",
    # files and folders
    "atomic_path",
    "read_text",
    "read_json",
    "write_bytes",
    "write_text",
    "write_json",
    "ResumableFolder",
    # long work
    "Outcome",
    "ordered_map",
    "bar",
    "track",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACE:
        raise AttributeError(f"module 'skyrun' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_PLACE[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
