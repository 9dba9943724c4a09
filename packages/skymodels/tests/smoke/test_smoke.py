from importlib.metadata import entry_points, version

import pytest

import skymodels


@pytest.mark.parametrize("name", skymodels.__all__)
def test_public_name_exists(name: str) -> None:
    assert getattr(skymodels, name).__doc__
    assert name in dir(skymodels)


def test_version() -> None:
    assert version("skymodels") == "0.1.0"


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="nonesuch"):
        getattr(skymodels, "nonesuch")  # noqa: B009 - the name is not there, on purpose


@pytest.mark.parametrize("group", ["datasets", "skies"])
def test_entry_point(group: str) -> None:
    (found,) = entry_points(group=f"skytypes.{group}", name="disks")
    assert found.load().__module__.startswith("skymodels.")
