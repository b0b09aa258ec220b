"""What is usual for one execution: how long its agent takes and on what, and where each of its steps lies."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

from longpole.analysis.two_samples import Histogram, counted, quantile_of, share_below
from longpole.model.buckets import bucket_duration_ns, duration_bucket
from longpole.model.status import ExecutionStatus
from longpole.reports.family import Family, is_execution, load_family
from longpole.reports.filter_values import Scope, read_workspace
from longpole.reports.one_execution import ENOUGH_FOR_USUAL
from longpole.reports.question import QuestionOfOne
from longpole.reports.rows import Row, category_times
from longpole.reports.set_comparison import asked_of, histogram_of
from longpole.reports.usual_views import DurationBar, UsualExecution, UsualStep
from longpole.reports.which_execution import find_execution
from longpole.store.engine import Engine

BARS = 36
"""Bars of the picture of durations: each is 6 px wide."""

MOST_SHARES = 200
"""Newest executions whose shares are taken for the usual ones."""

MOST_AGENTS = 8
"""Agents of one tree whose steps are ranked, those with most time first: each costs a scan of its steps."""

MOST_NAMES = 300
"""Names of steps of one agent that are ranked, those with most time first."""


def usual_of(store: Engine, execution: str, *, workspace: str | None = None) -> UsualExecution:
    """What is usual for the execution that `execution` names. Cost: a scan of the steps of its agents.

    Raises:
        NotFound: no execution has this id.
        InvalidInput: a part of an id names several.
    """
    family = load_family(store, find_execution(store, execution, workspace=workspace))
    top = family.top
    others = _durations(store, top)
    executions = round(counted(others))
    enough = executions >= ENOUGH_FOR_USUAL and top["status"] != ExecutionStatus.SKIPPED
    own_ns = family.until_ns - top["started_ns"] if top["duration_ns"] is None else top["duration_ns"]
    p50_ns, p95_ns = (_quantile(others, 0.5), _quantile(others, 0.95)) if enough else (None, None)
    shares, shares_of = _shares(store, top) if enough else ({}, 0)
    return UsualExecution(
        execution_id=top["execution_id"],
        agent=top["agent"],
        executions=executions,
        p50_ns=p50_ns,
        p95_ns=p95_ns,
        slower_than=share_below(others, duration_bucket(own_ns)) if enough else None,
        bars=_bars(others, own_ns) if enough else [],
        shares=shares,
        shares_of=shares_of,
        steps=_steps(store, family),
        example_execution_id=None if p50_ns is None else _example(store, top, p50_ns),
    )


def _durations(store: Engine, row: Row) -> Histogram:
    asked = asked_of(row["agent"], Scope(workspace=row["workspace"])) | {"execution_id": row["execution_id"]}
    return histogram_of(store.rows("compared_executions", asked))


def _quantile(others: Histogram, share: float) -> int | None:
    found = quantile_of(others, share)
    return None if found is None else round(found.value)


def _bars(others: Histogram, own_ns: int) -> list[DurationBar]:
    """Bars from 0 to the slowest hundredth, or to this execution if it took longer."""
    end_ns = max(_quantile(others, 0.99) or 0, own_ns, 1) * 1.04
    whole = sum(bucket.weight for bucket in others.values())
    sums = [0.0] * BARS
    for place, bucket in others.items():
        sums[min(BARS - 1, int(bucket_duration_ns(place) / end_ns * BARS))] += bucket.weight
    edges = [round(end_ns * at / BARS) for at in range(BARS + 1)]
    return [
        DurationBar(from_ns=edges[at], to_ns=edges[at + 1], share=part / whole if whole > 0 else 0.0)
        for at, part in enumerate(sums)
    ]


def _shares(store: Engine, top: Row) -> tuple[dict[str, float], int]:
    asked = {name: top[name] for name in ("workspace", "agent", "execution_id")} | {"limit": MOST_SHARES}
    found: dict[str, float] = {}
    count = 0
    for row in store.rows("usual_categories", asked):
        times = category_times(row["category_ns"]) or {}
        whole = sum(times.values())
        if whole <= 0:
            continue
        count += 1
        for category, part_ns in times.items():
            found[category] = found.get(category, 0.0) + part_ns / whole
    return {category: part / count for category, part in sorted(found.items())}, count


def _example(store: Engine, top: Row, p50_ns: int) -> str | None:
    asked = {name: top[name] for name in ("workspace", "agent", "execution_id")} | {"duration_ns": p50_ns}
    rows = store.rows("usual_execution", asked)
    return rows[0]["execution_id"] if rows else None


def _steps(store: Engine, family: Family) -> list[UsualStep]:
    by_agent: dict[str, list[Row]] = {}
    agent_of = {row["execution_id"]: row for row in family.executions}
    for row in family.spans:
        owner = agent_of[row["execution_id"]]
        by_agent.setdefault(owner["agent"], []).append(row)
    found: list[UsualStep] = []
    for agent in sorted(by_agent, key=lambda name: -_time_of(by_agent[name]))[:MOST_AGENTS]:
        rows = by_agent[agent]
        execution = agent_of[rows[0]["execution_id"]]
        found += _ranked(agent, agent, "agent", _durations(store, execution), is_agent=True)
        found += _steps_of(store, execution, [row for row in rows if not is_execution(row)])
    return found


def _time_of(rows: Iterable[Row]) -> int:
    return sum(row["duration_ns"] or 0 for row in rows)


def _steps_of(store: Engine, execution: Row, rows: Sequence[Row]) -> list[UsualStep]:
    times: dict[str, int] = {}
    for row in rows:
        times[row["name"]] = times.get(row["name"], 0) + (row["duration_ns"] or 0)
    names = sorted(times, key=lambda name: (-times[name], name))[:MOST_NAMES]
    if not names:
        return []
    asked = {name: execution[name] for name in ("workspace", "agent", "execution_id")} | {"names": names}
    cells: dict[tuple[str, str], list[Row]] = {}
    for row in store.rows("steps_beside", asked):
        cells.setdefault((row["name"], row["category"]), []).append(row)
    return [
        one
        for (name, category), found in cells.items()
        for one in _ranked(execution["agent"], name, category, histogram_of(found), is_agent=False)
    ]


def _ranked(agent: str, name: str, category: str, others: Histogram, *, is_agent: bool) -> list[UsualStep]:
    count = round(counted(others))
    if count < ENOUGH_FOR_USUAL:
        return []
    return [
        UsualStep(
            agent=agent,
            name=name,
            category=category,
            is_agent=is_agent,
            others=count,
            percentiles_ns=_percentiles(others),
        )
    ]


def _percentiles(others: Histogram) -> list[int]:
    """The durations that 1 to 99 percent of the weight do not exceed."""
    places = sorted(others)
    passed = list(accumulate(others[place].weight for place in places))
    last = len(places) - 1
    found = (min(bisect_left(passed, part / 100 * passed[-1]), last) for part in range(1, 100))
    return [round(bucket_duration_ns(places[at])) for at in found]


USUAL = QuestionOfOne(
    name="usual",
    meaning="What is usual for an execution: durations, shares of time, and the percentiles of each of its steps.",
    view=UsualExecution,
    ask=lambda store, execution, pairs: usual_of(store, execution, workspace=read_workspace(pairs)),
)
