"""When and on which ways executions are many, fail or take long."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from math import exp
from typing import Any

from longpole.analysis.clock_patterns import (
    CLAIMED_BELOW,
    FAILING_DIFFERENCE,
    SLOW_RATIO,
    ClockPattern,
    HourCell,
    hour_patterns,
    weekday_name,
    weekday_patterns,
)
from longpole.analysis.significance import Cell, Contrast, contrast, corrected, levelled, pool
from longpole.model import clock
from longpole.reports.filter_values import read_given
from longpole.reports.numbers import share_text
from longpole.reports.period import PERIOD_FILTERS, Period, period_of
from longpole.reports.question import Question
from longpole.reports.rows import Row
from longpole.reports.statistics_views import PathPattern, Patterns, TimePattern
from longpole.reports.together import rows_together, together
from longpole.reports.weighted import weighted_quantiles
from longpole.reports.whole_days import rows_by_days
from longpole.store.engine import Engine

MOST_PATHS = 20
_SUMMED = (
    "executions_weight", "succeeded_weight", "finished_weight", "duration_total", "duration_weight", "cost_total",
    "cost_weight", "credits_total", "credits_weight",
)  # fmt: skip
_Way = tuple[str, str | None]
"""An agent and the hash of a path, `None` for all that are not listed."""


def patterns_of(store: Engine, period: Period) -> Patterns:
    """The hours, weekdays and paths of a period."""
    of_paths, of_hours = together(
        partial(store.rows, "path_cells", {**period.parameters, "limit": MOST_PATHS}),
        partial(rows_by_days, store, "hour_cells", period.parameters, by=["hour_ns"]),
    )
    cells = [_hour_cell(row) for row in of_hours]
    from_ns, to_ns = period.scope.from_ns, period.scope.to_ns
    hours = [_time(one, f"{one.place:02}:00") for one in hour_patterns(cells, from_ns, to_ns)]
    weekdays = [_time(one, weekday_name(one.place)) for one in weekday_patterns(cells, from_ns, to_ns)]
    paths = _paths(store, period, of_paths)
    return Patterns(
        from_time=period.from_time,
        to_time=period.to_time,
        sentences=_sentences(hours, weekdays, paths),
        hours=hours,
        weekdays=weekdays,
        paths=paths,
    )


def _hour_cell(row: Row) -> HourCell:
    return HourCell(
        row["hour_ns"],
        row["executions"],
        float(row["executions_weight"]),
        _failures(row),
        _logs(row),
        float(row["total_ns"]),
    )


def _failures(row: Row) -> Cell:
    failed = float(row["failed_weight"])
    return Cell(row["finished"], float(row["finished_weight"]), float(row["finished_squares"]), failed, failed)


def _logs(row: Row) -> Cell:
    sums = (float(row[name]) for name in ("timed_weight", "timed_squares", "log_total", "log_squares"))
    return Cell(row["timed"], *sums)


def _time(one: ClockPattern, name: str) -> TimePattern:
    return TimePattern(
        place=one.place,
        name=name,
        executions=one.executions,
        share=one.share,
        success_rate=one.success_rate,
        failure_rate_elsewhere=one.failure_rate_elsewhere,
        mean_ns=_rounded(one.mean_ns),
        typical_ns=_rounded(one.typical_ns),
        times_as_long=one.times_as_long,
        is_busy=one.is_busy,
        is_failing=one.is_failing,
        is_slow=one.is_slow,
        busy_p=one.busy_p,
        failing_p=one.failing_p,
        slow_p=one.slow_p,
    )


def _paths(store: Engine, period: Period, cells: Sequence[Row]) -> list[PathPattern]:
    ways: dict[str, dict[_Way, list[Row]]] = {}
    for row in cells:
        ways.setdefault(row["agent"], {}).setdefault((row["agent"], row["listed_hash"]), []).append(row)
    totals = [_totals(way, rows) for of_agent in ways.values() for way, rows in of_agent.items() if way[1] is not None]
    if not totals:
        return []
    totals.sort(key=lambda row: (-row["executions_weight"], row["agent"], row["path_hash"]))
    texts, buckets = _texts_and_buckets(store, period, totals)
    compared = {way: _compared(way, ways[way[0]]) for row in totals if (way := (row["agent"], row["path_hash"]))}
    failing = _corrected({way: one[0] for way, one in compared.items()})
    slow = _corrected({way: one[1] for way, one in compared.items()})
    whole = {
        agent: sum(float(row["executions_weight"]) for rows in of_agent.values() for row in rows)
        for agent, of_agent in ways.items()
    }
    return [
        _path(row, texts, buckets, compared[way], (failing[way], slow[way]), whole[row["agent"]])
        for row in totals
        if (way := (row["agent"], row["path_hash"]))
    ]


def _totals(way: _Way, rows: Sequence[Row]) -> dict[str, Any]:
    """What the days of a way add up to."""
    sums = {name: _known_sum(row[name] for row in rows) for name in _SUMMED}
    return {"agent": way[0], "path_hash": way[1], "executions": sum(row["executions"] for row in rows), **sums}


def _texts_and_buckets(
    store: Engine, period: Period, totals: Sequence[Row]
) -> tuple[dict[str, str | None], dict[_Way, dict[int, float]]]:
    """What the ways are, by hash, and their buckets of duration."""
    asked = {**period.parameters, "path_hashes": sorted({row["path_hash"] for row in totals})}
    scope = {name: asked[name] for name in ("workspace", "from_ns", "to_ns", "path_hashes")}
    of_ways = {name: value for name, value in asked.items() if name != "agent"}
    of_ways["ways"] = sorted(f"{row['agent']} {row['path_hash']}" for row in totals)
    weights, texts = rows_together(store, ("path_buckets", of_ways), ("path_texts", scope))
    buckets: dict[_Way, dict[int, float]] = {}
    for row in weights:
        buckets.setdefault((row["agent"], row["path_hash"]), {})[row["duration_bucket"]] = float(row["weight"])
    return {row["path_hash"]: row["path"] for row in texts}, buckets


def _known_sum(values: Iterable[Any]) -> float | None:
    """The sum of those that are known; unknown if none is."""
    known = [float(value) for value in values if value is not None]
    return sum(known) if known else None


def _compared(way: _Way, of_agent: Mapping[_Way, Sequence[Row]]) -> tuple[Contrast | None, Contrast | None]:
    """How a way differs in failures and in durations from the agent's other ways, day by day."""
    days: dict[int, tuple[list[Row], list[Row]]] = {}
    for other, rows in of_agent.items():
        for row in rows:
            days.setdefault(row["day_ns"], ([], []))[other != way].append(row)
    failures = [[pool(map(_failures, rows)) for rows in day] for day in days.values()]
    logs = levelled([[pool(map(_logs, rows)) for rows in day] for day in days.values()])
    return (
        contrast([ours for ours, _ in failures], [theirs for _, theirs in failures], is_rate=True),
        contrast([ours for ours, _ in logs], [theirs for _, theirs in logs]),
    )


