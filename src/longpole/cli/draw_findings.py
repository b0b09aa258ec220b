"""Findings for the terminal: each with what it could save, how sure it is, its place, and what to do."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from longpole.cli.draw import muted, status_text
from longpole.reports.finding_views import Findings
from longpole.reports.numbers import cost_text, counted, duration_text
from longpole.reports.views import FindingItem

BEST = 5
"""Findings below a tree; `longpole findings` has all of them."""

_SIGNS = {"certain": ("!", "yellow"), "high": ("!", "yellow"), "medium": ("?", "cyan"), "low": ("?", "dim")}


def draw_findings(found: Findings) -> Group:
    """What the execution is, what the best savings come to together, and every finding."""
    so_far = " so far" if found.is_running else ""
    head = Text().append(f"{found.agent}  ", "bold").append(f"{duration_text(found.duration_ns)}{so_far}", "bold")
    head.append(" · ", "dim").append_text(status_text(found.status))
    if not found.findings:
        return Group(head, Text(), Text("Nothing worth telling: no wait, no repeat, no failure that was hidden."))
    parts: list[RenderableType] = [head]
    if found.saving_together_ns:
        parts.append(_together(found))
    return Group(*parts, muted(found.execution_id), Text(), *_findings(found.findings))


def draw_best(found: Findings) -> Group:
    """The first few, for below a tree."""
    left = len(found.findings) - BEST
    parts: list[RenderableType] = [Text(), *_findings(found.findings[:BEST])]
    if left > 0:
        parts.append(muted(f"and {counted(left, 'more finding')}: longpole findings {found.execution_id[:12]}"))
    return Group(*parts)


def _together(found: Findings) -> Text:
    left_ns = found.duration_ns - found.saving_together_ns
    which = "The first" if len(found.together) == 1 else f"The first {len(found.together)} together"
    saves = "saves" if len(found.together) == 1 else "save"
    return Text(
        f"{which} {saves} {duration_text(found.saving_together_ns)}: it would take {duration_text(left_ns)}.", "green"
    )


def _findings(findings: Sequence[FindingItem]) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for finding in findings:
        sign, style = _SIGNS.get(finding.confidence, ("!", "yellow"))
        lines.append(Text(f"{sign} ", style=style).append(finding.title, f"bold not {style}"))
        lines += [Padding(part, (0, 0, 0, 2)) for part in (_facts(finding), muted(finding.advice))]
    return lines


def _facts(finding: FindingItem) -> Text:
    text = Text()
    for word in _savings(finding):
        text.append(word, "green").append(" · ", "dim")
    place = _place(finding)
    return text.append(finding.confidence).append("" if place is None else f" · {place}", "dim")


def _savings(finding: FindingItem) -> list[str]:
    words: list[str] = []
    if finding.saving_ns:
        words.append(f"could save {duration_text(finding.saving_ns)}")
    if finding.saving_usd:
        words.append(cost_text(finding.saving_usd))
    return words


def _place(finding: FindingItem) -> str | None:
    if finding.code_file is None or finding.code_line is None:
        return finding.code_file
    return f"{finding.code_file}:{finding.code_line}"
