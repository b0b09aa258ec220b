"""Two sets of an agent's executions, such as two versions or before and after a fix; and one among all the others."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from longpole.analysis.two_samples import (
    Bucket,
    Difference,
    Histogram,
    Sums,
    clustered,
    compare_means,
    compare_quantiles,
    compare_rates,
    counted,
    effective_count,
    find_certain,
    quantile_of,
    rank_test,
    share_below,
)
from longpole.model import clock
from longpole.model.buckets import duration_bucket
from longpole.model.errors import InvalidInput
from longpole.model.histogram import unpack_histogram
from longpole.reports.compare_views import Change, ExecutionSet, SetComparison, Standing, StepChange, StepStanding
from longpole.reports.family import is_execution, load_family, span_of
from longpole.reports.filter_values import (
    LATEST_NS,
    SCOPE,
    WORKSPACE,
    Filter,
    Pairs,
    Scope,
    missing,
    read_given,
    read_workspace,
    scope_of,
    time_ns_of,
)
from longpole.reports.numbers import counted as counted_text
from longpole.reports.numbers import duration_text, share_text
from longpole.reports.question import Question, QuestionOfOne
from longpole.reports.rows import Row, execution_item
from longpole.reports.together import rows_together, together
from longpole.reports.which_execution import find_execution
from longpole.store.engine import Engine

SET_FILTERS = (
    *SCOPE,
    Filter(name="with_version", meaning="The other set: this version.", example="2.15.0"),
    Filter(name="with_environment", meaning="The other set: this environment.", example="staging"),
    Filter(name="with_from", meaning="The other set: started at this time or later.", example="2026-11-14T00:00:00Z"),
    Filter(name="with_to", meaning="The other set: started before this time.", example="2026-11-21T00:00:00Z"),
    Filter(
        name="at", meaning="What began before this time is held against what began since.", example="2026-11-14T12:00Z"
    ),
)
"""The filters of `GET /api/analysis/compare-sets`; `agent` must be given. What is not said of the other set is as of
the first."""

_MOST_EXECUTIONS = 8_000
_PARTS = 16
_UNUSUAL_SHARE = 0.05
_Steps = Mapping[tuple[str, str], Sequence[Row]]


class SetFilters(Struct, frozen=True, kw_only=True):
    """An agent and two sets of its executions."""

    agent: str
    a: Scope
    b: Scope


def read_set_filters(pairs: Pairs) -> SetFilters:
    """What names and texts describe.

    Raises:
        InvalidInput: no agent is named, an execution could be in both sets, or a value cannot be read.
    """
    given = read_given(pairs, SET_FILTERS)
    first = scope_of({name: text for name, text in given.items() if name in {one.name for one in SCOPE}})
    agent = first.agent
    if agent is None:
        raise missing("agent", "the name of an agent")
    second = replace(
        first,
        version=given.get("with_version", first.version),
        environment=given.get("with_environment", first.environment),
        from_ns=time_ns_of("with_from", given.get("with_from"), default=first.from_ns),
        to_ns=time_ns_of("with_to", given.get("with_to"), default=first.to_ns),
    )
    if "at" in given:
        at_ns = time_ns_of("at", given["at"], default=0)
        first, second = replace(first, to_ns=at_ns), replace(second, from_ns=at_ns)
    if first == second:
        raise InvalidInput(
            f"Both sets are the same executions of {agent[:60]!r}. Expected two that differ. Name the other one "
            "by 'with_version', 'with_environment', 'with_from' and 'with_to', or say 'at' which time it changed."
        )
    if _overlap(first, second):
        raise InvalidInput(
            f"The two sets of executions of {agent[:60]!r} overlap. Expected sets that share none: what is on both "
            "sides hides a difference. Name both versions or both environments, or times that do not overlap."
        )
    return SetFilters(agent=agent, a=first, b=second)


def _overlap(a: Scope, b: Scope) -> bool:
    """Whether an execution could be in both sets."""
    told_apart = ((a.version, b.version), (a.environment, b.environment))
    if any(one != other and one is not None and other is not None for one, other in told_apart):
        return False
    return max(a.from_ns, b.from_ns) < min(a.to_ns, b.to_ns)


def compare_sets(store: Engine, filters: SetFilters) -> SetComparison:
    """Two sets side by side. Cost: for each, a scan of the agent's executions and of its steps."""
    sides = [asked_of(filters.agent, scope) for scope in (filters.a, filters.b)]
    told = rows_together(
        store,
        *(("compared_steps", _without_execution(asked)) for asked in sides),
        *(("compared_sums", _without_execution(asked)) for asked in sides),
        *(("compared_executions", asked) for asked in sides),
    )
    times = [histogram_of(rows) for rows in told[4:]]
    sums = [rows[0] for rows in told[2:4]]
    steps = _step_changes(store, sides, sums, [_steps_by_name(rows) for rows in told[:2]])
    chance = rank_test(times[0], times[1])
    p50 = compare_quantiles(times[0], times[1], 0.5)
    success = compare_rates(*_successes(sums[0]), *_successes(sums[1]))
    cost = compare_means(_sums(sums[0], "cost", 1e9), _sums(sums[1], "cost", 1e9))
    return SetComparison(
        agent=filters.agent,
        a=set_of(filters.a, sums[0]),
        b=set_of(filters.b, sums[1]),
        message=_message(filters.agent, sums, p50, success, cost, steps),
        p50_ns=change_of(p50),
        p95_ns=change_of(compare_quantiles(times[0], times[1], 0.95)),
        success_rate=change_of(success),
        tokens=change_of(compare_means(_sums(sums[0], "token"), _sums(sums[1], "token"))),
        cost_usd=change_of(cost),
        steps_per_execution=change_of(compare_means(_sums(sums[0], "step"), _sums(sums[1], "step"))),
        duration_chance=chance,
        steps=steps,
    )


