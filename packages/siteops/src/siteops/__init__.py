"""Skeleton of siteops: its name, version and command; ``siteops plan`` says what will be here."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("siteops")
