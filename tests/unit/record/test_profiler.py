"""What the profiler counts, without a server and without `configure()`: by a clock that the test moves."""

import asyncio
import functools
import inspect
import json
import threading
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from longpole.record import current, profiled_call
from longpole.record.profile_book import MOST_OPERATIONS, OTHERS, ProfileBook
from longpole.record.profile_switch import switch
from longpole.record.profiler import PerformanceProfiler, profile_async, profile_sync
from longpole.record.recorder import recorder

MS = 1_000_000


class Clock:
    """Nanoseconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000_000

    def __call__(self) -> int:
        return self.now

    def passes(self, duration_ms: float) -> None:
        self.now += int(duration_ms * MS)


@pytest.fixture(autouse=True)
def profiler() -> Iterator[PerformanceProfiler]:
    """Empty and on; recording is off."""
    before = switch.is_on, switch.tracks_memory, switch.tracks_cpu
    switch.choose(is_on=True, tracks_memory=False, tracks_cpu=False)
    profiler = PerformanceProfiler()
    profiler.reset()
    yield profiler
    switch.is_on, switch.tracks_memory, switch.tracks_cpu = before
    switch.sink = None
    profiler.reset()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(current, "steady_ns", clock)
    monkeypatch.setattr(profiled_call, "steady_ns", clock)
    return clock


def test_there_is_one_profiler(profiler: PerformanceProfiler) -> None:
    assert PerformanceProfiler() is profiler
    assert PerformanceProfiler.instance() is profiler


def test_the_figures_of_an_operation_are_those_of_its_calls(profiler: PerformanceProfiler, clock: Clock) -> None:
    @profile_sync("load")
    def load(duration_ms: float) -> float:
        clock.passes(duration_ms)
        return duration_ms

    assert [load(ms) for ms in range(1, 101)] == list(range(1, 101))
    figures = profiler.get_metrics("load")
    assert figures is not None
    assert (figures.count, figures.errors, figures.error_rate) == (100, 0, 0.0)
    assert (figures.min_ns, figures.max_ns, figures.total_ns) == (1 * MS, 100 * MS, 5050 * MS)
    assert figures.mean_ns == 50.5 * MS
    for found, true in ((figures.p50_ns, 50), (figures.p95_ns, 95), (figures.p99_ns, 99)):
        assert found == pytest.approx(true * MS, rel=0.01)


def test_an_operation_that_never_ran_has_no_figures(profiler: PerformanceProfiler) -> None:
    assert profiler.get_metrics("never") is None
    assert profiler.report() == "No profiled operation has ended yet."
    assert profiler.to_json() == "{}"


def test_the_decorator_works_bare_and_with_arguments_on_every_kind_of_function(profiler: PerformanceProfiler) -> None:
    @profile_sync
    def bare(value: int) -> int:
        """Says so."""
        return value

    @profile_async()
    async def awaited(value: int) -> int:
        return value

    @profile_sync
    def counted(value: int) -> Generator[int, int, str]:
        got = yield value
        yield got
        return "done"

    @profile_async("stream")
    async def stream(value: int) -> Any:
        got = yield value
        yield got

    assert bare(3) == 3
    assert asyncio.run(awaited(4)) == 4
    numbers = counted(5)
    assert (next(numbers), numbers.send(6)) == (5, 6)
    with pytest.raises(StopIteration, match="done"):
        next(numbers)

    async def read() -> list[int]:
        items = stream(7)
        return [await anext(items), await items.asend(8), *[item async for item in items]]

    assert asyncio.run(read()) == [7, 8]
    assert {each.name: each.count for each in profiler.all_metrics()} == {
        "bare": 1,
        "awaited": 1,
        "counted": 1,
        "stream": 1,
    }
    assert (bare.__name__, bare.__doc__, bare.__wrapped__.__name__) == ("bare", "Says so.", "bare")  # type: ignore[attr-defined]
    assert inspect.iscoroutinefunction(awaited)
    assert inspect.isgeneratorfunction(counted)
    assert inspect.isasyncgenfunction(stream)
    assert str(inspect.signature(bare)) == "(value: int) -> int"


def test_what_has_no_name_of_its_own_is_called_by_its_type(profiler: PerformanceProfiler) -> None:
    async def add(left: int, right: int) -> int:
        return left + right

    assert asyncio.run(profile_async(functools.partial(add, 1))(2)) == 3
    assert [each.name for each in profiler.all_metrics()] == ["partial"]


def test_a_generator_that_is_left_early_has_ended_and_one_that_raises_has_failed(profiler: PerformanceProfiler) -> None:
    @profile_async("stream")
    async def stream(*, breaks: bool) -> Any:
        yield 1
        if breaks:
            raise KeyError("lost")
        yield 2

    async def read(*, breaks: bool) -> None:
        items = stream(breaks=breaks)
        await anext(items)
        if breaks:
            await anext(items)
        await items.aclose()

    asyncio.run(read(breaks=False))
    with pytest.raises(KeyError):
        asyncio.run(read(breaks=True))
    figures = profiler.get_metrics("stream")
    assert figures is not None
    assert (figures.count, figures.errors, figures.running) == (2, 1, 0)


def test_an_error_is_counted_and_raised_again(profiler: PerformanceProfiler) -> None:
    error = ValueError("bad input")

    @profile_sync("parse")
    def parse(text: str) -> str:
        if text == "bad":
            raise error
        return text

    parse("good")
    with pytest.raises(ValueError, match="bad input") as raised:
        parse("bad")
    assert raised.value is error
    figures = profiler.get_metrics("parse")
    assert figures is not None
    assert (figures.count, figures.errors, figures.error_rate) == (2, 1, 0.5)
    good, bad = profiler.recent("parse")
    assert (good.has_failed, good.error) == (False, None)
    assert (bad.has_failed, bad.error_type, bad.error) == (True, "ValueError", "bad input")


def test_a_cancelled_call_has_ended_with_an_error(profiler: PerformanceProfiler) -> None:
    @profile_async
    async def hang() -> None:
        await asyncio.Event().wait()

    async def cancel() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(hang(), 0.01)

    asyncio.run(cancel())
    (call,) = profiler.recent("hang")
    assert call.error_type == "asyncio.exceptions.CancelledError"


def test_a_nested_call_knows_its_parent_and_the_parent_its_own_time(
    profiler: PerformanceProfiler, clock: Clock
) -> None:
    @profile_sync
    def inner() -> None:
        clock.passes(30)

    @profile_sync
    def outer() -> None:
        clock.passes(10)
        inner()
        clock.passes(5)
        inner()

    outer()
    assert [(call.name, call.parent) for call in profiler.recent()] == [
        ("inner", "outer"),
        ("inner", "outer"),
        ("outer", None),
    ]
    figures = profiler.get_metrics("outer")
    assert figures is not None
    assert (figures.total_ns, figures.own_ns, figures.coordination_ns) == (75 * MS, 15 * MS, 15 * MS)
    leaf = profiler.get_metrics("inner")
    assert leaf is not None
    assert (leaf.own_ns, leaf.coordination_ns) == (60 * MS, None)


def test_coordination_overhead_is_what_the_union_of_parallel_children_leaves(
    profiler: PerformanceProfiler, clock: Clock
) -> None:
    # The event loop's turns are what moves the clock: 10 ms each.
    async def turns(count: int) -> None:
        for _ in range(count):
            await asyncio.sleep(0)

    @profile_async
    async def child(count: int) -> None:
        await turns(count)

    async def ticking(work: Any) -> None:
        task = asyncio.create_task(work)
        while not task.done():
            await asyncio.sleep(0)
            clock.passes(10)

    @profile_async
    async def coordinate() -> None:
        await turns(2)
        await asyncio.gather(child(3), child(6))
        await turns(4)

    asyncio.run(ticking(coordinate()))
    (figures,) = profiler.recent("coordinate")
    covered = max(call.duration_ns for call in profiler.recent("child"))
    assert figures.coordination_ns is not None
    assert figures.duration_ns - covered == pytest.approx(figures.coordination_ns, abs=10 * MS)
    assert figures.coordination_ns >= 60 * MS


def test_a_child_that_outlives_its_parent_covers_it_to_its_end_only(
    profiler: PerformanceProfiler, clock: Clock
) -> None:
    release = asyncio.Event()

    @profile_async
    async def straggler() -> None:
        await release.wait()
        clock.passes(1000)

    @profile_async
    async def starter() -> Any:
        clock.passes(20)
        task = asyncio.create_task(straggler())
        await asyncio.sleep(0)
        clock.passes(30)
        return task

    async def run() -> None:
        task = await starter()
        release.set()
        await task

    asyncio.run(run())
    (call,) = profiler.recent("starter")
    assert (call.duration_ns, call.coordination_ns) == (50 * MS, 20 * MS)


def test_a_child_that_starts_after_its_parent_has_ended_changes_nothing_in_it(
    profiler: PerformanceProfiler, clock: Clock
) -> None:
    @profile_sync
    def late() -> None:
        clock.passes(100)

    async def later() -> None:
        await asyncio.sleep(0)
        late()

    @profile_async
    async def starter() -> Any:
        clock.passes(20)
        return asyncio.create_task(later())

    async def run() -> None:
        await (await starter())

    asyncio.run(run())
    (call,) = profiler.recent("starter")
    assert (call.duration_ns, call.coordination_ns) == (20 * MS, None)
    assert profiler.recent("late")[0].parent == "starter"


def test_concurrent_calls_are_counted_and_do_not_become_each_others_children(profiler: PerformanceProfiler) -> None:
    gate = asyncio.Event()

    @profile_async
    async def ask(number: int) -> int:
        if number == 4:
            gate.set()
        await gate.wait()
        return number

    async def run() -> list[int]:
        return await asyncio.gather(*(ask(number) for number in range(5)))

    assert asyncio.run(run()) == [0, 1, 2, 3, 4]
    figures = profiler.get_metrics("ask")
    assert figures is not None
    assert (figures.count, figures.most_concurrent, figures.running) == (5, 5, 0)
    assert sorted(call.concurrent for call in profiler.recent("ask")) == [1, 2, 3, 4, 5]
    assert {call.parent for call in profiler.recent("ask")} == {None}


def test_threads_count_together_and_lose_nothing(profiler: PerformanceProfiler) -> None:
    together = threading.Barrier(8)

    @profile_sync
    def work() -> None:
        pass

    @profile_sync
    def meet() -> None:
        together.wait(10)

    def run() -> None:
        meet()
        for _ in range(500):
            work()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    figures, met = profiler.get_metrics("work"), profiler.get_metrics("meet")
    assert figures is not None
    assert met is not None
    assert (figures.count, figures.running) == (4000, 0)
    assert met.most_concurrent == 8


def test_what_runs_in_to_thread_stays_below_its_caller(profiler: PerformanceProfiler) -> None:
    @profile_sync
    def blocking() -> None:
        pass

    @profile_async
    async def caller() -> None:
        await asyncio.to_thread(blocking)

    asyncio.run(caller())
    assert profiler.recent("blocking")[0].parent == "caller"


def test_switched_off_it_calls_straight_through(profiler: PerformanceProfiler) -> None:
    @profile_sync
    def work(value: int) -> int:
        return value

    @profile_async
    async def stream() -> Any:
        yield 1

    async def read() -> list[int]:
        return [item async for item in stream()]

    switch.is_on = False
    assert work(1) == 1
    assert asyncio.run(read()) == [1]
    assert profiler.all_metrics() == []
    assert not profiler.is_on


def test_the_report_lists_the_largest_total_first_and_leaves_unknown_columns_out(
    profiler: PerformanceProfiler, clock: Clock
) -> None:
    @profile_sync("quick but often")
    def quick() -> None:
        clock.passes(10)

    @profile_sync("slow but rare")
    def slow() -> None:
        clock.passes(504)

    for _ in range(100):
        quick()
    slow()
    head, first, second = profiler.report().splitlines()
    assert first.split("  ")[0] == "quick but often"
    assert "504 ms" in second
    assert "cpu" not in head
    assert "coordination" not in head
    assert [each.name for each in profiler.bottlenecks(1)] == ["quick but often"]
    assert json.loads(profiler.to_json())["slow but rare"]["total_ns"] == 504 * MS


def test_reset_forgets_what_has_ended_and_keeps_count_of_what_runs(profiler: PerformanceProfiler, clock: Clock) -> None:
    @profile_sync
    def work() -> None:
        clock.passes(1)
        profiler.reset()
        clock.passes(1)

    work()
    work()
    figures = profiler.get_metrics("work")
    assert figures is not None
    assert (figures.count, figures.total_ns, figures.running) == (1, 2 * MS, 0)


def test_memory_is_bounded_in_operations_and_in_calls() -> None:
    book = ProfileBook()
    for number in range(MOST_OPERATIONS + 10):
        operation = book.operation(f"operation {number}")
        operation.begin()
        operation.end(1000)
    assert len(book.all_metrics()) == MOST_OPERATIONS + 1
    others = book.metrics_of(OTHERS)
    assert others is not None
    assert others.count == 10
    one = book.operation("operation 1")
    for duration in range(1, 200_000, 7):
        one.begin()
        one.end(duration)
    assert len(one.buckets) < 700


def test_a_chain_of_tasks_does_not_keep_its_calls_alive(profiler: PerformanceProfiler) -> None:
    profiled = profiled_call.profiled

    @profile_async
    async def link(left: int) -> None:
        if left:
            tasks.append(asyncio.create_task(link(left - 1)))
        else:
            last.append(profiled.get())

    async def run() -> None:
        tasks.append(asyncio.create_task(link(50)))
        for task in tasks:
            await task

    tasks: list[Any] = []
    last: list[Any] = []
    asyncio.run(run())
    assert last[0]._outer is None
    assert profiler.recent("link")[-1].parent == "link"


def test_a_fault_of_the_profiler_is_not_the_programs(
    profiler: PerformanceProfiler, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Any) -> None:
        raise RuntimeError("sink is broken")

    @profile_sync
    def work(value: int) -> int:
        return value

    switch.sink = broken
    assert (work(1), work(2)) == (1, 2)
    monkeypatch.setattr(profiled_call, "now_ns", None)
    assert work(3) == 3
    assert len(caplog.records) == 1
    figures = profiler.get_metrics("work")
    assert figures is not None
    assert figures.count == 2
    assert not recorder.records
