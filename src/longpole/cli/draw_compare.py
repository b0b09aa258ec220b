"""Comparisons for the terminal: a sentence, then the table of what changed."""

from rich.console import Group, RenderableType
from rich.text import Text

from longpole.cli.draw import cell, muted
from longpole.cli.fitted_table import FittedTable
from longpole.reports.compare_views import Change, Comparison, NameChange, SetComparison, Standing, StepChange, StepPair
from longpole.reports.numbers import NONE, cost_text, count_text, counted, duration_text, share_text

_MOST_LINES = 30
_LEAST_SHARE = 0.01


def draw_comparison(found: Comparison, *, show_all: bool) -> RenderableType:
    """Two executions: the sentence, what changed by name, and what only one of them has."""
    steps = f"{counted(found.matched, 'step')} in both, {found.only_in_a:,} only in A, {found.only_in_b:,} only in B"
    parts: list[RenderableType] = [Text(found.message), Text(steps, style="dim")]
    names = [one for one in found.names if show_all or _is_told(one, found)]
    if names:
        parts += [Text(), _names(names[: None if show_all else _MOST_LINES])]
    alone = [pair for pair in found.pairs if show_all or pair.a is None or pair.b is None or _has_other_end(pair)]
    if alone:
        heading = "Step by step" if show_all else "Only in one, or ended differently"
        parts += [Text(), Text(heading, style="bold"), _pairs(alone[: None if show_all else _MOST_LINES])]
    if not show_all and (len(names) > _MOST_LINES or len(alone) > _MOST_LINES):
        parts.append(muted("--all shows every step"))
    return Group(*parts)


def _is_told(change: NameChange, found: Comparison) -> bool:
    whole = max(found.a.duration_ns or 0, found.b.duration_ns or 0)
    own, critical = _less(change.self_a_ns, change.self_b_ns), _less(change.critical_a_ns, change.critical_b_ns)
    return change.count_a != change.count_b or max(abs(own or 0), abs(critical or 0)) >= _LEAST_SHARE * whole


def _has_other_end(pair: StepPair) -> bool:
    return pair.a is not None and pair.b is not None and pair.a.status != pair.b.status


def _names(names: list[NameChange]) -> FittedTable:
    return FittedTable(
        ("step", "A", "B", "own A", "own B", "critical A", "critical B", "change", "cost"),
        [
            (
                Text(one.name),
                cell(count_text(one.count_a)),
                cell(count_text(one.count_b)),
                _duration(one.self_a_ns),
                _duration(one.self_b_ns),
                _duration(one.critical_a_ns),
                _duration(one.critical_b_ns),
                _signed(_less(one.critical_a_ns or 0, one.critical_b_ns or 0)),
                _signed_cost(one.cost_a_usd, one.cost_b_usd),
            )
            for one in names
        ],
        texts=("step",),
        shortened=("step",),
        left_out=("cost", "own A", "own B", "A", "B"),
    )


def _pairs(pairs: list[StepPair]) -> FittedTable:
    return FittedTable(
        ("step", "in", "A", "B", "change", "A took", "B took"),
        [
            (
                Text("  " * min(pair.depth, 12) + pair.name),
                Text(_where(pair)),
                muted(NONE) if pair.a is None else Text(pair.a.status),
                muted(NONE) if pair.b is None else Text(pair.b.status),
                _signed(pair.duration_change_ns),
                muted(NONE) if pair.a is None else _duration(pair.a.duration_ns),
                muted(NONE) if pair.b is None else _duration(pair.b.duration_ns),
            )
            for pair in pairs
        ],
        texts=("step", "in", "A", "B"),
        shortened=("step",),
        left_out=("change", "A", "B"),
    )


def _where(pair: StepPair) -> str:
    if pair.a is None:
        return "only B"
    if pair.b is None:
        return "only A"
    return "both, moved" if pair.is_moved else "both"


