"""While recording is on a profiled call is a step, with memory and CPU if asked for; and what goes to an exporter."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from time import thread_time_ns
from typing import Any

import pytest

import longpole
from longpole.model.profile import ProfileMetrics
from longpole.record import profiled_call
from longpole.record.cpu_time import CpuCounted
from longpole.record.current import current
from longpole.record.process_memory import MemorySampler
from longpole.record.profile_switch import switch
from longpole.record.profiled_call import LONGEST_PATH
from longpole.record.profiler import PerformanceProfiler, profile_async, profile_sync

CPU, DELTA, PEAK = "longpole.cpu_ns", "longpole.process.memory_delta_bytes", "longpole.process.memory_peak_bytes"


@pytest.fixture(autouse=True)
def profiler() -> Iterator[PerformanceProfiler]:
    before = switch.is_on, switch.tracks_memory, switch.tracks_cpu
    switch.choose(is_on=True, tracks_memory=False, tracks_cpu=False)
    profiler = PerformanceProfiler()
    profiler.reset()
    yield profiler
    switch.is_on, switch.tracks_memory, switch.tracks_cpu = before
    switch.sink = None
    profiler.reset()


@pytest.fixture
def exported() -> list[ProfileMetrics]:
    """What a sink gets."""
    calls: list[ProfileMetrics] = []
    switch.sink = calls.append
    return calls


def _burn(cpu_ns: int) -> None:
    """Works until the thread has used this much CPU."""
    end = thread_time_ns() + cpu_ns
    while thread_time_ns() < end:
        pass


def test_a_profiled_call_is_one_step_with_the_same_duration(recorded: Any, profiler: PerformanceProfiler) -> None:
    @profile_sync("load user", category="database", metadata={"table": "users"})
    def load(user: int) -> str:
        return "ada"

    @longpole.agent
    def answer() -> None:
        load(7)

    answer()
    span = recorded.span("load user")
    assert recorded.parent_of("load user") == "answer"
    assert span.attributes["longpole.category"] == "database"
    assert span.attributes["table"] == "users"
    assert (span.attributes["longpole.input"], span.attributes["longpole.output"]) == ('{"user":7}', '"ada"')
    (call,) = profiler.recent("load user")
    assert call.duration_ns == span.ended_ns - span.started_ns
    assert len(recorded.spans) == 2


def test_steps_inside_a_profiled_call_stand_below_it_in_tasks_and_generators_too(recorded: Any) -> None:
    @longpole.timing_step
    async def inside() -> None:
        pass

    @profile_async
    async def outer() -> None:
        await asyncio.gather(inside(), asyncio.create_task(inside()))

    @profile_async
    async def stream() -> Any:
        with longpole.time_step("prepare"):
            yield 1

    async def read() -> list[int]:
        return [item async for item in stream()]

    asyncio.run(outer())
    asyncio.run(read())
    spans = recorded.spans
    (outer_id,) = [span.span_id for span in spans if span.name == "outer"]
    assert [span.parent_span_id for span in spans if span.name == "inside"] == [outer_id, outer_id]
    assert recorded.parent_of("prepare") == "stream"
    assert current.get() is None


def test_a_failed_call_is_a_failed_step(recorded: Any) -> None:
    @profile_sync
    def broken() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        broken()
    assert recorded.span("broken").attributes["error.type"] == "ValueError"
    assert current.get() is None


def test_what_sampling_leaves_out_is_profiled_all_the_same(
    record_with: Callable[..., Any], profiler: PerformanceProfiler
) -> None:
    recorded = record_with(sampling_rate=0.0)

    @profile_sync
    def inner() -> None:
        pass

    @profile_sync
    def outer() -> None:
        inner()

    outer()
    assert recorded.spans == []
    assert [(call.name, call.parent) for call in profiler.recent()] == [("inner", "outer"), ("outer", None)]


def test_cpu_of_a_sync_call_is_that_of_its_thread(recorded: Any, profiler: PerformanceProfiler) -> None:
    @profile_sync(track_cpu=True)
    def work() -> None:
        other = threading.Thread(target=_burn, args=(30_000_000,))
        other.start()
        _burn(20_000_000)
        other.join()

    work()
    cpu = recorded.span("work").attributes[CPU]
    assert 20_000_000 <= cpu < 30_000_000
    figures = profiler.get_metrics("work")
    assert figures is not None
    assert figures.cpu_ns == cpu


def test_cpu_of_an_async_call_is_counted_only_while_it_runs_itself(profiler: PerformanceProfiler) -> None:
    @profile_async(track_cpu=True)
    async def frugal() -> str:
        for _ in range(5):
            await asyncio.sleep(0)
        return "done"

    @profile_async(track_cpu=True)
    async def greedy() -> None:
        for _ in range(5):
            _burn(8_000_000)
            await asyncio.sleep(0)

    async def both() -> list[Any]:
        return await asyncio.gather(frugal(), greedy())

    assert asyncio.run(both())[0] == "done"
    little, much = profiler.get_metrics("frugal"), profiler.get_metrics("greedy")
    assert little is not None
    assert much is not None
    assert little.cpu_ns is not None
    assert much.cpu_ns is not None
    assert little.cpu_ns < 8_000_000
    assert 40_000_000 <= much.cpu_ns < 60_000_000
    assert little.total_ns > 32_000_000


def test_a_coroutine_whose_cpu_is_counted_takes_cancellation_and_closing_like_any_other() -> None:
    seen: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        finally:
            seen.append("left")

    async def run() -> None:
        async def counted() -> None:
            await CpuCounted(wait())

        task = asyncio.create_task(counted())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        second = CpuCounted(wait())
        second.send(None)
        second.close()

    asyncio.run(run())
    assert seen == ["cancelled", "left", "left"]


def test_cpu_and_memory_are_unknown_unless_asked_for(recorded: Any, profiler: PerformanceProfiler) -> None:
    @profile_sync
    def work() -> None:
        pass

    @profile_sync(track_cpu=True)
    def numbers() -> Any:
        yield 1

    work()
    list(numbers())
    attributes = recorded.span("work").attributes
    assert not {CPU, DELTA, PEAK} & set(attributes)
    assert [(call.cpu_ns, call.memory_peak_bytes) for call in profiler.recent()] == [(None, None), (None, None)]


def test_the_settings_decide_where_the_decorator_does_not_say(profiler: PerformanceProfiler) -> None:
    @profile_sync
    def by_setting() -> None:
        pass

    @profile_sync(track_cpu=False, track_memory=False)
    def never() -> None:
        pass

    switch.choose(is_on=True, tracks_memory=True, tracks_cpu=True)
    by_setting()
    never()
    first, second = profiler.recent()
    assert first.cpu_ns is not None
    assert first.memory_peak_bytes is not None
    assert (second.cpu_ns, second.memory_peak_bytes) == (None, None)


def test_memory_that_a_call_keeps_is_its_delta(recorded: Any, profiler: PerformanceProfiler) -> None:
    kept: list[bytearray] = []

    @profile_sync(track_memory=True)
    def leak() -> None:
        kept.append(bytearray(b"x" * 64 * 2**20))

    leak()
    attributes = recorded.span("leak").attributes
    assert attributes[DELTA] > 50 * 2**20
    assert attributes[PEAK] >= attributes[DELTA]
    (call,) = profiler.recent("leak")
    assert (call.memory_delta_bytes, call.memory_peak_bytes) == (attributes[DELTA], attributes[PEAK])


def test_a_peak_between_start_and_end_is_seen_by_the_sampler() -> None:
    resident = [100]
    sampler = MemorySampler(lambda: resident[0])
    watch = sampler.start()
    assert watch is not None
    resident[0] = 900
    sampler.sample()
    resident[0] = 150
    assert sampler.stop(watch) == (50, 900)
    assert not sampler.sample()


def test_the_background_sampler_works_only_while_a_step_is_open() -> None:
    readings = threading.Semaphore(0)

    def read() -> int:
        readings.release()
        return 5

    sampler = MemorySampler(read)
    watch = sampler.start()
    assert watch is not None
    for _ in range(4):  # one by start(), three by the thread
        assert readings.acquire(timeout=10)
    sampler.stop(watch)
    assert not sampler.sample()


def test_where_memory_cannot_be_known_nothing_is_made_up(
    profiler: PerformanceProfiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiled_call, "_samplers", [MemorySampler(lambda: None)])

    @profile_sync(track_memory=True)
    def work() -> None:
        pass

    work()
    assert profiler.recent("work")[0].memory_delta_bytes is None


def test_a_step_ends_even_if_the_memory_cannot_be_read_any_more(
    recorded: Any, profiler: PerformanceProfiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = iter([5])
    monkeypatch.setattr(profiled_call, "_samplers", [MemorySampler(lambda: next(readings))])

    @profile_sync(track_memory=True)
    def work() -> int:
        return 7

    assert work() == 7
    assert recorded.span("work").ended_ns > 0
    assert current.get() is None
    figures = profiler.get_metrics("work")
    assert figures is not None
    assert figures.memory_delta_bytes is None


def test_an_exported_call_carries_the_path_of_exported_calls_above_it(exported: list[ProfileMetrics]) -> None:
    @profile_sync
    def leaf() -> None:
        pass

    @profile_sync(send_to_langsmith=False)
    def private() -> None:
        leaf()

    @profile_sync(send_to_langsmith=True)
    def root() -> None:
        private()

    root()
    low, high = exported
    assert (low.name, high.name) == ("leaf", "root")
    assert (len(low.path), len(high.path)) == (2, 1)
    assert low.path[0] == high.path[0]
    assert low.parent == "private"
    assert low.path[1].started_ns == low.started_ns >= high.started_ns


def test_without_an_exporter_nothing_is_kept_for_one(profiler: PerformanceProfiler) -> None:
    @profile_sync(send_to_langsmith=True)
    def work() -> None:
        pass

    work()
    assert profiler.recent("work")[0].path == ()


def test_the_path_of_a_deep_recursion_is_bounded(exported: list[ProfileMetrics]) -> None:
    @profile_sync
    def deep(left: int) -> None:
        if left:
            deep(left - 1)

    deep(LONGEST_PATH + 20)
    assert max(len(call.path) for call in exported) == LONGEST_PATH
    assert len({call.path[0] for call in exported}) == 1
