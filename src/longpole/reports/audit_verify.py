"""What to measure after a cure: an agent's figures before and after, with intervals.

Latencies, blocked event loops, waits for connections and threads, messages, memory and processor time. What a program
does not tell stays unknown, and it is said what would tell it.
"""

from collections.abc import Callable, Sequence
from functools import partial

from msgspec import Struct

from longpole.analysis.two_samples import Difference, Histogram, Sums, compare_means, compare_quantiles, counted
from longpole.reports.audit_verified import mean_sums
from longpole.reports.audit_views import AuditMetric, AuditVerification
from longpole.reports.filter_values import Pairs
from longpole.reports.numbers import bytes_text, duration_text, share_text
from longpole.reports.numbers import counted as counted_text
from longpole.reports.question import Question
from longpole.reports.rows import Row
from longpole.reports.set_comparison import SET_FILTERS, asked_of, change_of, histogram_of, read_set_filters, set_of
from longpole.reports.together import rows_together
from longpole.store.engine import Engine

MOST_TOLD = 5_000
"""Executions of a set of which what the program told of itself is read."""

WATCH_RUNTIME = "the setting watch_runtime"
_WATCH_LOOP = "longpole.watch_loop() or 'longpole run'"


class _Side(Struct, frozen=True):
    """One of the two sets as it was measured."""

    times: Histogram
    waits: Row
    told: Sequence[Row]


class _Figure(Struct, frozen=True):
    """A figure of the table: how its difference is found, and how many executions told it on each side."""

    name: str
    title: str
    unit: str
    difference: Callable[[_Side, _Side], Difference]
    told: Callable[[_Side], int]
    missing: str | None = None


def verification_of(store: Engine, pairs: Pairs) -> AuditVerification:
    """The figures of an agent before and after.

    Cost: for each set two scans of the agent's executions and one of their waits, and the attributes of up to 5,000.

    Raises:
        InvalidInput: no agent is named, the sets overlap, or a value cannot be read.
    """
    filters = read_set_filters(pairs)
    asked = [asked_of(filters.agent, scope) for scope in (filters.a, filters.b)]
    plain = [{name: value for name, value in one.items() if name != "execution_id"} for one in asked]
    rows = rows_together(
        store,
        *(("compared_executions", one) for one in asked),
        *(("audit_waits", one) for one in plain),
        *(("audit_runtime", {**one, "limit": MOST_TOLD}) for one in plain),
    )
    a, b = (_Side(histogram_of(rows[side]), rows[2 + side][0], _newest(rows[4 + side])) for side in (0, 1))
    metrics = [_metric(figure, a, b) for figure in FIGURES]
    return AuditVerification(
        agent=filters.agent,
        before=set_of(filters.a, {"executions": round(counted(a.times))}),
        after=set_of(filters.b, {"executions": round(counted(b.times))}),
        message=_message(filters.agent, a, b, metrics),
        metrics=metrics,
    )


def _newest(rows: Sequence[Row]) -> list[Row]:
    """One row for each execution, the one with the highest version."""
    found = {(row["workspace"], row["execution_id"]): row for row in rows}
    return [*found.values()]


def _quantile(share: float, a: _Side, b: _Side) -> Difference:
    return compare_quantiles(a.times, b.times, share)


def _mean(a: _Side, b: _Side) -> Difference:
    return compare_means(mean_sums(a.times), mean_sums(b.times))


def _wait(name: str, a: _Side, b: _Side) -> Difference:
    return compare_means(_wait_sums(a.waits, name), _wait_sums(b.waits, name))


def _wait_sums(row: Row, name: str) -> Sums:
    return Sums(
        row["executions"],
        float(row["weight"] or 0),
        float(row["square_weight"] or 0),
        float(row[f"{name}_total"] or 0),
        float(row[f"{name}_squares"] or 0),
    )


def _runtime(name: str, a: _Side, b: _Side) -> Difference:
    return compare_means(_runtime_sums(a.told, name), _runtime_sums(b.told, name))


def _runtime_sums(rows: Sequence[Row], name: str) -> Sums:
    known = [(float(row[name]), float(row["weight"])) for row in rows if _is_number(row[name])]
    return Sums(
        len(known),
        sum(weight for _, weight in known),
        sum(weight * weight for _, weight in known),
        sum(value * weight for value, weight in known),
        sum(value * value * weight for value, weight in known),
    )


def _is_number(text: str | None) -> bool:
    try:
        return text is not None and abs(float(text)) < 1e300
    except ValueError:
        return False


def _timed(side: _Side) -> int:
    return round(counted(side.times))


