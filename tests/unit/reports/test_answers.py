"""What the reports say about `tests/triage_example.py`, stored in a real DuckDB."""

from collections.abc import Iterator

import pytest
from msgspec import structs

from longpole.model.batch import Batch
from longpole.model.errors import InvalidInput, NotFound
from longpole.model.event import Body
from longpole.reports.execution_list import list_executions
from longpole.reports.filter_values import Scope
from longpole.reports.filters import read_execution_filters
from longpole.reports.one_execution import ENOUGH_FOR_USUAL, tree_of
from longpole.reports.one_step import step_detail
from longpole.reports.overview import overview_of
from longpole.store.engine import Engine
from longpole.store.store import open_store
from stored_executions import MONDAY_NS, Made
from triage_example import (
    AGENT_SPAN,
    CHILD_ID,
    EXECUTION_ID,
    PLAN_SPAN,
    PRICE_SPAN,
    SECOND,
    TRACE_ID,
    registered_agent,
    triage_batch,
)

RUNNING_TRACE = "9" * 32


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    engine.write(triage_batch())
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("agent", "damage-assessor", [CHILD_ID]),
        ("status", "failed", [EXECUTION_ID]),
        ("session", "CLM-48213", [CHILD_ID, EXECUTION_ID]),
        ("version", "2.14.0", [EXECUTION_ID]),
        ("model", "small-model", [EXECUTION_ID]),
        ("tool", "lookup_part_prices", [CHILD_ID]),
        ("attribute", "tenant=acme", [EXECUTION_ID]),
        ("attribute", "gen_ai.request.max_tokens=512", [EXECUTION_ID]),
        ("attribute", "host.name=worker-3", [EXECUTION_ID]),
        ("attribute", "tenant=other", []),
        ("text", "PHOTOS", [EXECUTION_ID]),
        ("text", "no answer in", [EXECUTION_ID]),
        ("min_duration", "5s", [EXECUTION_ID]),
        ("parent", "none", [EXECUTION_ID]),
        ("parent", EXECUTION_ID, [CHILD_ID]),
        ("workspace", "someone else's", []),
        ("to", "2026-11-21T01:45:54Z", [EXECUTION_ID]),
    ],
)
def test_a_filter_keeps_what_it_says(store: Engine, name: str, text: str, found: list[str]) -> None:
    page = list_executions(store, read_execution_filters([(name, text)]))
    assert {item.execution_id for item in page.items} == set(found)


def test_text_in_another_workspace_is_not_found_through_the_back_door(store: Engine) -> None:
    store.write(triage_batch(workspace="other"))
    nothing = dict.fromkeys(("output", "error_stack", "attributes", "resource"))
    secret = Body("other", TRACE_ID, PLAN_SPAN, "secret", received_ns=1, row_version=2, **nothing)
    store.write(Batch(bodies=[secret]))
    filters = read_execution_filters([("text", "secret"), ("workspace", "default")])
    assert list_executions(store, filters).items == []


def test_tokens_of_an_execution_include_its_children(store: Engine) -> None:
    items = {item.agent: item for item in list_executions(store, read_execution_filters([])).items}
    assert (items["claims-triage"].input_tokens, items["claims-triage"].output_tokens) == (2100, 400)
    assert (items["damage-assessor"].input_tokens, items["damage-assessor"].output_tokens) == (900, 60)
    assert items["damage-assessor"].cost_usd is None


def test_shares_and_critical_path_sum_to_the_duration(store: Engine) -> None:
    tree = tree_of(store, EXECUTION_ID)
    assert sum(tree.shares.values()) == tree.duration_ns == 10 * SECOND
    assert sum(stretch.duration_ns for stretch in tree.critical_path) == 10 * SECOND
    assert tree.shares["llm_wait"] == 800_000_000
    assert len(tree.executions) + len(tree.steps) == 11


def test_a_running_execution_shows_its_shares_so_far(store: Engine) -> None:
    store.write(triage_batch(trace_id=RUNNING_TRACE, is_running=True), fresh=True)
    tree = tree_of(store, RUNNING_TRACE)
    assert tree.duration_ns is None
    assert sum(tree.shares.values()) == 8 * SECOND
    assert sum(stretch.duration_ns for stretch in tree.critical_path) == 8 * SECOND
    plan = next(step for step in tree.steps if step.name == "plan")
    assert (plan.self_ns, plan.critical_ns, plan.slack_ns) == (3 * SECOND, 3 * SECOND, 0)