def _corrected(contrasts: Mapping[_Way, Contrast | None]) -> dict[_Way, float | None]:
    told = {way: one.p_value for way, one in contrasts.items() if one is not None}
    return {**dict.fromkeys(contrasts), **dict(zip(told, corrected(list(told.values())), strict=True))}


def _path(
    row: Row,
    texts: Mapping[str, str | None],
    buckets: Mapping[_Way, Mapping[int, float]],
    compared: tuple[Contrast | None, Contrast | None],
    p_values: tuple[float | None, float | None],
    whole: float,
) -> PathPattern:
    failures, logs = compared
    quantiles = weighted_quantiles(buckets.get((row["agent"], row["path_hash"]), {}))
    succeeded = _ratio(row["succeeded_weight"], row["finished_weight"])
    cost = _ratio(row["cost_total"], row["cost_weight"])
    longer = None if logs is None else exp(logs.difference)
    return PathPattern(
        agent=row["agent"],
        path_hash=row["path_hash"],
        path=texts.get(row["path_hash"]),
        executions=row["executions"],
        share=float(row["executions_weight"]) / whole,
        success_rate=succeeded,
        failure_rate_elsewhere=None if failures is None else failures.theirs,
        mean_ns=_rounded(_ratio(row["duration_total"], row["duration_weight"])),
        p50_ns=quantiles["p50_ns"],
        p95_ns=quantiles["p95_ns"],
        mean_cost_usd=None if cost is None else cost / 1e9,
        mean_credits=_ratio(row["credits_total"], row["credits_weight"]),
        times_as_long=longer,
        is_failing=_is_claimed(p_values[0]) and failures is not None and failures.difference >= FAILING_DIFFERENCE,
        is_slow=_is_claimed(p_values[1]) and longer is not None and longer >= SLOW_RATIO,
        failing_p=p_values[0],
        slow_p=p_values[1],
    )


def _is_claimed(p_value: float | None) -> bool:
    return p_value is not None and p_value < CLAIMED_BELOW


def _ratio(total: object, weight: object) -> float | None:
    return float(str(total)) / float(str(weight)) if total is not None and weight else None


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


def _sentences(
    hours: Sequence[TimePattern], weekdays: Sequence[TimePattern], paths: Sequence[PathPattern]
) -> list[str]:
    """What stands out, in words."""
    found: list[str] = []
    for times, one_of, even in ((hours, "the hour from {} UTC", 24), (weekdays, "{}", 7)):
        for one in times:
            name = one_of.format(one.name)
            if one.is_failing:
                found.append(
                    f"In {name} {_failed(one)} fail; otherwise {share_text(one.failure_rate_elsewhere)} do."
                    if even == 24
                    else f"On {name}s {_failed(one)} fail; otherwise {share_text(one.failure_rate_elsewhere)} do."
                )
            if one.is_slow:
                found.append(
                    f"{'In' if even == 24 else 'On'} {name} executions take {one.times_as_long:.2f} times as long."
                )
    busy = [one.name for one in hours if one.is_busy]
    if busy:
        found.append(f"The busy hours (UTC) are {', '.join(busy)}.")
    found += [_sentence_of_path(one) for one in paths if one.is_failing or one.is_slow]
    return found


def _failed(one: TimePattern | PathPattern) -> str:
    return share_text(None if one.success_rate is None else 1 - one.success_rate)


def _sentence_of_path(one: PathPattern) -> str:
    shown = (one.path or one.path_hash)[:80]
    parts: list[str] = []
    if one.is_failing:
        parts.append(f"{_failed(one)} fail; on other ways {share_text(one.failure_rate_elsewhere)} do")
    if one.is_slow:
        parts.append(f"they take {one.times_as_long:.2f} times as long as on other ways")
    return f"Of the executions of {one.agent} that go {shown}: {' and '.join(parts)}."


PATTERNS = Question(
    name="patterns",
    meaning="When and on which ways executions are many, fail or take long, and whether that is more than noise.",
    view=Patterns,
    filters=PERIOD_FILTERS,
    ask=lambda store, pairs: patterns_of(store, period_of(read_given(pairs, PERIOD_FILTERS), clock.now_ns())),
)
