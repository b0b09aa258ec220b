"""What ran, how it went, where the time went: totals, agents and categories of a time range."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from msgspec import Struct

from longpole.model.histogram import unpack_histogram
from longpole.reports.filter_values import Scope
from longpole.reports.rolled_up import USAGE, Sums, Weights, added, gone_of, joined_rows, joined_weights, rolled_of
from longpole.reports.rows import Row, dollars, time_text, whole
from longpole.reports.together import together
from longpole.reports.views import AgentSummary, CategorySummary, Overview, Totals
from longpole.reports.weighted import SHARES, joined, weighted_quantiles
from longpole.reports.whole_days import rows_by_days
from longpole.store.engine import Engine
from longpole.store.rollups import known_sum

MOST_EXACT = 100_000
"""Percentiles of more executions and steps than these together are read from their buckets of duration: within 1 %."""


class _Told(Struct):
    """The answers of the overview's queries. Weights by group are there where percentiles are taken from them."""

    totals: Row
    agents: Sequence[Row]
    categories: Sequence[Row]
    weights: Mapping[str, Weights] | None = None
    of_steps: Mapping[str, Weights] | None = None

    def plus(self, sums: Sums) -> "_Told":
        """These with what rollups tell."""
        return _Told(
            totals=added(self.totals, sums.totals()),
            agents=joined_rows(self.agents, sums.agents(), "agent", _agents_in_order),
            categories=joined_rows(self.categories, sums.categories(), "category", _categories_in_order),
            weights=joined_weights(self.weights or {}, sums.weights_of_agents()),
            of_steps=joined_weights(self.of_steps or {}, sums.weights_of_categories()),
        )

    def with_quantiles(self) -> "_Told":
        """These with percentiles from the weights, if they are there."""
        if self.weights is None or self.of_steps is None:
            return self
        return _Told(
            totals={**self.totals, **weighted_quantiles(joined(list(self.weights.values())))},
            agents=_weighted(self.agents, self.weights, "agent"),
            categories=_weighted(self.categories, self.of_steps, "category"),
        )


def overview_of(store: Engine, scope: Scope) -> Overview:
    """The overview of what started in the scope's time range.

    Tokens and cost count every leaf model call once: the agents' rows, which show only what an agent's own steps
    used, add up to the totals. Where executions were sampled, sums, rates and percentiles are weighted: they estimate
    those of all that ran; counts are of those that were kept. Percentiles of more than `MOST_EXACT` executions and
    steps are within 1 %. What retention has removed is counted from the rollups, and so are the days of a long time
    range where the engine prefers it.
    """
    parameters = {
        "workspace": scope.workspace,
        "agent": scope.agent,
        "environment": scope.environment,
        "version": scope.version,
        "from_ns": scope.from_ns,
        "to_ns": scope.to_ns,
    }
    gone, rolled = gone_of(store, parameters), rolled_of(store, parameters)
    told = (
        _of_rows(store, parameters, needs_weights=gone is not None) if rolled is None else _nothing(store, parameters)
    )
    for sums in (rolled, gone):
        told = told if sums is None else told.plus(sums)
    told = told.with_quantiles()
    return Overview(
        totals=_totals(told.totals, told.categories),
        agents=[_agent(row) for row in told.agents],
        categories=[_category(row) for row in told.categories],
        rolled_up=None if gone is None else gone.told(),
    )


def _of_rows(store: Engine, parameters: Mapping[str, Any], *, needs_weights: bool) -> _Told:
    """What the stored rows tell, read one by one."""
    steps, executions, calls = together(
        partial(rows_by_days, store, "overview_categories", parameters, by=["category"]),
        partial(rows_by_days, store, "overview_executions", parameters, by=["agent", "status"]),
        partial(rows_by_days, store, "overview_calls", parameters, by=["agent", "category"]),
    )
    sums = Sums(executions=executions, steps=[])
    told = _Told(
        totals=sums.totals(),
        agents=joined_rows(_registered(store, parameters), _agents(sums, calls), "agent", _agents_in_order),
        categories=sorted(_with_usage(steps, calls), key=_categories_in_order),
    )
    count = told.totals["executions"] + sum(row["steps"] for row in steps)
    if needs_weights or count > MOST_EXACT or any(row["sampled"] for row in executions):
        of_agents = rows_by_days(store, "overview_agent_weights", parameters, by=["agent"])
        told.weights = {row["agent"]: unpack_histogram(row["histogram"]) for row in of_agents}
        told.of_steps = {row["category"]: unpack_histogram(row["histogram"]) for row in steps}
        return told
    return _with_exact(told, store.rows("overview_percentiles", parameters))


def _with_usage(steps: Sequence[Row], calls: Sequence[Row]) -> list[Row]:
    """The categories of steps, with what the model calls among them used."""
    told: list[Row] = []
    for row in steps:
        own = [call for call in calls if call["category"] == row["category"]]
        told.append({**row, **{name: known_sum(call[name] for call in own) for name in USAGE}})
    return told


