"""What an audit's findings cost, and what a cure changed, is the same on every engine."""

from typing import Any

import msgspec
import pytest

from longpole.model.audit_finding import AuditFinding
from longpole.model.clock import to_rfc3339
from longpole.model.event import Body, Event
from longpole.model.finding import Confidence
from longpole.reports.audit_findings import audit_of
from longpole.reports.audit_post import post_findings
from longpole.reports.audit_verify import verification_of
from longpole.reports.audit_views import AuditPost
from longpole.store.engine import Engine
from longpole.store.store import open_store
from stored_executions import DAY_NS, MONDAY_NS, SECOND, Made

NOON_NS = MONDAY_NS + DAY_NS // 2
PERIOD = [("from", to_rfc3339(MONDAY_NS)), ("to", to_rfc3339(MONDAY_NS + DAY_NS))]
FILE = "/srv/app/shop/retry.py"
BY = msgspec.json.encode({"code.file.path": FILE, "code.line.number": 272}).decode()


def finding(line: int) -> AuditFinding:
    return AuditFinding(
        rule="LP002", title="Blocks", message="time.sleep", advice="Use asyncio.sleep.", confidence=Confidence.HIGH,
        path="shop/retry.py", line=line, end_line=line, column=4, function="retry", fingerprint=f"at {line}",
        reasons=("it is async",),
    )  # fmt: skip


def fill(store: Engine) -> None:
    """Forty executions whose loop stood for 1.5 s, and forty after the fix; the finding of line 9 never ran."""
    made = Made()
    for number in range(80):
        is_fixed = number >= 40
        started_ns = (NOON_NS if is_fixed else MONDAY_NS) + number * SECOND
        of = made.execution(started_ns, duration_ns=(2 + number % 3) * SECOND, weight=1.0 + number % 2)
        step = made.step(of, "ask", duration_ns=of.duration_ns or 0)
        made.step(of, "wait for a connection", duration_ns=number * 10**6, category="queue")
        told = {"longpole.runtime.cpu_ns": 10**8 + number, "longpole.runtime.websocket_messages": number % 5}
        attributes = msgspec.json.encode(told).decode()
        made.batch.bodies.append(
            Body("default", of.trace_id, of.span_id, None, None, None, attributes, None, started_ns)
        )
        if is_fixed:
            continue
        place: dict[str, Any] = {"code_file": FILE, "code_line": 272, "code_function": "retry"}
        made.step(of, "time.sleep", duration_ns=3 * SECOND // 2, category="blocked_loop", **place)
        made.batch.events.append(
            Event(
                workspace="default", trace_id=of.trace_id, span_id=step.step_id, execution_id=of.execution_id,
                event_index=number, time_ns=started_ns, name="longpole.loop_blocked", kind="blocked",
                duration_ns=3 * SECOND // 2, attributes=BY, received_ns=started_ns,
            )
        )  # fmt: skip
    store.write(made.batch)
    post_findings(store, store.write, AuditPost(program="shop", findings=[finding(272), finding(9)]), MONDAY_NS)


def answers(store: Engine) -> list[Any]:
    fill(store)
    before = audit_of(store, PERIOD)
    post_findings(store, store.write, AuditPost(program="shop", findings=[finding(9)]), NOON_NS)
    sets = [("agent", "shop"), ("at", to_rfc3339(NOON_NS))]
    return [before, audit_of(store, PERIOD), verification_of(store, [*PERIOD, *sets])]


@pytest.fixture(scope="module")
def expected() -> list[Any]:
    store = open_store(":memory:")
    found = answers(store)
    store.close()
    return found


def test_the_joined_answer_is_the_same_everywhere(store: Engine, expected: list[Any]) -> None:
    assert answers(store) == expected


def test_the_answers_are_those_of_the_example(expected: list[Any]) -> None:
    before, after, verified = expected
    place = before.items[0]
    assert (place.code_line, place.executions, place.ran_by, place.share) == (272, 40, "line", 0.5)
    # The block itself takes as long as before: of 2 s it saves 0.5, of 3 and 4 s 1.5; some count twice.
    assert place.saving_ns == 1_150_000_000
    assert before.not_seen == 1
    fixed = next(item for item in after.items if item.state == "fixed")
    assert (fixed.verified.before, fixed.verified.after, fixed.verified.is_verified) == (40, 40, False)
    figures = {metric.name: metric for metric in verified.metrics}
    assert figures["loop_blocked_ns"].change.b == 0
    assert figures["loop_blocked_ns"].change.is_certain
    assert figures["connection_wait_ns"].told_after == 40
    assert figures["cpu_ns"].change.change == pytest.approx(40, abs=1)
    assert figures["threads"].missing == "the setting watch_runtime"
    assert "event loop blocked 1.50" in verified.message
