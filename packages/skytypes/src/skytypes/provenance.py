"""Where a product came from: versions, configuration and seed."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any


@dataclass(frozen=True)
class Provenance:
    """What made a product, enough to make it again.

    There is no time stamp, on purpose: the same input gives the same bytes.

    Parameters
    ----------
    producer : str
        The package and what it did, e.g. ``"skymodels.disks"``.
    versions : mapping of str to str
        Package versions, and Python's.
    configuration : mapping
        The settings, as JSON would hold them.
    seed : int or None
        The seed of every draw; None where nothing was drawn.
    """

    producer: str
    versions: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None

    @classmethod
    def collect(
        cls,
        producer: str,
        *,
        packages: tuple[str, ...] = (),
        configuration: Mapping[str, Any] | None = None,
        seed: int | None = None,
    ) -> Provenance:
        """Provenance with the installed versions of ``packages`` looked up.

        Examples
        --------
        >>> p = Provenance.collect("docs", packages=("numpy",), seed=1)
        >>> sorted(p.versions)
        ['numpy', 'python']
        """
        versions = {"python": platform.python_version()}
        for package in packages:
            try:
                versions[package] = version(package)
            except PackageNotFoundError:
                versions[package] = "not installed"
        return cls(producer, versions, dict(configuration or {}), seed)

    def digest(self) -> str:
        """Sixteen hexadecimal digits that change when anything here changes.

        Examples
        --------
        >>> Provenance("a").digest() == Provenance("b").digest()
        False
        """
        text = json.dumps(
            [self.producer, dict(self.versions), dict(self.configuration), self.seed],
            sort_keys=True,
            default=str,
        )
        return hashlib.sha256(text.encode()).hexdigest()[:16]
