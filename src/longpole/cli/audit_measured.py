"""`longpole audit --measured` and `--verify`: what findings cost in recorded executions, and what a cure changed."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from longpole import settings
from longpole.audit import AuditResult, Selection
from longpole.cli.draw import cell, console, muted, print_json
from longpole.cli.fitted_table import FittedTable
from longpole.cli.options import Pairs, as_pairs, open_answers
from longpole.client.audit_book import open_audit_book
from longpole.model.errors import InvalidInput
from longpole.reports.audit_verify import AUDIT_VERIFY, value_text
from longpole.reports.audit_views import AuditedPlace, AuditMetric, AuditPost, AuditReport, AuditVerification
from longpole.reports.numbers import NONE, counted

_USUAL_NAMES = frozenset(("src", "app", "lib", "python", "backend", "server"))
"""Folders that many programs have."""

MOST_DRAWN = 20
"""Places that are drawn; `--json` has all."""

_EARLIEST, _LATEST = "1970-01-01T00:00:00Z", "9999-12-31T00:00:00Z"


def print_measured(
    result: AuditResult,
    selection: Selection,
    paths: Sequence[Path],
    *,
    program: str | None = None,
    agent: str | None = None,
    workspace: str | None = None,
    url: str | None = None,
    data: str | None = None,
    as_json: bool = False,
) -> AuditReport:
    """Post findings to the server, or keep them in the store where none runs, and print what they cost.

    Args:
        result: all that the audit found.
        selection: what it looked for; findings of other rules, and less sure ones, are left as they are.
        paths: what was audited.
        program: what it is called; the name of the folder or file by default.
        agent: only executions of this agent.
        workspace: where the findings belong.
        url: the server.
        data: the data folder.
        as_json: print the REST answer.
    """
    name = program or _program_at((paths[0] if len(paths) == 1 else Path(result.root)).resolve())
    post = AuditPost(
        program=name,
        findings=[*result.findings],
        rules=selection.codes(),
        min_confidence=selection.min_confidence,
        workspace=workspace or "default",
    )
    with open_audit_book(settings.load(url=url, data_folder=data)) as book:
        book.post(post)
        report = book.report(as_pairs(program=name, agent=agent, workspace=workspace))
    if as_json:
        print_json(report)
    else:
        console().print(draw_report(report))
    return report


def print_verification(
    before: str,
    after: str,
    *,
    agent: str | None,
    environment: str | None = None,
    workspace: str | None = None,
    url: str | None = None,
    data: str | None = None,
    as_json: bool = False,
) -> AuditVerification:
    """Print an agent's figures before and after, each a version or a period `FROM..TO`.

    Raises:
        InvalidInput: no agent is named, or the sets cannot be read or overlap.
    """
    asked = [*verify_pairs(before, after), *as_pairs(agent=agent, environment=environment, workspace=workspace)]
    with open_answers(url, data) as answers:
        found = answers.ask(AUDIT_VERIFY, asked)
    if as_json:
        print_json(found)
    else:
        console().print(draw_verification(found))
    return found


def _program_at(path: Path) -> str:
    """What is audited there, by name: of `src` and its like with the folder around it."""
    if path.is_file():
        return path.stem
    names = [part.name for part in (path, *path.parents) if part.name]
    return "/".join(reversed(names[: 2 if names and names[0] in _USUAL_NAMES else 1])) or "program"


def verify_pairs(before: str, after: str) -> Pairs:
    """The filters of two sets, each written as a version or as `FROM..TO` (RFC 3339, one side may be left out).

    >>> verify_pairs("2.14.0", "2.15.0")
    [('version', '2.14.0'), ('with_version', '2.15.0')]
    >>> verify_pairs("..2026-11-21T12:00:00Z", "2026-11-21T12:00:00Z..")
    [('to', '2026-11-21T12:00:00Z'), ('with_from', '2026-11-21T12:00:00Z'), ('with_to', '9999-12-31T00:00:00Z')]
    """
    periods = [".." in text for text in (before, after)]
    if all(periods):
        (first, until), (later, to) = [(text.partition("..")[0], text.partition("..")[2]) for text in (before, after)]
        # What is not said of the second set would be as of the first.
        bounds = {
            "from_": first or None,
            "to": until or None,
            "with_from": later or (_EARLIEST if first else None),
            "with_to": to or (_LATEST if until else None),
        }
        return as_pairs(**bounds)
    if any(periods) or not (before and after):
        raise InvalidInput(
            f"The sets are {before!r} and {after!r}. Expected two versions, or two periods written FROM..TO. "
            "Write: longpole audit --verify 2.14.0 2.15.0 --agent NAME, or --verify ..TIME TIME.."
        )
    return [("version", before), ("with_version", after)]


def draw_report(report: AuditReport) -> RenderableType:
    """The sentence, then the places that ran, those that were fixed, and how many were not seen."""
    parts: list[RenderableType] = [Text(report.message)]
    told = [item for item in report.items if item.example_execution_id or item.verified]
    for item in told[:MOST_DRAWN]:
        parts += [Text(), *_place(item)]
    if len(told) > MOST_DRAWN:
        parts += [Text(), muted(f"and {counted(len(told) - MOST_DRAWN, 'place')} more: --json has all")]
    return Group(*parts)


def _place(item: AuditedPlace) -> list[RenderableType]:
    head = Text(f"{item.rule} ", "bold").append(f"{item.code_file}:{item.code_line}", "bold")
    head.append(f"  {item.code_function}", "dim").append(f"  {item.confidence}", "dim")
    if item.state != "open":
        head.append(f"  {item.state}", "green" if item.state == "fixed" else "yellow")
    lines: list[RenderableType] = [Text(item.message)]
    if item.example_execution_id is not None:
        lines.append(Text(item.evidence, "green" if item.saving_ns else ""))
    if item.verified is not None:
        lines.append(Text(item.verified.message, "green" if item.verified.is_verified else ""))
    if item.state == "open":
        lines.append(muted(item.advice))
    if item.example_execution_id is not None:
        lines.append(muted(f"longpole show {item.example_execution_id[:16]}"))
    return [head, *(Padding(line, (0, 0, 0, 2)) for line in lines)]


def draw_verification(found: AuditVerification) -> RenderableType:
    """The sentence and the table of figures, with what to turn on for those that nobody told."""
    table = FittedTable(
        ("figure", "before", "after", "change", "95 % interval", ""),
        [_row(metric) for metric in found.metrics],
        texts=("figure", "95 % interval", ""),
        shortened=("figure",),
        left_out=("95 % interval",),
    )
    return Group(Text(found.message), Text(), table)


def _row(metric: AuditMetric) -> tuple[Text, ...]:
    change = metric.change
    if change.a is None and change.b is None:
        missing = "unknown" if metric.missing is None else f"unknown; needs {metric.missing}"
        return (Text(metric.title), muted(NONE), muted(NONE), muted(NONE), muted(NONE), muted(missing))
    interval = f"{_signed(metric, change.low)} to {_signed(metric, change.high)}"
    is_told = change.change is not None
    return (
        Text(metric.title),
        cell(value_text(metric.unit, change.a)),
        cell(value_text(metric.unit, change.b)),
        cell(_signed(metric, change.change)) if is_told else muted("too few"),
        Text(interval) if is_told else muted(NONE),
        Text("changed", style="bold") if change.is_certain else muted("not for certain" if is_told else NONE),
    )


def _signed(metric: AuditMetric, value: float | None) -> str:
    return f"{'+' if value is not None and value > 0 else ''}{value_text(metric.unit, value)}"
