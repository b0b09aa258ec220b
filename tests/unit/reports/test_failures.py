"""Failures: like errors are one group that says where they started, what they cost and what healed them."""

from collections.abc import Iterator

import pytest

from longpole.model.clock import to_rfc3339
from longpole.reports import failures
from longpole.reports.failures import FAILURES
from longpole.reports.statistics_views import FailureGroups
from longpole.store.engine import Engine
from longpole.store.store import open_store
from stored_executions import DAY_NS, MONDAY_NS, SECOND, Made

PERIOD = [("from", to_rfc3339(MONDAY_NS)), ("to", to_rfc3339(MONDAY_NS + DAY_NS))]


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


def asked(store: Engine, made: Made, *more: tuple[str, str]) -> FailureGroups:
    store.write(made.batch)
    return FAILURES.ask(store, [*PERIOD, *more])


def failed_by_step(made: Made, number: int, *, version: str = "1") -> None:
    """An agent that plans, pays and fails because of the payment; what it says of it is its own error."""
    run = made.execution(
        MONDAY_NS + number * 60 * SECOND, status="failed", duration_ns=10 * SECOND, version=version,
        error_type="AgentError", error_message="gave up", failure_step_id=f"pay {number}",
        self_cost_usd_nanos=10**9, cost_usd_nanos=2 * 10**9,
    )  # fmt: skip
    made.step(run, "plan")
    made.step(
        run, "charge card", after_ns=2 * SECOND, status="failed", step_id=f"pay {number}", error_type="CardError",
        error_message=f"card {number} of 'ann' declined", code_function="shop.pay",
    )  # fmt: skip


def test_errors_that_differ_in_numbers_are_one_group_at_the_step_where_they_started(store: Engine) -> None:
    made = Made()
    for number in range(3):
        failed_by_step(made, number, version=str(number % 2))
    found = asked(store, made)
    [group] = found.groups
    assert (group.error_type, group.message, group.place) == ("CardError", "card <n> of <text> declined", "charge card")
    assert (group.executions, group.healed, found.executions, found.healed) == (3, 0, 3, 0)
    assert group.versions == ["0", "1"]
    assert (group.lost_ns, group.lost_cost_usd) == (30 * SECOND, 6.0)
    assert (group.first_seen, group.last_seen) == (to_rfc3339(MONDAY_NS), to_rfc3339(MONDAY_NS + 120 * SECOND))
    assert group.before == ["plan"]
    assert group.code_function == "shop.pay"
    assert group.example_step_id == "pay 2"


def test_the_same_message_from_two_places_is_two_groups(store: Engine) -> None:
    made = Made()
    for number, place in enumerate(("load", "save", "save")):
        run = made.execution(MONDAY_NS + number, status="timeout", failure_step_id=f"s {number}")
        made.step(run, place, status="timeout", step_id=f"s {number}", error_type="TimeoutError")
    assert [(group.place, group.executions) for group in asked(store, made).groups] == [("save", 2), ("load", 1)]


def test_an_error_that_a_retry_healed_failed_no_execution(store: Engine) -> None:
    made = Made()
    run = made.execution(MONDAY_NS)
    made.step(run, "fetch", status="failed", error_type="HTTPError", error_message="503")
    made.step(run, "fetch", after_ns=2 * SECOND)
    found = asked(store, made)
    [group] = found.groups
    assert (group.executions, group.healed, group.retried, group.looked_at) == (0, 1, 1, 1)
    assert group.lost_ns == SECOND
    assert (found.executions, found.healed) == (0, 1)


def test_what_is_raised_again_above_counts_once_at_the_bottom(store: Engine) -> None:
    made = Made()
    run = made.execution(MONDAY_NS, status="failed", failure_step_id="inner", error_type="ValueError")
    made.step(run, "outer", status="failed", step_id="outer", error_type="ValueError")
    made.step(run, "inner", status="failed", step_id="inner", parent_step_id="outer", error_type="ValueError")
    assert [(group.place, group.executions, group.healed) for group in asked(store, made).groups] == [("inner", 1, 0)]


