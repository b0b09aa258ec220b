"""Small consistent sets of rows for the contract tests: executions with steps, events, decisions and bodies, seeded."""

import hashlib
import random
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from longpole.model.alert import Alert, AlertDelivery, AlertSilence, AlertTarget
from longpole.model.audit_record import AuditRecord
from longpole.model.batch import Batch
from longpole.model.buckets import duration_bucket
from longpole.model.event import AgentSeen, Body, Decision, Event, Score
from longpole.model.execution import Execution
from longpole.model.finding import Finding
from longpole.model.ids import execution_id_of
from longpole.model.intake import DeadLetter
from longpole.model.price import Price
from longpole.model.process import ProcessSeen
from longpole.model.rollup import Rollup, RollupKind
from longpole.model.step import Step
from longpole.model.webhook import Webhook, WebhookDelivery
from longpole.model.workspace import AccessKey, AlertRule, AuditEntry, KeyUse, SavedView, Workspace
from longpole.store.rollups import note
from longpole.store.tables import TABLES

START_NS = 1_790_000_000_000_000_000
MINUTE_NS = 60_000_000_000
WORKSPACE = "default"


def trace_id_of(number: int) -> str:
    """The trace id of the trace with this number."""
    return hashlib.md5(f"trace {number}".encode(), usedforsecurity=False).hexdigest()


def span_id_of(number: int, place: int) -> str:
    """The id of the span at this place of a trace; place 0 is its execution."""
    return hashlib.md5(f"span {number} {place}".encode(), usedforsecurity=False).hexdigest()[:16]


CODE: dict[str, Any] = {"code_file": "/srv/shop/retry.py", "code_line": 3, "code_function": "run"}


def trace(
    number: int, *, steps: int = 5, workspace: str = WORKSPACE, link: int | None = None, version: int = 1
) -> Batch:
    """One execution with its steps, an event, a decision, a body each, as one batch without a position.

    Args:
        number: which trace; the same number gives the same rows.
        steps: how many steps it has.
        workspace: whose it is.
        link: the number of the trace that it links to.
        version: the row version; only the later ones say so in their model.
    """
    chance = random.Random(number)
    trace_id, top = trace_id_of(number), span_id_of(number, 0)
    started_ns = START_NS + number * MINUTE_NS
    made = [_step(number, place, chance, workspace=workspace, version=version) for place in range(1, steps + 1)]
    duration_ns = 1_000_000 + sum(step.duration_ns or 0 for step in made)
    execution = Execution(
        workspace=workspace,
        execution_id=execution_id_of(trace_id, top),
        trace_id=trace_id,
        span_id=top,
        parent_span_id=None,
        link_trace_id=None if link is None else trace_id_of(link),
        link_span_id=None if link is None else span_id_of(link, 0),
        parent_execution_id=None,
        root_execution_id=execution_id_of(trace_id, top),
        depth=0,
        call_reason=None,
        kind="agent",
        agent=f"agent {number % 3}",
        agent_id=None,
        method=None,
        name=f"run agent {number % 3}",
        category="agent",
        operation=None,
        status=chance.choice(["success", "success", "failed"]),
        stage=None,
        started_ns=started_ns,
        ended_ns=started_ns + duration_ns,
        duration_ns=duration_ns,
        received_ns=started_ns + duration_ns,
        model=f"model {version}",
        session_id=f"session {number % 3}",
        input_tokens=sum(step.input_tokens or 0 for step in made),
        steps_total=steps,
        path="llm > tool lookup",
        path_hash="path 1",
        **CODE,
        duration_bucket=duration_bucket(duration_ns),
        row_version=version,
    )
    return Batch(
        executions=[execution],
        steps=made,
        events=[_event(execution)],
        decisions=[_decision(execution)],
        bodies=[_body(execution, span_id, version) for span_id in (top, *(step.step_id for step in made))],
    )


def joined(batches: Iterable[Batch], *, replace: Sequence[tuple[str, str]] = ()) -> Batch:
    """Several batches as one."""
    whole = Batch(replace=[*replace])
    for batch in batches:
        for name in TABLES:
            getattr(whole, name).extend(getattr(batch, name))
    return whole


def agent(
    name: str, *, first_ns: int, last_ns: int, version: str | None = None, is_registered: bool = False
) -> AgentSeen:
    """An agent that was seen between two times."""
    return AgentSeen(
        workspace=WORKSPACE,
        agent=name,
        version=version,
        is_registered=is_registered,
        first_seen_ns=first_ns,
        last_seen_ns=last_ns,
    )


