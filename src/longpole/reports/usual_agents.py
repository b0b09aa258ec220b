"""Every agent of a period beside the period before: how long it takes, where its time goes, what it costs."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from longpole.analysis.totals import LLM_WAIT
from longpole.analysis.two_samples import Bucket, Difference, Histogram, compare_quantiles
from longpole.model import clock
from longpole.model.category import Category
from longpole.model.histogram import unpack_histogram
from longpole.reports.filter_values import Pairs, read_given
from longpole.reports.period import PERIOD_FILTERS, Period, period_of
from longpole.reports.picture_views import UsualAgent, UsualAgents
from longpole.reports.question import Question
from longpole.reports.rolled_up import Sums
from longpole.reports.rows import Row, dollars
from longpole.reports.together import together
from longpole.reports.weighted import weighted_quantiles
from longpole.reports.whole_days import rows_by_days
from longpole.store.engine import Engine

_SIDES = ("counts", "weights", "squares")


def usual_agents_of(store: Engine, period: Period) -> UsualAgents:
    """The agents that ran in a period. Cost: two scans of its executions, one of its steps; days that are over once."""
    asked = period.parameters
    previous_ns = max(0, period.scope.from_ns - period.length_ns)
    before = {**asked, "from_ns": previous_ns, "to_ns": period.scope.from_ns}
    runs, now, then, categories = together(
        partial(rows_by_days, store, "overview_executions", asked, by=["agent", "status"]),
        partial(rows_by_days, store, "agent_durations", asked, by=["agent"]),
        partial(rows_by_days, store, "agent_durations", before, by=["agent"]),
        partial(rows_by_days, store, "agent_categories", asked, by=["agent", "category"]),
    )
    seen = {name: asked[name] for name in ("workspace", "from_ns", "to_ns")}
    durations, earlier = ({row["agent"]: row for row in rows} for rows in (now, then))
    times = _category_times(categories)
    agents = Sums(executions=runs, steps=[]).agents()
    found = [_agent(row, durations.get(name), earlier.get(name), times.get(name, {})) for name, row in agents.items()]
    return UsualAgents(
        from_time=period.from_time,
        to_time=period.to_time,
        previous_from_time=clock.to_rfc3339(previous_ns),
        environments=[row["environment"] for row in store.rows("environments_seen", seen)],
        agents=sorted(found, key=lambda one: (-one.executions, one.agent)),
    )


def _category_times(rows: Sequence[Row]) -> dict[str, dict[str, int]]:
    """By agent and category, nanoseconds; what a model needed for its first token is a category of its own."""
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        own, waited = round(float(row["own_ns"] or 0)), round(float(row["before_token_ns"] or 0))
        times = found.setdefault(row["agent"], {})
        if row["category"] == Category.LLM and 0 < waited <= own:
            times[LLM_WAIT] = waited
            own -= waited
        if own > 0:
            times[row["category"]] = own
    return found


def _agent(row: Mapping[str, Any], now: Row | None, then: Row | None, times: dict[str, int]) -> UsualAgent:
    ours, theirs = _histogram(now), _histogram(then)
    quantiles, before = _quantiles(ours), _quantiles(theirs)
    p50, p95 = (compare_quantiles(theirs, ours, share) for share in (0.5, 0.95))
    own_ns = int(row["self_ns"] or 0)
    told = [row[name] for name in ("input_tokens", "output_tokens") if row[name] is not None]
    is_certain = p50.is_certain and p50.change is not None
    return UsualAgent(
        agent=row["agent"],
        executions=row["executions"],
        running=row["running"],
        failed_share=_share(row["failed"], row["executions"] - row["running"] - row["skipped"]),
        skipped_share=_share(row["skipped"], row["executions"]),
        p50_ns=quantiles["p50_ns"],
        p95_ns=quantiles["p95_ns"],
        p50_before_ns=before["p50_ns"],
        p95_before_ns=before["p95_ns"],
        p50_change=_relative(p50),
        p95_change=_relative(p95),
        is_slower=is_certain and (p50.change or 0) > 0,
        is_faster=is_certain and (p50.change or 0) < 0,
        steps_mean=float(now["step_weight"]) / float(now["timed_weight"]) if now and now["timed_weight"] else None,
        cost_usd=dollars(row["cost_usd_nanos"]),
        tokens=int(sum(told)) if told else None,
        category_ns={**times, Category.AGENT.value: times.get(Category.AGENT, 0) + own_ns} if own_ns > 0 else times,
    )


def _histogram(row: Row | None) -> Histogram:
    if row is None:
        return {}
    counts, weights, squares = (unpack_histogram(row[f"{side}_histogram"]) for side in _SIDES)
    return {bucket: Bucket(count, weights[bucket], squares[bucket]) for bucket, count in counts.items()}


def _quantiles(histogram: Histogram) -> dict[str, int | None]:
    return weighted_quantiles({bucket: one.weight for bucket, one in histogram.items()})


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def _relative(difference: Difference) -> float | None:
    return None if difference.change is None or not difference.a else difference.change / difference.a


def _ask(store: Engine, pairs: Pairs) -> UsualAgents:
    return usual_agents_of(store, period_of(read_given(pairs, PERIOD_FILTERS), clock.now_ns()))


USUAL_AGENTS = Question(
    name="agents",
    meaning="Every agent of a period beside the period before: durations, failures, cost, where its time goes.",
    view=UsualAgents,
    filters=PERIOD_FILTERS,
    ask=_ask,
)
