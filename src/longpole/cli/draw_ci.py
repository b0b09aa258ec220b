"""A comparison of baselines as Markdown: the verdict, what changed, and the rest folded."""

import re

from longpole.testing.baseline_change import BaselineChange, MeasureChange
from longpole.testing.change_text import (
    NAMES,
    change_text,
    interval_text,
    notes_of,
    runs_text,
    value_text,
    verdict_sentence,
    verdict_word,
)

_MARKS = {"worse": "🔴", "better": "🟢"}
_HEAD = (
    "| test | figure | base | head | change | 95 % interval | runs | |",
    "|---|---|--:|--:|--:|--:|--:|---|",
)
Told = list[tuple[str, MeasureChange]]


def markdown_of(found: BaselineChange) -> str:
    """What `longpole ci compare` prints, without a line end at its end."""
    lines = [f"### {_mark_of(found)} Longpole: {verdict_sentence(found)}"]
    changed = found.told("worse") + found.told("better")
    if changed:
        lines += ["", *_table(changed)]
    lines += [line for note in notes_of(found) for line in ("", _escaped(note))]
    rest = [
        (test.name, one)
        for test in found.operations
        for one in test.changes
        if one.verdict not in ("worse", "better") and not (one.verdict == "same" and one.is_exact)
    ]
    if rest:
        lines += [
            "",
            "<details><summary>Everything else</summary>",
            "",
            *_table(rest),
            "",
            "</details>",
        ]
    return "\n".join(lines)


def _mark_of(found: BaselineChange) -> str:
    """White where nothing could be judged: green would say that all is well."""
    if found.has_regressed:
        return "🔴"
    return "🟢" if any(map(found.told, ("same", "better"))) else "⚪"


def _table(told: Told) -> list[str]:
    return [*_HEAD, *(_row(name, change) for name, change in told)]


def _row(name: str, change: MeasureChange) -> str:
    cells = (
        _escaped(name),
        NAMES[change.measure],
        value_text(change, change.base),
        value_text(change, change.head),
        change_text(change),
        interval_text(change),
        runs_text(change),
        " ".join(part for part in (_MARKS.get(change.verdict), verdict_word(change)) if part),
    )
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """A name of a test may hold anything, such as `|` or `*` in its parameters."""
    plain = text.replace("\n", " ").replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*_\[\]|~#@])", r"\\\1", plain)