def test_time_and_money_of_a_failed_agent_inside_a_failed_agent_are_lost_once(store: Engine) -> None:
    made = Made()
    told = {"status": "failed", "failure_step_id": "bad"}
    outer = made.execution(MONDAY_NS, agent="outer", duration_ns=9 * SECOND, cost_usd_nanos=2 * 10**9, **told)
    inner = made.execution(MONDAY_NS, agent="inner", duration_ns=5 * SECOND, cost_usd_nanos=10**9, parent=outer, **told)
    made.step(inner, "load", status="failed", step_id="bad", error_type="OSError")
    [group] = asked(store, made).groups
    assert (group.executions, group.lost_ns, group.lost_cost_usd) == (2, 9 * SECOND, 2.0)
    assert set(group.agents) == {"outer", "inner"}


def test_an_agent_that_fails_by_itself_is_its_own_place(store: Engine) -> None:
    made = Made()
    made.execution(MONDAY_NS, agent="loner", status="crashed", error_type="ProcessGone")
    [group] = asked(store, made).groups
    assert (group.place, group.statuses, group.message, group.lost_cost_usd) == ("loner", ["crashed"], None, None)


def test_sampled_failures_stand_for_several(store: Engine) -> None:
    made = Made()
    made.execution(MONDAY_NS, status="failed", weight=10.0)
    [group] = asked(store, made).groups
    assert (group.executions, group.executions_weight, group.lost_ns) == (1, 10.0, 10 * SECOND)


def test_other_times_agents_and_versions_are_left_out(store: Engine) -> None:
    made = Made()
    failed_by_step(made, 1)
    made.execution(MONDAY_NS + 2 * DAY_NS, status="failed")
    assert asked(store, made).executions == 1
    assert FAILURES.ask(store, [*PERIOD, ("agent", "other")]).groups == []
    assert FAILURES.ask(store, [*PERIOD, ("version", "2")]).groups == []


def test_nothing_failed_is_an_empty_answer(store: Engine) -> None:
    made = Made()
    made.execution(MONDAY_NS)
    found = asked(store, made)
    assert (found.groups, found.executions, found.is_complete) == ([], 0, True)


def test_the_last_case_of_a_group_is_looked_at_however_old_it_is(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "MOST_CASES", 10)
    made = Made()
    made.execution(MONDAY_NS, agent="old", status="failed", error_type="OldError")
    made.execution(MONDAY_NS + SECOND, agent="old", status="failed", error_type="OldError")
    for number in range(9):
        made.execution(MONDAY_NS + DAY_NS - number - 1, agent="new", status="failed", error_type="NewError")
    assert {group.place: group.looked_at for group in asked(store, made).groups} == {"new": 5, "old": 1}


def test_names_in_quotes_do_not_make_more_rows_of_a_group(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "MOST_GROUPS", 3)
    made = Made()
    for name in ("ann", "bob", "eve", "pat"):
        made.execution(MONDAY_NS, status="failed", error_message=f"no claim of '{name}' in \"{name}'s claims\"")
    found = asked(store, made)
    assert [(group.message, group.executions) for group in found.groups] == [("no claim of <text> in <text>", 4)]
    assert found.is_complete


def test_of_very_many_errors_the_newest_are_read_and_the_answer_says_so(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "MOST_ERRORS", 100)
    made = Made()
    for number in range(100):
        run = made.execution(MONDAY_NS + number * 864 * SECOND, status="failed", failure_step_id=f"bad {number}")
        made.step(run, "fetch", status="failed", step_id=f"bad {number}", error_type="HTTPError")
    found = asked(store, made)
    assert found.looked_at_from == to_rfc3339(MONDAY_NS + DAY_NS // 2)
    assert not found.is_complete
    assert found.executions == 100
    assert [group.executions for group in found.groups] == [50]
