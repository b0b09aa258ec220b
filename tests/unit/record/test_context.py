"""No orphan and no wrong parent, whatever way the program goes."""

import asyncio
import contextvars
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import longpole
from longpole.record.current import current
from longpole.record.instrument import concurrent_futures


@longpole.timing_step
def leaf(value: int = 0) -> int:
    return value


@longpole.timing_step
async def leaf_async(value: int = 0) -> int:
    await asyncio.sleep(0)
    return value


@longpole.timing_step
def numbers(count: int) -> Any:
    for number in range(count):
        with longpole.time_step(f"inside {number}"):
            yield number


@longpole.timing_step
async def numbers_async(count: int) -> Any:
    for number in range(count):
        await leaf_async(number)
        yield number


def test_a_step_in_a_step_is_its_child(recorded: Any) -> None:
    with longpole.time_step("outer"):
        leaf()
    assert recorded.parent_of("leaf") == "outer"
    assert recorded.parent_of("outer") is None
    assert current.get() is None


async def _under_outer(run: Any) -> None:
    async with longpole.time_step("outer"):
        await run()


async def _gather() -> None:
    await asyncio.gather(*(leaf_async(n) for n in range(3)))


async def _task_group() -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(leaf_async(number))


async def _create_task() -> None:
    tasks = [asyncio.create_task(leaf_async(n)) for n in range(3)]
    for task in tasks:
        await task


async def _to_thread() -> None:
    await asyncio.gather(*(asyncio.to_thread(leaf, n) for n in range(3)))


async def _executor_with_copied_context() -> None:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(3) as pool:
        calls = [loop.run_in_executor(pool, contextvars.copy_context().run, leaf, n) for n in range(3)]
        await asyncio.gather(*calls)


async def _executor() -> None:
    with ThreadPoolExecutor(2) as pool:
        loop = asyncio.get_running_loop()
        await asyncio.gather(loop.run_in_executor(pool, leaf, 0), loop.run_in_executor(None, leaf, 1))
        pool.submit(leaf, 2).result()


async def _mapped() -> None:
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(leaf, range(3))) == [0, 1, 2]


async def _call_soon() -> None:
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    loop.call_soon(leaf, 0)
    loop.call_later(0, leaf, 1)
    loop.call_soon_threadsafe(leaf, 2)
    loop.call_later(0.001, done.set)
    await done.wait()


async def _done_callback() -> None:
    task = asyncio.ensure_future(asyncio.sleep(0))
    for _ in range(3):
        task.add_done_callback(lambda _: leaf())
    await task
    await asyncio.sleep(0)


async def _in_finally_after_a_failure() -> None:
    for _ in range(3):
        try:
            async with longpole.time_step("fails"):
                raise KeyError
        except KeyError:
            pass
        finally:
            leaf()


async def _in_finally_while_cancelled() -> None:
    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            leaf()

    tasks = [asyncio.create_task(work()) for _ in range(3)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _after_a_group_that_failed() -> None:
    async def fails() -> None:
        async with longpole.time_step("fails"):
            raise KeyError

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())
            group.create_task(leaf_async())
    except* KeyError:
        pass
    leaf()
    leaf()


@pytest.fixture
def _pools() -> Iterator[None]:
    """As `configure()` has it."""
    concurrent_futures.install()
    yield
    concurrent_futures.remove()


@pytest.mark.usefixtures("_pools")
@pytest.mark.parametrize(
    "way",
    [
        _gather,
        _task_group,
        _create_task,
        _to_thread,
        _executor_with_copied_context,
        _executor,
        _mapped,
        _call_soon,
        _done_callback,
        _in_finally_after_a_failure,
        _in_finally_while_cancelled,
        _after_a_group_that_failed,
    ],
    ids=lambda way: way.__name__,
)
def test_steps_keep_their_parent_over(way: Any, recorded: Any) -> None:
    asyncio.run(_under_outer(way))
    spans = recorded.spans
    outer = recorded.span("outer")
    leaves = [span for span in spans if span.name.startswith("leaf")]
    assert len(leaves) == 3
    assert {span.parent_span_id for span in leaves} == {outer.span_id}
    assert {span.trace_id for span in spans} == {outer.trace_id}
    assert current.get() is None


def test_a_task_that_outlives_its_parent_is_still_its_child(recorded: Any) -> None:
    async def main() -> None:
        async with longpole.time_step("outer"):
            task = asyncio.create_task(leaf_async())
        assert recorded.span("outer")  # sent before the task begins
        await task

    asyncio.run(main())
    assert recorded.parent_of("leaf_async") == "outer"


def test_a_generator_is_current_only_while_its_own_code_runs(recorded: Any) -> None:
    with longpole.time_step("outer"):
        for number in numbers(2):
            with longpole.time_step(f"reader {number}"):
                pass
    assert recorded.parent_of("numbers") == "outer"
    assert [recorded.parent_of(f"inside {n}") for n in (0, 1)] == ["numbers", "numbers"]
    assert [recorded.parent_of(f"reader {n}") for n in (0, 1)] == ["outer", "outer"]


def test_a_generator_closed_early_has_ended_without_failure(recorded: Any) -> None:
    stream = numbers(5)
    next(stream)
    stream.close()
    assert recorded.span("numbers").status_code == 1
    assert recorded.span("numbers").ended_ns > 0
    assert current.get() is None