def asked_of(agent: str, scope: Scope) -> dict[str, Any]:
    """A set of an agent's executions as queries take it."""
    return {
        "agent": agent,
        "workspace": scope.workspace,
        "environment": scope.environment,
        "version": scope.version,
        "from_ns": scope.from_ns,
        "to_ns": scope.to_ns,
        "execution_id": None,
    }


def _without_execution(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if name != "execution_id"}


def histogram_of(rows: Sequence[Row]) -> Histogram:
    """The timings of rows of `compared_executions`."""
    return {
        row["duration_bucket"]: Bucket(row["timings"], float(row["total_weight"]), float(row["square_weight"]))
        for row in rows
    }


def _sums(row: Row, what: str, unit: float = 1) -> Sums:
    return Sums(
        row[f"{what}_count"],
        float(row[f"{what}_weight"] or 0),
        float(row[f"{what}_square_weight"] or 0),
        float(row[f"{what}_total"] or 0) / unit,
        float(row[f"{what}_squares"] or 0) / unit**2,
    )


def _successes(row: Row) -> tuple[float, float]:
    """As many of equal weight as are as certain: those that succeeded, and all that finished."""
    weight = float(row["finished_weight"] or 0)
    if not weight:
        return 0.0, 0.0
    size = weight**2 / float(row["finished_squares"])
    return float(row["succeeded_weight"] or 0) / weight * size, size


def set_of(scope: Scope, row: Row) -> ExecutionSet:
    """The view of a set, whose row has `executions`."""
    return ExecutionSet(
        version=scope.version,
        environment=scope.environment,
        from_time=None if scope.from_ns == 0 else clock.to_rfc3339(scope.from_ns),
        to_time=None if scope.to_ns == LATEST_NS else clock.to_rfc3339(scope.to_ns),
        executions=row["executions"],
    )


def change_of(difference: Difference) -> Change:
    """The view of a difference."""
    return Change(
        a=difference.a,
        b=difference.b,
        change=difference.change,
        low=difference.low,
        high=difference.high,
        is_certain=difference.is_certain,
    )


def _steps_by_name(rows: Sequence[Row]) -> _Steps:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row["name"], row["category"]), []).append(row)
    return found


def _step_changes(
    store: Engine, sides: Sequence[dict[str, Any]], sums: Sequence[Row], steps: Sequence[_Steps]
) -> list[StepChange]:
    sizes = together(*(partial(_sizes_of, store, *side) for side in zip(sides, sums, steps, strict=True)))
    names = sorted({*steps[0], *steps[1]})
    pairs = [(_set_of_steps(steps[0], sizes[0], name), _set_of_steps(steps[1], sizes[1], name)) for name in names]
    chances = [rank_test(a.histogram, b.histogram) for a, b in pairs]
    certain = find_certain(chances)
    weights = [float(row["step_weight"] or 0) for row in sums]
    changes = [
        _step_change(name, pair, weights, chance=chance, is_certain=is_certain)
        for name, pair, chance, is_certain in zip(names, pairs, chances, certain, strict=True)
    ]
    return sorted(changes, key=lambda one: -abs((one.critical_b_ns or 0) - (one.critical_a_ns or 0)))


