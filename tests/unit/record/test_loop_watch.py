"""Blocks of an event loop are found, charged to the step that caused them, and shown on those that waited.

The planted blocks are real. Nothing here says how soon or how exactly they are measured: the machine may be busy.
"""

import asyncio
import contextvars
import gc
import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvloop

import longpole
from longpole.record import loop_allowance, loop_watch
from longpole.record.current import current
from longpole.record.loop_block import Block, Reading, culprit_of, pieces_of, was_held
from longpole.record.loop_sample import Sample, place_name, users_place
from longpole.record.loop_watch import LoopWatch, watch_loop
from longpole.record.site import Site

MS = 1_000_000
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@longpole.timing_step
def load_profile(milliseconds: float) -> None:
    time.sleep(milliseconds / 1000)


@longpole.timing_step
def count_up(milliseconds: float) -> int:
    total, end = 0, time.perf_counter() + milliseconds / 1000
    while time.perf_counter() < end:
        total += 1
    return total


@longpole.timing_step
async def culprit(milliseconds: float) -> None:
    await asyncio.sleep(0.01)
    load_profile(milliseconds)


@longpole.timing_step
async def patient(until: asyncio.Event) -> None:
    await until.wait()


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    """Runs a coroutine in a loop of each kind."""

    def run_it(coroutine: Any) -> Any:
        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            return runner.run(coroutine)

    return run_it


@pytest.fixture
def watches() -> Iterator[list[LoopWatch]]:
    made: list[LoopWatch] = []
    yield made
    for watch in made:
        watch.stop()
    assert wait_for(lambda: not loop_watch._watcher._thread or not loop_watch._watcher._thread.is_alive())


def wait_for(condition: Callable[[], Any]) -> Any:
    """Waits for the watching thread."""
    end, pause = time.monotonic() + 20, threading.Event()
    while not (answer := condition()) and time.monotonic() < end:
        pause.wait(0.005)
    return answer


def blocks(recorded: Any) -> list[Any]:
    return [span for span in recorded.spans if span.attributes.get("longpole.category") == "blocked_loop"]


async def plant_until_found(watch: LoopWatch, plant: Callable[[], Any]) -> None:
    """Plants blocks until one is found: on a busy machine the first may be laid to the machine."""
    end = time.monotonic() + 20
    while not watch.blocks and time.monotonic() < end:
        planted = plant()
        if planted is not None:
            await planted
        await asyncio.sleep(0.03)


