import platform
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import pytest

from skytypes import Provenance

ONE = Provenance("skymodels.disks", {"numpy": "2.1"}, {"size": 128, "noise": 0.1}, 42)


@pytest.mark.parametrize(
    "change",
    [
        {"producer": "skymodels.stars"},
        {"versions": {"numpy": "2.2"}},
        {"configuration": {"size": 128, "noise": 0.2}},
        {"configuration": {"size": 128}},
        {"seed": 43},
        {"seed": None},
    ],
)
def test_digest_changes_with_everything(change: dict[str, Any]) -> None:
    assert replace(ONE, **change).digest() != ONE.digest()


def test_digest_does_not_depend_on_order_or_process() -> None:
    turned = replace(ONE, configuration={"noise": 0.1, "size": 128})
    assert turned.digest() == ONE.digest()
    code = f"from skytypes import Provenance; print({ONE!r}.digest())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ONE.digest()
    assert len(ONE.digest()) == 16


def test_collect_looks_versions_up() -> None:
    made = Provenance.collect("x", packages=("numpy", "nonesuch"), configuration={"a": 1}, seed=3)
    assert made.versions == {
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "nonesuch": "not installed",
    }
    assert (made.configuration, made.seed) == ({"a": 1}, 3)


def test_collect_does_not_share_the_callers_configuration() -> None:
    configuration = {"a": 1}
    made = Provenance.collect("x", configuration=configuration)
    configuration["a"] = 2
    assert made.configuration == {"a": 1}
