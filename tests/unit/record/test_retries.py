"""Pauses between attempts are steps of their own, and the steps of an attempt say which one it is."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import stamina
import tenacity
from stamina import instrumentation

import longpole
from longpole.record.current import current
from longpole.record.instrument import stamina as stamina_hook
from longpole.record.instrument import tenacity as tenacity_hook

QUICK = tenacity.wait_fixed(0.001)


class Refused(Exception):
    """What the services of these tests say."""


class Service:
    """Refuses the first calls."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals

    @longpole.timing_step("ask")
    def ask(self) -> str:
        return self.ask_plainly()

    @longpole.timing_step("ask")
    async def ask_async(self) -> str:
        return self.ask_plainly()

    def ask_plainly(self) -> str:
        self.refusals -= 1
        if self.refusals >= 0:
            raise Refused
        return "yes"


@pytest.fixture(autouse=True)
def _hooks() -> Iterator[None]:
    tenacity_hook.install()
    yield
    tenacity_hook.remove()


def attempts(recorded: Any) -> list[Any]:
    return [span.attributes.get("longpole.attempt") for span in recorded.spans if span.name == "ask"]


def waits(recorded: Any) -> list[Any]:
    return [span for span in recorded.spans if span.attributes["longpole.category"] == "retry"]


def check(recorded: Any) -> None:
    """Two refusals: two pauses, each below the step that waits, and three attempts below the same."""
    outer = recorded.span("outer")
    assert attempts(recorded) == [None, 2, 3]
    found = waits(recorded)
    assert [wait.attributes["longpole.attempt"] for wait in found] == [1, 2]
    assert {wait.attributes["longpole.retry.cause"] for wait in found} == {"Refused"}
    assert {span.parent_span_id for span in recorded.spans if span is not outer} == {outer.span_id}
    assert all(wait.ended_ns - wait.started_ns >= 900_000 for wait in found)
    assert current.get() is None


def test_a_decorated_function_shows_its_pauses_and_numbers_its_attempts(recorded: Any) -> None:
    service = Service(2)
    ask = tenacity.retry(wait=QUICK, stop=tenacity.stop_after_attempt(5))(service.ask)
    with longpole.time_step("outer"):
        assert ask() == "yes"
    check(recorded)
    assert waits(recorded)[0].name == "wait to retry Service.ask"


def test_so_does_an_async_one(recorded: Any) -> None:
    service = Service(2)

    async def main() -> None:
        async with longpole.time_step("outer"):
            assert await tenacity.retry(wait=QUICK)(service.ask_async)() == "yes"

    asyncio.run(main())
    check(recorded)


def test_attempts_that_are_with_blocks_are_numbered_too(recorded: Any) -> None:
    service = Service(2)
    with longpole.time_step("outer"):
        for attempt in tenacity.Retrying(wait=QUICK):
            with attempt:
                service.ask()
    check(recorded)


def test_and_async_with_blocks(recorded: Any) -> None:
    service = Service(2)

    async def main() -> None:
        async with longpole.time_step("outer"):
            async for attempt in tenacity.AsyncRetrying(wait=QUICK):
                async with attempt:
                    await service.ask_async()

    asyncio.run(main())
    check(recorded)


