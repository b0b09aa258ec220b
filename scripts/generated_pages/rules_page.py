"""The page of all audit rules, from the docstrings of the files in `longpole/audit/rules`."""

import inspect

from longpole.audit.rules import RULES

INTRODUCTION = """\
# Audit rules

What `longpole audit` looks for. `longpole audit --explain LP001` shows one of these pages in the terminal. How to use
the audit, and how to silence it: [how-to/audit.md](../how-to/audit.md). How often it is right:
[accuracy.md](accuracy.md#the-static-audit).

This page is made from `src/longpole/audit/rules/` by `make docs`.

| code | name | what | ruff sees too | `--fix` |
| --- | --- | --- | --- | --- |
"""


def render() -> str:
    """The page as Markdown."""
    rows = [
        f"| [{rule.code}](#{rule.code.lower()}-{rule.slug}) | {rule.slug} | {rule.title} "
        f"| {', '.join(rule.ruff)} | {'some' if rule.mends else ''} |"
        for rule in RULES.values()
    ]
    pages = [f"## {rule.code} {rule.slug}\n\n{_sections(rule.page)}" for rule in RULES.values()]
    return INTRODUCTION + "\n".join(rows) + "\n\n" + "\n\n".join(pages) + "\n"


def _sections(page: str) -> str:
    """The definition list of a docstring as bold words and paragraphs, which every Markdown reader knows."""
    lines: list[str] = []
    in_code = False
    text = inspect.cleandoc(page).splitlines()
    for number, line in enumerate(text):
        in_code ^= line.startswith("```")
        follows = text[number + 1] if number + 1 < len(text) else ""
        if not in_code and follows.startswith(": "):
            lines += [f"**{line}.**"]
        else:
            lines.append(line if in_code else line.removeprefix(": ").removeprefix("  "))
    return "\n".join(lines)
