"""The table of `longpole bench`: what each operation took, its target, and whether it was kept."""

from collections.abc import Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from longpole.cli.draw import cell, muted
from longpole.reports.numbers import NONE, count_text, duration_text, share_text
from longpole.testing.measure import Figures, OperationOutcome, Outcome

_RESULTS = {
    "passed": ("✓ passed", "green"),
    "missed": ("✗ missed", "red"),
    "failed": ("✗ failed", "bold red"),
    "measured": ("· no target", "dim"),
}
MOST_INSIDE = 5


def draw_bench(outcomes: Sequence[OperationOutcome]) -> Group:
    """The table, what took the time inside each operation, the errors, and a sentence that sums up."""
    return Group(_table(outcomes), *_bottlenecks(outcomes), *_errors(outcomes), Text(), _sentence(outcomes))


def _table(outcomes: Sequence[OperationOutcome]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("operation", overflow="fold", min_width=12)
    for name in ("runs", "p50", "p95", "max", "target"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("result", no_wrap=True)
    for outcome in outcomes:
        _add_row(table, outcome, "")
        for inside in outcome.inside:
            _add_row(table, inside, "  ")
    return table


def _add_row(table: Table, outcome: Outcome, indent: str) -> None:
    figures = outcome.figures
    durations = (None, None, None) if figures is None else (figures.p50_ns, figures.p95_ns, figures.max_ns)
    table.add_row(
        cell(indent + outcome.name),
        cell(count_text(_runs(figures, outcome.errors))),
        *(cell(NONE if duration is None else duration_text(duration)) for duration in durations),
        _target(outcome),
        _result(outcome),
    )


def _runs(figures: Figures | None, errors: int) -> int:
    return (0 if figures is None else figures.count) + errors


def _target(outcome: Outcome) -> Text:
    if outcome.target_ns is None:
        return muted(NONE)
    text = f"{outcome.percentile} ≤ {duration_text(outcome.target_ns)}"
    return cell(text + (f" +{share_text(outcome.tolerance)}" if outcome.tolerance else ""))


def _result(outcome: Outcome) -> Text:
    word, style = _RESULTS[outcome.status]
    if outcome.status == "missed" and outcome.target_ns and outcome.measured_ns is not None:
        word += f" by {share_text(outcome.measured_ns / outcome.target_ns - 1)}"
    return Text(word, style=style)


def _bottlenecks(outcomes: Sequence[OperationOutcome]) -> list[Text]:
    """Of each operation with profiled functions inside: those with the largest totals, and what they leave."""
    lines: list[Text] = []
    for outcome in outcomes:
        if not outcome.profiled:
            continue
        parts = [
            f"{each.name} {count_text(each.count)} × {duration_text(each.mean_ns)}"
            for each in outcome.profiled[:MOST_INSIDE]
        ]
        if outcome.coordination_ns is not None:
            parts.append(f"coordination {duration_text(outcome.coordination_ns)} a run")
        lines.append(Text(f"Inside {outcome.name}: {', '.join(parts)}."))
    return [Text(), *lines] if lines else []


def _errors(outcomes: Sequence[OperationOutcome]) -> list[Text]:
    failed = [each for outcome in outcomes for each in (outcome, *outcome.inside) if each.error is not None]
    lines = [
        Text(f"{each.name}: {each.error}" + (f" ({count_text(each.errors)} times)" if each.errors > 1 else ""), "red")
        for each in failed
    ]
    return [Text(), *lines] if lines else []


def _sentence(outcomes: Sequence[OperationOutcome]) -> Text:
    judged = [each.status for outcome in outcomes for each in (outcome, *outcome.inside)]
    kept, missed, failed = (judged.count(status) for status in ("passed", "missed", "failed"))
    parts = [f"{count_text(kept)} of {count_text(len(judged) - judged.count('measured'))} targets kept"]
    parts += [f"{count_text(missed)} missed"] if missed else []
    parts += [f"{count_text(failed)} failed"] if failed else []
    return Text(", ".join(parts) + ".", style="red" if missed or failed else "green")
