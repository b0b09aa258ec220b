"""One of everything, with limits; work in the background that is neither lost nor without bound; lazy log lines."""

import asyncio
import contextvars
import gc
import logging
import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

import longpole
from longpole.model.errors import RemedyFull, SettingsError
from longpole.remedies import Background, close_clients, in_thread, lazy, limit, pool_uses, shared_client
from longpole.remedies.pools import Limit, SharedPools
from unit.record.conftest import Recorded
from virtual_time import run_virtually

user: contextvars.ContextVar[str] = contextvars.ContextVar("user")


def test_at_most_so_many_are_in_it_at_once_and_every_wait_is_counted():
    places = Limit("model", 2)

    async def call() -> int:
        async with places:
            await asyncio.sleep(10)
            return places.use.in_use

    async def program() -> list[int]:
        return await asyncio.gather(*(call() for _ in range(5)))

    assert max(run_virtually(program())) == 2
    assert (places.use.uses, places.use.waits, places.use.peak, places.use.in_use) == (5, 3, 2, 0)
    run_virtually(program())  # in another event loop
    assert places.use.uses == 10


def test_threads_have_places_too():
    places, inside, most = Limit("disk", 2), list[int](), list[int]()

    def call() -> None:
        with places:
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(call) for _ in range(50)]:
            done.result()
    assert (max(most) <= 2, places.use.uses) == (True, 50)


def test_one_who_gives_up_waiting_keeps_no_place():
    places = Limit("model", 1)

    async def call(seconds: float) -> None:
        async with places:
            await asyncio.sleep(seconds)

    async def program() -> float:
        first, second, third = [asyncio.create_task(call(5)) for _ in range(3)]
        await asyncio.sleep(1)
        second.cancel()
        await asyncio.wait([first, second, third])
        return asyncio.get_running_loop().time()

    assert run_virtually(program()) == 10
    assert places.use.in_use == 0


def test_a_wait_is_a_step_with_the_name_of_what_was_waited_for(recorded: Recorded):
    @longpole.agent
    async def lead() -> None:
        async def call() -> None:
            async with limit("a slow database", 1):
                for _ in range(10):
                    await asyncio.sleep(0.0005)

        await asyncio.gather(call(), call())

    asyncio.run(lead())
    assert recorded.parent_of("wait for a slow database") == "lead"
    assert recorded.span("wait for a slow database").attributes["longpole.queue.pool"] == "a slow database"
    assert any(use.name == "a slow database" and use.waits == 1 for use in pool_uses())
    with pytest.raises(SettingsError, match="is 0"):
        limit("nothing", 0)


def test_a_plain_function_runs_in_the_shared_threads_with_the_callers_variables():
    async def program() -> tuple[str, str]:
        user.set("ada")
        return await in_thread(lambda: (user.get(), threading.current_thread().name))

    name, thread = asyncio.run(program())
    assert name == "ada"
    assert thread.startswith("longpole")
    assert pool_uses()[0].uses >= 1


def test_calls_that_find_no_free_thread_are_counted():
    pools, go_on = SharedPools(), threading.Event()
    pools.set_threads(2)
    waiting = [pools.submit(go_on.wait) for _ in range(5)]
    go_on.set()
    assert all(each.result(10) for each in waiting)
    pools.end()
    [use] = pools.uses()
    assert (use.most, use.uses, use.waits, use.peak, use.in_use) == (2, 5, 3, 2, 0)


def test_the_number_of_threads_is_said_before_they_are_used():
    pools = SharedPools()
    pools.submit(int).result()
    with pytest.raises(SettingsError, match="before the pool is used"):
        pools.set_threads(4)
    pools.end()


def test_there_is_one_client_for_each_name_and_event_loop():
    made = list[httpx.AsyncClient]()

    def make() -> httpx.AsyncClient:
        made.append(httpx.AsyncClient())
        return made[-1]

    async def program() -> None:
        first = shared_client("search", make, httpx.AsyncClient.aclose)
        assert shared_client("search", make) is first
        assert shared_client("other", make, httpx.AsyncClient.aclose) is not first
        await close_clients()

    asyncio.run(program())
    asyncio.run(program())
    assert len(made) == 4
    assert all(client.is_closed for client in made)


