"""What runs at this moment: how many of each agent, what each execution has in hand, and what most of it waits for."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from longpole.model import clock
from longpole.model.category import Category
from longpole.model.clock import DAY_NS
from longpole.model.status import ExecutionStatus
from longpole.reports.filter_values import SCOPE, Pairs, read_given
from longpole.reports.numbers import duration_text
from longpole.reports.question import Question
from longpole.reports.rows import Row
from longpole.reports.running_views import InHand, OpenRequest, Running, RunningAgent, RunningExecution
from longpole.reports.weighted import by_group, weighted_quantiles
from longpole.store.engine import Engine

LONGEST_RUN_NS = DAY_NS
"""What began longer ago and has not ended is not counted as running: nobody will tell its end."""

MOST_EXECUTIONS = 200
MOST_STEPS = 5_000
ENOUGH_CALLS = 30
"""Of fewer calls a 99th percentile says nothing."""

LONG_NS = 1_000_000_000
"""What is in hand for less is no bottleneck."""

USUAL_KEPT_S = 60.0

_QUEUED = (Category.QUEUE, Category.RATE_LIMIT)
_WAITS = (*_QUEUED, Category.RETRY, Category.BARRIER_WAIT)

RUNNING_FILTERS = SCOPE[:2]


class RunningAsked(Struct, frozen=True, kw_only=True):
    """Of which workspace and agent; nothing means all."""

    workspace: str | None = None
    agent: str | None = None


class UsualWaits:
    """How long calls of models take, asked of a store once a minute. May be used by several threads."""

    def __init__(self, store: Engine, steady_s: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._steady_s = steady_s
        self._known: dict[tuple[str | None, str], tuple[float, int | None]] = {}

    def p99_ns(self, workspace: str | None, models: Iterable[str], now_ns: int) -> dict[str, int | None]:
        """By model, the time that 99 of 100 successful calls of the last day took; nothing of too few."""
        now_s = self._steady_s()
        wanted = set(models)
        known = {model: self._known.get((workspace, model)) for model in wanted}
        asked = sorted(model for model, at in known.items() if at is None or now_s - at[0] > USUAL_KEPT_S)
        if asked:
            given = {"workspace": workspace, "models": asked, "from_ns": now_ns - LONGEST_RUN_NS}
            found = by_group(self._store.rows("call_times_of_models", given), "model")
            for model in asked:
                buckets = found.get(model, {})
                enough = sum(buckets.values()) >= ENOUGH_CALLS
                self._known[workspace, model] = (now_s, weighted_quantiles(buckets)["p99_ns"] if enough else None)
        return {model: self._known[workspace, model][1] for model in wanted}


def running_of(store: Engine, asked: RunningAsked, now_ns: int, usual: UsualWaits | None = None) -> Running:
    """What runs at `now_ns`. Four queries, and one more when models are waited for and `usual` does not know them."""
    given = {"workspace": asked.workspace, "agent": asked.agent, "from_ns": now_ns - LONGEST_RUN_NS}
    executions = store.rows("open_executions", {**given, "limit": MOST_EXECUTIONS})
    counts = store.rows("open_counts", given)
    steps = store.rows("open_steps", {**given, "limit": MOST_STEPS})
    in_hand = _innermost(executions, steps)
    models = {row["model"] for row in in_hand if row["model"] is not None and row["category"] == Category.LLM}
    waits = usual or UsualWaits(store)
    p99 = waits.p99_ns(asked.workspace, models, now_ns) if models else {}
    held: dict[tuple[str, str], list[Row]] = {}
    for row in in_hand:
        held.setdefault((row["workspace"], row["execution_id"]), []).append(row)
    heard = _last_heard(store, executions)
    shown = [
        _execution(
            row,
            held.get((row["workspace"], row["execution_id"]), []),
            p99,
            heard.get((row["workspace"], row["process"])),
            now_ns,
        )
        for row in executions
    ]
    return Running(
        at=clock.to_rfc3339(now_ns),
        agents=[_agent(row, held, now_ns) for row in counts],
        executions=shown,
        more=sum(row["executions"] for row in counts) - len(shown),
        open_requests=[_request(row, p99, now_ns) for row in in_hand if _is_unanswered(row)],
        bottleneck=_bottleneck(in_hand, p99, now_ns),
    )


def _innermost(executions: Sequence[Row], steps: Sequence[Row]) -> list[Row]:
    """The open steps, and executions that are model calls themselves, that nothing else open lies below."""
    calls: list[Row] = [
        {**row, "step_id": row["span_id"], "parent_step_id": None, "name": row["agent"]}
        for row in executions
        if row["category"] == Category.LLM
    ]
    above = {(row["trace_id"], row["parent_step_id"]) for row in steps}
    found = [row for row in (*calls, *steps) if (row["trace_id"], row["step_id"]) not in above]
    return sorted(found, key=lambda row: row["started_ns"])


def _is_unanswered(row: Row) -> bool:
    """Whether it is a call of a model that has not begun to answer."""
    return (
        row["category"] == Category.LLM
        and row["first_token_ns"] is None
        and row["status"] != ExecutionStatus.LLM_RESPONSE
    )


def _state(row: Row, held: Sequence[Row]) -> str:
    if row["status"] == ExecutionStatus.PENDING or (held and all(step["category"] in _QUEUED for step in held)):
        return "queued"
    return "waiting" if any(map(_is_unanswered, held)) else "running"


def _agent(row: Row, held: Mapping[tuple[str, str], Sequence[Row]], now_ns: int) -> RunningAgent:
    queued, waiting = int(row["pending"]), 0
    for steps in held.values():
        if (steps[0]["workspace"], steps[0]["agent"]) == (row["workspace"], row["agent"]):
            waiting += any(map(_is_unanswered, steps))
            queued += all(step["category"] in _QUEUED for step in steps)
    return RunningAgent(
        workspace=row["workspace"],
        agent=row["agent"],
        running=row["executions"] - queued,
        queued=queued,
        waiting=waiting,
        longest_ns=max(0, now_ns - row["first_started_ns"]),
    )


def _last_heard(store: Engine, executions: Sequence[Row]) -> dict[tuple[str, str], int]:
    """By workspace and process, when it last gave a sign of life; of those that have something open."""
    processes: dict[str, set[str]] = {}
    for row in executions:
        if row["process"] is not None:
            processes.setdefault(row["workspace"], set()).add(row["process"])
    return {
        (row["workspace"], row["process"]): row["last_heard_ns"]
        for workspace, names in processes.items()
        for row in store.rows("processes_named", {"workspace": workspace, "processes": sorted(names)})
    }


def _execution(
    row: Row, held: Sequence[Row], p99: Mapping[str, int | None], heard_ns: int | None, now_ns: int
) -> RunningExecution:
    return RunningExecution(
        execution_id=row["execution_id"],
        root_execution_id=row["root_execution_id"],
        parent_execution_id=row["parent_execution_id"],
        trace_id=row["trace_id"],
        workspace=row["workspace"],
        agent=row["agent"],
        status=row["status"],
        stage=row["stage"],
        state=_state(row, held),
        started_at=clock.to_rfc3339(row["started_ns"]),
        so_far_ns=max(0, now_ns - row["started_ns"]),
        silent_ns=None if heard_ns is None else max(0, now_ns - heard_ns),
        in_hand=[_in_hand(step, p99, now_ns) for step in held],
    )


def _in_hand(row: Row, p99: Mapping[str, int | None], now_ns: int) -> InHand:
    so_far_ns = max(0, now_ns - row["started_ns"])
    usual_ns = _usual(row, p99)
    return InHand(
        step_id=row["step_id"],
        name=row["name"],
        category=row["category"],
        status=row["status"],
        model=row["model"],
        started_at=clock.to_rfc3339(row["started_ns"]),
        so_far_ns=so_far_ns,
        p99_ns=usual_ns,
        is_waiting=_is_unanswered(row) or row["category"] in _WAITS,
        words=words_of(row, so_far_ns, usual_ns),
    )


def _request(row: Row, p99: Mapping[str, int | None], now_ns: int) -> OpenRequest:
    return OpenRequest(
        workspace=row["workspace"],
        agent=row["agent"],
        execution_id=row["execution_id"],
        step_id=row["step_id"],
        provider=row["provider"],
        model=row["model"],
        started_at=clock.to_rfc3339(row["started_ns"]),
        so_far_ns=max(0, now_ns - row["started_ns"]),
        p99_ns=_usual(row, p99),
    )


def _usual(row: Row, p99: Mapping[str, int | None]) -> int | None:
    return p99.get(row["model"]) if row["category"] == Category.LLM and row["model"] is not None else None


def words_of(row: Row, so_far_ns: int, p99_ns: int | None) -> str:
    """What an open step does, in words: "waiting 41 s for gpt-5.2, p99 is 12 s"."""
    took = duration_text(so_far_ns)
    if row["category"] != Category.LLM:
        return f"waiting {took}: {row['name']}" if row["category"] in _WAITS else f"running {row['name']} for {took}"
    model = row["model"] or "a model"
    usual = "" if p99_ns is None else f", p99 is {duration_text(p99_ns)}"
    if _is_unanswered(row):
        return f"waiting {took} for {model}{usual}"
    return f"reading the answer of {model} for {took}{usual}"


def _bottleneck(in_hand: Sequence[Row], p99: Mapping[str, int | None], now_ns: int) -> str | None:
    """What the open steps have spent most time on together, if the longest of them takes a second or more."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in in_hand:
        what = row["model"] if row["category"] == Category.LLM and row["model"] else row["name"]
        groups.setdefault((row["category"], what), []).append(row)
    totals = {key: sum(now_ns - row["started_ns"] for row in rows) for key, rows in groups.items()}
    if not totals:
        return None
    rows = groups[max(totals, key=lambda key: totals[key])]
    longest_ns = now_ns - rows[0]["started_ns"]  # in order of start
    if longest_ns < LONG_NS:
        return None
    words = words_of(rows[0], longest_ns, _usual(rows[0], p99))
    if len(rows) == 1:
        return f"{rows[0]['agent']} is {words}"
    return f"{len(rows)} steps have the same in hand; {rows[0]['agent']} is {words}"


def _asked(pairs: Pairs) -> RunningAsked:
    given = read_given(pairs, RUNNING_FILTERS)
    return RunningAsked(workspace=given.get("workspace"), agent=given.get("agent"))


RUNNING = Question(
    name="running",
    meaning="What runs now: counts by agent, what each execution has in hand, open requests, and the bottleneck.",
    view=Running,
    filters=RUNNING_FILTERS,
    ask=lambda store, pairs: running_of(store, _asked(pairs), clock.now_ns()),
)
