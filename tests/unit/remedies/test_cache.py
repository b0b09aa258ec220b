"""Answers from a cache are those that the function would have given, to whomever asks at whatever moment."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import longpole
from database_servers import redis_server
from longpole import settings
from longpole.analysis.cache_hits import Call, simulate_cache
from longpole.ingest.recognise_bodies import hash_of
from longpole.remedies import Cache, keep_warm, warm
from longpole.remedies.argument_key import NoKey, argument_hash
from longpole.remedies.cache_warming import next_of
from running_server import wait_until
from unit.record.conftest import Recorded
from virtual_time import VirtualLoop, run_virtually

SECOND_NS = 1_000_000_000


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now_ns = 1_800_000_000 * SECOND_NS

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as port:
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture(params=["memory", "disk", "redis"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cache]:
    """A cache over each of the stores, with a clock of its own."""
    if request.param == "memory":
        made = Cache(clock=Clock())
    elif request.param == "disk":
        made = Cache("disk://", directory=str(tmp_path), clock=Clock())
    else:
        made = Cache(request.getfixturevalue("redis_url"), clock=Clock())
        made.outdate("all")
    yield made
    made.close()


def counted(cache: Cache, **rules: Any) -> tuple[Any, list[Any]]:
    calls = list[Any]()

    @cache.remember(**{"ttl_s": 60, "tags": ("all",), **rules})
    def load(city: Any, limit: int = 10) -> Any:
        calls.append(city)
        if city == "Atlantis":
            raise LookupError(city)
        return None if city == "Nowhere" else {"city": city, "limit": limit}

    return load, calls


def test_an_answer_is_kept_for_its_time_and_no_moment_longer(cache: Cache):
    load, calls = counted(cache)
    clock: Any = cache.clock
    assert load("Lisbon") == load(city="Lisbon", limit=10) == {"city": "Lisbon", "limit": 10}
    clock.now_ns += 60 * SECOND_NS - 1
    load("Lisbon")
    assert len(calls) == 1
    clock.now_ns += 1
    load("Lisbon")
    load("Lisbon", 11)
    assert len(calls) == 3
    assert load.cached.figures.hits == 2


def test_a_caller_who_changes_its_answer_changes_nobody_elses(cache: Cache):
    load, _ = counted(cache)
    load("Lisbon")["city"] = "Porto"
    load("Lisbon")["city"] = "Faro"
    assert load("Lisbon") == {"city": "Lisbon", "limit": 10}


def test_a_tag_outdates_what_is_kept_and_what_is_being_made(cache: Cache):
    calls, holding, go_on = list[int](), threading.Event(), threading.Event()

    @cache.remember(ttl_s=60, tags=("all", "facts"))
    def load(city: str) -> int:
        calls.append(len(calls))
        if len(calls) == 1:
            holding.set()
            go_on.wait(10)
        return len(calls)

    with ThreadPoolExecutor() as pool:
        first = pool.submit(load, "Lisbon")
        holding.wait(10)
        cache.outdate("facts")
        go_on.set()
        assert first.result() == 1
    assert load("Lisbon") == 2
    assert load("Lisbon") == 2
    cache.outdate("other")
    assert load("Lisbon") == 2
    cache.outdate("facts")
    assert load("Lisbon") == 3


def test_nothing_found_and_chosen_errors_are_kept_for_a_time_of_their_own(cache: Cache):
    load, calls = counted(cache, negative_ttl_s=5, negative_errors=(LookupError,))
    clock: Any = cache.clock
    for _ in range(3):
        assert load("Nowhere") is None
        with pytest.raises(LookupError, match="Atlantis"):
            load("Atlantis")
    assert calls == ["Nowhere", "Atlantis"]
    assert load.cached.figures.negative_hits == 4
    clock.now_ns += 5 * SECOND_NS
    load("Nowhere")
    assert len(calls) == 3


def test_other_errors_are_not_kept(cache: Cache):
    load, calls = counted(cache)
    for _ in range(2):
        with pytest.raises(LookupError):
            load("Atlantis")
    assert len(calls) == 2


def test_threads_that_ask_at_once_make_one_call(cache: Cache):
    calls, everybody, is_asked = list[str](), threading.Barrier(6), threading.Event()

    @cache.remember(ttl_s=60, tags=("all",))
    def load(city: str) -> str:
        calls.append(city)
        is_asked.wait(10)
        return city.upper()

    def ask() -> str:
        everybody.wait(10)
        return load("Lisbon")

    with ThreadPoolExecutor(6) as pool:
        asking = [pool.submit(ask) for _ in range(5)]
        everybody.wait(10)
        is_asked.set()
        assert [each.result(10) for each in asking] == ["LISBON"] * 5
    assert calls == ["Lisbon"]
    assert load.cached.figures.hits + load.cached.figures.waited == 4


def test_coroutines_that_ask_at_once_make_one_call_and_one_that_gives_up_harms_nobody():
    cache, calls = Cache(), list[str]()

    @cache.remember(ttl_s=60)
    async def load(city: str) -> str:
        calls.append(city)
        await asyncio.sleep(5)
        return city.upper()

    async def program() -> None:
        first, *others = [asyncio.create_task(load("Lisbon")) for _ in range(5)]
        await asyncio.sleep(1)
        others[0].cancel()
        first.cancel()  # the one that makes the call: another one takes over
        answers = await asyncio.gather(first, *others, return_exceptions=True)
        assert [type(answer) for answer in answers[:2]] == [asyncio.CancelledError] * 2
        assert answers[2:] == ["LISBON"] * 3

    run_virtually(program())
    assert calls == ["Lisbon", "Lisbon"]


def test_two_processes_make_one_call_of_the_same_question(redis_url: str, tmp_path: Path):
    program = tmp_path / "asks.py"
    program.write_text(f"""
