"""Questions about one execution and one agent: what they answer at their edges, over a real DuckDB."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from longpole.model.batch import Batch
from longpole.model.buckets import duration_bucket
from longpole.model.clock import DAY_NS
from longpole.model.errors import InvalidInput, NotFound
from longpole.model.event import AgentSeen, Body, Decision
from longpole.model.execution import Execution
from longpole.reports.agent_performance import performance_of
from longpole.reports.call_chain import call_chain_of
from longpole.reports.execution_log import log_of
from longpole.reports.failed_executions import list_failed
from longpole.reports.filters import read_agent_filters, read_failed_filters, read_slow_filters, read_trend_filters
from longpole.reports.model_calls import model_calls_of
from longpole.reports.question_views import AgentPerformance, SlowPage, Trend, WhyNot
from longpole.reports.slow_executions import list_slow
from longpole.reports.trend import trend_of
from longpole.reports.why_not import why_not
from longpole.store.engine import Engine
from longpole.store.store import open_store
from triage_example import (
    AGENT_SPAN,
    CHILD_ID,
    EXECUTION_ID,
    PLAN_SPAN,
    SECOND,
    STARTED_NS,
    TRACE_ID,
    registered_agent,
    triage_batch,
)

OTHER_TRACE = "9" * 32
_UNTOLD = (
    "parent_span_id", "link_trace_id", "link_span_id", "parent_execution_id", "call_reason", "agent_id", "method",
    "operation", "stage", "ended_ns", "duration_ns",
)  # fmt: skip


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    engine.write(triage_batch())
    yield engine
    engine.close()


def asked_why(store: Engine, agent: str, **more: str) -> WhyNot:
    return why_not(store, read_agent_filters([("agent", agent), *more.items()]))


def asked_slow(store: Engine, *pairs: tuple[str, str]) -> SlowPage:
    return list_slow(store, read_slow_filters(pairs))


def performance(store: Engine, agent: str, **more: str) -> AgentPerformance:
    return performance_of(store, read_agent_filters([("agent", agent), *more.items()]))


def trend(store: Engine, operation: str, now_ns: int = STARTED_NS, **more: str) -> Trend:
    return trend_of(store, read_trend_filters([("operation", operation), *more.items()]), now_ns)


def execution(agent: str, number: int = 1, **more: Any) -> Execution:
    """An execution of another agent, a second after the last one."""
    trace_id = f"{number:032x}"
    told: dict[str, Any] = {
        **dict.fromkeys(_UNTOLD),
        "workspace": "default",
        "depth": 0,
        "execution_id": trace_id + AGENT_SPAN,
        "trace_id": trace_id,
        "span_id": AGENT_SPAN,
        "root_execution_id": trace_id + AGENT_SPAN,
        "kind": "agent",
        "agent": agent,
        "name": agent,
        "category": "agent",
        "status": "success",
        "session_id": "CLM-48213",
        "started_ns": STARTED_NS + (60 + number) * SECOND,
        "received_ns": STARTED_NS,
    }
    return Execution(**(told | more))


def decision(by: Execution, candidate: str, outcome: str | None, **more: Any) -> Decision:
    told: dict[str, Any] = {
        "workspace": by.workspace,
        "trace_id": by.trace_id,
        "span_id": by.span_id,
        "execution_id": by.execution_id,
        "event_index": 1,
        "time_ns": by.started_ns + 1,
        "candidate": candidate,
        "outcome": outcome,
        "received_ns": by.started_ns,
    }
    return Decision(**(told | more))


def seen(agent: str) -> AgentSeen:
    return AgentSeen(workspace="default", agent=agent, first_seen_ns=STARTED_NS, last_seen_ns=STARTED_NS)


def test_an_agent_that_was_considered_and_not_taken_has_the_decision_as_evidence(store: Engine) -> None:
    found = asked_why(store, "fraud-review")
    assert found.outcome == "below_threshold"
    assert "considered by claims-triage and is below the threshold: score 0.58, threshold 0.65" in found.message
    (considered,) = found.considered
    assert (considered.by, considered.reason) == ("claims-triage", "below 5,000 €")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("success", "fired"),
        ("running", "running"),
        ("llm_request", "running"),
        ("pending", "running"),
        ("skipped", "skipped"),
        ("failed", "failed"),
        ("timeout", "failed"),
        ("crashed", "failed"),
    ],
)
def test_an_agent_that_was_invoked_is_judged_by_its_latest_execution(store: Engine, status: str, outcome: str) -> None:
    earlier = execution("style", 1, status="success" if outcome != "fired" else "failed")
    store.write(Batch(executions=[earlier, execution("style", 2, status=status)]))
    found = asked_why(store, "style")
    assert found.outcome == outcome
    assert [run.status for run in found.runs] == [status, earlier.status]


def test_a_later_decision_against_an_agent_counts_more_than_its_execution(store: Engine) -> None:
    ran, chooser = execution("style", 1), execution("chooser", 2)
    store.write(Batch(executions=[ran, chooser], decisions=[decision(chooser, "style", "passed_over")]))
    assert asked_why(store, "style").outcome == "not_chosen"


def test_an_agents_own_decision_is_not_one_of_others(store: Engine) -> None:
    own = execution("style", 1, status="skipped", stage="should_respond")
    store.write(Batch(executions=[own], decisions=[decision(own, "style", "skipped", score=0.2, reason="off topic")]))
    found = asked_why(store, "style")
    assert (found.outcome, found.considered) == ("skipped", [])
    assert (found.runs[0].score, found.runs[0].reason) == (0.2, "off topic")


def test_an_agent_that_was_chosen_and_not_called_is_told_so(store: Engine) -> None:
    chooser = execution("chooser")
    store.write(Batch(executions=[chooser], decisions=[decision(chooser, "style", "chosen")]))
    assert asked_why(store, "style").outcome == "never_registered"
    store.write(Batch(agents=[seen("style")]))
    assert asked_why(store, "style").outcome == "not_called"


def test_a_chooser_that_failed_is_why_the_chosen_did_not_run(store: Engine) -> None:
    chooser = execution("chooser", status="timeout")
    store.write(Batch(executions=[chooser], decisions=[decision(chooser, "style", "chosen")]))
    found = asked_why(store, "style")
    assert found.outcome == "upstream_failed"
    assert "chooser chose it and then ended as timeout" in found.message


def test_what_failed_in_the_conversation_may_be_why_nobody_was_considered(store: Engine) -> None:
    store.write(Batch(agents=[seen("style")]))
    found = asked_why(store, "style", session="CLM-48213")
    assert found.outcome == "upstream_failed"
    assert [run.agent for run in found.failed_before] == ["claims-triage"]
    assert "claims-triage ended as failed (parts.errors.Timeout), perhaps before its turn" in found.message
    assert asked_why(store, "style", session="another").outcome == "never_considered"


def test_an_agent_that_is_only_registered_was_never_considered(store: Engine) -> None:
    store.write(registered_agent("style"))
    found = asked_why(store, "style")
    assert (found.outcome, found.is_registered) == ("never_considered", True)
    assert "It is registered." in found.message


def test_a_name_that_nobody_knows_gets_those_that_are_like_it(store: Engine) -> None:
    store.write(Batch(agents=[seen("claims-triage"), seen("style")]))
    found = asked_why(store, "Claims-Triag")
    assert (found.outcome, found.near_names) == ("unknown_agent", ["claims-triage"])
    assert "Names like it: claims-triage." in found.message
    assert asked_why(store, "zzz").near_names == []


def test_a_wrong_name_is_not_blamed_on_what_failed_in_the_conversation(store: Engine) -> None:
    assert asked_why(store, "claims-triag", session="CLM-48213").outcome == "unknown_agent"


def test_another_workspace_knows_nothing_of_an_agent(store: Engine) -> None:
    store.write(Batch(agents=[seen("claims-triage")]))
    found = asked_why(store, "claims-triage", workspace="someone else's")
    assert (found.outcome, found.near_names, found.runs) == ("unknown_agent", [], [])


def test_a_scope_keeps_what_belongs_to_it(store: Engine) -> None:
    store.write(Batch(executions=[execution("style", scopes='{"vault_id":"v-7"}')]))
    assert len(asked_why(store, "style", scope="vault_id=v-7").runs) == 1
    assert asked_why(store, "style", scope="vault_id=v-8").runs == []
    assert performance(store, "style", scope="vault_id=v-7").executions == 1
    assert performance(store, "style", scope="vault_id=v-8").executions == 0


def test_the_performance_of_an_agent_that_has_not_run_is_unknown_and_not_zero(store: Engine) -> None:
    found = performance(store, "nobody")
    assert (found.executions, found.model_calls, found.errors) == (0, 0, [])
    assert (found.success_rate, found.mean_ns, found.p50_ns, found.tokens, found.cost_usd) == (None,) * 5


def test_the_performance_of_an_agent_leaves_skipped_executions_out_of_its_times(store: Engine) -> None:
    lengths = {"success": 4 * SECOND, "failed": 8 * SECOND, "skipped": 1}
    rows = [
        execution("style", number, status=status, duration_ns=length, ended_ns=STARTED_NS + length)
        for number, (status, length) in enumerate(lengths.items())
    ]
    store.write(Batch(executions=[*rows, execution("style", 7, status="running")]))
    found = performance(store, "style")
    assert (found.executions, found.running, found.skipped, found.success_rate) == (4, 1, 1, 0.5)
    assert (found.mean_ns, found.p50_ns) == (6 * SECOND, 6 * SECOND)


def test_a_sampled_execution_counts_for_those_that_it_stands_for(store: Engine) -> None:
    kept = {"duration_ns": 4 * SECOND, "duration_bucket": duration_bucket(4 * SECOND), "weight": 9.0}
    slow = {"duration_ns": 8 * SECOND, "duration_bucket": duration_bucket(8 * SECOND), "status": "failed"}
    store.write(Batch(executions=[execution("style", 1, **kept), execution("style", 2, **slow)]))
    found = performance(store, "style")
    assert (found.executions, found.executions_weight, found.success_rate) == (2, 10.0, 0.9)
    assert found.mean_ns == 4.4 * SECOND
    assert found.p50_ns == pytest.approx(4 * SECOND, rel=0.01)


def test_tokens_that_only_their_sum_is_known_of_are_part_of_the_performance(store: Engine) -> None:
    assert performance(store, "claims-triage").tokens == 1540
    rows = triage_batch(trace_id=OTHER_TRACE)
    steps = [replace(step, input_tokens=None, output_tokens=None) for step in rows.steps]
    bodies = [replace(body, attributes='{"longpole.tokens.total": 60}') for body in rows.bodies]
    store.write(Batch(executions=rows.executions, steps=steps, bodies=bodies))
    found = performance(store, "claims-triage")
    assert (found.model_calls, found.tokens, found.mean_call_tokens) == (2, 1600, 800.0)


@pytest.mark.parametrize("told", ['"many"', "-4", "1.5", '"' + "9" * 5000 + '"', "null"])
def test_tokens_that_are_no_number_stay_unknown(store: Engine, told: str) -> None:
    rows = triage_batch(trace_id=OTHER_TRACE, workspace="odd")
    steps = [replace(step, input_tokens=None, output_tokens=None) for step in rows.steps]
    bodies = [replace(body, attributes=f'{{"longpole.tokens.total": {told}}}') for body in rows.bodies]
    store.write(Batch(executions=rows.executions, steps=steps, bodies=bodies))
    found = performance(store, "claims-triage", workspace="odd")
    assert (found.tokens, found.model_calls_without_usage) == (None, 1)


def test_errors_are_counted_by_their_type_with_an_example(store: Engine) -> None:
    kinds = ["Timeout", "Timeout", None]
    rows = [
        execution("style", number, status="failed", error_type=kind, error_message=kind and f"{kind} {number}")
        for number, kind in enumerate(kinds)
    ]
    store.write(Batch(executions=rows))
    errors = performance(store, "style").errors
    assert [(error.error_type, error.example, error.executions) for error in errors] == [
        ("Timeout", "Timeout 0", 2),
        (None, None, 1),
    ]


def test_the_log_of_a_running_execution_ends_with_the_stage_that_it_is_in(store: Engine) -> None:
    store.write(triage_batch(trace_id=OTHER_TRACE, is_running=True), fresh=True)
    log = log_of(store, OTHER_TRACE)
    assert (log.execution.status, log.output, log.error_stack) == ("running", None, None)
    assert log.input == {"claim": "CLM-48213"}
    assert [(entry.kind, entry.name, entry.offset_ns) for entry in log.entries] == [("log", "claim read", SECOND)]


def test_model_calls_are_those_of_the_execution_itself(store: Engine) -> None:
    found = model_calls_of(store, EXECUTION_ID)
    (call,) = found.calls
    assert (call.step_id, call.model, call.response) == (PLAN_SPAN, "small-model", "First the photos")
    assert [one.name for one in model_calls_of(store, CHILD_ID).calls] == ["look"]


def test_the_call_chain_is_the_way_down_and_everything_below(store: Engine) -> None:
    (call,) = call_chain_of(store, EXECUTION_ID).calls
    assert (call.depth, call.parent_agent, call.child_agent) == (1, "claims-triage", "damage-assessor")
    inside: dict[str, Any] = {"root_execution_id": EXECUTION_ID, "started_ns": STARTED_NS + SECOND}
    grandchild = execution("pricing", parent_execution_id=CHILD_ID, **inside)
    store.write(Batch(executions=[grandchild]))
    expected = [(1, "damage-assessor"), (2, "pricing")]
    for name in (EXECUTION_ID, CHILD_ID, grandchild.execution_id):
        calls = call_chain_of(store, name).calls
        assert [(one.depth, one.child_agent) for one in calls] == expected


def test_an_execution_that_called_nobody_has_an_empty_chain(store: Engine) -> None:
    store.write(Batch(executions=[execution("alone")]))
    assert call_chain_of(store, f"{1:032x}").calls == []


def test_executions_that_call_each_other_in_a_circle_are_told_once(store: Engine) -> None:
    one, two = execution("one", 1), execution("two", 2)
    root = one.execution_id
    circle = [
        replace(one, parent_execution_id=two.execution_id, root_execution_id=root),
        replace(two, parent_execution_id=one.execution_id, root_execution_id=root),
    ]
    store.write(Batch(executions=circle))
    assert {call.child_agent for call in call_chain_of(store, root).calls} <= {"one", "two"}
    assert asked_slow(store, ("min_duration", "1h")).items == []


def test_failed_executions_are_those_that_failed_timed_out_or_crashed(store: Engine) -> None:
    rows = [
        execution("style", number, status=status) for number, status in enumerate(("timeout", "crashed", "skipped"))
    ]
    body = dict.fromkeys(("input", "output", "attributes", "resource"))
    stack = Body("default", TRACE_ID, AGENT_SPAN, error_stack="in plan", received_ns=2, row_version=2, **body)
    store.write(Batch(executions=rows, bodies=[stack]))
    items = list_failed(store, read_failed_filters([])).items
    assert [(item.execution.status, item.error_stack) for item in items] == [
        ("crashed", None),
        ("timeout", None),
        ("failed", "in plan"),
    ]


def test_failed_executions_come_in_pages(store: Engine) -> None:
    store.write(Batch(executions=[execution("style", number, status="failed") for number in range(3)]))
    first = list_failed(store, read_failed_filters([("limit", "3")]))
    rest = list_failed(store, read_failed_filters([("limit", "3"), ("cursor", first.next_cursor or "")]))
    assert (len(first.items), len(rest.items), rest.next_cursor) == (3, 1, None)


def test_the_time_of_models_includes_called_agents_and_counts_each_moment_once(store: Engine) -> None:
    items = {item.execution.agent: item for item in asked_slow(store, ("min_duration", "1s")).items}
    # plan 1.0 to 4.0 s and look 5.5 to 8.0 s, of which the second is the called agent's.
    assert (items["claims-triage"].model_ns, items["claims-triage"].overhead_ns) == (5.5 * SECOND, 4.5 * SECOND)
    assert (items["damage-assessor"].model_ns, items["damage-assessor"].overhead_ns) == (2.5 * SECOND, 1.5 * SECOND)


def test_a_slow_execution_without_a_model_is_all_its_own(store: Engine) -> None:
    store.write(Batch(executions=[execution("style", duration_ns=7 * SECOND, ended_ns=STARTED_NS + 68 * SECOND)]))
    (slow,) = asked_slow(store, ("agent", "style")).items
    assert (slow.model_ns, slow.overhead_ns) == (None, 7 * SECOND)


def test_slow_means_five_seconds_unless_said_otherwise(store: Engine) -> None:
    assert [item.execution.agent for item in asked_slow(store).items] == ["claims-triage"]
    assert asked_slow(store, ("min_duration", "1h")).items == []


def test_a_trend_tells_a_change_only_where_both_halves_have_enough(store: Engine) -> None:
    def day(number: int, length: int, count: int) -> list[Execution]:
        return [
            execution(
                "style",
                number * 100 + place,
                started_ns=STARTED_NS - (10 - number) * DAY_NS + place,
                duration_ns=length * SECOND,
                duration_bucket=duration_bucket(length * SECOND),
            )
            for place in range(count)
        ]

    store.write(Batch(executions=[*day(1, 2, 30), *day(9, 3, 29)]))
    few = trend(store, "style", days="10")
    assert ([point.timings for point in few.points], few.change) == ([30, 29], None)
    store.write(Batch(executions=day(10, 3, 1)))
    enough = trend(store, "style", days="10")
    assert enough.change == pytest.approx(0.5, abs=0.03)
    assert (enough.timings, len(enough.points)) == (60, 3)


def test_a_trend_takes_the_steps_of_a_name(store: Engine) -> None:
    found = trend(store, "embed")
    assert (found.timings, found.failed, len(found.points)) == (5, 0, 1)
    assert found.points[0].day == "2026-11-21"
    assert found.points[0].mean_ns == 200_000_000
    assert trend(store, "price").failed == 1
    assert trend(store, "embed", workspace="other").points == []


def test_a_trend_of_one_day_is_today(store: Engine) -> None:
    assert trend(store, "embed", days="1").timings == 5
    assert trend(store, "embed", STARTED_NS + DAY_NS, days="1").timings == 0


@pytest.mark.parametrize("ask", [log_of, model_calls_of, call_chain_of])
def test_an_execution_of_another_workspace_is_not_found(store: Engine, ask: Any) -> None:
    assert ask(store, EXECUTION_ID, workspace="default")
    with pytest.raises(NotFound, match="There is no execution"):
        ask(store, EXECUTION_ID, workspace="other")


@pytest.mark.parametrize(
    ("read", "pairs", "words"),
    [
        (read_agent_filters, [], "The filter 'agent' is missing"),
        (read_agent_filters, [("agent", "a"), ("sessoin", "x")], "Did you mean 'session'"),
        (read_agent_filters, [("agent", "a"), ("scope", "v-7")], "a key and a value joined by '='"),
        (read_trend_filters, [], "The filter 'operation' is missing"),
        (read_trend_filters, [("operation", "a"), ("days", "0")], "from 1 to 3660"),
        (read_trend_filters, [("operation", "a"), ("days", "9" * 17)], "from 1 to 3660"),
        (read_trend_filters, [("operation", "a"), ("days", "soon")], "a whole number"),
        (read_failed_filters, [("status", "failed")], "There is no filter 'status'"),
        (read_slow_filters, [("sort", "cost")], "There is no filter 'sort'"),
    ],
)
def test_a_question_that_cannot_be_read_says_what_is_expected(read: Any, pairs: Any, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read(pairs)