async def until(condition: Callable[[], Any]) -> None:
    """Lets the loop turn until the condition holds."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("milliseconds", [20, 100])
def test_a_planted_block_is_charged_to_the_step_that_caused_it(
    milliseconds: int, run: Any, recorded: Any, watches: list[LoopWatch]
) -> None:
    async def main() -> None:
        watches.append(watch_loop(threshold_ms=10))
        done = asyncio.Event()
        async with longpole.time_step("outer"), asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(patient(done))
            await plant_until_found(watches[0], lambda: group.create_task(culprit(milliseconds)))
            done.set()

    run(main())
    block = next(span for span in blocks(recorded) if "load_profile" in span.name)
    assert re.fullmatch(r"time\.sleep in load_profile \(test_loop_watch\.py:\d+\)", block.name)
    (caused,) = [span for span in recorded.spans if span.span_id == block.parent_span_id]
    assert caused.name == "load_profile"
    assert caused.started_ns <= block.started_ns <= block.ended_ns <= caused.ended_ns
    assert block.ended_ns - block.started_ns >= 10 * MS
    assert block.attributes["longpole.loop_block.cause"] == "wait"
    assert block.attributes["code.file.path"] == __file__
    assert "in culprit" in block.attributes["code.stacktrace"]


def test_the_steps_of_other_tasks_show_that_they_waited(run: Any, recorded: Any, watches: list[LoopWatch]) -> None:
    async def main() -> None:
        watches.append(watch_loop(threshold_ms=10))
        done = asyncio.Event()
        async with longpole.time_step("outer"), asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(patient(done))
            await plant_until_found(watches[0], lambda: group.create_task(culprit(60)))
            done.set()

    run(main())
    for span in [span for span in recorded.spans if span.name == "patient"]:
        told = [event for event in span.events if "load_profile" in event.attributes["by"]]
        assert told[0].name == "longpole.loop_blocked"
        assert told[0].attributes["duration_ms"] >= 40
        assert told[0].attributes["code.function.name"] == "load_profile"
        assert span.attributes["longpole.loop_blocked_ns"] >= 40 * MS
    for span in [span for span in recorded.spans if span.name in ("outer", "culprit", "load_profile")]:
        assert not [event for event in span.events if "load_profile" in event.attributes["by"]]


def test_among_equal_tasks_the_right_one_is_found(run: Any, recorded: Any, watches: list[LoopWatch]) -> None:
    async def work(number: int, done: asyncio.Event) -> None:
        with longpole.time_step(f"task {number}"):
            while not done.is_set():
                await asyncio.sleep(0.005)
                if number == 3:
                    time.sleep(0.06)  # noqa: ASYNC251 - the planted block

    async def main() -> None:
        watches.append(watch_loop(threshold_ms=10))
        done = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for number in range(8):
                group.create_task(work(number, done))
            await until(lambda: watches[0].blocks)
            done.set()

    run(main())
    found = [span for span in blocks(recorded) if "time.sleep in work" in span.name]
    assert {span.parent_span_id for span in found} == {recorded.span("task 3").span_id}


def test_a_loop_that_computes_is_blocked_as_well(run: Any, recorded: Any, watches: list[LoopWatch]) -> None:
    async def main() -> None:
        watches.append(watch_loop(threshold_ms=10))
        async with longpole.time_step("outer"):
            await plant_until_found(watches[0], lambda: count_up(100) and None)

    run(main())
    block = next(span for span in blocks(recorded) if "count_up" in span.name)
    assert [span.name for span in recorded.spans if span.span_id == block.parent_span_id] == ["count_up"]
    assert block.attributes["longpole.loop_block.cpu_ns"] > 0


def test_code_that_holds_the_interpreter_is_found_when_it_lets_go(recorded: Any, watches: list[LoopWatch]) -> None:
    async def main() -> None:
        watches.append(watch_loop(threshold_ms=10))
        async with longpole.time_step("outer"):
            await asyncio.sleep(0.01)
            for length in range(18, 30):
                with longpole.time_step(f"match {length}"):
                    re.match(r"(a|a)*b", "a" * length)  # doubles with each letter, without letting others run
                await asyncio.sleep(0.03)
                if blocks(recorded):
                    break

    asyncio.run(main())
    found = blocks(recorded)
    assert found
    assert "match" in found[0].name
    parents = {span.span_id: span.name for span in recorded.spans}
    assert parents[found[0].parent_span_id].startswith("match")


def test_a_callback_that_belongs_to_no_step_is_told_by_those_who_waited(
    recorded: Any, watches: list[LoopWatch]
) -> None:
    async def main() -> None:
        watches.append(watch_loop(threshold_ms=10))
        outside = contextvars.copy_context()
        async with longpole.time_step("patient step"):
            loop = asyncio.get_running_loop()
            await plant_until_found(watches[0], lambda: loop.call_soon(time.sleep, 0.06, context=outside) and None)

    asyncio.run(main())
    assert blocks(recorded) == []
    patient_step = recorded.span("patient step")
    assert patient_step.attributes["longpole.loop_blocked_ns"] >= 40 * MS
    assert "time.sleep" in [event.attributes["by"] for event in patient_step.events]


def test_a_callback_belongs_to_the_step_that_scheduled_it(recorded: Any, watches: list[LoopWatch]) -> None:
    async def main() -> None:
        watches.append(watch_loop(threshold_ms=10))
        async with longpole.time_step("scheduling step"):
            loop = asyncio.get_running_loop()
            await plant_until_found(watches[0], lambda: loop.call_soon(time.sleep, 0.06) and None)

    asyncio.run(main())
    block = next(span for span in blocks(recorded) if span.name == "time.sleep")
    assert block.parent_span_id == recorded.span("scheduling step").span_id


def test_a_loop_that_stands_for_long_is_shown_while_it_does(recorded: Any, watches: list[LoopWatch]) -> None:
    recorded.taken.takes_open = True
    seen = threading.Event()

    def look() -> None:
        wait_for(lambda: any("may_go.wait" in span.name for span in recorded.spans))
        seen.set()

    may_go = seen

    async def main() -> None:
        watches.append(watch_loop(threshold_ms=10))
        async with longpole.time_step("outer"):
            await asyncio.sleep(0.01)
            threading.Thread(target=look).start()
            may_go.wait(30)

    asyncio.run(main())
    open_block = next(span for span in recorded.spans if "may_go.wait" in span.name)
    assert open_block.ended_ns == 0
    assert wait_for(lambda: any("may_go.wait" in span.name and span.ended_ns for span in recorded.spans))


def test_a_watch_begun_outside_finds_every_loop_that_starts_later(
    run: Any, recorded: Any, watches: list[LoopWatch]
) -> None:
    watches.append(watch_loop(threshold_ms=10))

    async def main() -> None:
        async with longpole.time_step("outer"):
            await asyncio.sleep(0.02)
            await plant_until_found(watches[0], lambda: load_profile(60))

    run(main())
    assert any("load_profile" in span.name for span in blocks(recorded))
    watches[0].stop()
    assert asyncio.events._set_running_loop.__name__ == "_set_running_loop"
    assert "run_forever" not in vars(uvloop.Loop)


async def planting_in_a_step(planting: Any) -> None:
    async with longpole.time_step("outer"):
        await planting


def test_a_loop_in_another_thread_can_be_watched(recorded: Any, watches: list[LoopWatch]) -> None:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    watches.append(watch_loop(10, loop))
    try:
        planting = plant_until_found(watches[0], lambda: load_profile(60))
        asyncio.run_coroutine_threadsafe(planting_in_a_step(planting), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
    assert any("load_profile" in span.name for span in blocks(recorded))


def test_blocks_that_the_watch_may_not_look_at_for_their_cost_are_counted(
    monkeypatch: pytest.MonkeyPatch, recorded: Any, watches: list[LoopWatch]
) -> None:
    monkeypatch.setattr(loop_allowance, "SAVED_NS", 0)
    monkeypatch.setattr(loop_watch, "share_of", lambda *_: 1e-6)

    async def main() -> None:
        watch = watch_loop(threshold_ms=10)
        watches.append(watch)
        end = time.monotonic() + 20
        while not watch.unsampled and time.monotonic() < end:
            await culprit(15)

    asyncio.run(main())
    assert watches[0].unsampled


def test_a_stopped_watch_leaves_the_loop_as_it_was(recorded: Any) -> None:
    async def main() -> None:
        loop: Any = asyncio.get_running_loop()
        before = loop._selector.select
        watch = watch_loop()
        assert loop._selector.select != before
        watch.stop()
        assert loop._selector.select == before
        async with longpole.time_step("outer"):
            load_profile(60)

    asyncio.run(main())
    assert loop_watch._on_gc not in gc.callbacks or wait_for(lambda: loop_watch._on_gc not in gc.callbacks)
    assert blocks(recorded) == []


def test_a_look_that_fails_ends_neither_the_watching_nor_the_program(
    recorded: Any, watches: list[LoopWatch], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    take, failures = loop_watch.take_sample, iter(range(2))

    def fail_twice(*args: Any, **named: Any) -> Any:
        if next(failures, None) is not None:
            raise RuntimeError("no frame")
        return take(*args, **named)

    monkeypatch.setattr(loop_watch, "take_sample", fail_twice)

    async def main() -> None:
        watches.append(watch_loop(threshold_ms=10))
        async with longpole.time_step("outer"):
            await plant_until_found(watches[0], lambda: load_profile(60))

    asyncio.run(main())
    assert blocks(recorded)
    assert "Longpole's loop_watch failed" in caplog.text


def test_a_child_of_a_fork_watches_its_own_loops(recorded: Any, watches: list[LoopWatch]) -> None:
    watches.append(watch_loop(threshold_ms=10))

    async def main() -> None:
        async with longpole.time_step("outer"):
            await plant_until_found(watches[0], lambda: load_profile(60))

    asyncio.run(main())
    watches[0].blocks = 0
    child = os.fork()
    if child == 0:  # nothing of the test runner may run here
        try:
            asyncio.run(main())
        finally:
            os._exit(17 if watches[0].blocks else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 17


def reading(time_ms: float, *, cpu: float = 0, waiting: float = 0, process: float | None = None) -> Reading:
    process = cpu if process is None else process
    return Reading(round(time_ms * MS), round(cpu * MS), round(waiting * MS), round(process * MS))


@pytest.mark.parametrize(
    ("late_ms", "last", "expected"),
    [
        (48, reading(53, cpu=50), True),
        (48, reading(53, cpu=14, waiting=39), True),
        (9, reading(12, cpu=12), False),
        (48, reading(53, cpu=5, waiting=45), False),
        (48, reading(53, cpu=14, waiting=2), False),
    ],
    ids=["one call", "one call on a busy machine", "as late as Python code makes it", "starved", "slept"],
)
def test_a_call_that_held_the_interpreter_is_told_from_a_machine_that_let_nobody_run(
    late_ms: int, last: Reading, expected: bool
) -> None:
    assert was_held(late_ms * MS, reading(0), last) is expected


def block_of(last: Reading, gap_ms: float = 0) -> Block:
    """A block from 0 to 100 ms with a threshold of 50."""
    site = Site("step", "processing")
    sample = Sample(last.time_ns, 1, [[None, site, 0, None, None, None, None, None, None]], [])
    block = Block(0, sample, [reading(0)], 50 * MS)
    block.add(sample, last, round(gap_ms * MS))
    return block


@pytest.mark.parametrize(
    ("last", "gap_ms", "gc_ms", "cause"),
    [
        (reading(100, cpu=90), 0, 0, "work"),
        (reading(100, cpu=1), 0, 0, "wait"),
        (reading(100, cpu=80), 0, 70, "gc"),
        (reading(100, cpu=30, waiting=60), 0, 0, "not_scheduled"),
        (reading(100, cpu=60, waiting=40), 0, 0, "work"),
        (reading(100, cpu=1), 95, 0, "not_scheduled"),
        (reading(100, cpu=1, process=90), 95, 0, "wait"),
    ],
    ids=["computes", "sleeps", "collects", "machine busy", "busy but long enough", "machine slept", "another thread"],
)
def test_the_clocks_tell_why_the_loop_stood(last: Reading, gap_ms: float, gc_ms: float, cause: str) -> None:
    assert block_of(last, gap_ms).cause(round(gc_ms * MS)) == cause


@pytest.mark.parametrize(("waiting", "cpu", "cause"), [(40, 0, "not_scheduled"), (16, 64, "work")])
def test_of_what_the_clocks_did_around_a_block_only_its_share_counts(waiting: int, cpu: int, cause: str) -> None:
    """A block from 50 to 150 ms; the clocks are read at 20, 100 and 180, and 50 of each 80 ms lie inside."""
    sample = Sample(0, 1, [], [])
    block = Block(50 * MS, sample, [reading(20)], 60 * MS)
    block.add(sample, reading(100, cpu=cpu, waiting=waiting), 0)
    assert block.close(150 * MS, reading(180, cpu=2 * cpu, waiting=2 * waiting), 0) == cause


def test_where_the_watcher_came_late_what_held_it_up_held_up_the_loop() -> None:
    sample = Sample(0, 1, [], [])
    block = Block(100 * MS, sample, [reading(0)], 50 * MS)
    block.add(sample, reading(180, cpu=1, waiting=80)._replace(is_late=True), 0)
    assert block.close(200 * MS, reading(205, cpu=1, waiting=80), 0) == "not_scheduled"


def test_a_process_that_got_no_time_charges_nobody(recorded: Any) -> None:
    loop = asyncio.new_event_loop()
    block = block_of(reading(100, cpu=20, waiting=75))
    block.meet(loop)
    block.tell(100 * MS)
    assert block.close(100 * MS, reading(105, cpu=20, waiting=80), 0) == "not_scheduled"
    loop.close()
    assert blocks(recorded) == []


class Standing:
    """A loop that runs, and its turns; it stands from 0 to 60 ms."""

    limit_ns = 50 * MS
    can_wake = is_asleep = False

    def __init__(self) -> None:
        self.is_over = False
        self.long_turns: deque[tuple[int, int]] = deque()

    def is_running(self) -> bool:
        return True

    def busy_since(self, _: int) -> int | None:
        return None if self.is_over else 0

    def rest(self, now: int) -> None: ...

    def remove(self) -> None: ...


@pytest.mark.parametrize(
    ("looks", "late_ms", "is_put_off", "counted"),
    [
        ([(20, 1), (35, 1)], 0, False, "charged"),
        ([(5, 1), (20, 1)], 0, False, "charged"),
        ([(20, 1), (35, 2)], 0, False, "crowded"),
        ([(20, 1)], 0, False, "crowded"),
        ([(20, 1)], 15, False, "charged"),
        ([(20, 1)], 0, True, "unsampled"),
    ],
    ids=[
        "seen twice", "seen from the start", "two callbacks", "seen once", "seen once, and then kept away",
        "seen once, and then put off",
    ],
)  # fmt: skip
def test_a_callback_is_charged_only_if_it_was_seen_to_last(
    looks: list[tuple[int, int]], late_ms: int, is_put_off: bool, counted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A turn of many short callbacks is as long as one of a long one; a single look may meet any of them."""
    loop: Any = Standing()
    now_ms = [0]
    monkeypatch.setattr(loop_watch, "steady_ns", lambda: now_ms[0] * MS)
    tasks = {number: asyncio.Future[None](loop=asyncio.new_event_loop()) for number in (1, 2)}
    keys = dict(looks)
    monkeypatch.setattr(loop_watch.asyncio, "current_task", lambda _: tasks[keys[now_ms[0]]])
    monkeypatch.setattr(
        loop_watch, "take_sample", lambda *_, **__: Sample(now_ms[0] * MS, id(tasks[keys[now_ms[0]]]), [], [])
    )
    watched = loop_watch._Watched(loop, LoopWatch(50), loop)
    for at_ms, _ in looks:
        now_ms[0], watched.due_ns = at_ms, at_ms * MS
        watched.look()
    if is_put_off:
        watched.put_off(now_ms[0] * MS, 60 * MS)
    loop.is_over = True
    loop.long_turns.append((0, 60 * MS))
    now_ms[0], watched.due_ns = 65, (65 - late_ms) * MS
    watched.look()
    watched.forget()
    for task in tasks.values():
        task.get_loop().close()
    watch = watched.watch
    charged = watch.blocks + watch.not_scheduled
    assert {"charged": charged, "crowded": watch.crowded, "unsampled": watch.unsampled} == {
        **dict.fromkeys(("charged", "crowded", "unsampled"), 0),
        counted: 1,
    }


