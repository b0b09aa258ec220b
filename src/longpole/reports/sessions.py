"""Conversations: which there are, and one of them turn by turn, with the time of agents and of people kept apart."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from msgspec import Struct

from longpole.model import clock
from longpole.model.errors import NotFound
from longpole.reports.bodies import NO_BODY, bodies_of, span_of_row
from longpole.reports.execution_list import page_of_rows
from longpole.reports.filter_values import (
    LIMIT,
    PEOPLE,
    SCOPE,
    WORKSPACE,
    Filter,
    Pairs,
    Scope,
    limit_of,
    missing,
    not_one_of,
    read_given,
    scope_of,
)
from longpole.reports.filters import ExecutionFilters
from longpole.reports.question import Question
from longpole.reports.rows import Row, dollars, execution_item, parsed, whole
from longpole.reports.session_views import SessionAgent, SessionDetail, SessionPage, SessionSummary, SessionTurn
from longpole.reports.weighted import weighted_quantiles
from longpole.store.engine import Engine

SORTS = ("last", "first", "turns", "duration", "busy", "think", "tokens", "cost", "failed")
MOST_TURNS = 500
_MOST_LETTERS = 2_000
_DEEPEST = 8
_SAID_UNDER = (
    "content", "text", "message", "question", "prompt", "query", "input", "output", "answer", "response", "result",
    "messages", "parts", "choices", "args", "kwargs",
)  # fmt: skip
"""Under which keys bodies have what was said, the likeliest first."""

SESSIONS_FILTERS = (
    *SCOPE,
    PEOPLE[1],
    Filter(
        name="text", meaning="Found in the id of the session or of its user; letter case ignored.", example="CLM-48"
    ),
    Filter(name="sort", meaning=f"One of {', '.join(SORTS)}. Unknown values come last.", example="cost"),
    Filter(name="order", meaning="asc or desc; largest and latest first by default.", example="desc"),
    LIMIT,
)
"""The filters of `GET /api/analysis/sessions`."""

SESSION_FILTERS = (WORKSPACE, Filter(name="session", meaning="The id of the session; required.", example="CLM-48213"))
"""The filters of `GET /api/analysis/session`."""


class SessionFilters(Struct, frozen=True, kw_only=True):
    """Which sessions, in which order. `None` filters nothing; all given ones must hold."""

    scope: Scope
    session: str | None = None
    user: str | None = None
    text: str | None = None
    sort: str = "last"
    is_descending: bool = True
    limit: int = 1


def read_sessions_filters(pairs: Pairs) -> SessionFilters:
    """What names and texts describe.

    Raises:
        InvalidInput: a name is unknown (the message names the nearest), repeated, or its value cannot be read.
    """
    given = read_given(pairs, SESSIONS_FILTERS)
    sort, order = given.get("sort", "last"), given.get("order", "desc")
    if sort not in SORTS:
        raise not_one_of("sort", sort, SORTS)
    if order not in ("asc", "desc"):
        raise not_one_of("order", order, ("asc", "desc"))
    return SessionFilters(
        scope=scope_of(given),
        user=given.get("user"),
        text=given.get("text"),
        sort=sort,
        is_descending=order == "desc",
        limit=limit_of(given.get("limit")),
    )


def sessions_of(store: Engine, filters: SessionFilters) -> SessionPage:
    """Sessions with a turn in the time range; only turns in it count. Cost: one scan of the executions in it."""
    scope = filters.scope
    asked: dict[str, Any] = {
        "workspace": scope.workspace,
        "user": filters.user,
        "environment": scope.environment,
        "version": scope.version,
        "from_ns": scope.from_ns,
        "to_ns": scope.to_ns,
    }
    page = {
        "agent": scope.agent,
        "session": filters.session,
        "text": filters.text,
        "sort": filters.sort,
        "is_descending": filters.is_descending,
        "limit": filters.limit,
    }
    rows = store.rows("session_page", {**asked, **page})
    turns: dict[tuple[str, str], list[Row]] = {}
    if rows:
        names = sorted({row["session_id"] for row in rows})
        for row in store.rows("session_durations", {**asked, "session_ids": names}):
            turns.setdefault((row["workspace"], row["session_id"]), []).append(row)
    return SessionPage(
        items=[_summary(row, turns.get((row["workspace"], row["session_id"]), ())) for row in rows],
        sessions=rows[0]["sessions"] if rows else 0,
    )


def _summary(row: Row, turns: Sequence[Row]) -> SessionSummary:
    buckets: dict[int, float] = {}
    agents: dict[str, int] = {}
    for turn in turns:
        agents[turn["agent"]] = agents.get(turn["agent"], 0) + turn["turns"]
        if turn["duration_bucket"] is not None:
            bucket = turn["duration_bucket"]
            buckets[bucket] = buckets.get(bucket, 0.0) + float(turn["weight"])
    quantiles = weighted_quantiles(buckets)
    return SessionSummary(
        session_id=row["session_id"],
        workspace=row["workspace"],
        user_id=row["user_id"],
        agents=[
            SessionAgent(agent=agent, turns=count)
            for agent, count in sorted(agents.items(), key=lambda item: (-item[1], item[0]))
        ],
        turns=row["turns"],
        running=row["running"],
        failed=row["failed"],
        first_at=clock.to_rfc3339(row["first_ns"]),
        last_at=clock.to_rfc3339(row["last_ns"]),
        duration_ns=int(row["whole_ns"]),
        busy_ns=int(row["busy_ns"]),
        think_ns=int(row["think_ns"]),
        p50_ns=quantiles["p50_ns"],
        p95_ns=quantiles["p95_ns"],
        tokens=whole(row["tokens"]),
        cost_usd=dollars(row["cost_usd_nanos"]),
        model_calls=int(row["model_calls"] or 0),
        model_calls_without_usage=int(row["model_calls_without_usage"] or 0),
        model_calls_without_cost=int(row["model_calls_without_cost"] or 0),
    )


def session_of(store: Engine, session_id: str, workspace: str | None = None) -> SessionDetail:
    """One session, turn by turn.

    Raises:
        NotFound: no execution has this session.
    """
    found = sessions_of(store, SessionFilters(scope=Scope(workspace=workspace), session=session_id)).items
    if not found:
        raise NotFound(
            f"There is no session {session_id[:60]!r}. Expected the session or conversation id of an execution. "
            "List those there are with GET /api/analysis/sessions."
        )
    summary = found[0]
    asked = ExecutionFilters(
        workspace=summary.workspace, session=session_id, only_roots=True, is_descending=False, limit=MOST_TURNS
    )
    rows, _ = page_of_rows(store, asked)
    return SessionDetail(session=summary, turns=_turns(store, rows), turns_left_out=max(0, summary.turns - len(rows)))


def _turns(store: Engine, rows: Sequence[Row]) -> list[SessionTurn]:
    bodies = bodies_of(store, map(span_of_row, rows))
    turns: list[SessionTurn] = []
    busy_until_ns = first_ns = rows[0]["started_ns"] if rows else 0
    tokens: int | None = None
    nanos: int | None = None
    for row in rows:
        item = execution_item(row)
        told = [value for value in (item.input_tokens, item.output_tokens) if value is not None]
        tokens = (tokens or 0) + sum(told) if told else tokens
        nanos = nanos if row["cost_usd_nanos"] is None else (nanos or 0) + int(row["cost_usd_nanos"])
        body = bodies.get(span_of_row(row), NO_BODY)
        turns.append(
            SessionTurn(
                number=len(turns) + 1,
                execution=item,
                offset_ns=row["started_ns"] - first_ns,
                think_ns=max(0, row["started_ns"] - busy_until_ns) if turns else None,
                asked=words_of(parsed(body["input"])),
                answered=words_of(parsed(body["output"])),
                tokens_so_far=tokens,
                cost_so_far_usd=dollars(nanos),
            )
        )
        busy_until_ns = max(busy_until_ns, row["ended_ns"] or row["started_ns"])
    return turns


def words_of(body: object) -> str | None:
    """What was said in a body: the last message of a conversation, the text under a telling name, else all of it.

    At most 2,000 letters; `None` where there is nothing.
    """
    said = _said(body, _DEEPEST)
    if said is None and body not in (None, "", [], {}):
        said = json.dumps(body, ensure_ascii=False, default=str)
    if said is None:
        return None
    said = said.strip()
    return f"{said[: _MOST_LETTERS - 1]}…" if len(said) > _MOST_LETTERS else said or None


def _said(value: object, deeper: int) -> str | None:
    if isinstance(value, str):
        return value or None
    if deeper == 0:
        return None
    if isinstance(value, list):
        parts = (_said(part, deeper - 1) for part in reversed(cast("list[object]", value)))
        return next((part for part in parts if part), None)
    if not isinstance(value, Mapping):
        return None
    fields = cast("Mapping[str, object]", value)
    for name in _SAID_UNDER:
        if said := _said(fields.get(name), deeper - 1):
            return said
    return _said(next(iter(fields.values())), deeper - 1) if len(fields) == 1 else None


def _ask_session(store: Engine, pairs: Pairs) -> SessionDetail:
    given = read_given(pairs, SESSION_FILTERS)
    if "session" not in given:
        raise missing("session", "the id of a session")
    return session_of(store, given["session"], given.get("workspace"))


SESSIONS = Question(
    name="sessions",
    meaning="Conversations: their turns, how long agents worked and people thought, what they cost.",
    view=SessionPage,
    filters=SESSIONS_FILTERS,
    ask=lambda store, pairs: sessions_of(store, read_sessions_filters(pairs)),
)

SESSION = Question(
    name="session",
    meaning="One conversation, turn by turn, with what was said.",
    view=SessionDetail,
    filters=SESSION_FILTERS,
    ask=_ask_session,
)
