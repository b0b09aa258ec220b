"""Why an agent did not do its work: nobody named it, nobody took it, it declined, it failed, or it did run."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from longpole.model import clock
from longpole.model.status import OPEN_STATUSES, ExecutionStatus
from longpole.reports.agent_performance import agent_parameters
from longpole.reports.bodies import NO_BODY, bodies_of, span_of_row
from longpole.reports.filters import AGENT_FILTERS, AgentFilters, read_agent_filters
from longpole.reports.question import Question
from longpole.reports.question_views import AgentRun, Considered, WhyNot
from longpole.reports.rows import Row, parsed, time_text
from longpole.store.engine import Engine

FIRED, RUNNING, FAILED, SKIPPED = "fired", "running", "failed", "skipped"
NOT_CHOSEN, NOT_CALLED, UPSTREAM_FAILED = "not_chosen", "not_called", "upstream_failed"
NEVER_CONSIDERED, UNKNOWN_AGENT = "never_considered", "unknown_agent"

MOST_SHOWN = 20
_MOST_NEAR = 5
_TAKEN = frozenset({"chosen", "respond", "selected"})
_NO_DECISION: Row = dict.fromkeys(("score", "threshold", "reason"))


class _Known(NamedTuple):
    """What is known of an agent's name, and the names like it."""

    is_known: bool
    is_registered: bool
    last_seen_ns: int | None
    near: list[str]


def why_not(store: Engine, filters: AgentFilters) -> WhyNot:
    """What kept the agent from doing its work, in the conversation, scope and time that `filters` describe."""
    asked = agent_parameters(filters) | {"limit": MOST_SHOWN}
    runs = store.rows("agent_runs", asked)
    of_others = {name: value for name, value in asked.items() if name != "version"}
    decisions = store.rows("agent_decisions", of_others)
    considered = [row for row in decisions if row["agent"] != filters.agent]
    failed: Sequence[Row] = []
    if filters.session is not None and not runs:
        failed = store.rows("failed_runs", {name: value for name, value in of_others.items() if name != "agent"})
    known = _known(store, filters)
    outcome = _outcome(runs, considered, failed, known)
    return WhyNot(
        agent=filters.agent,
        outcome=outcome,
        message=_message(outcome, filters, runs, considered, failed, known),
        is_registered=known.is_registered,
        last_seen=time_text(known.last_seen_ns),
        near_names=known.near if outcome == UNKNOWN_AGENT else [],
        runs=_agent_runs(store, runs, decisions),
        considered=[_considered(row) for row in considered],
        failed_before=_agent_runs(store, failed, ()),
    )


def _known(store: Engine, filters: AgentFilters) -> _Known:
    place = {"workspace": filters.scope.workspace}
    rows = store.rows("agent_names", place)
    own = [row for row in rows if row["agent"] == filters.agent]
    names = {row["agent"] for row in rows}
    if not own:  # decisions are many, and agents few
        names |= {row["candidate"] for row in store.rows("candidate_names", place)}
    by_lower = {name.lower(): name for name in sorted(names)}
    near = get_close_matches(filters.agent.lower(), by_lower, n=_MOST_NEAR, cutoff=0.6)
    return _Known(
        is_known=filters.agent in names,
        is_registered=any(row["is_registered"] for row in own),
        last_seen_ns=max((row["last_seen_ns"] for row in own), default=None),
        near=[by_lower[name] for name in near],
    )


def _outcome(runs: Sequence[Row], considered: Sequence[Row], failed: Sequence[Row], known: _Known) -> str:
    if runs and not (considered and considered[0]["time_ns"] > runs[0]["started_ns"] and not _is_taken(considered[0])):
        status = runs[0]["status"]
        if status in OPEN_STATUSES:
            return RUNNING
        return {ExecutionStatus.SUCCESS: FIRED, ExecutionStatus.SKIPPED: SKIPPED}.get(status, FAILED)
    if considered and not _is_taken(considered[0]):
        return NOT_CHOSEN
    if considered:
        return UPSTREAM_FAILED if _has_failed(considered[0]) else NOT_CALLED
    if not known.is_known:
        return UNKNOWN_AGENT
    return UPSTREAM_FAILED if failed else NEVER_CONSIDERED


def _is_taken(decision: Row) -> bool:
    return bool(decision["considered"]) and decision["outcome"] in _TAKEN


def _has_failed(decision: Row) -> bool:
    return decision["status"] in (ExecutionStatus.FAILED, ExecutionStatus.TIMEOUT, ExecutionStatus.CRASHED)