def _agents(sums: Sums, calls: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """The agents that ran, with the model calls among their steps."""
    agents = sums.agents()
    for row in calls:
        if row["agent"] in agents:
            agents[row["agent"]]["model_calls"] += row["model_calls"]
    return agents


def _with_exact(told: _Told, rows: Sequence[Row]) -> _Told:
    """The answers with the percentiles of all executions, of each agent's, and of each category's steps."""
    found = {(row["kind"], row["name"]): {share: row[share] for share in SHARES} for row in rows}
    unknown = dict.fromkeys(SHARES)
    return _Told(
        totals={**told.totals, **found["all", ""]},
        agents=[{**row, **found.get(("agent", row["agent"]), unknown)} for row in told.agents],
        categories=[{**row, **found.get(("category", row["category"]), unknown)} for row in told.categories],
    )


def _nothing(store: Engine, parameters: Mapping[str, Any]) -> _Told:
    """What is to be told where nothing ran: the registered agents."""
    nothing = Sums(executions=[], steps=[])
    return _Told(totals=nothing.totals(), agents=_registered(store, parameters), categories=[])


def _registered(store: Engine, parameters: Mapping[str, Any]) -> list[Row]:
    """The registered agents as if none had run."""
    asked = {name: value for name, value in parameters.items() if name not in ("from_ns", "to_ns")}
    counts = dict.fromkeys(("executions", "executions_weight", "running", "failed", "skipped", "model_calls"), 0)
    unknown = (
        "succeeded_weight", "finished_weight", "self_ns", "input_tokens", "output_tokens", "cost_usd_nanos",
        "last_seen_ns",
    )  # fmt: skip
    idle = {**counts, **dict.fromkeys(unknown), "is_registered": True}
    return [{**idle, **row} for row in store.rows("overview_registered", asked)]


def _agents_in_order(row: Row) -> tuple[int, str]:
    return -row["executions"], row["agent"]


def _categories_in_order(row: Row) -> tuple[int, int, str]:
    return -int(row["self_ns"] or 0), -int(row["total_ns"]), row["category"]


def _weighted(rows: Sequence[Row], weights: Mapping[str, Mapping[int, float]], key: str) -> Sequence[Row]:
    return [{**row, **weighted_quantiles(weights.get(row[key], {}))} for row in rows]


def _totals(row: Row, categories: Sequence[Row]) -> Totals:
    return Totals(
        executions=row["executions"],
        executions_weight=row["executions_weight"],
        steps=sum(category["steps"] for category in categories),
        running=row["running"],
        succeeded=row["succeeded"],
        failed=row["failed"],
        timed_out=row["timed_out"],
        skipped=row["skipped"],
        crashed=row["crashed"],
        success_rate=_success_rate(row),
        p50_ns=row["p50_ns"],
        p95_ns=row["p95_ns"],
        p99_ns=row["p99_ns"],
        model_calls=whole(row["model_calls"]) or 0,
        model_calls_without_usage=whole(row["model_calls_without_usage"]) or 0,
        tool_calls=whole(row["tool_calls"]) or 0,
        input_tokens=whole(row["input_tokens"]),
        output_tokens=whole(row["output_tokens"]),
        cost_usd=dollars(row["cost_usd_nanos"]),
        model_calls_without_cost=whole(row["model_calls_without_cost"]) or 0,
    )


def _agent(row: Row) -> AgentSummary:
    return AgentSummary(
        agent=row["agent"],
        is_registered=bool(row["is_registered"]),
        executions=row["executions"],
        executions_weight=row["executions_weight"],
        running=row["running"],
        failed=row["failed"],
        skipped=row["skipped"],
        success_rate=_success_rate(row),
        p50_ns=row["p50_ns"],
        p95_ns=row["p95_ns"],
        p99_ns=row["p99_ns"],
        self_ns=whole(row["self_ns"]),
        model_calls=whole(row["model_calls"]) or 0,
        input_tokens=whole(row["input_tokens"]),
        output_tokens=whole(row["output_tokens"]),
        cost_usd=dollars(row["cost_usd_nanos"]),
        last_seen=time_text(row["last_seen_ns"] or row["last_heard_ns"]),
    )


def _category(row: Row) -> CategorySummary:
    return CategorySummary(
        category=row["category"],
        steps=row["steps"],
        failed=row["failed"],
        p50_ns=row["p50_ns"],
        p95_ns=row["p95_ns"],
        p99_ns=row["p99_ns"],
        total_ns=int(row["total_ns"]),
        self_ns=whole(row["self_ns"]),
        input_tokens=whole(row["input_tokens"]),
        output_tokens=whole(row["output_tokens"]),
        cost_usd=dollars(row["cost_usd_nanos"]),
    )


def _success_rate(row: Row) -> float | None:
    """Succeeded of those that finished and were not skipped, weighted where executions were sampled."""
    finished = row["finished_weight"]
    return float(row["succeeded_weight"] or 0) / float(finished) if finished else None