def finding(number: int) -> Finding:
    """A finding about the execution of the trace with this number."""
    return Finding(
        workspace=WORKSPACE,
        finding_id=f"finding {number}",
        execution_id=execution_id_of(trace_id_of(number), span_id_of(number, 0)),
        rule="repeated-call",
        title="The same call twice",
        advice="Keep the first answer.",
        confidence="high",
        evidence='{"calls": 2}',
        saving_ns=40_000_000,
        raised_ns=START_NS,
    )


def process(name: str, *, heard_ns: int, recorded: int = 0, **told: Any) -> ProcessSeen:
    """A process that was last heard at a time."""
    return ProcessSeen(workspace=WORKSPACE, process=name, last_heard_ns=heard_ns, recorded=recorded, **told)


def crashed(batch: Batch, *, process: str, is_open: bool = False) -> Batch:
    """The same rows, of a process that vanished, or one that may vanish."""
    told: dict[str, Any] = {"process": process}
    told |= {"ended_ns": None, "status": "running"} if is_open else {"error_type": "ProcessGone", "status": "crashed"}
    batch.executions = [replace(row, **told) for row in batch.executions]
    return batch


def score(number: int) -> Score:
    """A score of the execution of the trace with this number."""
    return Score(
        workspace=WORKSPACE,
        execution_id=execution_id_of(trace_id_of(number), span_id_of(number, 0)),
        trace_id=trace_id_of(number),
        name="helpful",
        value=0.5,
        time_ns=START_NS,
        received_ns=START_NS,
    )


def _step(number: int, place: int, chance: random.Random, *, workspace: str, version: int) -> Step:
    trace_id, top = trace_id_of(number), span_id_of(number, 0)
    started_ns = START_NS + number * MINUTE_NS + place * 1_000_000
    duration_ns = chance.randrange(1_000, 2_000_000)
    is_model_call = place % 2 == 1
    return Step(
        workspace=workspace,
        trace_id=trace_id,
        step_id=span_id_of(number, place),
        parent_step_id=top,
        link_trace_id=None,
        link_span_id=None,
        execution_id=execution_id_of(trace_id, top),
        root_execution_id=execution_id_of(trace_id, top),
        agent=f"agent {number % 3}",
        name="ask the model" if is_model_call else "look it up",
        category="llm" if is_model_call else "tool",
        step_type="api_call" if is_model_call else "action",
        operation=None,
        status="success",
        started_ns=started_ns,
        ended_ns=started_ns + duration_ns,
        duration_ns=duration_ns,
        received_ns=started_ns + duration_ns,
        step_index=place,
        depth=1,
        model=f"model {version}" if is_model_call else None,
        tool=None if is_model_call else "lookup",
        input_tokens=chance.randrange(10, 500) if is_model_call else None,
        is_counted=is_model_call,
        duration_bucket=duration_bucket(duration_ns),
        self_ns=duration_ns,
        critical_ns=duration_ns,
        slack_ns=0,
        row_version=version,
        argument_hash=f"arguments {place % 4 if is_model_call else number}",
    )


def _event(execution: Execution) -> Event:
    return Event(
        workspace=execution.workspace,
        trace_id=execution.trace_id,
        span_id=execution.span_id,
        execution_id=execution.execution_id,
        event_index=0,
        time_ns=execution.started_ns,
        name="longpole.stage",
        kind="stage",
        stage="init",
        received_ns=execution.received_ns,
    )


def blocked(execution: Execution) -> Event:
    """An execution stood still because another one blocked the event loop."""
    by = '{"by": "time.sleep in retry (retry.py:7)", "code.file.path": "/srv/shop/retry.py", "code.line.number": 7}'
    return replace(
        _event(execution), event_index=9, kind="blocked", name="longpole.loop_blocked", stage=None, duration_ns=70_000,
        attributes=by,
    )  # fmt: skip


def _decision(execution: Execution) -> Decision:
    return Decision(
        workspace=execution.workspace,
        trace_id=execution.trace_id,
        span_id=execution.span_id,
        execution_id=execution.execution_id,
        event_index=1,
        time_ns=execution.started_ns,
        candidate="agent 9",
        considered=True,
        score=0.25,
        threshold=0.5,
        outcome="skipped",
        reason="not relevant",
        received_ns=execution.received_ns,
    )


