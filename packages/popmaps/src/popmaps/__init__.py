"""Skeleton of popmaps: its name, version and command; ``popmaps plan`` says what will be here."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("popmaps")