import sys, time
from longpole.remedies import Cache
cache = Cache({redis_url!r})
@cache.remember(ttl_s=60)
def load(city):
    open({str(tmp_path / "calls")!r}, "a").write("called\\n")
    while not __import__("os").path.exists({str(tmp_path / "both")!r}):
        time.sleep(0.01)
    return city.upper()
print("ready", flush=True)
sys.stdin.readline()
print(load("Lisbon"), load.cached.figures.misses, flush=True)
""")
    both = [
        subprocess.Popen([sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for each in both:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in both:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    wait_until((tmp_path / "calls").exists, "one of them to call")
    (tmp_path / "both").touch()
    answers = sorted(each.communicate(timeout=30)[0] for each in both)
    assert answers == ["LISBON 0\n", "LISBON 1\n"]
    assert (tmp_path / "calls").read_text() == "called\n"


def test_who_gets_the_lock_just_after_another_is_done_makes_no_second_call(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
):
    made: list[str] = []

    def remembered() -> Any:
        cache = Cache(redis_url)

        @cache.remember(ttl_s=60)
        def load(city: str) -> str:
            made.append(city)
            return city.upper()

        return cache, load

    (other, load), (cache, load_later) = remembered(), remembered()
    lock = cache.store.try_lock

    async def slow_to_lock(*args: Any) -> bool:
        await asyncio.to_thread(load, "Lisbon")  # as another process, between our look and our lock
        return await lock(*args)

    monkeypatch.setattr(cache.store, "try_lock", slow_to_lock)
    assert load_later("Lisbon") == "LISBON"
    assert made == ["Lisbon"]
    for each in (other, cache):
        each.store.close()


def test_a_workspace_never_gets_the_answers_of_another(cache: Cache):
    load, calls = counted(cache)
    seen = list[int]()
    for workspace, key in (("north", None), ("south", None), ("north", "lp_other_key"), ("north", None)):
        settings.put_in_force(settings.load(workspace=workspace, api_key=key))
        try:
            load("Lisbon")
        finally:
            settings.put_in_force(settings.load())
        seen.append(len(calls))
    assert seen == [1, 2, 3, 3]


@pytest.mark.parametrize("sampling_rate", [0.0, 1.0])
def test_the_workspace_of_a_tracker_counts_also_where_sampling_left_it_out(
    record_with: Callable[..., Recorded], sampling_rate: float
):
    recorded = record_with(sampling_rate=sampling_rate)
    load, calls = counted(Cache())

    async def run(workspace: str) -> None:
        async with longpole.ExecutionTracker("lead", workspace=workspace).track_execution("run"):
            load("Lisbon")
            async with longpole.ExecutionContext("same workspace"):
                load("Lisbon")
            async with longpole.ExecutionTracker("inner", workspace="inner").track_execution("run"):
                load("Lisbon")

    for workspace in ("north", "south", "north"):
        asyncio.run(run(workspace))
    assert len(calls) == 3  # north, inner, south
    assert len(recorded.spans) == (18 if sampling_rate else 0)


def test_the_program_goes_on_without_the_cache(caplog: pytest.LogCaptureFixture):
    cache = Cache("redis://127.0.0.1:9/0")
    load, calls = counted(cache)
    assert load("Lisbon") == load("Lisbon") == {"city": "Lisbon", "limit": 10}
    assert len(calls) == 2
    with pytest.raises(TypeError, match="unexpected keyword"):
        load("Lisbon", nonsense=1)


def test_what_has_no_key_or_cannot_be_kept_is_called_every_time():
    cache = Cache()
    load, calls = counted(cache)
    load(object())
    load(object())
    assert (len(calls), load.cached.figures.bypassed) == (2, 2)

    @cache.remember(ttl_s=60)
    def make(name: str) -> Any:
        calls.append(name)
        return lambda: name

    assert (make("a")(), make("a")()) == ("a", "a")
    assert calls[2:] == ["a", "a"]
    assert make.cached.figures.not_kept == 2


def test_a_function_that_asks_itself_the_same_does_not_wait_for_itself():
    cache = Cache()

    @cache.remember(ttl_s=60)
    def count(number: int, depth: int = 0, *, ignored: Any = None) -> int:
        return number if ignored else count(number, depth, ignored=True)

    @cache.remember(ttl_s=60, ignore=("ignored",))
    def same(number: int, ignored: bool = False) -> int:
        return number if ignored else same(number, ignored=True)

    assert (count(3), same(4)) == (3, 4)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@dataclass
class Question:
    """One with fields."""

    text: str
    limit: int = 3


ODD = (
    st.dates() | st.datetimes() | st.binary() | st.decimals(allow_nan=False) | st.frozensets(st.integers())
    | st.builds(Question, st.text(), st.integers()) | st.dictionaries(st.integers(), st.text(), max_size=2)
)  # fmt: skip


@given(JSON | ODD, JSON | ODD)
def test_equal_arguments_have_one_key_and_others_have_others(one: Any, other: Any):
    is_same = type(one) is type(other) and repr(one) == repr(other)
    try:
        keys = argument_hash({"x": one}), argument_hash({"x": other})
    except NoKey:
        return
    if is_same:
        assert keys[0] == keys[1]
    elif one != other:
        assert keys[0] != keys[1]


@pytest.mark.parametrize(
    "alike",
    [
        (1, 1.0, True, "1", Decimal(1), b"1"),
        (date(2026, 1, 2), "2026-01-02", datetime(2026, 1, 2)),
        ({1: "a"}, {"1": "a"}),
        (None, "null", "None", []),
        (2**70, str(2**70), float(2**70)),
        (Question("a"), {"text": "a", "limit": 3}),
        (frozenset({1}), [1], {1}),
    ],
)
def test_values_that_only_look_alike_have_keys_of_their_own(alike: tuple[Any, ...]):
    assert len({argument_hash({"x": value}) for value in alike}) == len(alike)


def test_the_hash_is_the_one_by_which_repeated_calls_are_found():
    arguments = {"query": "trams", "filters": {"to": 3, "from": 1}, "limit": None}
    assert argument_hash(arguments) == hash_of(json.dumps(arguments))


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 200)), min_size=1, max_size=40),
    st.sampled_from([5, 30, 100]),
)
def test_the_hit_rate_is_the_one_that_analysis_has_simulated(schedule: list[tuple[str, int]], ttl_s: int):
    """The same calls, once as they were recorded without a cache, and once with one."""
    took_s = {"a": 1, "b": 4, "c": 11}
    # Two that begin within the same moment have no order; a tenth apart each has its own.
    calls = [(city, at + 0.1 * place) for place, (city, at) in enumerate(sorted(schedule, key=lambda call: call[1]))]
    recorded = [
        Call(argument_hash({"city": city}), round(at * SECOND_NS), took_s[city] * SECOND_NS) for city, at in calls
    ]
    loop = VirtualLoop()
    cache = Cache(clock=loop.now_ns)

    @cache.remember(ttl_s=ttl_s)
    async def load(city: str) -> str:
        await asyncio.sleep(took_s[city])
        return city

    async def ask(city: str, at: float) -> None:
        await asyncio.sleep(at)
        await load(city)

    async def program() -> None:
        await asyncio.gather(*(ask(city, at) for city, at in calls))

    run_virtually(program(), loop)
    simulated = simulate_cache(recorded, ttl_s * SECOND_NS)
    assert load.cached.figures.rate == simulated.rate
    assert load.cached.figures.calls == simulated.calls


def test_each_call_in_an_execution_is_a_step_that_says_how_it_was_answered(recorded: Recorded):
    load, _ = counted(Cache())

    @longpole.agent
    def lead() -> None:
        load("Lisbon")
        load("Lisbon")

    load("Porto")  # outside of any execution
    lead()
    steps = [span for span in recorded.spans if span.name == "cache load"]
    assert [span.attributes["longpole.remedy.outcome"] for span in steps] == ["miss", "hit"]
    assert steps[1].attributes["longpole.remedy.saved_ns"] > 0
    assert steps[0].attributes["longpole.category"] == "cache"
    assert "longpole.cache.age_ns" not in steps[0].attributes


def test_answers_are_warmed_before_anybody_asks():
    cache, calls = Cache(), list[str]()

    @cache.remember(ttl_s=3600)
    async def load(city: str) -> str:
        calls.append(city)
        if city == "Atlantis":
            raise LookupError(city)
        return city.upper()

    @cache.remember(ttl_s=3600)
    def plain(city: str) -> str:
        return city

    async def program() -> None:
        assert await warm(load, [("Lisbon",), ("Atlantis",), ("Porto",)]) == 2
        assert await load("Lisbon") == "LISBON"
        assert await warm(plain, [("Lisbon",)]) == 1

    asyncio.run(program())
    assert calls == ["Lisbon", "Atlantis", "Porto"]
    assert (load.cached.figures.hits, plain.cached.figures.misses) == (1, 1)


def test_the_schedule_is_that_of_the_clock_on_the_wall():
    cache, slept, moments = Cache(), list[float](), list[datetime]()
    lisbon = ZoneInfo("Europe/Lisbon")
    moments += [datetime(2026, 3, 28, 12, tzinfo=lisbon), datetime(2026, 3, 29, 6, 30, tzinfo=lisbon)]

    @cache.remember(ttl_s=3600)
    async def load(city: str) -> str:
        return city

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            raise asyncio.CancelledError

    async def program() -> None:
        times = (time(6, 30), time(18))
        await keep_warm(load, lambda: [("Lisbon",)], at=times, zone=lisbon, sleep=sleep, now=lambda _: moments.pop(0))

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(program())
    # At noon the next is at 18:00; in the night of the 29th an hour is left out, which noon to 18:00 does not touch.
    assert slept == [6 * 3600, 11.5 * 3600]
    assert load.cached.figures.misses == 1
    assert next_of([time(6, 30)], datetime(2026, 3, 28, 6, 30, tzinfo=UTC)) == datetime(2026, 3, 29, 6, 30, tzinfo=UTC)


def test_a_forked_child_makes_connections_of_its_own(redis_url: str):
    cache = Cache(redis_url)
    load, _ = counted(cache)
    load("Lisbon")
    child = os.fork()
    if child == 0:
        os._exit(0 if load("Lisbon") == {"city": "Lisbon", "limit": 10} and load.cached.figures.hits == 1 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert load("Lisbon")["city"] == "Lisbon"
    cache.close()
