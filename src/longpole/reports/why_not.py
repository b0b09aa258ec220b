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
BELOW_THRESHOLD, BLOCKED, NOT_CHOSEN = "below_threshold", "blocked", "not_chosen"
NOT_CALLED, UPSTREAM_FAILED = "not_called", "upstream_failed"
NEVER_CONSIDERED, NEVER_REGISTERED, UNKNOWN_AGENT = "never_considered", "never_registered", "unknown_agent"

MOST_SHOWN = 20
_EARLIER_NS = 86_400 * 10**9
"""By how much clocks may differ between an execution, its steps and the server, at most."""
_MOST_NEAR = 5
_TAKEN = frozenset({"chosen", "respond", "selected"})
_BLOCKING = frozenset({"blocked", "guarded", "denied", "refused", "vetoed"})
_GUARDS = ("guardrail", "tripwire", "moderation", "contentfilter", "contentpolicy")
"""Parts of the names of errors by which guards stop something, in small letters."""

REQUEST_NOT_SENT, RESPONSE_NOT_RECEIVED = "request_not_sent", "response_not_received"
_BEFORE_THE_REQUEST = frozenset({"init", "should_respond", "pre_process", "llm_prepare"})
_NO_DECISION: Row = dict.fromkeys(("score", "threshold", "reason"))


class _Known(NamedTuple):
    """What is known of an agent's name, and the names like it."""

    is_named: bool
    has_been_seen: bool
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
    shown = _agent_runs(store, runs, decisions)
    return WhyNot(
        agent=filters.agent,
        outcome=outcome,
        message=_message(outcome, filters, shown, considered, failed, known),
        is_registered=known.is_registered,
        last_seen=time_text(known.last_seen_ns),
        near_names=known.near if outcome in (UNKNOWN_AGENT, NEVER_REGISTERED) else [],
        runs=shown,
        considered=[_considered(row) for row in considered],
        failed_before=_agent_runs(store, failed, ()),
    )


def _known(store: Engine, filters: AgentFilters) -> _Known:
    place = {"workspace": filters.scope.workspace}
    rows = store.rows("agent_names", place)
    own = [row for row in rows if row["agent"] == filters.agent]
    names = {row["agent"] for row in rows}
    by_lower = {name.lower(): name for name in sorted(names)}
    if not own:  # decisions are many, and agents few
        names |= {row["candidate"] for row in store.rows("candidate_names", place)}
    near = get_close_matches(filters.agent.lower(), by_lower, n=_MOST_NEAR, cutoff=0.6)
    return _Known(
        is_named=filters.agent in names,
        has_been_seen=bool(own),
        is_registered=any(row["is_registered"] for row in own),
        last_seen_ns=max((row["last_seen_ns"] for row in own), default=None),
        near=[by_lower[name] for name in near],
    )


def _outcome(runs: Sequence[Row], considered: Sequence[Row], failed: Sequence[Row], known: _Known) -> str:
    if runs and not (considered and considered[0]["time_ns"] > runs[0]["started_ns"] and not _is_taken(considered[0])):
        return _outcome_of_run(runs[0])
    if considered:
        return _outcome_of_decision(considered[0], known)
    if not known.is_named:
        return UNKNOWN_AGENT
    if failed:
        return BLOCKED if _is_guard(failed[0]["error_type"]) else UPSTREAM_FAILED
    return NEVER_CONSIDERED if known.has_been_seen else NEVER_REGISTERED


def _outcome_of_run(run: Row) -> str:
    status = run["status"]
    if status in OPEN_STATUSES:
        return RUNNING
    if status in (ExecutionStatus.SUCCESS, ExecutionStatus.SKIPPED):
        return FIRED if status == ExecutionStatus.SUCCESS else SKIPPED
    return BLOCKED if _is_guard(run["error_type"]) else FAILED