def draw_sets(found: SetComparison, *, show_all: bool) -> RenderableType:
    """Two sets: the sentence, the figures with their intervals, and the steps."""
    if not (found.a.executions or found.b.executions):
        return Text(found.message)
    figures = FittedTable(
        ("figure", "A", "B", "change", "95 % interval", ""),
        [
            _figure("median duration", found.p50_ns, "time"),
            _figure("95 % are quicker than", found.p95_ns, "time"),
            _figure("success rate", found.success_rate, "share"),
            _figure("tokens", found.tokens, "count"),
            _figure("cost", found.cost_usd, "money"),
            _figure("steps", found.steps_per_execution, "count"),
        ],
        texts=("figure", "95 % interval", ""),
        shortened=("figure",),
        left_out=("95 % interval",),
    )
    parts: list[RenderableType] = [Text(f"{found.message}"), Text(), figures]
    steps = [step for step in found.steps if show_all or step.is_certain or not (step.timings_a and step.timings_b)]
    if steps:
        parts += [Text(), _steps(steps[: None if show_all else _MOST_LINES])]
    if len(found.steps) > len(steps):
        parts.append(muted(f"{counted(len(found.steps) - len(steps), 'step')} did not change for certain: --all"))
    return Group(*parts)


def _figure(name: str, change: Change, unit: str) -> tuple[Text, ...]:
    untold = change.change is None
    interval = f"{_value(change.low, unit, signed=True)} to {_value(change.high, unit, signed=True)}"
    return (
        Text(name),
        cell(_value(change.a, unit)),
        cell(_value(change.b, unit)),
        muted("too few") if untold else cell(_value(change.change, unit, signed=True)),
        muted(NONE) if untold else Text(interval),
        Text("changed", style="bold") if change.is_certain else muted(NONE if untold else "not for certain"),
    )


def _value(value: float | None, unit: str, *, signed: bool = False) -> str:
    if value is None:
        return "unknown"
    plus = "+" if signed and value > 0 else ""
    if unit == "time":
        return plus + duration_text(value)
    if unit == "money":
        return plus + cost_text(value)
    if unit == "share":
        return plus + (f"−{share_text(-value)}" if value < 0 else share_text(value))
    return plus + f"{value:,.1f}".replace("-", "−")


def _steps(steps: list[StepChange]) -> FittedTable:
    return FittedTable(
        ("step", "p50 A", "p50 B", "p95 A", "p95 B", "calls A", "calls B", "failed A", "failed B"),
        [
            (
                Text(step.name),
                _duration(step.p50_ns.a),
                _duration(step.p50_ns.b),
                _duration(step.p95_ns.a),
                _duration(step.p95_ns.b),
                cell(f"{step.calls_a:.2g}"),
                cell(f"{step.calls_b:.2g}"),
                muted(NONE) if step.failure_rate.a is None else cell(share_text(step.failure_rate.a)),
                muted(NONE) if step.failure_rate.b is None else cell(share_text(step.failure_rate.b)),
            )
            for step in steps
        ],
        texts=("step",),
        shortened=("step",),
        left_out=("failed A", "failed B", "p95 A", "p95 B"),
    )


def draw_standing(found: Standing) -> RenderableType:
    """One execution among the others: the sentence and its steps, those that lie most above their median first."""
    if not found.steps:
        return Text(found.message)
    table = FittedTable(
        ("step", "times", "longest", "median", "p95", "others", "slower than"),
        [
            (
                Text(one.name),
                cell(count_text(one.count)),
                _duration(one.longest_ns),
                _duration(one.p50_ns),
                _duration(one.p95_ns),
                cell(count_text(one.others)),
                muted("too few") if one.share_below is None else cell(share_text(one.share_below)),
            )
            for one in found.steps[:_MOST_LINES]
        ],
        texts=("step",),
        shortened=("step",),
        left_out=("others", "p95", "times"),
    )
    return Group(Text(found.message), Text(), table)


def _duration(duration_ns: float | None) -> Text:
    return muted(NONE) if duration_ns is None else cell(duration_text(duration_ns))


def _signed(change_ns: float | None) -> Text:
    if change_ns is None:
        return muted(NONE)
    return cell(f"+{duration_text(change_ns)}" if change_ns > 0 else duration_text(change_ns))


def _signed_cost(a: float | None, b: float | None) -> Text:
    if a is None and b is None:
        return muted(NONE)
    change = (b or 0) - (a or 0)
    return cell(f"+{cost_text(change)}" if change > 0 else cost_text(change))


def _less(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else b - a
