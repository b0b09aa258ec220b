"""What runs in a pool stands below the step that submitted it, and the wait for a worker is told."""

import asyncio
import contextvars
import multiprocessing
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest

import longpole
from longpole.record.current import current
from longpole.record.instrument import concurrent_futures
from longpole.record.recorder import recorder

theirs: contextvars.ContextVar[str] = contextvars.ContextVar("theirs", default="none")


@longpole.timing_step
def leaf(value: int = 0, *, factor: int = 1) -> int:
    return value * factor


@pytest.fixture(autouse=True)
def _hook() -> Iterator[None]:
    concurrent_futures.install()
    yield
    concurrent_futures.remove()


def parents_of_leaves(recorded: Any) -> set[str | None]:
    names = {span.span_id: span.name for span in recorded.spans}
    return {names.get(span.parent_span_id or "") for span in recorded.spans if span.name == "leaf"}


def test_a_submitted_call_is_below_the_step_that_submitted_it(recorded: Any) -> None:
    with ThreadPoolExecutor(2) as pool, longpole.time_step("outer"):
        assert pool.submit(leaf, 2, factor=3).result() == 6
        assert list(pool.map(leaf, [1, 2, 3])) == [1, 2, 3]
    assert parents_of_leaves(recorded) == {"outer"}


def test_a_worker_keeps_nothing_of_the_step_before(recorded: Any) -> None:
    with ThreadPoolExecutor(1) as pool:
        with longpole.time_step("outer"):
            pool.submit(leaf).result()
        assert pool.submit(current.get).result() is None


def test_the_default_executor_of_a_loop_counts_as_well(recorded: Any) -> None:
    async def main() -> None:
        async with longpole.time_step("outer"):
            await asyncio.get_running_loop().run_in_executor(None, leaf)

    asyncio.run(main())
    assert parents_of_leaves(recorded) == {"outer"}


def test_variables_of_others_are_left_behind_as_before(recorded: Any) -> None:
    theirs.set("here")
    with ThreadPoolExecutor(1) as pool, longpole.time_step("outer"):
        assert pool.submit(theirs.get).result() == "none"


def test_waiting_for_a_worker_is_a_step_of_its_own(recorded: Any) -> None:
    is_held, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        is_held.set()
        may_go.wait(10)

    with ThreadPoolExecutor(1, thread_name_prefix="readers") as pool, longpole.time_step("outer"):
        pool.submit(hold)
        assert is_held.wait(10)
        later = pool.submit(leaf, 1)
        threading.Timer(0.01, may_go.set).start()
        assert later.result() == 1
    waits = [span for span in recorded.spans if span.name == "wait for a thread"]
    longest = max(waits, key=lambda span: span.ended_ns - span.started_ns)
    assert longest.ended_ns - longest.started_ns >= 9_000_000
    assert longest.attributes["longpole.category"] == "queue"
    assert longest.attributes["longpole.queue.pool"] == "readers"
    assert longest.parent_span_id == recorded.span("outer").span_id


def test_what_a_call_raises_arrives(recorded: Any) -> None:
    def fail() -> None:
        raise KeyError("lost")

    with ThreadPoolExecutor(1) as pool, longpole.time_step("outer"):
        error = pool.submit(fail).exception()
    assert isinstance(error, KeyError)


def test_shutdown_initializer_and_arguments_work_as_before(recorded: Any) -> None:
    started: list[str] = []
    with longpole.time_step("outer"):
        pool = ThreadPoolExecutor(1, initializer=started.append, initargs=("up",))
        assert pool.submit(dict, fn=1, self=2, record=3).result() == {"fn": 1, "self": 2, "record": 3}
        pool.shutdown()
        with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
            pool.submit(leaf)
        with pytest.raises(TypeError):
            pool.submit()  # pyright: ignore[reportCallIssue] - that is the test
    assert started == ["up"]


def test_while_recording_is_off_the_very_function_is_submitted() -> None:
    seen: list[Any] = []

    class Pool(ThreadPoolExecutor):
        def _adjust_thread_count(self) -> None:
            seen.append(self._work_queue.get())

    assert not recorder.is_on
    pool = Pool(1)
    pool.submit(leaf, 1)
    assert seen[0].fn is leaf


def test_removed_it_leaves_the_pools_as_they_were(recorded: Any) -> None:
    concurrent_futures.remove()
    assert ThreadPoolExecutor.submit.__module__ == "concurrent.futures.thread"
    assert ThreadPoolExecutor.submit.__code__.co_filename.endswith("concurrent/futures/thread.py")
    with ThreadPoolExecutor(1) as pool, longpole.time_step("outer"):
        pool.submit(leaf).result()
    assert parents_of_leaves(recorded) == {None}


def worker_trace() -> str | None:
    return longpole.traceparent()


def test_a_worker_process_is_told_the_trace(recorded: Any) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool, longpole.time_step("outer"):
        header = pool.submit(worker_trace).result()
        here = longpole.traceparent()
    assert header == here


def test_an_execution_that_is_left_out_is_left_out_in_the_worker(record_with: Any) -> None:
    recorded = record_with(sampling_rate=0.0)
    with ThreadPoolExecutor(1) as pool, longpole.time_step("outer"):
        assert pool.submit(leaf, 5).result() == 5
    assert recorded.spans == []