def test_what_is_sent_and_thrown_into_a_generator_arrives(recorded: Any) -> None:
    @longpole.timing_step
    def echo() -> Any:
        got = yield "ready"
        try:
            yield got
        except KeyError:
            yield "caught"
        return "done"

    stream = echo()
    assert [next(stream), stream.send("sent"), stream.throw(KeyError("x"))] == ["ready", "sent", "caught"]
    with pytest.raises(StopIteration) as stop:
        next(stream)
    assert stop.value.value == "done"
    assert recorded.span("echo").status_code == 1


def test_an_async_generator_is_current_only_while_its_own_code_runs(recorded: Any) -> None:
    async def main() -> None:
        async with longpole.time_step("outer"):
            async for number in numbers_async(2):
                with longpole.time_step(f"reader {number}"):
                    pass

    asyncio.run(main())
    assert recorded.parent_of("numbers_async") == "outer"
    assert [recorded.parent_of(f"reader {n}") for n in (0, 1)] == ["outer", "outer"]
    ids = {span.span_id: span.name for span in recorded.spans}
    assert {ids[span.parent_span_id] for span in recorded.spans if span.name == "leaf_async"} == {"numbers_async"}


def test_an_async_generator_closed_from_another_context_disturbs_nobody(recorded: Any) -> None:
    async def main() -> None:
        stream = numbers_async(5)
        async with longpole.time_step("outer"):
            await anext(stream)
        await asyncio.create_task(stream.aclose(), context=contextvars.Context())
        assert current.get() is None

    asyncio.run(main())
    assert recorded.parent_of("numbers_async") == "outer"
    assert recorded.span("numbers_async").status_code == 1


def test_an_exception_leaves_type_message_and_places_and_the_context_as_it_was(recorded: Any) -> None:
    @longpole.timing_step
    def fails() -> None:
        raise ValueError("no such city")

    with longpole.time_step("outer"):
        with pytest.raises(ValueError, match="no such city"):
            fails()
        leaf()
    span = recorded.span("fails")
    assert (span.status_code, span.status_message) == (2, "no such city")
    assert span.attributes["error.type"] == "ValueError"
    stack = span.events[0].attributes["exception.stacktrace"]
    assert f'File "{__file__}"' in stack
    assert "decorate.py" not in stack
    assert recorded.parent_of("leaf") == "outer"


def test_a_cancelled_step_is_a_timeout(recorded: Any) -> None:
    @longpole.timing_step
    async def waits() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(waits(), 0.01)

    asyncio.run(main())
    assert recorded.span("waits").attributes["longpole.status"] == "timeout"


def test_recursion_nests_as_deep_as_it_goes(recorded: Any) -> None:
    @longpole.timing_step
    def down(depth: int) -> None:
        if depth:
            down(depth - 1)

    down(50)
    spans = {span.span_id: span for span in recorded.spans}
    deepest = next(span for span in spans.values() if span.attributes["longpole.input"] == '{"depth":0}')
    depth = 0
    while deepest.parent_span_id is not None:
        deepest, depth = spans[deepest.parent_span_id], depth + 1
    assert depth == 50


def test_every_public_method_of_a_decorated_class_is_a_step(recorded: Any) -> None:
    @longpole.timing_step(category="database")
    class Store:
        def load(self, key: str) -> str:
            return self._get(key)

        @staticmethod
        def size() -> int:
            return 1

        @classmethod
        def kind(cls) -> str:
            return cls.__name__

        def _get(self, key: str) -> str:
            return key

    store = Store()
    assert (store.load("a"), Store.size(), store.kind()) == ("a", 1, "Store")
    assert {span.name for span in recorded.spans} == {"Store.load", "Store.size", "Store.kind"}
    assert recorded.span("Store.load").attributes["longpole.input"] == '{"key":"a"}'


def test_a_method_that_the_same_agent_calls_is_a_step_of_it(recorded: Any) -> None:
    @longpole.agent("helper")
    class Helper:
        def run(self) -> str:
            return self.look_up()

        def look_up(self) -> str:
            return "found"

    Helper().run()
    kinds = {span.attributes["longpole.method"]: span.attributes["longpole.kind"] for span in recorded.spans}
    assert kinds == {"run": "agent", "look_up": "step"}


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_belongs_below_the_step_that_forked(recorded: Any) -> None:
    reader, writer = os.pipe()
    with longpole.time_step("outer"):
        ours = longpole.traceparent()
        pid = os.fork()
        if pid == 0:
            os.write(writer, (longpole.traceparent() or "").encode())
            os._exit(0)
        os.waitpid(pid, 0)
    assert os.read(reader, 100).decode() == ours
    os.close(reader)
    os.close(writer)


def test_a_traceparent_header_joins_two_processes(recorded: Any) -> None:
    header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with longpole.continue_trace(header):
        leaf()
    assert recorded.span("leaf").trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert recorded.span("leaf").parent_span_id == "b7ad6b7169203331"
    assert current.get() is None


def test_an_endless_chain_of_tasks_keeps_nothing_alive(recorded: Any) -> None:
    @longpole.timing_step
    def tick() -> None:
        pass

    context = contextvars.copy_context()
    for _ in range(50):

        def run() -> Any:
            longpole.time_step("link").__enter__()
            return current.get()

        record = context.run(run)
        record[3] = record[2]  # it has ended, and its context lives on
        _ = recorded.spans
    depth = 0
    while record is not None:
        record, depth = record[0], depth + 1
    assert depth <= 2