def _outcome_of_decision(decision: Row, known: _Known) -> str:
    """What a decision about an agent that did not run after it tells."""
    if not _is_taken(decision):
        score, threshold, outcome = decision["score"], decision["threshold"], decision["outcome"]
        if outcome in _BLOCKING:
            return BLOCKED
        is_below = score is not None and threshold is not None and score < threshold
        return BELOW_THRESHOLD if is_below or outcome == BELOW_THRESHOLD else NOT_CHOSEN
    if decision["status"] in OPEN_STATUSES:
        return RUNNING
    if _has_failed(decision):
        return BLOCKED if _is_guard(decision["error_type"]) else UPSTREAM_FAILED
    return NOT_CALLED if known.has_been_seen else NEVER_REGISTERED


def _is_guard(error_type: str | None) -> bool:
    """Whether an error is that of a guard, by its name."""
    name = (error_type or "").lower().replace("_", "")
    return any(part in name for part in _GUARDS)


def _is_taken(decision: Row) -> bool:
    return bool(decision["considered"]) and decision["outcome"] in _TAKEN


def _has_failed(decision: Row) -> bool:
    return decision["status"] in (ExecutionStatus.FAILED, ExecutionStatus.TIMEOUT, ExecutionStatus.CRASHED)


def _message(
    outcome: str,
    filters: AgentFilters,
    runs: Sequence[AgentRun],
    considered: Sequence[Row],
    failed: Sequence[Row],
    known: _Known,
) -> str:
    agent = filters.agent
    has_decided = bool(considered) and not (runs and _is_taken(considered[0]))
    if runs and not (has_decided and outcome in (BELOW_THRESHOLD, BLOCKED, NOT_CHOSEN)):
        return _message_of_run(outcome, agent, runs[0])
    if considered:
        return _message_of_decision(outcome, agent, considered[0], known)
    if outcome in (UPSTREAM_FAILED, BLOCKED):
        error = f" ({failed[0]['error_type']})" if failed[0]["error_type"] else ""
        how = "was stopped by a guard" if outcome == BLOCKED else f"ended as {failed[0]['status']}"
        return (
            f"{agent} was never invoked and never considered. In the same conversation {failed[0]['agent']} {how}"
            f"{error}, perhaps before its turn."
        )
    if outcome == UNKNOWN_AGENT:
        near = f" Names like it: {', '.join(known.near)}." if known.near else ""
        return f"{agent} was never invoked: no program has registered, run or considered an agent of this name.{near}"
    if outcome == NEVER_REGISTERED:
        return f"{agent} was never invoked here. It has been considered elsewhere, but {_never_seen(known)}"
    seen = "" if known.last_seen_ns is None else f" It was last seen {_moment(known.last_seen_ns)}."
    registered = "It is registered." if known.is_registered else "It is not registered."
    return f"{agent} was never invoked and never considered. {registered}{seen} Check the routing that should name it."


def _message_of_decision(outcome: str, agent: str, decision: Row, known: _Known) -> str:
    by = decision["agent"]
    if outcome == BELOW_THRESHOLD:
        return f"{agent} was considered by {by} and is below the threshold: {_grounds(decision)}."
    if outcome == NOT_CHOSEN:
        return f"{agent} was considered by {by} and not chosen: {_grounds(decision)}."
    if outcome == BLOCKED and not _is_taken(decision):
        return f"{agent} was considered by {by} and blocked: {_grounds(decision)}."
    if outcome == BLOCKED:
        return f"{agent} was chosen by {by} and not invoked: a guard stopped {by} ({decision['error_type']})."
    if outcome == RUNNING:
        return f"{agent} was chosen by {by}, which is still {decision['status']}: it may yet invoke it."
    if outcome == UPSTREAM_FAILED:
        error = f" ({decision['error_type']})" if decision["error_type"] else ""
        return f"{agent} was chosen and not invoked: {by} chose it and then ended as {decision['status']}{error}."
    if outcome == NEVER_REGISTERED:
        return f"{agent} was chosen by {by} and not invoked: {_never_seen(known)}"
    return (
        f"{agent} was chosen by {by}, and no execution of it followed. "
        "Look at what stands behind the choice, and whether the agent is recorded."
    )


