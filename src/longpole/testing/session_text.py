"""The summary of measured tests in the terminal: a table, and what it is against the baseline."""

from collections.abc import Iterable, Sequence

from longpole.reports.numbers import NONE, UNKNOWN, cost_text, count_text, counted, duration_text
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
from longpole.testing.measured_test import MeasuredTest
from longpole.testing.spent import Spent

Line = tuple[str, dict[str, bool]]
"""A line, and how the terminal is to show it."""

HEADINGS = ("test", "runs", "median", "model calls", "tool calls", "tokens", "cost")


def summary_lines(tests: Sequence[MeasuredTest], change: BaselineChange | None) -> list[Line]:
    """The table, then the verdict, what changed, and what must be known to read it."""
    if not tests:
        return [("No test that ran has longpole_budget: nothing was measured.", {})]
    rows = [HEADINGS, *(cells_of(test) for test in sorted(tests, key=lambda test: test.name))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines: list[Line] = [(_aligned(row, widths), {} if number else {"bold": True}) for number, row in enumerate(rows)]
    if change is None:
        return lines
    look = {"red": True} if change.has_regressed else {"green": True}
    lines.append((f"Against the baseline: {verdict_sentence(change)}", look))
    for told, colour in ((change.told("worse"), "red"), (change.told("better"), "green")):
        lines += [
            (
                f"  {name}: {NAMES[one.measure]} {value_text(one, one.base)} → {value_text(one, one.head)} "
                f"({verdict_word(one)}): {change_text(one)}, {_interval(one)}, runs {runs_text(one)}",
                {colour: True},
            )
            for name, one in told
        ]
    return lines + [(f"  {note}", {}) for note in notes_of(change)]


def cells_of(test: MeasuredTest) -> tuple[str, ...]:
    """A test's row: of durations the median, of counters the range."""
    name = test.name if test.outcome == "passed" else f"{test.name} ({test.outcome})"
    if not test.runs:
        return (name, "0", *(NONE for _ in HEADINGS[2:]))
    costs = [run.cost_usd_nanos if not run.model_calls_without_cost else None for run in test.runs]
    return (
        name,
        count_text(len(test.runs)),
        duration_text(_median([run.duration_ns for run in test.runs])),
        _range(run.model_calls for run in test.runs),
        _range(run.tool_calls for run in test.runs),
        _range(_tokens(run) for run in test.runs),
        cost_text(None) if None in costs else _cost_range([cost for cost in costs if cost is not None]),
    )


def headline(tests: Sequence[MeasuredTest], change: BaselineChange | None) -> str:
    """What came out, in a sentence."""
    runs = sum(len(test.runs) for test in tests)
    failed = sum(test.outcome == "failed" for test in tests)
    told = f"{counted(len(tests), 'test')} measured in {counted(runs, 'run')}, {count_text(failed)} failed."
    return told if change is None else f"{verdict_sentence(change)} {told}"


def _interval(one: MeasureChange) -> str:
    return interval_text(one) if one.is_exact else f"95 % interval {interval_text(one)}"


def _tokens(run: Spent) -> int | None:
    return None if run.model_calls_without_usage else run.tokens


def _range(values: Iterable[int | None]) -> str:
    found = list(values)
    known = [value for value in found if value is not None]
    if len(known) < len(found):
        return UNKNOWN
    return count_text(known[0]) if min(known) == max(known) else f"{count_text(min(known))} to {count_text(max(known))}"


def _cost_range(nanos: Sequence[int]) -> str:
    low, high = min(nanos) / 1e9, max(nanos) / 1e9
    return cost_text(low) if low == high else f"{cost_text(low)} to {cost_text(high)}"


def _median(values: Sequence[int]) -> float:
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
    return f"{row[0].ljust(widths[0])}  {first}  {'  '.join(others)}".rstrip()
