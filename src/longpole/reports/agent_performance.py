"""How one agent did: counts, success, times, errors, and what its own model calls used."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from longpole.model import clock
from longpole.reports.filters import AGENT_FILTERS, AgentFilters, read_agent_filters
from longpole.reports.question import Question
from longpole.reports.question_views import AgentPerformance, ErrorCount
from longpole.reports.rolled_up import Sums, Weights, added, gone_of, rolled_of
from longpole.reports.rows import Row, dollars, time_text
from longpole.reports.weighted import by_group, joined, weighted_quantiles
from longpole.store.engine import Engine
from longpole.wire.longpole_names import TOTAL_TOKENS

MOST_ERRORS = 10
_WHOLE = re.compile(r"[0-9]{1,15}")


class _Told(Struct):
    """The answers of the agent's queries; tokens are those of the calls that told any."""

    totals: Row
    calls: Row
    tokens: float
    calls_with_tokens: float
    weights: Weights | None = None

    def plus(self, sums: Sums) -> "_Told":
        """These with what rollups tell."""
        calls = sums.calls()
        return _Told(
            totals=added(self.totals, sums.performance()),
            calls=added(self.calls, calls),
            tokens=self.tokens + (calls["tokens"] or 0),
            calls_with_tokens=self.calls_with_tokens + calls["calls"] - calls["calls_without_usage"],
            weights=joined([self.weights or {}, sums.weights_not_skipped()]),
        )


def performance_of(store: Engine, filters: AgentFilters) -> AgentPerformance:
    """The performance of an agent; all counts are 0 and all else is unknown where it has not run.

    What retention has removed is counted from the rollups, which know neither errors nor sessions, users and scopes:
    errors are of what is stored, and so is everything where such a filter is given. Where the engine prefers it, days
    of a long time range are read from rollups; model calls count by when they began then, and by when their execution
    did otherwise.
    """
    asked = agent_parameters(filters)
    is_rolled = (filters.session, filters.user, filters.belongs_to) == (None, None, None)
    gone, rolled = (gone_of(store, asked), rolled_of(store, asked)) if is_rolled else (None, None)
    found = _stored(store, asked, rolled, needs_weights=gone is not None)
    if gone is not None:
        found = found.plus(gone)
    totals: Row = found.totals
    calls, tokens, calls_with_tokens = found.calls, found.tokens, found.calls_with_tokens
    if found.weights is not None:
        totals = {**totals, **weighted_quantiles(found.weights)}
    errors = store.rows("agent_errors", {**asked, "limit": MOST_ERRORS})
    finished = totals["finished_weight"]
    return AgentPerformance(
        agent=filters.agent,
        executions=totals["executions"],
        executions_weight=float(totals["executions_weight"]),
        running=totals["running"],
        succeeded=totals["succeeded"],
        failed=totals["failed"],
        timed_out=totals["timed_out"],
        crashed=totals["crashed"],
        skipped=totals["skipped"],
        success_rate=float(totals["succeeded_weight"] or 0) / float(finished) if finished else None,
        mean_ns=_mean(totals),
        p50_ns=totals["p50_ns"],
        p95_ns=totals["p95_ns"],
        p99_ns=totals["p99_ns"],
        errors=[_error(row) for row in errors],
        model_calls=round(calls["calls"]),
        model_calls_without_usage=round(float(calls["calls"]) - calls_with_tokens),
        tokens=round(tokens) if calls_with_tokens else None,
        mean_call_tokens=tokens / calls_with_tokens if calls_with_tokens else None,
        mean_call_ns=_mean(calls),
        cost_usd=dollars(calls["cost_usd_nanos"]),
        last_seen=time_text(totals["last_seen_ns"]),
    )


def agent_parameters(filters: AgentFilters) -> dict[str, Any]:
    """The filters as the queries of `one_agent.sql` take them."""
    scope_key, scope_value = filters.belongs_to or (None, None)
    return {
        "agent": filters.agent,
        "workspace": filters.scope.workspace,
        "environment": filters.scope.environment,
        "version": filters.scope.version,
        "from_ns": filters.scope.from_ns,
        "to_ns": filters.scope.to_ns,
        "session": filters.session,
        "user": filters.user,
        "scope_key": scope_key,
        "scope_value": scope_value,
    }


def _stored(store: Engine, asked: Mapping[str, Any], rolled: Sums | None, *, needs_weights: bool) -> _Told:
    """What is stored: from what rollups tell of it, or without that row by row."""
    weights: Weights | None = None
    if rolled is not None:
        totals, calls, weights = rolled.performance(), rolled.calls(), rolled.weights_not_skipped()
    else:
        totals, calls = store.rows("agent_totals", asked)[0], store.rows("agent_model_calls", asked)[0]
        if needs_weights or totals["sampled"]:
            weights = joined(list(by_group(store.rows("agent_duration_weights", asked), "agent").values()))
    told: Sequence[Row] = []
    if calls["calls_without_usage"]:  # it reads bodies, which are many
        told = store.rows("agent_told_tokens", {**asked, "total_name": TOTAL_TOKENS})
    tokens, calls_with_tokens = _tokens(calls, told)
    return _Told(totals=totals, calls=calls, tokens=tokens, calls_with_tokens=calls_with_tokens, weights=weights)


def _tokens(calls: Row, told: Sequence[Row]) -> tuple[float, float]:
    """Tokens of all calls that told any, and how many calls those are, weighted."""
    tokens = float(calls["tokens"] or 0)
    counted = float(calls["calls"]) - float(calls["calls_without_usage"])
    for row in told:
        if _WHOLE.fullmatch(row["total"]):  # attributes come from outside
            tokens += int(row["total"]) * float(row["weight"])
            counted += float(row["weight"])
    return tokens, counted


def _mean(row: Row) -> int | None:
    return round(float(row["total_ns"]) / float(row["timed_weight"])) if row["timed_weight"] else None


def _error(row: Row) -> ErrorCount:
    return ErrorCount(
        error_type=row["error_type"],
        example=row["example"],
        executions=row["executions"],
        mean_ns=_mean(row),
        last_seen=clock.to_rfc3339(row["last_seen_ns"]),
    )


AGENT = Question(
    name="agent",
    meaning="How one agent did in a time range: success, times, errors, what its model calls used.",
    view=AgentPerformance,
    filters=AGENT_FILTERS,
    ask=lambda store, pairs: performance_of(store, read_agent_filters(pairs)),
)
