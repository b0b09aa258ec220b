"""What a program reads off the clock and draws by chance is the same in a replay; what libraries do is left alone."""

import calendar
import datetime as datetime_module
import random
import time
import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import longpole
from longpole.model.clock import now_ns
from longpole.replay.plan import Plan
from longpole.replay.recordings import make_recording
from replay_laboratory import Laboratory


@longpole.timing_step(category="tool")
def tool(what: str) -> str:
    return what


def read_clocks() -> list[Any]:
    return [
        time.time(),
        time.time_ns(),
        datetime.now(),
        datetime.now(UTC),
        datetime.now(timezone(timedelta(hours=5, minutes=30))),
        datetime.utcnow() if hasattr(datetime, "utcnow") else None,
        datetime.today(),
        date.today(),
        datetime_module.datetime.now().isoformat(),
    ]


def draw() -> list[Any]:
    numbers = list(range(9))
    random.shuffle(numbers)
    return [random.random(), random.choice("abcdef"), random.sample(range(99), 5), numbers, str(uuid.uuid4())]


@longpole.agent
def helper() -> Any:
    return tool("x"), read_clocks(), draw(), draw()


@longpole.agent
def lead(before: Any) -> Any:
    return before, tool("x"), read_clocks(), draw(), helper(), helper()


def program() -> Any:
    return lead([time.time(), random.random()])


def test_the_clock_and_chance_are_the_same_in_every_replay(laboratory: Laboratory) -> None:
    first, kept = laboratory.record(program)
    assert [laboratory.replay(program, kept)[0] for _ in range(2)] == [first, first]
    assert first[4][2] != first[5][2]  # two calls of an agent do not draw the same
    assert str(first[2][8]) in str(first)


def test_what_is_read_while_recording_is_the_real_time_in_its_own_type(laboratory: Laboratory) -> None:
    before = now_ns()
    first, _ = laboratory.record(lambda: lead(read_clocks()))
    after = now_ns()
    clocks = first[0]
    assert before <= clocks[1] <= after
    assert type(clocks[2]) is datetime
    assert clocks[2].tzinfo is None
    assert clocks[4].utcoffset() == timedelta(hours=5, minutes=30)
    assert clocks[7] == date.fromtimestamp(clocks[0])
    assert calendar.timegm(clocks[3].timetuple()) == int(clocks[0])


def test_after_the_last_reading_the_clock_goes_on(laboratory: Laboratory) -> None:
    times = 1

    @longpole.agent
    def guide() -> list[int]:
        tool("x")
        return [time.time_ns() for _ in range(times)]

    (first,), kept = laboratory.record(guide)
    times = 3
    again, _, _ = laboratory.replay(guide, kept)
    assert again[0] == first
    assert again == sorted(again)
    assert again[2] - first < 3600 * 10**9


def test_a_program_that_seeds_chance_itself_keeps_its_numbers(laboratory: Laboratory) -> None:
    @longpole.agent
    def guide() -> list[Any]:
        random.seed(7)
        return [tool("x"), random.random()]

    first, kept = laboratory.record(guide)
    assert laboratory.replay(guide, kept)[0] == first == ["x", random.Random(7).random()]


def test_everything_is_put_back(laboratory: Laboratory) -> None:
    before = [time.time, time.time_ns, random.random, random.seed, uuid.uuid4]
    methods = [vars(datetime)["now"], vars(date)["today"]]
    _, kept = laboratory.record(program)
    laboratory.replay(program, kept)
    assert [time.time, time.time_ns, random.random, random.seed, uuid.uuid4] == before
    assert [vars(datetime)["now"], vars(date)["today"]] == methods
    assert abs(datetime.now(UTC).timestamp() - time.time()) < 60


def test_readings_pass_through_a_plan_on_disk(laboratory: Laboratory) -> None:
    first, kept = laboratory.record(program)
    assert laboratory.replay(program, kept, Plan(recording=make_recording(kept), wait=0.0))[0] == first