def test_a_forked_child_has_threads_of_its_own():
    assert asyncio.run(in_thread(lambda: 1)) == 1
    child = os.fork()
    if child == 0:
        os._exit(0 if asyncio.run(in_thread(lambda: 2)) == 2 else 1)
    assert os.waitpid(child, 0)[1] == 0


async def note(done: list[Any], value: Any, seconds: float = 0.0) -> None:
    await asyncio.sleep(seconds)
    done.append(value)


def test_work_in_the_background_is_kept_and_finished_at_the_end():
    done = list[int]()

    async def program() -> None:
        async with Background(at_once=3) as background:
            for number in range(20):
                background.start(note, done, number, seconds=1)
            gc.collect()  # a task that nobody holds could go here
            assert background.figures.most_waiting == 17
        with pytest.raises(RemedyFull, match="closed"):
            background.start(note, done, 0)

    run_virtually(program())
    assert done == list(range(20))


@pytest.mark.parametrize(("when_full", "left"), [("drop", [0, 1, 2]), ("drop_oldest", [0, 3, 4])])
def test_there_is_never_more_of_it_than_was_allowed(when_full: Any, left: list[int]):
    done = list[int]()

    async def program() -> Background:
        async with Background(at_once=1, most_waiting=2, when_full=when_full) as background:
            taken = [background.start(note, done, number, seconds=1) for number in range(5)]
            assert sum(taken) == (3 if when_full == "drop" else 5)
        return background

    assert run_virtually(program()).figures.dropped == 2
    assert done == left


def test_too_much_of_it_is_refused_with_the_number():
    async def program() -> None:
        async with Background("metrics", at_once=1, most_waiting=1) as background:
            background.start(note, [], 1)
            background.start(note, [], 2)
            with pytest.raises(RemedyFull, match="'metrics' has 1 calls that wait"):
                background.start(note, [], 3)

    run_virtually(program())


def test_an_error_is_told_and_the_others_go_on():
    done, errors = list[int](), list[BaseException]()

    async def broken() -> None:
        raise LookupError("nothing there")

    async def program() -> Background:
        async with Background(on_error=errors.append) as background:
            background.start(broken)
            background.start(note, done, 1)
        return background

    figures = run_virtually(program()).figures
    assert (figures.started, figures.done, figures.failed) == (2, 1, 1)
    assert [str(error) for error in errors] == ["nothing there"]


def test_what_does_not_end_in_time_is_cancelled_and_counted():
    done = list[int]()

    async def program() -> bool:
        background = Background(at_once=2)
        for number in range(5):
            background.start(note, done, number, seconds=4)
        is_done = await background.close(timeout_s=6)
        assert background.figures.dropped == 3
        return is_done

    assert run_virtually(program()) is False
    assert done == [0, 1]


def test_its_steps_stand_below_the_step_that_started_it(recorded: Recorded):
    async def store() -> None:
        with longpole.time_step("store"):
            pass

    async def program() -> None:
        async with Background() as background:

            @longpole.agent
            async def lead() -> None:
                background.start(store)

            await lead()

    asyncio.run(program())
    assert recorded.parent_of("store") == "lead"


def test_a_log_argument_is_made_only_for_a_line_that_is_written(caplog: pytest.LogCaptureFixture):
    made = list[str]()

    def dump(data: str) -> str:
        made.append(data)
        return f"<{data}>"

    logger = logging.getLogger("remedies.test")
    caplog.set_level(logging.INFO, "remedies.test")
    logger.debug("asked %s", lazy(dump, "debug"))
    logger.info("asked %s", lazy(dump, "info"))
    assert made == ["info"]
    assert caplog.messages == ["asked <info>"]
    line = lazy(dump, "twice")
    assert f"{line} {line!s:>8}" == "<twice>  <twice>"
    assert pickle.loads(pickle.dumps(line)) == "<twice>"
    assert made == ["info", "twice"]
