"""The checkers of tools/checks find what they are for."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / "checks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WORKSPACE, README = _load("workspace"), _load("readme")


def test_a_missing_extra_and_a_missing_test_requirement_are_found() -> None:
    member: dict[str, Any] = {
        "project": {"optional-dependencies": {"fits": ["astropy"]}},
        "dependency-groups": {"test": ["hypothesis>=6"]},
    }
    root: dict[str, Any] = {"project": {}, "dependency-groups": {"test": []}}
    assert WORKSPACE.check_extras(root, {"a": member}) == ["root extras lack a[fits]"]
    assert WORKSPACE.check_test_group(root, {"a": member}) == [
        "root test group lacks 'hypothesis>=6' of a"
    ]


@pytest.mark.parametrize("text", ["/ro" + "ot/x.py", "/ho" + "me/someone/x", "/wo" + "rk/main"])
def test_folders_of_a_machine_are_found(text: str) -> None:
    assert WORKSPACE.FOLDERS.search(f"see {text} there")


def test_relative_paths_are_not_taken_for_folders_of_a_machine() -> None:
    assert not WORKSPACE.FOLDERS.search("packages/work/x ./opt/y https://example.org/work/a")


def test_the_main_job_is_made_small_and_the_tests_are_left_out() -> None:
    text = "```bash\nuv run tools/disk_to_edge.py  # long\nuv run --all-extras pytest\n```\n"
    small = "uv run tools/disk_to_edge.py --disks 4 --out 'a folder'"
    assert README.commands(text, "a folder") == [small]