def _with_waits(name: str, side: _Side) -> int:
    """All executions where any waited; else none is known to have been watched."""
    return side.waits["executions"] if side.waits[f"{name}_total"] else 0


def _with_runtime(name: str, side: _Side) -> int:
    return sum(_is_number(row[name]) for row in side.told)


def _of_durations(name: str, title: str, share: float | None) -> _Figure:
    difference = _mean if share is None else partial(_quantile, share)
    return _Figure(name, title, "ns", difference, _timed)


def _of_waits(name: str, column: str, title: str, unit: str, missing: str) -> _Figure:
    return _Figure(name, title, unit, partial(_wait, column), partial(_with_waits, column), missing)


def _of_runtime(name: str, column: str, title: str, unit: str) -> _Figure:
    return _Figure(name, title, unit, partial(_runtime, column), partial(_with_runtime, column), WATCH_RUNTIME)


FIGURES = (
    _of_durations("p50_ns", "duration p50", 0.5),
    _of_durations("p95_ns", "duration p95", 0.95),
    _of_durations("p99_ns", "duration p99", 0.99),
    _of_durations("mean_ns", "duration mean", None),
    _of_waits("loop_blocked_ns", "blocked", "event loop blocked", "ns", _WATCH_LOOP),
    _of_waits("connection_wait_ns", "connection", "waited for a connection", "ns", WATCH_RUNTIME),
    _of_waits("thread_wait_ns", "thread", "waited for a thread", "ns", "the setting carry_into_pools"),
    _of_runtime("websocket_messages", "websocket_messages", "WebSocket messages", "count"),
    _of_waits("database_writes", "write", "database writes", "count", "longpole.instrument() of the database"),
    _of_runtime("memory_peak_bytes", "memory_peak_bytes", "memory, highest", "bytes"),
    _of_runtime("cpu_ns", "cpu_ns", "processor time of the process", "ns"),
    _of_runtime("gc_ns", "gc_ns", "garbage collection", "ns"),
    _of_runtime("validation_ns", "validation_ns", "validating", "ns"),
    _of_runtime("serialization_ns", "serialization_ns", "serialising", "ns"),
    _of_runtime("threads", "threads", "threads, most at once", "count"),
    _of_runtime("executors", "executors", "thread pools made", "count"),
)
"""Document 4's verification metrics, in its order, and what belongs to them. All but quantiles are means for an
execution."""


def _metric(figure: _Figure, a: _Side, b: _Side) -> AuditMetric:
    told = figure.told(a), figure.told(b)
    # Waits that neither side has may be none, or nobody may have watched; what one side has, the other has none of.
    is_known = any(told) if figure.missing else True
    difference = figure.difference(a, b) if is_known else Difference(None, None, None, None, None)
    return AuditMetric(
        name=figure.name,
        title=figure.title,
        unit=figure.unit,
        change=change_of(difference),
        told_before=told[0],
        told_after=told[1],
        missing=figure.missing if not is_known or None in (difference.a, difference.b) else None,
    )


def value_text(unit: str, value: float | None) -> str:
    """A figure as people read it.

    >>> value_text("count", 12.5), value_text("bytes", 1_234), value_text("ns", None)
    ('12.5', '1.23 kB', 'unknown')
    """
    if value is None:
        return "unknown"
    if unit == "ns":
        return duration_text(value)
    sign, size = ("\u2212" if value < 0 else ""), abs(value)
    return sign + (bytes_text(round(size)) if unit == "bytes" else f"{size:,.3g}" if size < 1000 else f"{size:,.0f}")


def _message(agent: str, a: _Side, b: _Side, metrics: Sequence[AuditMetric]) -> str:
    sizes = f"{counted_text(_timed(a), 'execution')} of {agent} before, {_timed(b):,} after"
    known = [metric for metric in metrics if metric.change.change is not None]
    if not known:
        return f"{sizes}: too few to say whether anything changed (20 on each side are needed)."
    certain = [_said(metric) for metric in known if metric.change.is_certain]
    return f"{sizes}: {'; '.join(certain) if certain else 'nothing has changed for certain'}."


def _said(metric: AuditMetric) -> str:
    change, before = metric.change.change or 0.0, metric.change.a
    share = f" ({share_text(abs(change) / before)})" if before else ""
    word = "less" if change < 0 else "more"
    return f"{metric.title} {value_text(metric.unit, abs(change))} {word}{share}"


AUDIT_VERIFY = Question(
    name="audit-verify",
    meaning="What document 4 measures after a cure, of an agent before and after: latencies, blocked loops, waits, ...",
    view=AuditVerification,
    filters=SET_FILTERS,
    ask=verification_of,
)
