from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from skytypes import find
from skytypes import registry as registry_module
from skytypes.errors import ContractError, InputError, MissingPackageError
from skytypes.registry import GROUPS, registered

Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Pretend that packages with these entry points, and no others, are installed."""

    def pretend(*given: tuple[str, str, str]) -> None:
        points = [EntryPoint(name, value, f"skytypes.{group}") for group, name, value in given]

        def entry_points(**want: str) -> Iterable[EntryPoint]:
            return [p for p in points if all(getattr(p, k) == v for k, v in want.items())]

        monkeypatch.setattr(registry_module, "entry_points", entry_points)

    return pretend


def test_find_imports_what_is_registered(install: Install) -> None:
    install(("models", "toy", "math:pi"))
    assert find("models", "toy") == pytest.approx(3.14159, abs=1e-5)


def test_registered_imports_nothing_and_sorts(install: Install) -> None:
    install(("models", "z", "no.such.module:x"), ("models", "a", "math:pi"), ("skies", "s", "m:x"))
    assert list(registered("models")) == ["a", "z"]


@pytest.mark.parametrize(
    ("group", "name", "message"),
    [
        (
            "models",
            "disconet",
            r"no model 'disconet' is installed \(installed: none\); install net",
        ),
        ("models", "other", "install netzoo"),
        ("datasets", "disks", "no dataset 'disks' .* install skymodels"),
        ("datasets", "disks-simulated", "install casa-sim"),
        ("datasets", "other", "install skymodels, casa-sim or popmaps"),
        ("simulators", "native", "no simulator 'native' .* install casa-sim"),
        ("skies", "disks", "no sky source 'disks' .* install skymodels"),
        ("weights", "disks", "no weights file 'disks' .* install netzoo or edgeinfer"),
    ],
)
def test_what_is_missing_says_what_to_install(
    install: Install, group: str, name: str, message: str
) -> None:
    install()
    with pytest.raises(MissingPackageError, match=message):
        find(group, name)


def test_what_is_missing_says_what_there_is(install: Install) -> None:
    install(("models", "b", "math:pi"), ("models", "a", "math:e"))
    with pytest.raises(MissingPackageError, match=r"\(installed: a, b\)"):
        find("models", "c")


@pytest.mark.parametrize("call", [registered, lambda group: find(group, "x")])
def test_unknown_groups_are_refused(call: Callable[[str], Any]) -> None:
    with pytest.raises(InputError, match=f"group 'planets' is not known; allowed: {GROUPS[0]}, "):
        call("planets")


def test_a_package_that_lacks_its_own_dependency(install: Install) -> None:
    install(("models", "toy", "no_such_module:x"))
    with pytest.raises(MissingPackageError, match=r"'toy' \(no_such_module:x\) can't be imported"):
        find("models", "toy")


def test_a_package_that_lacks_its_own_object(install: Install) -> None:
    install(("models", "toy", "math:nonesuch"))
    with pytest.raises(ContractError, match="registered as math:nonesuch, which is not there"):
        find("models", "toy")


def test_two_packages_of_one_name_are_refused_not_ranked(install: Install) -> None:
    install(("models", "toy", "math:pi"), ("models", "toy", "math:e"))
    with pytest.raises(ContractError, match="registered by math:e and by math:pi; uninstall one"):
        find("models", "toy")


def test_the_same_package_found_twice_is_one(install: Install) -> None:
    install(("models", "toy", "math:pi"), ("models", "toy", "math:pi"))
    assert find("models", "toy") > 3
