"""An audit's findings for the terminal: by file, each with its line of code, why it is believed, and what to do."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from longpole.audit.fix import FixedFile
from longpole.audit.rules import RULES
from longpole.audit.scan import AuditResult
from longpole.cli.draw import cell, muted
from longpole.cli.fitted_table import FittedTable
from longpole.model.audit_finding import AuditFinding
from longpole.model.finding import Confidence
from longpole.reports.numbers import count_text, counted

_STYLES = {"certain": "red", "high": "yellow", "medium": "cyan", "low": "dim"}
_LONGEST_LINE = 160
_INDENT = 12


def draw_audit(result: AuditResult, shown_from: Path) -> Group:
    """Every finding, what was skipped, and a last line with the sum."""
    parts: list[RenderableType] = []
    for path, findings in groupby(result.findings, key=lambda one: one.path):
        file = Path(result.root) / path
        parts.append(Text(_shown(file, shown_from), style="bold underline"))
        lines = _lines_of(file)
        parts += [part for finding in findings for part in _finding(finding, lines)]
    parts += [_skipped(result)] if result.skipped else []
    return Group(*parts, _last_line(result))


def _shown(file: Path, shown_from: Path) -> str:
    return str(file.relative_to(shown_from)) if file.is_relative_to(shown_from) else str(file)


def _lines_of(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError):
        return []


def _finding(finding: AuditFinding, lines: list[str]) -> list[RenderableType]:
    style = _STYLES[finding.confidence]
    head = Table.grid(padding=(0, 1))
    head.add_column(justify="right", width=5, style="dim")
    head.add_column(width=5, style=f"bold {style}")
    head.add_column()
    head.add_row(str(finding.line), finding.rule, _with_code(finding.message))
    facts = Text(finding.confidence, style=style).append(f" · {finding.function}", "dim")
    code = lines[finding.line - 1].strip() if finding.line <= len(lines) else ""
    parts: list[RenderableType] = [head]
    if code:
        parts.append(
            Padding(
                Text(f"│ {code[:_LONGEST_LINE]}", style="dim", no_wrap=True, overflow="ellipsis"), (0, 0, 0, _INDENT)
            )
        )
    parts.append(Padding(facts, (0, 0, 0, _INDENT)))
    parts += [
        Padding(Text("because ", style="dim").append_text(_with_code(reason, "dim")), (0, 0, 0, _INDENT))
        for reason in finding.reasons
    ]
    parts.append(Padding(Text("→ ", style="green").append_text(_with_code(finding.advice)), (0, 0, 1, _INDENT)))
    return parts


def _with_code(text: str, style: str = "") -> Text:
    """What stands between backticks in another colour, without them."""
    drawn = Text(style=style)
    for number, part in enumerate(text.split("`")):
        drawn.append(part, "bold" if number % 2 else "")
    return drawn


def _skipped(result: AuditResult) -> Group:
    lines = [Text(f"skipped {one.path}: {one.reason}", style="yellow") for one in result.skipped]
    return Group(*lines, Text())


def _last_line(result: AuditResult) -> Text:
    read = f"{counted(result.files, 'file')}, {count_text(result.lines)} lines"
    if not result.findings:
        return Text(f"Nothing found in {read}.", style="green")
    rules = len({one.rule for one in result.findings})
    files = len({one.path for one in result.findings})
    text = Text(f"{counted(len(result.findings), 'finding')}", style="bold")
    text.append(f" of {counted(rules, 'rule')} in {counted(files, 'file')}; {read} read.", "not bold")
    return text.append("  longpole audit --explain RULE tells more.", "dim not bold")


def draw_statistics(result: AuditResult) -> RenderableType:
    """Findings by rule, the most frequent first."""
    numbers = Counter(one.rule for one in result.findings)
    rows = [
        (cell(count_text(number)), cell(code), cell(RULES[code].title), muted(_levels(result, code)))
        for code, number in numbers.most_common()
    ]
    table = FittedTable(
        ("findings", "rule", "what", "confidence"),
        rows,
        texts=("rule", "what", "confidence"),
        shortened=("what",),
        left_out=("confidence",),
    )
    return Group(table, Text(), _last_line(result))


def _levels(result: AuditResult, code: str) -> str:
    levels = Counter(one.confidence for one in result.findings if one.rule == code)
    return ", ".join(f"{levels[level]} {level}" for level in Confidence if levels[level])


def draw_diffs(files: Sequence[FixedFile]) -> Iterable[RenderableType]:
    """The changes as unified diffs."""
    for file in files:
        yield Syntax(file.diff().rstrip("\n"), "diff", theme="ansi_dark", background_color="default", word_wrap=False)