def _body(execution: Execution, span_id: str, version: int) -> Body:
    return Body(
        workspace=execution.workspace,
        trace_id=execution.trace_id,
        span_id=span_id,
        input='{"question": "Grüße, 世界 \\u0000"}',
        output=f"answer {version}",
        error_stack=None,
        attributes='{"gen_ai.request.model": "model \\"x\\"", "n": 3}',
        resource=None,
        received_ns=execution.received_ns,
        row_version=version,
    )


def letter(name: str, *, attempts: int = 1) -> DeadLetter:
    """A dead letter of a body."""
    return DeadLetter(
        letter_id=name, server="s", kind="body", reason="it is no JSON", content="e30=", size_bytes=2,
        received_ns=5, buried_ns=6, attempts=attempts,
    )  # fmt: skip


RECORDS: list[Struct] = [
    Workspace(workspace=WORKSPACE, title="Ours", created_ns=1),
    AccessKey(key_id="k", workspace=WORKSPACE, key_hash="00", scope="ingest read", created_ns=1, opened_by="j"),
    KeyUse(key_id="k", last_used_ns=2),
    AuditEntry(
        entry_id="e", at_ns=2, workspace=WORKSPACE, key_id="k", who="ours", deed="key.revoke", subject="j",
        address="127.0.0.1", status=200,
    ),
    SavedView(workspace=WORKSPACE, view_id="v", page="executions", title="Slow", view="{}", changed_ns=1),
    AlertRule(workspace=WORKSPACE, rule_id="r", title="Slow", rule="{}", is_enabled=True, changed_ns=1),
    Alert(
        workspace=WORKSPACE, alert_id="a", rule_id="r", title="Slow", subject="agent 1", level="critical",
        state="firing", unit="share", since_ns=1, fired_ns=2, value=0.5, limit_value=0.25,
        said="half of them failed", evidence="{}",
        link="/", changed_ns=START_NS,
    ),
    AlertSilence(workspace=WORKSPACE, silence_id="s", until_ns=9, silenced_by="eva", created_ns=1),
    AlertTarget(workspace=WORKSPACE, target="team", url="json://localhost", changed_ns=1),
    AlertDelivery(
        workspace=WORKSPACE, delivery_id="d", rule_id="r", target="team", subject_line="Slow", message="half failed",
        created_ns=1, next_ns=2, changed_ns=3,
    ),
    Webhook(workspace=WORKSPACE, name="ci", url="https://ci.example.org/hook", secret="s", changed_ns=1),
    WebhookDelivery(
        workspace=WORKSPACE, delivery_id="w", name="ci", kind="alert.fired", body="{}", created_ns=1, next_ns=2,
        changed_ns=3,
    ),
    WebhookDelivery(
        workspace=WORKSPACE, delivery_id="x", name="ci", kind="alert.fired", body="{}", created_ns=1, attempts=6,
        error="HTTP 500", changed_ns=3,
    ),
    AuditRecord(
        workspace=WORKSPACE, program="shop", fingerprint="f", rule="LP002", title="Blocks", message="time.sleep",
        advice="Use asyncio.sleep.", confidence="high", reasons="[]", code_file="shop/retry.py", code_line=7,
        code_end_line=7, code_column=4, code_function="retry", state="open", first_seen_ns=1, last_seen_ns=2,
        changed_ns=3,
    ),
    Price(workspace=WORKSPACE, provider="us", model="m", from_ns=1, input_usd_nanos=3),
    Rollup(
        window_ns=1, width_ns=2, workspace=WORKSPACE, kind="step", agent="a", name="n", category="llm",
        status="success", version="", environment="", count=1, weight=1.0, duration_ns=5, self_ns=5, model_calls=1,
        histogram="7:1",
        updated_ns=9,
    ),
    Rollup(
        window_ns=0, width_ns=86_400 * 10**9, workspace=WORKSPACE, kind="gone_step", agent="agent 1", name="n",
        category="llm", status="success", version="", environment="", count=1, weight=1.0, duration_ns=5, self_ns=5,
        model_calls=1, histogram="7:1", updated_ns=9,
    ),
    note(RollupKind.DAY, 0, 9),
    note(RollupKind.REFRESHED, 0, 9),
    letter("one"),
]  # fmt: skip
"""Rows of every table of records that has no other way in."""
