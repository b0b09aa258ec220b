"""A call carries its place in the tree to another process: headers, environment, messages of a queue."""

import asyncio
import queue
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

import longpole
from longpole.record.current import current
from longpole.record.propagate import continue_process
from longpole.record.recorder import recorder

HEADER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@longpole.timing_step
def work() -> str | None:
    return longpole.traceparent()


def test_headers_bring_what_is_called_below_the_step_that_calls(recorded: Any) -> None:
    with longpole.time_step("caller"):
        headers = longpole.trace_headers()
    with longpole.continue_trace({name.title(): value for name, value in headers.items()}):
        work()
    assert recorded.parent_of("work") == "caller"


def test_the_state_of_other_tools_is_passed_on_unchanged(recorded: Any) -> None:
    with longpole.continue_trace(HEADER, "vendor=abc,other=1"), longpole.time_step("here"):
        assert longpole.trace_headers()["tracestate"] == "vendor=abc,other=1"
    assert longpole.trace_headers() == {}


@pytest.mark.parametrize("header", [None, "", "00-short-b7ad6b7169203331-01", HEADER.upper(), "ff" + HEADER[2:]])
def test_an_absent_or_broken_header_changes_nothing(header: str | None, recorded: Any) -> None:
    with longpole.time_step("outer"), longpole.continue_trace(header):
        work()
    assert recorded.parent_of("work") == "outer"


def test_what_sampling_left_out_here_is_left_out_there(record_with: Callable[..., Any]) -> None:
    recorded = record_with(sampling_rate=0.0)
    with longpole.time_step("caller"):
        headers = longpole.trace_headers()
    recorder.sampling_rate = 1.0  # as in the other process
    with longpole.continue_trace(headers):
        work()
    assert recorded.spans == []


def test_a_caller_that_keeps_few_traces_for_itself_hides_nothing_from_us(recorded: Any) -> None:
    with longpole.continue_trace(HEADER[:-2] + "00"):
        work()
    assert recorded.span("work").parent_span_id == "b7ad6b7169203331"


def test_a_process_that_was_started_by_a_step_is_below_it_in_every_thread(recorded: Any) -> None:
    with longpole.time_step("starter"):
        variables = longpole.trace_environment()
    assert set(variables) == {"TRACEPARENT"}
    continue_process(variables["TRACEPARENT"])
    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert recorded.parent_of("work") == "starter"


def test_a_message_in_a_queue_carries_its_sender(recorded: Any) -> None:
    messages: queue.Queue[tuple[dict[str, str], int]] = queue.Queue()

    def worker() -> None:
        for _ in range(3):
            headers, number = messages.get()
            with longpole.continue_trace(headers), longpole.time_step(f"handle {number}"):
                pass

    thread = Thread(target=worker)
    thread.start()
    for number in range(3):
        with longpole.time_step(f"send {number}"):
            messages.put((longpole.trace_headers(), number))
    thread.join()
    assert [recorded.parent_of(f"handle {n}") for n in range(3)] == [f"send {n}" for n in range(3)]


def test_a_consumer_task_is_not_below_whoever_started_it(recorded: Any) -> None:
    async def main() -> None:
        messages: asyncio.Queue[dict[str, str]] = asyncio.Queue()

        async def consume() -> None:
            with longpole.continue_trace(await messages.get()):
                work()

        async with longpole.time_step("starter"):
            consumer = asyncio.create_task(consume())
        async with longpole.time_step("sender"):
            await messages.put(longpole.trace_headers())
        await consumer

    asyncio.run(main())
    assert recorded.parent_of("work") == "sender"
    assert current.get() is None