class _SetOfSteps(Struct, frozen=True):
    """The steps of one name in a set; the histogram counts those of one execution as one."""

    rows: Sequence[Row]
    timings: int
    together: float
    histogram: Histogram

    @property
    def failures(self) -> tuple[float, float]:
        """Those that failed, and all, as how many of equal weight they count."""
        weight = sum(one.weight for one in self.histogram.values())
        failed = sum(float(row["failed_weight"] or 0) for row in self.rows)
        size = effective_count(self.histogram)
        return (failed / weight * size if weight else 0.0), size


def _set_of_steps(steps: _Steps, sizes: Mapping[tuple[str, str], float], name: tuple[str, str]) -> _SetOfSteps:
    rows = steps.get(name, ())
    timings = sum(row["timings"] for row in rows)
    size = sizes.get(name, 1.0)
    histogram = _unpacked(rows[0]) if rows else {}
    return _SetOfSteps(rows, timings, size, clustered(histogram, size))


def _unpacked(row: Row) -> Histogram:
    """The timings of a row of `compared_steps`."""
    counts, weights, squares = (unpack_histogram(row[f"{what}_histogram"]) for what in ("counts", "weights", "squares"))
    return {bucket: Bucket(count, weights[bucket], squares[bucket]) for bucket, count in counts.items()}


