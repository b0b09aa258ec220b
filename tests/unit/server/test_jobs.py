"""The jobs: one server at a time runs them, another takes over, and a failing one is seen and tried again."""

import logging
from collections.abc import Iterator

import pytest

from longpole.server.jobs import LEASE_NS, Job, Jobs, Work
from longpole.store.engine import Engine
from longpole.store.store import open_store
from running_server import wait_until

SECOND = 10**9


class Clock:
    """A time that stands until somebody moves it."""

    def __init__(self) -> None:
        self.ns = 1_790_000_000 * SECOND

    def __call__(self) -> int:
        return self.ns

    def pass_s(self, seconds: float) -> None:
        self.ns += round(seconds * SECOND)


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def counting(name: str, every_s: int, done: list[str], *, pieces: int = 1, clock: Clock | None = None) -> Job:
    """A job that notes each piece that it does; with a clock each piece takes 20 s."""

    def run(_now_ns: int) -> Work:
        for number in range(pieces):
            done.append(f"{name} {number}")
            if clock is not None:
                clock.pass_s(20)
            yield
        return f"{pieces} pieces"

    return Job(name, every_s * SECOND, run)


def test_a_job_that_rests_goes_on_later_and_does_not_hold_up_the_end(store: Engine) -> None:
    done: list[str] = []

    def restful(_now_ns: int) -> Work:
        done.append("first")
        yield 0.001
        done.append("second")
        yield 3600.0
        done.append("third")
        return "done"

    jobs = Jobs(store, [Job("restful", 10 * SECOND, restful)], holder="one")
    jobs.start()
    wait_until(lambda: len(done) == 2, "the second piece")
    jobs.close(30)
    assert done == ["first", "second"]
    assert jobs.state().holder is None


def test_of_two_servers_one_runs_the_jobs_and_the_other_follows_when_it_is_killed(store: Engine, clock: Clock) -> None:
    done: list[str] = []
    one = Jobs(store, [counting("one", 10, done)], holder="one", now=clock)
    two = Jobs(store, [counting("two", 10, done)], holder="two", now=clock)
    for _ in range(5):
        one.turn()
        two.turn()
        clock.pass_s(10)
    assert done == ["one 0"] * 5
    assert (two.state().holder, two.state().is_here, one.state().is_here) == ("one", False, True)
    clock.pass_s(LEASE_NS / SECOND)  # the first says nothing any more
    assert two.turn() == ["two"]
    assert one.turn() == []


def test_a_server_that_stops_hands_over_at_once(store: Engine, clock: Clock) -> None:
    done: list[str] = []
    one = Jobs(store, [counting("one", 10, done)], holder="one", now=clock)
    two = Jobs(store, [counting("two", 10, done)], holder="two", now=clock)
    one.turn()
    one.close()
    assert two.turn() == ["two"]


def test_a_long_run_keeps_its_lease(store: Engine, clock: Clock) -> None:
    done: list[str] = []
    long = Jobs(store, [counting("long", 10, done, pieces=5, clock=clock)], holder="one", now=clock)
    long.turn()
    assert done == [f"long {number}" for number in range(5)]
    assert long.state().jobs[0].outcome == "5 pieces"
    assert long.state().jobs[0].last_duration_ns == 100 * SECOND
    assert Jobs(store, [], holder="two", now=clock).state().holder == "one"


def test_a_run_whose_lease_was_taken_stops_at_its_next_piece(store: Engine, clock: Clock) -> None:
    done: list[str] = []
    other = Jobs(store, [counting("other", 10, done)], holder="other", now=clock)

    def frozen(_now_ns: int) -> Work:
        done.append("begun")
        clock.pass_s(40)  # the process was stopped for longer than its lease
        other.turn()
        yield
        done.append("went on without the lease")
        return ""

    Jobs(store, [Job("frozen", 10 * SECOND, frozen)], holder="one", now=clock).turn()
    assert done == ["begun", "other 0"]


def test_jobs_run_when_they_are_due_and_not_before(store: Engine, clock: Clock) -> None:
    done: list[str] = []
    jobs = Jobs(store, [counting("often", 10, done), counting("seldom", 60, done)], holder="one", now=clock)
    for _ in range(13):
        jobs.turn()
        clock.pass_s(5)
    assert (done.count("often 0"), done.count("seldom 0")) == (7, 2)


def test_a_failing_job_is_told_once_shown_and_tried_again(
    store: Engine, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    is_broken = True

    def fragile(_now_ns: int) -> Work:
        yield
        if is_broken:
            raise ValueError("no room on the disk")
        return "mended"

    done: list[str] = []
    jobs = Jobs(store, [Job("fragile", 600 * SECOND, fragile), counting("other", 10, done)], holder="one", now=clock)
    with caplog.at_level(logging.WARNING, "longpole.jobs"):
        for _ in range(3):
            jobs.turn()
            clock.pass_s(60)
        state = jobs.state().jobs[0]
        assert (state.error, state.failures, state.outcome) == ("ValueError: no room on the disk", 3, None)
        is_broken = False
        jobs.turn()
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert (state.error, state.outcome) == (None, "mended")
    assert len(done) == 4


def test_a_clock_that_is_set_back_stops_no_job(store: Engine, clock: Clock) -> None:
    done: list[str] = []
    jobs = Jobs(store, [counting("one", 10, done)], holder="one", now=clock)
    clock.pass_s(3600)
    assert jobs.turn() == ["one"]
    clock.pass_s(-3600)
    assert jobs.turn() == ["one"]
    assert jobs.turn() == []
    clock.pass_s(10)
    assert jobs.turn() == ["one"]