def test_a_loop_that_rests_between_two_runs_does_not_stand(recorded: Any, watches: list[LoopWatch]) -> None:
    loop = asyncio.new_event_loop()

    async def start() -> LoopWatch:
        return watch_loop(threshold_ms=150)  # a busy machine may hold up a turn for 100 ms

    async def run_again() -> None:
        async with longpole.time_step("outer"):
            await asyncio.sleep(0.05)

    watches.append(loop.run_until_complete(start()))
    watched = loop_watch._watcher._watched[id(loop)]
    assert wait_for(lambda: watched.turns.busy_since(0) is None)
    threading.Event().wait(0.4)
    loop.run_until_complete(run_again())
    loop.close()
    assert (watches[0].unsampled, watches[0].blocks) == (0, 0)


def step(name: str, started_ms: int, ended_ms: int | None, parent: Any = None) -> Any:
    ended = None if ended_ms is None else ended_ms * MS
    return [parent, Site(name, "processing"), started_ms * MS, ended, *[None] * 5]


def samples_of(*paths: Any) -> list[Sample]:
    """Looks 10 ms apart."""
    return [Sample(10 * MS * number, 1, list(path), []) for number, path in enumerate(paths, 1)]


@pytest.mark.parametrize(("ran_to", "culprit"), [(60, "inner"), (45, "inner"), (12, "outer")])
def test_the_innermost_step_that_ran_for_long_is_the_culprit(ran_to: int, culprit: str) -> None:
    outer = step("outer", 0, None)
    (sample,) = samples_of([outer, step("inner", 5, ran_to, outer)])
    found = culprit_of(sample, 0, 60 * MS, 40 * MS)
    assert found is not None
    assert found[1].name == culprit


