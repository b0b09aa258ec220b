"""A program that opted in is stopped where an execution begins whose budget is used up; no other program notices."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterator
from typing import Any

import pytest

import longpole
from longpole.model.errors import BudgetExceeded, SettingsError
from longpole.record.budget import UsedUp, budgets

LATER_NS = 2**62


@pytest.fixture(autouse=True)
def no_budgets() -> Iterator[None]:
    yield
    budgets.choose(None, None, None)


def used_up(act: Any = "raise", until_ns: int = LATER_NS, **of: Any) -> None:
    budgets.choose(act, "2.1", "production")
    budgets.take((UsedUp("Money of the day", "triage used $11.00 of $10.00.", until_ns, **of),))


@longpole.agent("triage")
def triage() -> str:
    return "done"


@longpole.agent("triage")
async def triage_async() -> str:
    return "done"


@longpole.agent("triage")
def stream() -> Generator[str, None, None]:
    yield "done"


@longpole.agent("triage")
async def stream_async() -> AsyncGenerator[str, None]:
    yield "done"


@longpole.timing_step
def step() -> str:
    return "done"


async def all_of(stream: AsyncGenerator[str, None]) -> list[str]:
    return [item async for item in stream]


def test_an_execution_is_not_let_begin_and_is_seen_with_its_reason(recorded: Any) -> None:
    used_up(agent="triage")
    with pytest.raises(BudgetExceeded, match=r"'Money of the day' is used up\. triage used \$11\.00") as caught:
        triage()
    assert (caught.value.title, caught.value.until_ns) == ("Money of the day", LATER_NS)
    span = recorded.span("triage")
    assert (span.status_code, "is used up" in span.status_message) == (2, True)


def test_agents_of_every_kind_are_stopped(recorded: Any) -> None:
    used_up()
    with pytest.raises(BudgetExceeded):
        asyncio.run(triage_async())
    with pytest.raises(BudgetExceeded):
        next(stream())
    with pytest.raises(BudgetExceeded):
        asyncio.run(all_of(stream_async()))
    tracker = longpole.AgentTrackerFactory().create_tracker("triage")
    with pytest.raises(BudgetExceeded), tracker.track_execution("process"):
        raise AssertionError
    assert step() == "done"
    assert [span.status_code for span in recorded.spans if span.name != "step"] == [2, 2, 2, 2]


def test_what_runs_already_goes_on(recorded: Any) -> None:
    running = stream()
    assert next(running) == "done"
    used_up()
    assert list(running) == []
    assert recorded.span("triage").status_code != 2


def test_only_what_falls_under_the_budget_is_stopped(recorded: Any) -> None:
    for of in ({"agent": "another"}, {"user": "u-1"}, {"version": "3"}, {"environment": "staging"}):
        used_up(**of)
        assert triage() == "done"
    used_up(until_ns=1)
    assert triage() == "done"
    used_up(agent="triage", version="2.1", environment="production")
    with pytest.raises(BudgetExceeded):
        triage()


def test_a_callable_is_told_and_the_execution_goes_on(recorded: Any) -> None:
    told: list[BudgetExceeded] = []
    used_up(told.append)
    assert triage() == "done"
    assert [error.title for error in told] == ["Money of the day"]


def test_a_user_is_checked_where_the_program_asks(recorded: Any) -> None:
    used_up(user="u-1")
    assert triage() == "done"
    longpole.check_budget(user="u-2")
    with pytest.raises(BudgetExceeded):
        longpole.check_budget(user="u-1")


def test_an_execution_that_starts_for_a_user_whose_budget_is_used_up_is_stopped(recorded: Any) -> None:
    used_up(user="17")
    for user, is_stopped in ((17, True), ("18", False), (None, False)):
        tracker = longpole.AgentTrackerFactory(user_id=user).create_tracker("planner")
        if is_stopped:
            with pytest.raises(BudgetExceeded), tracker.track_execution("process"):
                raise AssertionError
        else:
            with tracker.track_execution("process"):
                longpole.check_budget()
    assert [span.status_code for span in recorded.spans] == [2, 1, 1]


def test_agents_that_are_called_for_a_user_are_stopped_with_that_user(recorded: Any) -> None:
    with longpole.AgentTrackerFactory(user_id="u-1").create_tracker("planner").track_execution("process"):
        assert triage() == "done"
        used_up(user="u-1", agent="triage")
        with pytest.raises(BudgetExceeded):
            triage()
        with pytest.raises(BudgetExceeded):
            next(stream())
        with pytest.raises(BudgetExceeded):
            longpole.check_budget("triage")
        longpole.check_budget("triage", user="u-2")
        longpole.check_budget("another")
    assert triage() == "done"


def test_a_program_that_did_not_opt_in_never_notices(recorded: Any) -> None:
    budgets.choose(None, None, None)
    budgets.take((UsedUp("b", "used up", LATER_NS),))
    assert (triage(), budgets.used_up) == ("done", {})
    longpole.check_budget("triage")


def test_anything_but_raise_and_a_callable_is_refused() -> None:
    with pytest.raises(SettingsError, match="'stop'"):
        longpole.configure(on_budget="stop")  # pyright: ignore[reportArgumentType]
