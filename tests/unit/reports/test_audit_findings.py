"""What an audit found in the code is joined with what ran: by place, with a simulated saving, and what became of it."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from longpole.model.audit_finding import AuditFinding
from longpole.model.clock import to_rfc3339
from longpole.model.errors import InvalidInput, NotFound
from longpole.model.event import Body, Event
from longpole.model.execution import Execution
from longpole.model.finding import Confidence
from longpole.model.step import Step
from longpole.reports.audit_findings import audit_of
from longpole.reports.audit_post import change_state, post_findings
from longpole.reports.audit_views import AuditedPlace, AuditPost, AuditReport, AuditStateChange
from longpole.store.engine import Engine
from longpole.store.store import open_store
from stored_executions import DAY_NS, MONDAY_NS, SECOND, Made

MS = 10**6
FILE = "/srv/app/shop/retry.py"
PERIOD = [("from", to_rfc3339(MONDAY_NS)), ("to", to_rfc3339(MONDAY_NS + DAY_NS))]


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


def found(rule: str = "LP002", *, line: int = 272, end_line: int | None = None, **more: Any) -> AuditFinding:
    told: dict[str, Any] = {
        "rule": rule, "title": "A blocking call in async code", "message": "time.sleep blocks the event loop",
        "advice": "Use `await asyncio.sleep(...)`.", "confidence": Confidence.HIGH, "path": "shop/retry.py",
        "line": line, "end_line": end_line or line, "column": 8, "function": "retry", "fingerprint": f"{rule} {line}",
    }  # fmt: skip
    return AuditFinding(**(told | more))


def post(store: Engine, *findings: AuditFinding, at_ns: int = MONDAY_NS, **more: Any) -> Any:
    return post_findings(store, store.write, AuditPost(program="shop", findings=[*findings], **more), at_ns)


def answer(store: Engine, *more: tuple[str, str]) -> AuditReport:
    return audit_of(store, [*PERIOD, *more])


def only(report: AuditReport) -> AuditedPlace:
    (item,) = report.items
    return item


def blocked(made: Made, of: Execution, sufferer: Step, *, after_ns: int, lasted_ns: int, line: int = 272) -> Step:
    """The loop stands still at a line below an execution, and another step of it has to wait."""
    place = {"code.file.path": FILE, "code.line.number": line, "by": "time.sleep in retry (retry.py:272)"}
    made.batch.events.append(
        Event(
            workspace="default", trace_id=sufferer.trace_id, span_id=sufferer.step_id,
            execution_id=sufferer.execution_id, event_index=len(made.batch.events), time_ns=of.started_ns + after_ns,
            name="longpole.loop_blocked", kind="blocked", duration_ns=lasted_ns,
            attributes=msgspec.json.encode(place).decode(), received_ns=of.started_ns,
        )
    )  # fmt: skip
    return made.step(
        of, "time.sleep in retry (retry.py:272)", after_ns=after_ns, duration_ns=lasted_ns, category="blocked_loop",
        code_file=FILE, code_line=line, code_function="retry",
    )  # fmt: skip


def with_blocks(count: int, blocking: int, *, start_ns: int = MONDAY_NS, made: Made | None = None) -> Made:
    """Executions of 4 s with a step that takes all of it; in some of them the loop stood for 1.8 s of that."""
    made = made or Made()
    for number in range(count):
        is_blocked = number < blocking
        of = made.execution(start_ns + number * SECOND, duration_ns=(4 if is_blocked else 2) * SECOND)
        step = made.step(of, "ask", duration_ns=of.duration_ns or 0)
        if is_blocked:
            blocked(made, of, step, after_ns=200 * MS, lasted_ns=1_800 * MS)
    return made


def test_a_blocking_call_has_what_it_costs_and_the_others_were_never_seen(store: Engine) -> None:
    store.write(with_blocks(50, 17).batch)
    post(store, found(), *(found(line=line) for line in range(1, 47)))
    report = answer(store)
    item = report.items[0]
    assert (item.code_line, item.ran_by, item.executions, item.share) == (272, "line", 17, 0.34)
    assert (item.time_p50_ns, item.saving_ns) == (1_800 * MS, 1_800 * MS)
    assert item.p95_drop == pytest.approx(0.45)
    assert item.evidence.replace("\u202f", " ") == (
        "LP002 shop/retry.py:272 blocked the loop 1.80 s per execution in 34.0 % of 50 executions; "
        "without it 1.80 s less on average, p95 would drop 45.0 %."
    )
    assert report.not_seen == 46
    assert "1 place of open findings ran in 50 executions; 46 other places were never seen to run." in report.message


def test_only_what_a_finding_speaks_of_is_run_at_once(store: Engine) -> None:
    """Before and after the two searches stands a function that nobody awaits: it cannot run beside anything."""
    made = Made()
    of = made.execution(MONDAY_NS, duration_ns=6 * SECOND)
    place: dict[str, Any] = {"code_file": FILE, "code_line": 10, "code_function": "gather"}
    outer = made.step(of, "gather", duration_ns=6 * SECOND, category="processing", **place)
    at_ns = 0
    for name, seconds in (("load", 1), ("articles", 2), ("news", 2), ("load", 1)):
        made.step(of, name, after_ns=at_ns, duration_ns=seconds * SECOND, parent_step_id=outer.step_id)
        at_ns += seconds * SECOND
    store.write(made.batch)
    message = "`shop.articles` and `news` are awaited one after the other"
    post(store, found("LP001", line=12, end_line=14, function="gather", message=message))
    assert only(answer(store)).saving_ns == 2 * SECOND


def test_two_findings_are_simulated_together_and_not_added_up(store: Engine) -> None:
    """One place blocks, another waits for two steps one after the other: the step that waits longest counts once."""
    made = Made()
    for number in range(10):
        of = made.execution(MONDAY_NS + number * SECOND, duration_ns=4 * SECOND)
        place: dict[str, Any] = {"code_file": FILE, "code_line": 10, "code_function": "gather"}
        outer = made.step(of, "gather", duration_ns=4 * SECOND, category="processing", **place)
        first = made.step(of, "articles", duration_ns=2 * SECOND, parent_step_id=outer.step_id)
        made.step(of, "news", after_ns=2 * SECOND, duration_ns=2 * SECOND, parent_step_id=outer.step_id)
        blocked(made, of, first, after_ns=0, lasted_ns=SECOND)
    store.write(made.batch)
    post(store, found(), found("LP001", line=12, end_line=14, function="gather"))
    report = answer(store)
    by_rule = {item.rule: item for item in report.items}
    assert (by_rule["LP002"].saving_ns, by_rule["LP001"].saving_ns) == (SECOND, 2 * SECOND)
    assert by_rule["LP001"].ran_by == "function"
    assert report.saving_ns == 2 * SECOND, "with both at once, what was blocked runs beside the other"


def test_a_place_that_only_its_function_tells_of_has_no_saving(store: Engine) -> None:
    made = Made()
    of = made.execution(MONDAY_NS, duration_ns=4 * SECOND)
    made.step(of, "copy", duration_ns=3 * SECOND, code_file=FILE, code_line=3, code_function="shop.retry.State.copy")
    store.write(made.batch)
    post(store, found("LP004", line=5, function="State.copy"))
    item = only(answer(store))
    assert (item.ran_by, item.time_p50_ns, item.saving_ns, item.simulated) == ("function", 3 * SECOND, None, 0)
    assert "nobody timed" in item.evidence


def test_a_helper_is_found_by_the_stack_that_was_seen(store: Engine) -> None:
    made = Made()
    of = made.execution(MONDAY_NS, duration_ns=4 * SECOND)
    step = made.step(of, "ask", duration_ns=4 * SECOND)
    block = blocked(made, of, step, after_ns=0, lasted_ns=SECOND, line=300)
    stack = f'  File "/srv/app/shop/agent.py", line 41, in answer\n  File "{FILE}", line 300, in helper'
    attributes = msgspec.json.encode({"code.stacktrace": stack}).decode()
    made.batch.bodies.append(
        Body("default", of.trace_id, block.step_id, None, None, None, attributes, None, of.started_ns)
    )
    store.write(made.batch)
    post(store, found("LP003", path="shop/agent.py", line=41, function="answer"))
    item = only(answer(store))
    assert (item.ran_by, item.time_p50_ns, item.saving_ns) == ("stack", SECOND, SECOND)


def test_an_execution_that_had_to_wait_for_another_one_counts(store: Engine) -> None:
    made = Made()
    culprit = made.execution(MONDAY_NS, duration_ns=2 * SECOND)
    other = made.execution(MONDAY_NS, duration_ns=2 * SECOND, agent="other")
    blocked(made, culprit, made.step(other, "ask", duration_ns=2 * SECOND), after_ns=0, lasted_ns=SECOND)
    store.write(made.batch)
    post(store, found())
    item = only(answer(store))
    assert item.agents == ["other", "shop"] or item.agents == ["shop", "other"]
    assert (item.executions, item.share) == (1, 0.5)
    assert item.saving_total_ns == SECOND


def test_notifications_for_each_change_are_one(store: Engine) -> None:
    made = Made()
    of = made.execution(MONDAY_NS, duration_ns=SECOND, code_file=FILE, code_line=1, code_function="run")
    for number in range(10):
        made.step(of, "notify_user", after_ns=number * 100 * MS, duration_ns=100 * MS, category="processing")
    store.write(made.batch)
    post(store, found("LP005", line=5, function="run"))
    assert only(answer(store)).saving_ns == 900 * MS


def test_the_period_before_is_told_beside(store: Engine) -> None:
    made = with_blocks(20, 10)
    store.write(with_blocks(20, 5, start_ns=MONDAY_NS - DAY_NS, made=made).batch)
    post(store, found())
    item = only(answer(store))
    assert (item.share, item.share_before) == (0.5, 0.25)
    assert [point.ran for point in item.trend] == [10, 0, 0, 0, 0, 0, 0, 0]


def test_what_an_audit_has_no_more_is_fixed_and_verified(store: Engine) -> None:
    noon = MONDAY_NS + DAY_NS // 2
    made = with_blocks(40, 40)
    store.write(with_blocks(40, 0, start_ns=noon + SECOND, made=made).batch)
    post(store, found(), at_ns=MONDAY_NS)
    posted = post(store, at_ns=noon)
    assert (posted.appeared, posted.disappeared) == (0, 1)
    item = only(answer(store))
    assert (item.state, item.gone) == ("fixed", to_rfc3339(noon))
    verified = item.verified
    assert verified is not None
    assert (verified.before, verified.after, verified.is_verified) == (40, 40, True)
    assert verified.message.replace("\u202f", " ").startswith("verified: −2.0")


def test_too_few_executions_verify_nothing(store: Engine) -> None:
    noon = MONDAY_NS + DAY_NS // 2
    store.write(with_blocks(19, 19).batch)
    post(store, found())
    post(store, at_ns=noon)
    verified = only(answer(store)).verified
    assert verified is not None
    assert not verified.is_verified
    assert "20 on each side are needed" in verified.message


def test_what_comes_back_is_open_again_and_what_was_accepted_stays_so(store: Engine) -> None:
    post(store, found(line=1), found(line=2))
    change_state(store, store.write, "LP002 2", AuditStateChange(state="accepted", by="eva", reason="a tool"), 5)
    post(store)
    posted = post(store, found(line=1), found(line=2))
    assert (posted.appeared, posted.reappeared) == (0, 2)
    post(store, found(line=1), found(line=2))
    change_state(store, store.write, "LP002 2", AuditStateChange(state="accepted", by="eva", reason="a tool"), 5)
    post(store, found(line=1), found(line=2))
    states = {item.code_line: (item.state, item.state_by) for item in answer(store).items}
    assert states == {1: ("open", None), 2: ("accepted", "eva")}


def test_an_audit_by_some_rules_fixes_nothing_of_the_others(store: Engine) -> None:
    post(store, found("LP002"), found("LP004", line=5))
    post(store, rules=["LP002"])
    assert {item.rule: item.state for item in answer(store).items} == {"LP002": "fixed", "LP004": "open"}


def test_another_program_and_another_workspace_are_left_alone(store: Engine) -> None:
    post(store, found())
    post_findings(store, store.write, AuditPost(program="bank", findings=[]), 1)
    post_findings(store, store.write, AuditPost(program="shop", findings=[], workspace="other"), 1)
    assert [item.state for item in answer(store, ("workspace", "default")).items] == ["open"]
    assert answer(store, ("workspace", "other")).items == []


def test_what_cannot_be_taken_is_said(store: Engine) -> None:
    with pytest.raises(InvalidInput, match="names no program"):
        post_findings(store, store.write, AuditPost(program=" ", findings=[]), 1)
    with pytest.raises(InvalidInput, match="line 0"):
        post(store, found(line=0))
    with pytest.raises(NotFound, match="no finding 'nobody'"):
        change_state(store, store.write, "nobody", AuditStateChange(state="fixed"), 1)
    with pytest.raises(InvalidInput, match="open, accepted, fixed"):
        change_state(store, store.write, "nobody", AuditStateChange(state="gone"), 1)
    with pytest.raises(InvalidInput, match="'accepted'"):
        answer(store, ("state", "acceptd"))