def test_a_step_that_had_not_begun_or_had_ended_caused_no_block() -> None:
    (sample,) = samples_of([step("before", 0, 52), step("quick", 8, 11)])
    assert culprit_of(sample, 50 * MS, 110 * MS, 40 * MS) is None


def test_steps_that_block_one_after_the_other_share_the_block() -> None:
    outer = step("outer", 0, None)
    first, second = step("1", 0, 53, outer), step("2", 54, 105, outer)
    samples = samples_of(*[[outer, first]] * 5, *[[outer, second]] * 5, [outer])
    pieces = pieces_of(samples, 0, 120 * MS, 40 * MS)
    assert [(piece.started_ns, piece.ended_ns) for piece in pieces] == [(0, 54 * MS), (54 * MS, 105 * MS)]
    assert [piece.culprit for piece in pieces] == [first, second]


def test_many_quick_steps_make_one_block_of_what_they_stand_in() -> None:
    outer = step("outer", 0, None)
    quick = [[outer, step("quick", 10 * at, 10 * at + 2, outer)] for at in range(1, 11)]
    (piece,) = pieces_of(samples_of(*quick), 0, 110 * MS, 40 * MS)
    assert (piece.started_ns, piece.ended_ns) == (0, 110 * MS)
    assert piece.culprit is outer