def test_a_child_execution_is_a_tree_of_its_own(store: Engine) -> None:
    tree = tree_of(store, CHILD_ID)
    assert [step.name for step in tree.steps] == ["look", "price"]
    assert tree.executions[0].offset_ns == 0
    assert tree.steps[0].offset_ns == SECOND // 2
    assert sum(tree.shares.values()) == 4 * SECOND
    assert tree.missing_parents == 0
    assert tree.decisions == []


def test_decisions_and_events_come_with_their_place_in_time(store: Engine) -> None:
    tree = tree_of(store, EXECUTION_ID)
    assert [(event.name, event.offset_ns) for event in tree.events] == [("claim read", SECOND)]
    (decision,) = tree.decisions
    assert (decision.candidate, decision.outcome, decision.offset_ns) == ("fraud-review", "skipped", 4 * SECOND)


def test_usual_is_left_out_below_thirty_others(store: Engine) -> None:
    assert tree_of(store, EXECUTION_ID).usual is None
    for number in range(ENOUGH_FOR_USUAL):
        store.write(triage_batch(trace_id=f"{number + 1:032x}"))
    usual = tree_of(store, EXECUTION_ID).usual
    assert usual is not None
    assert (usual.executions, usual.p50_ns, usual.slower_than) == (ENOUGH_FOR_USUAL, 10 * SECOND, 0.0)


@pytest.mark.parametrize("name", [EXECUTION_ID, TRACE_ID, TRACE_ID[:10], EXECUTION_ID[-12:], "A" * 8])
def test_people_may_name_an_execution_by_a_part_of_its_id(store: Engine, name: str) -> None:
    assert tree_of(store, name).execution.execution_id == EXECUTION_ID


def test_a_part_of_several_ids_lists_them(store: Engine) -> None:
    store.write(triage_batch(trace_id=RUNNING_TRACE))
    with pytest.raises(InvalidInput, match=r"names 2 executions: .*claims-triage"):
        tree_of(store, AGENT_SPAN)


def test_an_id_that_others_begin_with_means_the_execution_that_has_it(store: Engine) -> None:
    made = Made()
    for name in ("4711", "47110", "4711ab", "00004711"):
        made.execution(MONDAY_NS, agent=f"agent {name}")
        made.batch.executions[-1] = structs.replace(made.batch.executions[-1], execution_id=name)
    store.write(made.batch)
    assert tree_of(store, "4711").execution.agent == "agent 4711"
    assert tree_of(store, "00004711").execution.agent == "agent 00004711"


def test_the_beginning_of_a_trace_of_many_executions_means_its_top_one(store: Engine) -> None:
    made = Made()
    top = made.execution(MONDAY_NS)
    for number in range(1, 20):
        made.execution(MONDAY_NS + number, parent=top)
    store.write(made.batch)
    assert tree_of(store, top.trace_id[:9]).execution.execution_id == top.execution_id
    store.write(Batch(replace=[("default", top.trace_id)]))
    for kept in (made.batch.executions[:5], [*made.batch.executions[3:5], top]):
        store.write(Batch(executions=list(kept), replace=[("default", top.trace_id)]))
        assert tree_of(store, top.trace_id[:9]).execution.execution_id == top.execution_id


def test_a_clock_is_compared_with_that_of_the_process_that_called(store: Engine) -> None:
    made = Made()
    top = made.execution(MONDAY_NS, process="caller", duration_ns=10 * SECOND)
    wait = made.step(top, "call it", after_ns=SECOND, duration_ns=4 * SECOND, category="agent_comm", process="caller")
    below = made.execution(MONDAY_NS - 5 * SECOND, parent=top, process="callee", duration_ns=2 * SECOND)
    made.batch.executions[-1] = structs.replace(below, parent_span_id=wait.step_id)
    made.step(below, "alone", process="callee")
    store.write(made.batch)
    for execution_id in (top.execution_id, below.execution_id):
        [skew] = tree_of(store, execution_id).clocks
        assert (skew.process, skew.against, skew.crossings, skew.impossible) == ("callee", "caller", 1, 1)
        assert skew.skew_ns < -5 * SECOND


@pytest.mark.parametrize("name", ["", "abc", "f" * 48, "%' OR 1=1 --", "\x00"])
def test_a_name_of_nothing_is_not_found(store: Engine, name: str) -> None:
    with pytest.raises(NotFound, match="There is no execution"):
        tree_of(store, name)


