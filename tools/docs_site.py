"""A hook of mkdocs: the packages' READMEs are pages of the site, and links to them work there too.

In the sources a page links ``../../packages/X/README.md``, which lies outside ``docs`` and is right
where the repository is read. On the site the same README is the page ``readme/X.md``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
TO_README = re.compile(r"\]\((?:\.\./)+packages/([\w-]+)/README\.md")
TO_DOCS = re.compile(r"\]\(\.\./\.\./docs/")


def on_files(files: Files, config: MkDocsConfig, **_: Any) -> Files:
    """Add a page for each README."""
    for path in sorted(ROOT.glob("packages/*/README.md")):
        text = path.read_text(encoding="utf-8")
        files.append(File.generated(config, f"readme/{path.parent.name}.md", content=text))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Turn links between pages and READMEs into links of the site."""
    up = "../" * page.file.src_uri.count("/")
    return TO_DOCS.sub(rf"]({up}", TO_README.sub(rf"]({up}readme/\1.md", markdown))
