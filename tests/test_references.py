"""What READMEs and pages name exists: flags of commands, files, links, modules and their names."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import re
import shlex
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("packages/*/README.md"), *ROOT.glob("docs/**/*.md")])
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
CODE = re.compile(r"^```[^\n]*\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
MODULES = tuple(path.name for path in sorted(ROOT.glob("packages/*/src/*")) if path.is_dir())
NAME = re.compile(rf"`((?:{'|'.join(MODULES)})(?:\.\w+)+)(?:\([^`]*\))?`")
FILE = re.compile(r"`((?:packages|tools|tests|docs|examples)/[\w./-]+\.\w+)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
SCRIPT = re.compile(r"tools/[\w/]+\.py")
# Flags of the programs that the pages tell to run: uv and torchrun.
FOREIGN = {"--package", "--extra", "--group", "--all-extras", "--nproc-per-node"}


def _targets() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(ROOT.glob("packages/*/pyproject.toml")):
        found |= tomllib.loads(path.read_text())["project"].get("scripts", {})
    return found


COMMANDS = _targets()


def _help(command: str, verbs: tuple[str, ...]) -> str:
    module, function = COMMANDS[command].split(":")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = getattr(importlib.import_module(module), function)([*verbs, "--help"])
    assert status == 0, (command, verbs)
    return out.getvalue()


@cache
def verbs_of(command: str) -> dict[tuple[str, ...], frozenset[str]]:
    """Flags of each verb of a command, read from its help."""
    found: dict[tuple[str, ...], frozenset[str]] = {}
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        verbs = waiting.pop()
        text = _help(command, verbs)
        found[verbs] = frozenset(FLAG.findall(text))
        listed = text.split("─ Commands ─")
        if len(listed) == 2:
            panel = listed[1].split("╰")[0]
            names = re.findall(r"^│ ([a-z]\w*) ", panel, re.MULTILINE)
            waiting += [(*verbs, name) for name in names]
    return found


@cache
def flags_of_the_main_job() -> frozenset[str]:
    """Flags of tools/disk_to_edge.py."""
    path = ROOT / "tools" / "disk_to_edge.py"
    spec = importlib.util.spec_from_file_location("disk_to_edge", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        module.app(["--help"])
    return frozenset(FLAG.findall(out.getvalue()))


def _flags_of_a_script(name: str) -> frozenset[str]:
    """Flags of a script of tools: by its help, or (argparse, not run here) by its source."""
    if name == "tools/disk_to_edge.py":
        return flags_of_the_main_job()
    return frozenset(re.findall(r'"(--[a-z][a-z0-9-]*)"', (ROOT / name).read_text("utf-8")))


def _lines(page: Path) -> list[str]:
    """Lines of code blocks, and code inside sentences; continued lines joined."""
    found: list[str] = []
    for block, span in CODE.findall(page.read_text(encoding="utf-8")):
        found += (block or span).replace("\\\n", " ").replace("\\|", "|").splitlines()
    return found


def _verb_of(line: str) -> tuple[str, tuple[str, ...]] | None:
    """The command and its verb, where a line runs one."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return None
    for start, word in enumerate(words):
        followed = words[start + 1 : start + 2]
        if word not in COMMANDS or words[max(start - 1, 0)] == "--package" or not followed:
            continue
        verbs: tuple[str, ...] = ()
        for name in words[start + 1 :]:
            if (*verbs, name) not in verbs_of(word):
                break
            verbs = (*verbs, name)
        return (word, verbs) if verbs else None
    return None


def _pages(pattern: re.Pattern[str]) -> list[Path]:
    return [page for page in PAGES if pattern.search(page.read_text(encoding="utf-8"))]


def _label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_help_of_nested_verbs_is_read() -> None:
    assert "--epochs" in verbs_of("trainkit")["fit", "disks"]
    assert "--channels" in verbs_of("trainkit")["fit", "popmaps"]
    assert "--array" in verbs_of("casa-sim")["observe",]
    assert "--array" not in verbs_of("casa-sim")["catalogue",]


def test_a_line_is_held_to_its_own_verb() -> None:
    line = "uv run --package skymodels skymodels catalogue -n 4 --seed 42"
    assert _verb_of(line) == ("skymodels", ("catalogue",))
    assert _verb_of("trainkit fit disks --preset quick") == ("trainkit", ("fit", "disks"))
    assert _verb_of("uv sync --package casa-sim") is None


@pytest.mark.parametrize("page", _pages(FLAG), ids=_label)
def test_flags_exist(page: Path) -> None:
    own = page.parent.name if page.parent.name in COMMANDS else None
    everywhere = frozenset.union(
        *(flags for name in COMMANDS for flags in verbs_of(name).values()),
        flags_of_the_main_job(),
    )
    in_package = (
        frozenset.union(*verbs_of(own).values()) | flags_of_the_main_job() if own else everywhere
    )
    for line in _lines(page):
        verb, script = _verb_of(line), SCRIPT.search(line)
        allowed = in_package if verb is None else verbs_of(verb[0])[verb[1]]
        if script:
            allowed = _flags_of_a_script(script[0])
        unknown = set(FLAG.findall(line)) - allowed - FOREIGN
        assert not unknown, f"{line.strip()!r}: no {sorted(unknown)}"


@pytest.mark.parametrize("page", _pages(FILE), ids=_label)
def test_files_exist(page: Path) -> None:
    for name in FILE.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / name).exists() or (page.parent / name).exists(), name


@pytest.mark.parametrize("page", _pages(LINK), ids=_label)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def _resolves(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[end:]:
            if not hasattr(found, attribute):
                return False
            found = getattr(found, attribute)
        return True
    return False


def test_names_that_are_gone_are_seen() -> None:
    assert _resolves("casa_sim.native.images.dirty_image")
    assert not _resolves("casa_sim.native.nonesuch")
    assert not _resolves("casa_sim.native.images.nonesuch")


# Entry points' groups and a card's fields are named like modules.
GROUPS = {"skytypes.datasets", "skytypes.skies", "skytypes.simulators", "skytypes.models"}


@pytest.mark.parametrize("page", _pages(NAME), ids=_label)
def test_modules_and_their_names_exist(page: Path) -> None:
    for name in NAME.findall(page.read_text(encoding="utf-8")):
        if name not in GROUPS:
            assert _resolves(name), name


def test_modules_on_the_page_of_the_simulator_exist() -> None:
    text = (ROOT / "docs" / "alma.md").read_text(encoding="utf-8")
    named = re.findall(r"`(native(?:\.\w+)+)`", text)
    assert len(named) > 15
    for name in named:
        assert _resolves(f"casa_sim.{name}"), name