def test_and_those_of_a_tenacity_that_has_no_async_with_blocks(recorded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tenacity_hook.remove()
    monkeypatch.delattr(tenacity.AttemptManager, "__aenter__")
    monkeypatch.delattr(tenacity.AttemptManager, "__aexit__")
    tenacity_hook.install()
    service = Service(refusals=1)

    async def run() -> None:
        async for attempt in tenacity.AsyncRetrying(wait=QUICK):
            with attempt:
                await service.ask_async()

    with longpole.time_step("work"):
        asyncio.run(run())
    assert attempts(recorded) == [None, 2]


def test_leaving_the_block_early_leaves_the_attempt(recorded: Any) -> None:
    service = Service(1)

    def fetch() -> str:
        for attempt in tenacity.Retrying(wait=QUICK):
            with attempt:
                return service.ask()
        return "never"

    with longpole.time_step("outer"):
        fetch()
        with longpole.time_step("after"):
            pass
    assert attempts(recorded) == [None, 2]
    assert "longpole.attempt" not in recorded.span("after").attributes


def test_what_is_said_in_an_attempt_is_said_of_the_step_that_tries(recorded: Any) -> None:
    service = Service(1)

    def ask() -> str:
        longpole.log_event("asking")
        longpole.set_attributes(tries="yes")
        return service.ask_plainly()

    with longpole.time_step("outer"):
        tenacity.retry(wait=QUICK)(ask)()
    outer = recorded.span("outer")
    assert [event.attributes["message"] for event in outer.events] == ["asking", "asking"]
    assert outer.attributes["tries"] == "yes"


def test_an_agent_in_a_second_attempt_knows_its_execution(recorded: Any) -> None:
    service = Service(1)
    seen: list[Any] = []

    @longpole.agent("asker")
    def asker() -> str:
        @tenacity.retry(wait=QUICK)
        def ask() -> str:
            seen.append(longpole.current_execution())
            return service.ask()

        return ask()

    asker()
    assert len(seen) == 2
    assert seen[0].execution_id == seen[1].execution_id
    assert seen[0].agent == "asker"


def test_a_pause_that_is_cancelled_ends(recorded: Any) -> None:
    async def refuse() -> None:
        raise Refused

    async def main() -> None:
        is_sleeping = asyncio.Event()

        async def sleep(_: float) -> None:
            is_sleeping.set()
            await asyncio.Event().wait()

        async with longpole.time_step("outer"):
            task = asyncio.create_task(tenacity.retry(sleep=sleep)(refuse)())
            await is_sleeping.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    (wait,) = waits(recorded)
    assert wait.ended_ns > 0
    assert wait.attributes["longpole.status"] == "timeout"


def test_giving_up_is_the_programs_own_affair(recorded: Any) -> None:
    service = Service(9)
    ask = tenacity.retry(wait=QUICK, stop=tenacity.stop_after_attempt(2), reraise=True)(service.ask)
    with longpole.time_step("outer"), pytest.raises(Refused):
        ask()
    assert attempts(recorded) == [None, 2]
    assert len(waits(recorded)) == 1
    assert current.get() is None


def test_the_programs_own_sleep_stays_in_its_place(recorded: Any) -> None:
    slept: list[float] = []
    retrying = tenacity.Retrying(wait=tenacity.wait_fixed(7), sleep=slept.append)
    with longpole.time_step("outer"):
        assert retrying(Service(2).ask) == "yes"
    assert slept == [7, 7]
    assert retrying.sleep == slept.append
    assert len(waits(recorded)) == 2


def test_outside_of_any_step_nothing_is_recorded(recorded: Any) -> None:
    assert tenacity.retry(wait=QUICK)(Service(2).ask_plainly)() == "yes"
    assert recorded.spans == []


def test_removed_it_leaves_tenacity_as_it_was(recorded: Any) -> None:
    with_hook = tenacity.BaseRetrying.iter
    tenacity_hook.remove()
    assert tenacity.BaseRetrying.iter is not with_hook
    with longpole.time_step("outer"):
        tenacity.retry(wait=QUICK)(Service(1).ask)()
    assert waits(recorded) == []


def test_stamina_names_what_it_retries_and_keeps_the_programs_hooks(recorded: Any) -> None:
    told: list[Any] = []
    service = Service(2)

    @stamina.retry(on=Refused, wait_initial=0.001, wait_jitter=0)
    def fetch_page() -> str:
        return service.ask()

    before = instrumentation.get_on_retry_hooks()
    instrumentation.set_on_retry_hooks([told.append])
    stamina_hook.install()
    try:
        with longpole.time_step("outer"):
            assert fetch_page() == "yes"
        check(recorded)
        assert {wait.name for wait in waits(recorded)} == {"wait to retry fetch_page"}
        assert [details.retry_num for details in told] == [1, 2]
    finally:
        stamina_hook.remove()
        assert instrumentation.get_on_retry_hooks() == (told.append,)
        instrumentation.set_on_retry_hooks(before)


def test_so_does_stamina_in_async_code(recorded: Any) -> None:
    service = Service(2)
    stamina_hook.install()

    async def main() -> None:
        async with longpole.time_step("outer"):
            async for attempt in stamina.retry_context(on=Refused, wait_initial=0.001, wait_jitter=0):
                with attempt:
                    await service.ask_async()

    try:
        asyncio.run(main())
    finally:
        stamina_hook.remove()
    check(recorded)
