"""What the navigation of the documentation lists, read from the pages: nothing is listed twice.

`start.md` names every how-to page in a table for each kind of task. Only the order of the reference is written here.
"""

import re
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).resolve().parents[2] / "docs"
FIRST = ("start", "concepts", "glossary")
REFERENCE = (
    "settings",
    "cli",
    "python",
    "rest",
    "events",
    "mapping",
    "sql-schema",
    "rules",
    "errors",
    "metrics",
    "compatibility",
    "licences",
    "performance",
    "accuracy",
    "audit-sample",
    "comparison",
    "spec",
)
TABLE = re.compile(r"^\| (?P<caption>[a-z ]+) \| \|\n\| --- \| --- \|\n(?P<rows>(?:\|.*\n)+)", re.MULTILINE)
LINK = re.compile(r"^\| \[(?P<title>[^\]]+)\]\((?P<page>how-to/[\w-]+)\.md\)", re.MULTILINE)


class Entry(NamedTuple):
    """A page in the navigation; without a title it is called what its heading says."""

    page: str
    title: str | None = None


class Part(NamedTuple):
    """Pages under one caption; the first part has none."""

    caption: str | None
    entries: list[Entry]


def parts() -> list[Part]:
    """The whole navigation from top to bottom, pages without their `.md`."""
    start = (DOCS / "start.md").read_text()
    tasks = [
        Part(
            f"How to: {table['caption']}",
            [Entry(link["page"], link["title"]) for link in LINK.finditer(table["rows"])],
        )
        for table in TABLE.finditer(start)
    ]
    others = [page.stem for page in sorted((DOCS / "reference").glob("*.md")) if page.stem not in REFERENCE]
    reference = Part("Reference", [Entry(f"reference/{name}") for name in (*REFERENCE, *others)])
    return [Part(None, [Entry(page) for page in FIRST]), *tasks, reference, Part("Why", [Entry("decisions/README")])]


def decisions() -> list[Entry]:
    """The pages of the decisions, in order."""
    return [Entry(f"decisions/{page.stem}") for page in sorted((DOCS / "decisions").glob("[0-9]*.md"))]


def toctrees(found: list[Part]) -> str:
    """The parts as hidden tables of contents, as the generator wants them."""
    blocks: list[str] = []
    for part in found:
        caption = f":caption: {part.caption}\n" if part.caption else ""
        rows = "\n".join(
            f"{entry.title} </{entry.page}>" if entry.title else f"/{entry.page}" for entry in part.entries
        )
        blocks.append(f"```{{toctree}}\n:hidden:\n{caption}\n{rows}\n```")
    return "\n\n" + "\n\n".join(blocks) + "\n"
