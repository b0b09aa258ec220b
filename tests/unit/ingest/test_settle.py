import json
import random

from hypothesis import given
from hypothesis import strategies as st

from execution_trees import TRACE, agent, fact, groups, link, span_id
from longpole.ingest.facts import Facts
from longpole.ingest.settle import CALL_COLUMNS, EXECUTION_COPIES, STEP_COPIES, Rows, build_rows
from longpole.model.event import Event
from longpole.model.execution import Execution


def event(name: str, span: int, **more: object) -> Event:
    told = {"execution_id": None, "event_index": 0, "time_ns": 5, "kind": "log", "received_ns": 1, **more}
    return Event(workspace="default", trace_id=TRACE, span_id=span_id(span), name=name, **told)  # pyright: ignore


def one(rows: Rows, name: str) -> Execution:
    return next(row for row in rows.executions if row.name == name)


def team() -> list[Facts]:
    return [
        agent(0, start=0, end=100),
        fact(1, 0, start=10, end=40, category="tool", tool="search"),
        agent(2, 0, start=40, end=90),
        fact(3, 2, start=45, end=85, category="llm", input_tokens=5, output_tokens=2, first_token_ns=30),
        fact(4, 0, start=10, end=20, category="database"),
    ]


def test_a_finished_group_is_settled_with_times_that_add_up():
    rows = build_rows(team(), now_ns=1000)
    top, child = one(rows, "s0"), one(rows, "s2")
    assert rows.is_settled
    assert top.settled_ns == 1000
    assert json.loads(top.category_ns or "") == {"llm": 10, "llm_wait": 30, "tool": 30, "unexplained": 30}
    assert (top.explained_ns, top.self_ns, child.self_ns) == (70, 20, 10)
    assert json.loads(child.category_ns or "") == {"llm": 10, "llm_wait": 30, "unexplained": 10}
    assert child.parent_execution_id == top.execution_id == child.root_execution_id
    assert top.path == "s4 | tool search > agent a2"
    critical = sum(row.critical_ns or 0 for row in (*rows.executions, *rows.steps))
    assert critical == 100
    slack = {row.name: row.slack_ns for row in rows.steps}
    assert slack == {"s1": 0, "s3": 0, "s4": 20}


def test_an_execution_tells_which_tools_its_own_steps_ran_and_by_what_they_failed():
    rows = build_rows(
        [
            agent(0, end=100),
            fact(1, 0, tool="search"),
            fact(2, 1, tool="read", status="failed", error_type="QuotaError"),
            fact(3, 0, tool="search", status="success", error_type="healed"),
            agent(4, 0, tool="ask the other"),
            fact(5, 4, tool="write", status="timeout", error_type="Late"),
        ],
        now_ns=1000,
    )
    top, child = one(rows, "s0"), one(rows, "s4")
    assert (top.tools, top.step_errors) == ('["read","search"]', '["QuotaError"]')
    assert (child.tools, child.step_errors) == ('["write"]', '["Late"]')
    assert (top.tree_from_ns, top.tree_to_ns) == (child.tree_from_ns, child.tree_to_ns)
    alone = one(build_rows([agent(0, end=1)], now_ns=2), "s0")
    assert (alone.tools, alone.step_errors) == ("[]", "[]")


def test_a_group_in_which_something_runs_has_no_settled_columns():
    rows = build_rows([*team(), fact(5, 0, start=50, end=None)], now_ns=1000)
    top = one(rows, "s0")
    assert not rows.is_settled
    assert (top.settled_ns, top.category_ns, top.self_ns, top.critical_ns) == (None, None, None, None)
    assert (top.tools, top.step_errors, top.tree_from_ns, top.tree_to_ns) == (None, None, None, None)
    assert {row.self_ns for row in rows.steps} == {None}


def test_a_group_that_waits_for_a_parent_settles_only_when_none_is_expected():
    spans = [*team(), fact(5, 77, start=50)]
    assert not build_rows(spans, now_ns=1000).is_settled
    rows = build_rows(spans, now_ns=1000, is_final=True)
    assert rows.is_settled
    assert not rows.is_complete


def test_steps_outside_count_in_no_times():
    rows = build_rows([fact(0, category="http", end=100), agent(1, 0, start=10, end=60)], now_ns=1000)
    (outside,) = rows.steps
    assert (outside.is_outside, outside.critical_ns, outside.slack_ns) == (True, None, None)
    assert outside.self_ns == 50
    assert one(rows, "s1").critical_ns == 50


def test_a_failed_execution_names_the_step_that_failed_and_takes_its_error():
    rows = build_rows(
        [
            agent(0, end=100, status="failed"),
            fact(1, 0, start=1, status="success"),
            fact(2, 1, start=2, status="failed", error_type="KeyError", error_message="'x'"),
        ],
        now_ns=1000,
    )
    top = one(rows, "s0")
    assert (top.failure_step_id, top.error_type, top.error_message) == (span_id(2), "KeyError", "'x'")


def test_an_execution_that_survived_a_failure_has_no_error():
    top = one(build_rows([agent(0, end=100), fact(1, 0, status="failed", error_type="E")], now_ns=1), "s0")
    assert (top.failure_step_id, top.error_type, top.steps_failed) == (None, None, 1)