def narrowed(block: Block, *others: Any) -> tuple[int, int]:
    """A block that ends at 100 ms, beside tasks that these steps run in; in milliseconds."""
    loop = asyncio.new_event_loop()
    contexts = [contextvars.copy_context() for _ in others]
    for context, record in zip(contexts, others, strict=True):
        context.run(current.set, record)
    tasks = [loop.create_task(asyncio.sleep(0), context=context) for context in contexts]
    block.meet(loop)
    ended_ns = block.narrow(100 * MS)
    loop.run_until_complete(asyncio.gather(*tasks))
    loop.close()
    return block.started_ns // MS, ended_ns // MS


@pytest.mark.parametrize(
    ("began_ms", "left"),
    [([0], (0, 100)), ([20, 30], (30, 100)), ([70, 60], (0, 60)), ([30, 60], (30, 60))],
    ids=["before it", "before the look", "after the look", "around the look"],
)
def test_while_a_step_began_in_another_task_this_callback_did_not_run(
    began_ms: list[int], left: tuple[int, int]
) -> None:
    sample = Sample(50 * MS, 1, [step("seen", 0, None)], [])
    block = Block(0, sample, [reading(0)], 50 * MS)
    block.add(sample, reading(50), 0)
    assert narrowed(block, *(step("another", at, None) for at in began_ms)) == left


def test_a_step_that_the_culprit_itself_began_does_not_shorten_its_block() -> None:
    seen = step("seen", 0, None)
    sample = Sample(50 * MS, 1, [seen], [])
    block = Block(0, sample, [reading(0)], 50 * MS)
    block.add(sample, reading(50), 0)
    assert narrowed(block, step("eager", 20, None, step("between", 10, None, seen))) == (0, 100)


def test_the_place_is_the_users_own_code_and_names_what_it_calls() -> None:
    seen: list[Any] = []

    def callback(*_: Any) -> str:
        frame: Any = __import__("sys")._getframe()
        while frame is not None:
            seen.append((frame.f_code, frame.f_lineno, frame.f_lasti))
            frame = frame.f_back
        return ""

    re.sub("x", callback, "x")
    seen.reverse()
    library = seen[:-1]  # what stands innermost is the standard library's `re`
    place = library[users_place(library)]
    assert place[0].co_name == "test_the_place_is_the_users_own_code_and_names_what_it_calls"
    assert re.fullmatch(r"re\.sub in test_the_place\w+ \(test_loop_watch\.py:\d+\)", place_name(place))