def test_a_step_brings_its_bodies_parsed_where_they_are_json(store: Engine) -> None:
    detail = step_detail(store, EXECUTION_ID, PLAN_SPAN)
    assert detail.input == [{"role": "user", "content": "Please plan"}]
    assert detail.output == "First the photos"
    assert detail.attributes["gen_ai.request.max_tokens"] == 512
    assert detail.resource == {"host.name": "worker-3"}
    assert (detail.offset_ns, detail.first_token_ns, detail.cost_usd) == (SECOND, 800_000_000, 0.0042)


def test_the_speed_of_a_model_is_that_behind_its_first_token(store: Engine) -> None:
    detail = step_detail(store, EXECUTION_ID, PLAN_SPAN)
    assert detail.output_tokens is not None
    assert detail.duration_ns is not None
    seconds = (detail.duration_ns - 800_000_000) / 1e9
    assert detail.tokens_per_second == pytest.approx(detail.output_tokens / seconds)
    assert step_detail(store, CHILD_ID, PRICE_SPAN).tokens_per_second is None


def test_an_execution_is_a_step_too(store: Engine) -> None:
    detail = step_detail(store, EXECUTION_ID, AGENT_SPAN)
    assert detail.name == "claims-triage"
    assert detail.input == {"claim": "CLM-48213"}


def test_a_step_without_a_body_is_still_there(store: Engine) -> None:
    detail = step_detail(store, CHILD_ID, PRICE_SPAN)
    assert detail.offset_ns == 3 * SECOND
    assert (detail.input, detail.output, detail.attributes) == (None, None, {})
    assert detail.error_message == "no answer in 900 ms"


def test_a_step_of_nobody_is_not_found(store: Engine) -> None:
    with pytest.raises(NotFound, match="There is no step"):
        step_detail(store, EXECUTION_ID, "0" * 16)


def test_the_overview_counts_every_span_and_every_token_once(store: Engine) -> None:
    overview = overview_of(store, Scope())
    totals = overview.totals
    assert (totals.executions, totals.steps) == (2, 9)
    assert totals.steps == sum(category.steps for category in overview.categories)
    assert (totals.input_tokens, totals.output_tokens) == (2100, 400)
    assert sum(agent.input_tokens or 0 for agent in overview.agents) == 2100
    assert sum(agent.model_calls for agent in overview.agents) == totals.model_calls
    assert sum(category.input_tokens or 0 for category in overview.categories) == 2100
    assert (totals.model_calls, totals.model_calls_without_cost, totals.tool_calls) == (2, 1, 6)
    assert (totals.succeeded, totals.failed, totals.success_rate) == (1, 1, 0.5)


def test_an_agent_that_never_ran_is_in_the_overview(store: Engine) -> None:
    store.write(registered_agent("escalate-to-human"))
    ghost = next(agent for agent in overview_of(store, Scope()).agents if agent.agent == "escalate-to-human")
    assert (ghost.executions, ghost.is_registered, ghost.p50_ns, ghost.success_rate) == (0, True, None, None)


def test_an_empty_store_has_an_overview_of_unknowns() -> None:
    engine = open_store(":memory:")
    totals = overview_of(engine, Scope()).totals
    engine.close()
    assert (totals.executions, totals.steps, totals.model_calls) == (0, 0, 0)
    assert (totals.success_rate, totals.p50_ns, totals.input_tokens, totals.cost_usd) == (None, None, None, None)


def test_a_model_call_that_told_only_the_sum_of_its_tokens_shows_that_and_nothing_made_up() -> None:
    engine = open_store(":memory:")
    batch = triage_batch()
    batch.steps = [structs.replace(step, input_tokens=None, output_tokens=None) for step in batch.steps]
    batch.bodies = [
        structs.replace(body, attributes='{"longpole.tokens.total":1840}', row_version=2) for body in batch.bodies
    ]
    engine.write(batch)
    plan = next(step for step in tree_of(engine, TRACE_ID).steps if step.step_id == PLAN_SPAN)
    detail = step_detail(engine, TRACE_ID, PLAN_SPAN)
    engine.close()
    assert (plan.total_tokens, plan.input_tokens, plan.output_tokens) == (1840, None, None)
    assert (detail.total_tokens, detail.input_tokens, detail.output_tokens) == (1840, None, None)


def test_a_sum_of_tokens_beside_the_counts_themselves_is_not_said_twice(store: Engine) -> None:
    assert step_detail(store, TRACE_ID, PLAN_SPAN).total_tokens is None
    assert all(step.total_tokens is None for step in tree_of(store, TRACE_ID).steps)
