"""The page that gives every line of the specification documents its place, from `docs/reference/spec_rows.toml`."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
ROWS = REFERENCE / "spec_rows.toml"
ITEMS = REFERENCE / "spec_items.tsv"

INTRODUCTION = """\
# The specification, line by line

Longpole is one system made from five documents. This table has every heading, class, method, column, report, metric and
checklist line of them, and says where it lives: a module below `src/longpole`, a page, a test. *Done* names the test
that shows it, *planned* the issue that brings it; a line that asks for nothing says why.

Where two documents name one thing there is one implementation, and the other name is an alias in `longpole/aliases.py`.

Some claims of the documents are wrong. Longpole does this instead:

- Durations come from the steady clock, never from two wall-clock reads; times are UTC with a zone.
- Overhead is the duration minus the *union* of the model-call intervals, not minus the sum of latencies.
- Categories are shown by self time and by shares of wall time that sum to 100 %; the plain sum is named as such.
- Bottlenecks are ranked by their share of total and critical time, not by an average over a threshold.
- SQL is never built from strings; parameters are bound.
- Savings are simulated together on recorded trees, never multiplied: gains that overlap do not add up.
- "100x" and "90-95 %" are not promised. What a cure saves is measured before and after.

This page is made from `spec_rows.toml` by `make docs`.
"""


def documents() -> list[dict[str, Any]]:
    """The five documents with their rows, in order."""
    return tomllib.loads(ROWS.read_text())["document"]


def state(row: dict[str, Any]) -> str:
    """How a row stands, in words."""
    if "done" in row:
        return f"done: `{row['done']}`"
    return f"planned: issue {row['planned']}" if "planned" in row else f"nothing to build: {row['reason']}"


def summary(found: list[dict[str, Any]]) -> list[str]:
    """A table that counts the rows of each document by state."""
    lines = ["| document | rows | done | planned | nothing to build |", "| --- | ---: | ---: | ---: | ---: |"]
    for document in found:
        counted = Counter(key for row in document["rows"] for key in ("done", "planned", "reason") if key in row)
        cells = [f"{document['number']} {document['title']}", str(len(document["rows"]))]
        cells += [str(counted[key]) for key in ("done", "planned", "reason")]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def render() -> str:
    """The page as Markdown."""
    found = documents()
    lines = [INTRODUCTION, *summary(found), ""]
    for document in found:
        lines += [f"## {document['number']} {document['title']}", "", "| line | item | home | state |"]
        lines += ["| ---: | --- | --- | --- |"]
        for row in document["rows"]:
            item = row["item"].replace("|", "\\|").replace("`", "")
            lines.append(f"| {row['line']} | `{item}` | {row['home']} | {state(row)} |")
        lines.append("")
    return "\n".join(lines)
