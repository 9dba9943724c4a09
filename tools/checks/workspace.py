"""Rules of the workspace that no other tool checks; prints each breach, exits 1 if there is one.

* The root's extras and its ``test`` group repeat every member's.
* Every member has README, CHANGELOG, py.typed, tests/smoke and an example.
* Every import of a member is declared by it: a dependency, or one of its extras.
* No file but uv.lock names a package registry, and none names a folder of the machine.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HOSTS = re.compile(r"https?://[^\s\"')]*(?:pypi|pythonhosted|npmjs)\.\w+", re.IGNORECASE)
FOLDERS = re.compile(r"(?<![\w.])/(?:root|home/\w+|work|opt)/[\w.]+")
SKELETONS = {"siteops"}


def _load(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def members() -> dict[str, dict[str, Any]]:
    """The pyproject.toml of every member, by distribution name."""
    found = [_load(path) for path in sorted(ROOT.glob("packages/*/pyproject.toml"))]
    return {project["project"]["name"]: project for project in found}


def check_extras(root: dict[str, Any], packages: dict[str, dict[str, Any]]) -> list[str]:
    """Extras of members that the root does not repeat."""
    own = root["project"].get("optional-dependencies", {})
    listed = {requirement for group in own.values() for requirement in group}
    return [
        f"root extras lack {name}[{extra}]"
        for name, project in packages.items()
        for extra in project["project"].get("optional-dependencies", {})
        if f"{name}[{extra}]" not in listed
    ]


def check_test_group(root: dict[str, Any], packages: dict[str, dict[str, Any]]) -> list[str]:
    """Requirements of members' test groups that the root's test group lacks."""
    own = set(root["dependency-groups"]["test"])
    return [
        f"root test group lacks {requirement!r} of {name}"
        for name, project in packages.items()
        for requirement in project.get("dependency-groups", {}).get("test", [])
        if requirement not in own and requirement.split("[")[0] not in packages
    ]


def check_files(packages: dict[str, dict[str, Any]]) -> list[str]:
    """Files that every member must have."""
    missing = []
    for name in packages:
        folder, module = ROOT / "packages" / name, name.replace("-", "_")
        wanted = ["README.md", "CHANGELOG.md", f"src/{module}/py.typed", "tests/smoke"]
        wanted += [] if name in SKELETONS else ["examples"]
        missing += [f"{name} lacks {w}" for w in wanted if not (folder / w).exists()]
    return missing


def imported(folder: Path) -> set[str]:
    """Top-level modules that the Python files of a folder import, anywhere in them."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found.add(node.module.split(".")[0])
    return found


def check_imports(packages: dict[str, dict[str, Any]]) -> list[str]:
    """Imports of members whose distribution they do not declare."""
    homes = packages_distributions()
    breaches = []
    for name, project in packages.items():
        extras = project["project"].get("optional-dependencies", {}).values()
        listed = [*project["project"]["dependencies"], *(r for group in extras for r in group)]
        declared = {re.split(r"[\[<>=;! ]", requirement)[0].lower() for requirement in listed}
        own = name.replace("-", "_")
        for module in sorted(imported(ROOT / "packages" / name / "src")):
            if module == own or module in sys.stdlib_module_names:
                continue
            if not declared & {home.lower() for home in homes.get(module, [module])}:
                breaches.append(f"{name} imports {module} and does not declare it")
    return breaches


def check_texts() -> list[str]:
    """Registry hosts and machine folders in tracked text files."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    breaches = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if name == "uv.lock" or path == Path(__file__).resolve() or not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for pattern, what in ((HOSTS, "a registry host"), (FOLDERS, "a folder of the machine")):
            if match := pattern.search(text):
                breaches.append(f"{name} names {what}: {match.group(0)}")
    return breaches


def main() -> int:
    """Run all checks."""
    packages, root = members(), _load(ROOT / "pyproject.toml")
    if len(packages) != len(root["project"]["dependencies"]):
        sys.stderr.write("the root does not depend on every member\n")
        return 1
    breaches = [
        *check_extras(root, packages),
        *check_test_group(root, packages),
        *check_files(packages),
        *check_imports(packages),
        *check_texts(),
    ]
    for breach in breaches:
        sys.stderr.write(breach + "\n")
    sys.stdout.write(f"workspace: {len(packages)} members, {len(breaches)} breaches\n")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
