"""What else changed when an agent's numbers did: version, model, commit, prompt; and the first execution after it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from longpole.model import clock
from longpole.reports.change_views import ChangedThen, FirstBad, MetricChange
from longpole.reports.period import Period
from longpole.reports.rows import Row, parsed_object
from longpole.store.engine import Engine
from longpole.wire.longpole_names import COMMIT, INPUT
from longpole.wire.recipe import hash_prompt

_NEAR_NS = 86_400 * 10**9
"""A body is received with its call, or with what came of the same trace soon after."""

_MEASURES = {"p50": "duration", "p95": "duration", "errors": "failed", "tokens": "tokens", "cost": "cost"}


def values_of_agents(store: Engine, period: Period, agents: Iterable[str]) -> Mapping[str, Sequence[Row]]:
    """By agent, its versions and models with when each was first and last seen."""
    asked = {name: value for name, value in period.parameters.items() if name != "agent"}
    found: dict[str, list[Row]] = {}
    for row in store.rows("seen_values", {**asked, "names": sorted(agents)}):
        found.setdefault(row["agent"], []).append(row)
    return found


def changed_between(seen: Sequence[Row], from_ns: int, to_ns: int) -> list[ChangedThen]:
    """The values that were first seen between two times, with the value of that kind that was seen last before it."""
    found: list[ChangedThen] = []
    for row in seen:
        before = [one for one in seen if one["kind"] == row["kind"] and one["first_ns"] < row["first_ns"]]
        if before and from_ns <= row["first_ns"] < to_ns:
            # Of several that ran beside each other, the one that stopped nearest to the change is what it replaced.
            nearest = min(before, key=lambda one: (abs(one["last_ns"] - row["first_ns"]), -one["times"]))
            found.append(
                ChangedThen(
                    kind=row["kind"],
                    before=nearest["seen"],
                    after=row["seen"],
                    first_seen=clock.to_rfc3339(row["first_ns"]),
                )
            )
    return found


def told_differently(store: Engine, period: Period, agent: str, at_ns: int, *, around_ns: int) -> list[ChangedThen]:
    """Commit and prompt of the model calls just before and after a time, at most so far away, where they differ."""
    asked = {**period.parameters, "agent": agent}
    before = store.rows("model_call_near", {**asked, "from_ns": at_ns - around_ns, "to_ns": at_ns, "is_last": True})
    after = store.rows("model_call_near", {**asked, "from_ns": at_ns, "to_ns": at_ns + around_ns, "is_last": False})
    if not before or not after:
        return []
    first_seen = clock.to_rfc3339(after[0]["started_ns"])
    was, then = _told(store, before[0]), _told(store, after[0])
    return [
        ChangedThen(kind=kind, before=was[kind], after=value, first_seen=first_seen)
        for kind, value in then.items()
        if value is not None and was[kind] is not None and was[kind] != value
    ]


def _told(store: Engine, call: Row) -> dict[str, str | None]:
    asked = {
        "workspace": call["workspace"],
        "trace_id": call["trace_id"],
        "span_id": call["step_id"],
        "from_ns": call["received_ns"] - _NEAR_NS,
        "to_ns": call["received_ns"] + _NEAR_NS,
    }
    rows = store.rows("body_of_call", asked)
    body: Row = rows[0] if rows else {"attributes": None, "resource": None, "input": None}
    commit = parsed_object(body["resource"]).get(COMMIT)
    told = parsed_object(body["attributes"])
    prompt = hash_prompt(told if body["input"] is None else {**told, INPUT: body["input"]}, ())
    return {"commit": None if commit is None else str(commit), "prompt": prompt}


def first_bad_of(store: Engine, period: Period, change: MetricChange, from_ns: int, to_ns: int) -> FirstBad | None:
    """The first execution in a time range that is nearer to the level after a change than to the one before it."""
    measure = _MEASURES.get(change.metric, "any")
    bound = (max(change.before, 0.0) * max(change.after, 0.0)) ** 0.5 * (1e9 if change.metric == "cost" else 1)
    asked: dict[str, Any] = {
        **period.parameters,
        "agent": change.agent,
        "from_ns": from_ns,
        "to_ns": to_ns,
        "measure": measure if change.after > change.before else "any",
        "bound": round(bound),
    }
    if change.operation is None:
        rows = store.rows("first_execution_over", asked)
    else:
        rows = store.rows("first_step_over", {**asked, "name": change.operation})
    if not rows:
        return None
    return FirstBad(
        execution_id=rows[0]["execution_id"],
        workspace=rows[0]["workspace"],
        started_at=clock.to_rfc3339(rows[0]["started_ns"]),
        version=rows[0]["version"],
        duration_ns=rows[0]["duration_ns"],
    )