def test_session_and_user_are_those_of_the_tree():
    rows = build_rows(
        [agent(0, end=100), agent(1, 0, start=1), fact(2, 1, start=2, session_id="S"), agent(3, 0, user_id="U")],
        now_ns=1,
    )
    assert {(row.session_id, row.user_id) for row in rows.executions} == {("S", "U")}


def test_the_steps_that_a_running_program_announced_are_its_total():
    rows = build_rows([agent(0, end=None, steps_announced=10), fact(1, 0)], now_ns=100)
    assert (one(rows, "s0").steps_total, one(rows, "s0").steps_completed) == (10, 1)


def test_an_agent_without_a_model_of_its_own_shows_the_one_it_called():
    assert one(build_rows([agent(0), fact(1, 0, category="llm", model="m")], now_ns=1), "s0").model == "m"


def test_events_belong_to_the_execution_of_their_span_and_strays_to_the_top_one():
    spans = team()
    spans[3].events.append(event("in the call", 3))
    rows = build_rows(spans, now_ns=1000, stray_events={TRACE: [event("stray", 70)]})
    owner = {row.name: row.execution_id for row in rows.events}
    assert owner == {"in the call": one(rows, "s2").execution_id, "stray": one(rows, "s0").execution_id}


@given(groups(), st.integers(0, 1000))
def test_each_span_becomes_one_row_and_the_order_of_arrival_changes_none(facts: list[Facts], seed: int):
    facts = list({(span.trace_id, span.span_id): span for span in facts}.values())
    rows = build_rows(facts, now_ns=1000, is_final=True)
    assert len(rows.executions) + len(rows.steps) == len(facts)
    random.Random(seed).shuffle(facts)
    again = build_rows(facts, now_ns=1000, is_final=True)
    assert again.executions == rows.executions
    assert again.steps == rows.steps


@given(groups())
def test_shares_sum_to_the_duration_of_every_execution(facts: list[Facts]):
    for row in build_rows(facts, now_ns=1000, is_final=True).executions:
        assert row.category_ns is not None
        assert sum(json.loads(row.category_ns).values()) == row.duration_ns


@given(groups())
def test_nothing_of_a_tree_started_before_or_after_what_its_executions_tell(facts: list[Facts]):
    facts = [span for span in facts if span.trace_id == facts[0].trace_id]
    rows = build_rows(facts, now_ns=1000, is_final=True)
    for execution in rows.executions:
        starts = [
            row.started_ns
            for row in (*rows.executions, *rows.steps)
            if row.root_execution_id == execution.root_execution_id
        ]
        assert (execution.tree_from_ns, execution.tree_to_ns) == (min(starts), max(starts))


def test_of_a_tree_over_several_traces_it_is_not_said_when_its_first_span_started():
    # More of them may be stored than were loaded: a store has the whole web of traces, a server some of it.
    rows = build_rows([agent(0, end=10), agent(5, trace="b" * 32, start=50, end=60, **link(0))], now_ns=1000)
    assert {(row.tree_from_ns, row.tree_to_ns) for row in rows.executions} == {(None, None)}


def test_a_linked_trace_that_starts_after_its_caller_ended_takes_none_of_its_time():
    rows = build_rows([agent(0, end=10), agent(5, trace="b" * 32, start=50, end=60, **link(0))], now_ns=1000)
    assert [(row.name, row.critical_ns, row.depth) for row in rows.executions] == [("s0", 10, 0), ("s5", 0, 1)]


def test_a_model_call_that_its_process_did_not_survive_was_waiting():
    gone = {"status": "crashed", "error_type": "ProcessGone"}
    call = fact(1, 0, start=4, end=10, category="llm", **gone)
    rows = build_rows([agent(0, start=0, end=10, **gone), call], now_ns=20)
    assert json.loads(rows.executions[0].category_ns or "") == {"llm_wait": 6, "unexplained": 4}


def test_every_column_that_a_span_tells_of_itself_is_kept_under_its_own_name():
    told = {
        name: name
        for name in Facts.__struct_fields__
        if name not in ("workspace", "trace_id", "span_id", "parent_span_id", "name", "category", "status")
        and name not in ("kind", "events", "decisions", "execution_id", "recipe")
        and not name.endswith(("_ns", "_tokens", "_nanos"))
        and name not in ("step_index", "steps_announced", "steps_reported", "attempt", "weight", "row_version")
    }
    counts = {"cost_usd_nanos": 1, "input_tokens": 2, "output_tokens": 3, "cache_read_tokens": 4, "weight": 5.0}
    counts |= {"cache_write_tokens": 6, "reasoning_tokens": 7, "first_token_ns": 8, "row_version": 9}
    top = agent(0, **told | counts)
    step = fact(1, 0, category="llm", attempt=10, **told | counts)
    rows = build_rows([top, step], now_ns=1000)
    [execution], [row] = rows.executions, rows.steps
    own = {name: getattr(row, name) for name in STEP_COPIES}
    assert own == {name: getattr(step, name) for name in STEP_COPIES}
    own = {name: getattr(execution, name) for name in EXECUTION_COPIES}
    assert own == {name: getattr(top, name) for name in EXECUTION_COPIES}
    own = [getattr(execution, name) for name in CALL_COLUMNS]
    assert own == [getattr(top, name.removeprefix("call_")) for name in CALL_COLUMNS]
