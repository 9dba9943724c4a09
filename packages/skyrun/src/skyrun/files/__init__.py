"""Files that are whole or absent, and reading with a size bound."""

from .reading import check_size, read_json, read_text, read_toml
from .whole import atomic_path
from .writing import cannot_write, write_bytes, write_json, write_text

__all__ = [  # noqa: RUF022 - grouped as a table of contents
    # whole or absent
    "atomic_path",
    "write_bytes",
    "write_text",
    "write_json",
    "cannot_write",
    # no larger than allowed
    "check_size",
    "read_text",
    "read_json",
    "read_toml",
]