def _never_seen(known: _Known) -> str:
    near = f" Names like it: {', '.join(known.near)}." if known.near else ""
    return f"no program has ever registered or run an agent of this name.{near}"


def _message_of_run(outcome: str, agent: str, run: AgentRun) -> str:
    if outcome == FIRED:
        return f"{agent} did fire: its execution of {_moment_of(run)} succeeded"
    if outcome == SKIPPED:
        return f"{agent} was invoked but skipped due to relevance check"
    where = {
        REQUEST_NOT_SENT: f", before it sent a request to a model (stage {run.stage})",
        RESPONSE_NOT_RECEIVED: ", and its last request to a model has no response",
    }.get(run.model_trouble or "", "")
    if outcome == RUNNING:
        return f"{agent} was invoked at {_moment_of(run)} and is {run.status}{where}"
    error = run.error_type or "no error was sent"
    if outcome == BLOCKED:
        return f"{agent} was invoked at {_moment_of(run)} and blocked by a guard: {error}{where}"
    return f"{agent} was invoked at {_moment_of(run)} and ended as {run.status}: {error}{where}"


def _moment_of(run: AgentRun) -> str:
    return _moment(clock.from_rfc3339(run.started_at))


def _moment(time_ns: int) -> str:
    """A time as people write it, to the second."""
    return f"{clock.to_rfc3339(time_ns)[:19].replace('T', ' ')} UTC"


def _grounds(decision: Row) -> str:
    """Score, threshold, outcome and reason, as far as they were told."""
    score, threshold = decision["score"], decision["threshold"]
    parts: list[str] = []
    if score is not None:
        parts.append(f"score {score:g}" + ("" if threshold is None else f", threshold {threshold:g}"))
    parts += [part for part in (decision["outcome"], decision["reason"]) if part]
    return "; ".join(parts) or "no ground was told"


def _agent_runs(store: Engine, runs: Sequence[Row], decisions: Sequence[Row]) -> list[AgentRun]:
    earliest_ns = min((min(run["started_ns"], run["received_ns"]) for run in runs), default=0) - _EARLIER_NS
    bodies = bodies_of(store, map(span_of_row, runs), received_from_ns=earliest_ns)
    calls = _last_calls(store, runs, earliest_ns)
    own: dict[Any, Row] = {}
    for decision in decisions:  # newest first: the last word of an execution stays
        own.setdefault((decision["workspace"], decision["execution_id"], decision["agent"]), decision)
    return [
        _agent_run(
            run,
            own.get((run["workspace"], run["execution_id"], run["agent"]), _NO_DECISION),
            bodies.get(span_of_row(run), NO_BODY),
            calls.get((run["workspace"], run["execution_id"])),
        )
        for run in runs
    ]


def _last_calls(store: Engine, runs: Sequence[Row], from_ns: int) -> dict[tuple[str, str], Row]:
    """The last model call of each execution that made one, and how many it made."""
    wanted: dict[str, list[str]] = {}
    for run in runs:
        wanted.setdefault(run["workspace"], []).append(run["execution_id"])
    found: dict[tuple[str, str], Row] = {}
    for workspace, execution_ids in wanted.items():
        asked = {"workspace": workspace, "execution_ids": execution_ids, "from_ns": from_ns}
        for row in store.rows("last_model_calls", asked):
            found[workspace, row["execution_id"]] = row
    return found


def _model_trouble(run: Row, call: Row | None) -> str | None:
    """How an execution that did not succeed stands with its model: nothing was sent, or nothing came back."""
    if run["status"] in (ExecutionStatus.SUCCESS, ExecutionStatus.SKIPPED):
        return None
    if call is None:
        return REQUEST_NOT_SENT if run["stage"] in _BEFORE_THE_REQUEST else None
    return RESPONSE_NOT_RECEIVED if call["status"] != ExecutionStatus.SUCCESS else None


def _agent_run(run: Row, decision: Row, body: Row, call: Row | None) -> AgentRun:
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
        model_calls=0 if call is None else call["model_calls"],
        model_trouble=_model_trouble(run, call),
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