def _message(
    outcome: str,
    filters: AgentFilters,
    runs: Sequence[Row],
    considered: Sequence[Row],
    failed: Sequence[Row],
    known: _Known,
) -> str:
    agent = filters.agent
    if outcome in (FIRED, RUNNING, SKIPPED, FAILED):
        return _message_of_run(outcome, agent, runs[0])
    if outcome == NOT_CHOSEN:
        return f"{agent} was considered by {considered[0]['agent']} and not chosen: {_grounds(considered[0])}."
    if outcome == NOT_CALLED:
        return (
            f"{agent} was chosen by {considered[0]['agent']}, and no execution of it followed. "
            "Look at what stands behind the choice, and whether the agent is recorded."
        )
    if outcome == UPSTREAM_FAILED and considered:
        chooser = considered[0]
        return f"{agent} was chosen and not invoked: {chooser['agent']} chose it and then ended as {chooser['status']}."
    if outcome == UPSTREAM_FAILED:
        error = f" ({failed[0]['error_type']})" if failed[0]["error_type"] else ""
        return (
            f"{agent} was never invoked and never considered. In the same conversation {failed[0]['agent']} ended as "
            f"{failed[0]['status']}{error}, perhaps before its turn."
        )
    if outcome == UNKNOWN_AGENT:
        near = f" Names like it: {', '.join(known.near)}." if known.near else ""
        return f"{agent} was never invoked: no program has registered, run or considered an agent of this name.{near}"
    seen = "" if known.last_seen_ns is None else f" It was last seen {time_text(known.last_seen_ns)}."
    registered = "It is registered." if known.is_registered else "It is not registered."
    return f"{agent} was never invoked and never considered. {registered}{seen} Check the routing that should name it."


def _message_of_run(outcome: str, agent: str, run: Row) -> str:
    at = clock.to_rfc3339(run["started_ns"])
    if outcome == FIRED:
        return f"{agent} did fire: its execution of {at} succeeded"
    if outcome == RUNNING:
        return f"{agent} was invoked at {at} and is {run['status']}"
    if outcome == SKIPPED:
        return f"{agent} was invoked but skipped due to relevance check"
    error = run["error_type"] or "no error was sent"
    return f"{agent} was invoked at {at} and ended as {run['status']}: {error}"


def _grounds(decision: Row) -> str:
    """Score, threshold, outcome and reason, as far as they were told."""
    score, threshold = decision["score"], decision["threshold"]
    parts: list[str] = []
    if score is not None:
        parts.append(f"score {score:g}" + ("" if threshold is None else f", threshold {threshold:g}"))
    parts += [part for part in (decision["outcome"], decision["reason"]) if part]
    return "; ".join(parts) or "no ground was told"


def _agent_runs(store: Engine, runs: Sequence[Row], decisions: Sequence[Row]) -> list[AgentRun]:
    bodies = bodies_of(store, map(span_of_row, runs))
    own: dict[Any, Row] = {}
    for decision in decisions:  # newest first: the last word of an execution stays
        own.setdefault((decision["workspace"], decision["execution_id"], decision["agent"]), decision)
    return [
        _agent_run(
            run,
            own.get((run["workspace"], run["execution_id"], run["agent"]), _NO_DECISION),
            bodies.get(span_of_row(run), NO_BODY),
        )
        for run in runs
    ]


def _agent_run(run: Row, decision: Row, body: Row) -> AgentRun:
    return AgentRun(
        execution_id=run["execution_id"],
        agent=run["agent"],
        status=run["status"],
        stage=run["stage"],
        started_at=clock.to_rfc3339(run["started_ns"]),
        duration_ns=run["duration_ns"],
        score=decision["score"],
        threshold=decision["threshold"],
        reason=decision["reason"],
        error_type=run["error_type"],
        error_message=run["error_message"],
        input=parsed(body["input"]),
    )


def _considered(row: Row) -> Considered:
    return Considered(
        execution_id=row["execution_id"],
        by=row["agent"],
        by_status=row["status"],
        time=clock.to_rfc3339(row["time_ns"]),
        score=row["score"],
        threshold=row["threshold"],
        outcome=row["outcome"],
        reason=row["reason"],
    )


WHY_NOT = Question(
    name="why-not",
    meaning="Why an agent did not do its work, with the evidence.",
    view=WhyNot,
    filters=AGENT_FILTERS,
    ask=lambda store, pairs: why_not(store, read_agent_filters(pairs)),
)