def _sizes_of(store: Engine, asked: dict[str, Any], sums: Row, steps: _Steps) -> dict[tuple[str, str], float]:
    """How many steps of a name an execution has that has any; of very many executions, those of some time tell it."""
    whole = _without_execution(asked) | {"names": sorted({name for name, _ in steps})}
    found: dict[tuple[str, str], float] = {}
    if sums["executions"] > _MOST_EXECUTIONS:
        first_ns, last_ns = sums["first_ns"], sums["last_ns"]
        part_ns = (last_ns - first_ns) // _PARTS
        from_ns = first_ns + part_ns * (_PARTS // 2)
        found = _sizes(store.rows("steps_together", {**whole, "from_ns": from_ns, "to_ns": from_ns + part_ns}))
    if rare := sorted({name for name, category in steps if (name, category) not in found}):
        found = _sizes(store.rows("steps_together", {**whole, "names": rare})) | found
    return found


def _sizes(rows: Sequence[Row]) -> dict[tuple[str, str], float]:
    return {(row["name"], row["category"]): float(row["together"]) for row in rows}


def _step_change(
    name: tuple[str, str],
    pair: tuple[_SetOfSteps, _SetOfSteps],
    weights: Sequence[float],
    *,
    chance: float | None,
    is_certain: bool,
) -> StepChange:
    a, b = pair
    calls, own, critical = (
        [_for_each(side.rows, column, weight) for side, weight in zip(pair, weights, strict=True)]
        for column in ("total_weight", "total_self_ns", "total_critical_ns")
    )
    return StepChange(
        name=name[0],
        category=name[1],
        timings_a=a.timings,
        timings_b=b.timings,
        calls_a=calls[0] or 0.0,
        calls_b=calls[1] or 0.0,
        p50_ns=change_of(compare_quantiles(a.histogram, b.histogram, 0.5)),
        p95_ns=change_of(compare_quantiles(a.histogram, b.histogram, 0.95)),
        failure_rate=change_of(compare_rates(*a.failures, *b.failures)),
        self_a_ns=own[0],
        self_b_ns=own[1],
        critical_a_ns=critical[0],
        critical_b_ns=critical[1],
        chance=chance,
        is_certain=is_certain,
    )


def _for_each(rows: Sequence[Row], column: str, executions: float) -> float | None:
    """A sum over steps for each execution; `None` where nothing told it."""
    known = [float(row[column]) for row in rows if row[column] is not None]
    return sum(known) / executions if known and executions else None


def _message(
    agent: str,
    sums: Sequence[Row],
    p50: Difference,
    success: Difference,
    cost: Difference,
    steps: Sequence[StepChange],
) -> str:
    if not any(row["executions"] for row in sums):
        return f"Neither set has a finished execution of {agent}: look at the agent's name, the versions and the times."
    sizes = f"{counted_text(sums[0]['executions'], 'execution')} against {sums[1]['executions']:,}"
    if p50.change is None or p50.a is None:
        return f"{sizes}: too few to say whether anything changed (20 on each side are needed)."
    said: list[str] = []
    if p50.is_certain:
        word = "slower" if p50.change > 0 else "faster"
        said.append(f"B is {share_text(abs(p50.change) / p50.a)} {word} at the median ({_range(p50)})")
    else:
        said.append("the median duration has not changed for certain")
    if success.is_certain and success.change is not None:
        word = "more" if success.change > 0 else "less"
        said.append(f"it succeeds {share_text(abs(success.change))} {word} often")
    if cost.is_certain and cost.change is not None and cost.a:
        word = "dearer" if cost.change > 0 else "cheaper"
        said.append(f"it is {share_text(abs(cost.change) / cost.a)} {word}")
    certain = [step.name for step in steps if step.is_certain][:3]
    if certain:
        said.append(f"steps that changed: {', '.join(certain)}")
    return f"{sizes}: {'; '.join(said)}."


def _range(change: Difference) -> str:
    low, high = (None if end is None else duration_text(end) for end in (change.low, change.high))
    return f"{low or 'unknown'} to {high or 'unknown'}, 95 % interval"


def standing_of(store: Engine, name: str, *, workspace: str | None) -> Standing:
    """An execution and its own steps among the others of its agent. Cost: a scan of the agent's steps."""
    found = find_execution(store, name, workspace=workspace)
    family = load_family(store, found)
    asked = asked_of(found.agent, Scope(workspace=found.workspace)) | {"execution_id": found.execution_id}
    others = histogram_of(store.rows("compared_executions", asked))
    mine: dict[tuple[str, str], list[Row]] = {}
    for row in family.spans:
        if not is_execution(row) and row["execution_id"] == found.execution_id and row["duration_ns"] is not None:
            mine.setdefault((row["name"], row["category"]), []).append(row)
    beside = {
        "workspace": found.workspace,
        "agent": found.agent,
        "execution_id": found.execution_id,
        "names": sorted({name for name, _ in mine}),
    }
    steps = _steps_by_name(store.rows("steps_beside", beside))
    standings = [_step_standing(key, rows, histogram_of(steps.get(key, ()))) for key, rows in mine.items()]
    standings.sort(key=lambda one: (-(one.excess_ns or 0), one.name))
    duration_ns = family.top["duration_ns"]
    share = None if duration_ns is None else share_below(others, duration_bucket(duration_ns))
    return Standing(
        execution=execution_item(family.top),
        message=_standing_message(found.agent, round(counted(others)), share, standings),
        others=round(counted(others)),
        p50_ns=_value(others, 0.5),
        p95_ns=_value(others, 0.95),
        share_below=share,
        steps=standings,
    )


def _step_standing(key: tuple[str, str], rows: Sequence[Row], others: Histogram) -> StepStanding:
    longest = max(rows, key=lambda row: row["duration_ns"])
    p50 = _value(others, 0.5)
    share = share_below(others, duration_bucket(longest["duration_ns"]))
    return StepStanding(
        name=key[0],
        category=key[1],
        count=len(rows),
        longest_id=span_of(longest),
        longest_ns=longest["duration_ns"],
        others=round(counted(others)),
        p50_ns=p50,
        p95_ns=_value(others, 0.95),
        share_below=share,
        excess_ns=None if share is None or p50 is None else longest["duration_ns"] - p50,
    )


def _value(histogram: Histogram, share: float) -> float | None:
    found = quantile_of(histogram, share)
    return None if found is None else found.value


def _standing_message(agent: str, others: int, share: float | None, steps: Sequence[StepStanding]) -> str:
    if share is None:
        return f"{counted_text(others, 'other execution')} of {agent}: too few to say what is usual (20 are needed)."
    said = f"Slower than {share_text(share)} of {others:,} other executions of {agent}"
    # Of twenty calls the longest is above the 95th percentile more often than not, and so is one of twenty names.
    least = 1 - _UNUSUAL_SHARE / max(1, len(steps))
    long = [one for one in steps if (one.share_below or 0) ** one.count >= least]
    unusual = [one for one in long if (one.excess_ns or 0) > 0][:3]
    parts = [f"{one.name} (+{duration_text(one.excess_ns)} over its median)" for one in unusual]
    return f"{said}. Unusually long: {', '.join(parts)}." if parts else f"{said}. No step of it is unusually long."


COMPARE_SETS = Question(
    name="compare-sets",
    meaning="Two sets of an agent's executions, such as two versions: what changed, with confidence intervals.",
    view=SetComparison,
    filters=SET_FILTERS,
    ask=lambda store, pairs: compare_sets(store, read_set_filters(pairs)),
)

STANDING = QuestionOfOne(
    name="standing",
    meaning="An execution among the others of its agent: which percentile it and each of its steps is.",
    view=Standing,
    filters=(WORKSPACE,),
    ask=lambda store, name, pairs: standing_of(store, name, workspace=read_workspace(pairs)),
)
