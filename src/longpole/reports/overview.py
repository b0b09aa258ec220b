"""What ran, how it went, where the time went: totals, agents and categories of a time range."""

from collections.abc import Mapping, Sequence

from longpole.reports.filter_values import Scope
from longpole.reports.rolled_up import added, gone_of, joined_rows, joined_weights
from longpole.reports.rows import Row, dollars, time_text, whole
from longpole.reports.views import AgentSummary, CategorySummary, Overview, Totals
from longpole.reports.weighted import by_group, joined, weighted_quantiles
from longpole.store.engine import Engine


def overview_of(store: Engine, scope: Scope) -> Overview:
    """The overview of what started in the scope's time range.

    Tokens and cost count every leaf model call once: the agents' rows, which show only what an agent's own steps
    used, add up to the totals. Where executions were sampled, sums, rates and percentiles are weighted: they estimate
    those of all that ran; counts are of those that were kept. What retention has removed is counted from the rollups.
    """
    parameters = {
        "workspace": scope.workspace,
        "agent": scope.agent,
        "environment": scope.environment,
        "version": scope.version,
        "from_ns": scope.from_ns,
        "to_ns": scope.to_ns,
    }
    totals = store.rows("overview_totals", parameters)[0]
    agents, categories = store.rows("overview_agents", parameters), store.rows("overview_categories", parameters)
    gone = gone_of(store, parameters)
    if totals["sampled"] or gone is not None:
        weights = by_group(store.rows("overview_agent_weights", parameters), "agent")
        of_steps = by_group(store.rows("overview_category_weights", parameters), "category")
        if gone is not None:
            totals = added(totals, gone.totals())
            agents = joined_rows(agents, gone.agents(), "agent", _agents_in_order)
            categories = joined_rows(categories, gone.categories(), "category", _categories_in_order)
            weights = joined_weights(weights, gone.weights_of_agents())
            of_steps = joined_weights(of_steps, gone.weights_of_categories())
        totals = {**totals, **weighted_quantiles(joined(list(weights.values())))}
        agents = _weighted(agents, weights, "agent")
        categories = _weighted(categories, of_steps, "category")
    return Overview(
        totals=_totals(totals, categories),
        agents=[_agent(row) for row in agents],
        categories=[_category(row) for row in categories],
        rolled_up=None if gone is None else gone.told(),
    )


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
        is_registered=row["is_registered"],
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
        last_seen=time_text(row["last_seen_ns"]),
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
