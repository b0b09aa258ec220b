"""Values, names and uses that nobody planned for: nothing is raised into the program, nothing grows without bound."""

import asyncio
import contextvars
import gc
import json
import logging
import signal
import subprocess
import sys
import threading
import traceback
import uuid
from collections.abc import Callable
from typing import Any

import pydantic
import pytest

import longpole
from longpole.record.current import current
from longpole.record.more import MOST_BYTES
from longpole.record.recorder import recorder
from longpole.wire.otlp_encode import encode_log, encode_span

CALLER = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
Names = Callable[[Any], None]


class Mute:
    def __repr__(self) -> str:
        raise RuntimeError("no")

    __str__ = __repr__


class Odd:
    def __repr__(self) -> str:
        return "\ud800"


class Leaving:
    """A value whose text ends the program."""

    def __init__(self, kind: type[BaseException]) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        raise self.kind("from a value")

    __str__ = __repr__


class Quitting:
    def __repr__(self) -> str:
        sys.exit(3)


def cycle() -> list[Any]:
    found: list[Any] = []
    found += [found, found]
    return found


LEAVING = [Leaving(kind) for kind in (SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError)]
HOSTILE: list[Any] = [
    *(*LEAVING, [LEAVING[0]], {LEAVING[1]: 1}, Quitting(), SystemExit(LEAVING[0])),
    *(None, 5, float("nan"), 10**400, "\ud800", "x" * 300_000, b"\xff", [1, "\ud800"], cycle(), {1: {"a": cycle()}}),
    *(Mute(), Odd(), [Mute()], {Mute(): 1}, {(1, 2): 3}, {1, "a"}, ValueError("\ud800"), object),
]


def all_sent(recorded: Any) -> int:
    spans = [encode_span(span) for span in recorded.spans]
    return sum(map(len, spans)) + sum(len(encode_log(log)) for log in recorded.taken.logs)


@pytest.mark.parametrize("mode", ["full", "hashed", "off"])
def test_inputs_and_outputs_may_be_anything(record_with: Callable[..., Any], mode: str) -> None:
    recorded = record_with(mode)

    @longpole.timing_step
    def same(value: Any) -> Any:
        return value

    for value in HOSTILE:
        assert same(value) is value
    assert len(recorded.spans) == len(HOSTILE)
    assert all_sent(recorded) < 500_000


def take_attributes(value: Any) -> None:
    longpole.set_attributes(x=value)
    longpole.set_usage(model=value, input_tokens=value)


def take_lines(value: Any) -> None:
    longpole.log_event(value, value, x=value)


def take_stages(value: Any) -> None:
    longpole.track_stage(value, value)
    longpole.complete_stage(value)


def take_decisions(value: Any) -> None:
    longpole.track_decision(value, score=value, threshold=value, outcome=value, reason=value)
    assert longpole.track_should_respond(value, value, value, threshold=value) is value


def take_scores(value: Any) -> None:
    longpole.score(value, value, label=value, comment=value)
    longpole.score("x", 1, execution_id=value)


def take_steps(value: Any) -> None:
    with longpole.time_step(value, value, input=value):
        pass


@pytest.mark.parametrize("say", [take_attributes, take_lines, take_stages, take_decisions, take_scores, take_steps])
def test_what_is_said_of_a_step_may_be_anything(recorded: Any, say: Names) -> None:
    @longpole.agent
    def work() -> None:
        for value in HOSTILE:
            say(value)

    work()
    assert recorded.span("work")
    assert all_sent(recorded) < 2 * MOST_BYTES + 1_000_000
    assert recorded.taken.dropped == 0


@pytest.mark.parametrize("value", HOSTILE)
def test_a_tracker_and_a_collector_take_anything(recorded: Any, value: Any) -> None:
    tracker = longpole.ExecutionTracker(value, vault_id=value, steps_total=value, other=value)
    with tracker.track_execution(value, value):
        tracker.track_stage(value, value, more=value)
        tracker.track_llm_request(value, value)
        tracker.track_llm_response(value, value, value, model=value)
        tracker.track_decision(value, value, value, value, value)
        tracker.progress(value, value)
        tracker.checkpoint(value, data=value)
        tracker.credits(value, value)
        tracker.log_event(value, value)
    collector = longpole.ExecutionTimingCollector()
    with collector.time_execution(value, more=value), collector.time_step(value, value):
        pass
    assert str(collector.last_tree)
    assert all_sent(recorded) < 2_000_000


def test_a_score_for_something_that_is_no_execution_does_not_cost_the_others(recorded: Any) -> None:
    longpole.score("x", 1, execution_id=uuid.uuid4())  # pyright: ignore[reportArgumentType]
    longpole.score("y", 1, execution_id="a" * 48)
    assert recorded.spans == []
    assert [log.attributes.get("gen_ai.evaluation.name") for log in recorded.taken.logs if log.trace_id] == ["y"]


@pytest.mark.parametrize("header", [5, b"\xff", [], [CALLER], "x" * 100_000, {"traceparent": b"x"}, {5: 5}, Mute()])
def test_headers_may_be_anything(header: Any) -> None:
    with longpole.continue_trace(header), longpole.continue_trace(CALLER, header):
        assert all(value.isascii() and len(value) < 9000 for value in longpole.trace_headers().values())
    assert current.get() is None


def test_a_place_that_is_entered_twice_is_left_twice() -> None:
    place = longpole.continue_trace({b"TraceParent": [CALLER.encode()]})  # pyright: ignore[reportArgumentType]
    with place:
        with place:
            pass
        assert longpole.traceparent() == CALLER
    assert current.get() is None


def test_secrets_in_a_pydantic_model_are_known_by_their_names(recorded: Any) -> None:
    class Login(pydantic.BaseModel):
        password: str
        name: str
        hidden: str = pydantic.Field(repr=False)

    @longpole.timing_step
    def enter(login: Login) -> list[Login]:
        return [login]

    enter(Login(password="hunter2", name="Ada", hidden="h1dden"))
    kept = json.loads(recorded.span("enter").attributes["longpole.input"])
    assert kept == {"login": {"password": "[redacted]", "name": "Ada"}}
    assert "hunter2" not in str(recorded.span("enter"))


def test_secrets_beside_something_odd_are_known_by_their_names(recorded: Any) -> None:
    @longpole.timing_step
    def enter(_: Any) -> None: ...

    enter({"password": "hunter2", "number": 10**30, "text": "\ud800", "loop": cycle()})
    assert "hunter2" not in str(recorded.span("enter"))


@pytest.mark.parametrize("message", ["\ud800", "x" * 10_000_000])
def test_the_message_of_an_exception_may_be_anything(recorded: Any, message: str) -> None:
    @longpole.timing_step
    def fail() -> None:
        raise ValueError(message)

    with pytest.raises(ValueError, match=message[:10]) as raised:
        fail()
    assert raised.value.args == (message,)
    assert len(encode_span(recorded.span("fail"))) < 200_000


def test_an_exception_that_cannot_be_read_goes_on_unchanged(recorded: Any) -> None:
    class Closed(Exception):
        def __getattribute__(self, name: str) -> Any:
            if name.startswith("__c"):
                raise RuntimeError(name)
            return super().__getattribute__(name)

    error = Closed()

    @longpole.timing_step
    def fail() -> None:
        raise error

    with pytest.raises(Closed) as raised:
        fail()
    assert raised.value is error
    assert recorded.span("fail").status_code == 2


@pytest.mark.parametrize("value", LEAVING)
def test_an_exception_whose_text_ends_the_program_goes_on_unchanged(recorded: Any, value: Any) -> None:
    error = ValueError(value)

    @longpole.timing_step
    def fail() -> None:
        raise error

    with pytest.raises(ValueError) as raised:  # noqa: PT011 - its text is what cannot be read
        fail()
    assert raised.value is error
    assert recorded.span("fail").status_code == 2


class Interrupting:
    """A value during whose text a signal arrives."""

    def __repr__(self) -> str:
        signal.raise_signal(signal.SIGINT)
        return "interrupted"


@pytest.mark.parametrize("kind", [None, KeyboardInterrupt, SystemExit])
def test_an_interrupt_by_signal_reaches_the_program_through_a_snapshot(
    recorded: Any, kind: type[BaseException] | None
) -> None:
    """With Python's own handler of Ctrl+C, and with the program's, which raises what it likes."""

    def handler(*_: Any) -> None:
        assert kind is not None
        raise kind("from a signal")

    @longpole.timing_step
    def take(_: Any) -> None: ...

    before = signal.signal(signal.SIGINT, signal.default_int_handler if kind is None else handler)
    try:
        with pytest.raises(kind or KeyboardInterrupt):
            take(Interrupting())
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_group_of_exceptions_says_which(recorded: Any) -> None:
    @longpole.timing_step
    def fail() -> None:
        raise ExceptionGroup("two", [ValueError("first"), ExceptionGroup("deeper", [KeyError("second")])])

    with pytest.raises(ExceptionGroup):
        fail()
    assert "ValueError: first" in recorded.span("fail").status_message
    assert "KeyError: 'second'" in recorded.span("fail").status_message


@pytest.mark.parametrize("value", ["text", 10**30, [Mute()]])
def test_near_the_recursion_limit_only_the_wrapper_itself_counts(recorded: Any, value: Any) -> None:
    def bare(value: Any) -> Any:
        return value

    def deepest(function: Callable[[Any], Any]) -> int:
        def down(left: int) -> Any:
            return down(left - 1) if left else function(value)

        for depth in range(500, 1000):
            try:
                down(depth)
            except RecursionError:
                return depth
        return 1000

    wake = threading.Event()
    recorder.wake, recorder.is_awake = wake.set, False
    try:
        assert deepest(bare) - deepest(longpole.timing_step(bare)) <= 2
    finally:
        recorder.wake, recorder.is_awake = lambda: None, True
    assert recorded.spans


def test_an_error_at_the_recursion_limit_is_still_the_programs_own() -> None:
    @longpole.timing_step
    def down(left: int) -> None:
        if not left:
            raise KeyError("mine")
        down(left - 1)

    found: BaseException = KeyError()
    for depth in range(300, 500):
        with pytest.raises((KeyError, RecursionError)) as raised:
            down(depth)
        found = raised.value
        if isinstance(found, RecursionError):
            break
    # In the wrapper or the function itself, never in what freezes an error.
    assert isinstance(found, RecursionError)
    assert "freeze" not in "".join(traceback.format_exception(found))


def test_a_step_that_talks_without_end_stays_small(recorded: Any) -> None:
    @longpole.agent
    def work() -> None:
        for number in range(20_000):
            longpole.log_event("a line of some length, as they come", n=number)
            longpole.set_attributes(progress=number, **{f"name {number}": "x" * 20})
            longpole.track_decision("candidate", reason="because of what it is")

    work()
    span = recorded.span("work")
    assert len(encode_span(span)) < 4 * MOST_BYTES
    assert span.attributes["progress"] == 19_999
    assert span.attributes["longpole.left_out"] > 10_000
    told = sum(event.name == "longpole.log" for event in span.events) + len(recorded.taken.logs)
    assert told + recorded.taken.dropped >= 20_000


def test_lines_that_wait_are_bounded_by_their_bytes(record_with: Callable[..., Any]) -> None:
    recorded = record_with(held_limit=1_000_000)
    logger = logging.Logger("shop")
    logger.addHandler(longpole.LogHandler())

    @longpole.agent
    def work() -> None:
        for _ in range(500):
            logger.warning("x" * 50_000)

    work()
    assert recorder.late_bytes <= 1_000_000
    assert len(recorded.spans) == 1
    assert recorded.taken.dropped + len([log for log in recorded.taken.logs if log.body]) == 500
    assert recorder.late_bytes == 0


def test_a_line_that_cannot_be_told_does_not_cost_the_others(recorded: Any) -> None:
    with longpole.time_step("outer"):
        longpole.log_event("first", level=30)  # pyright: ignore[reportArgumentType]
    with longpole.continue_trace(CALLER):
        longpole.log_event("second", level=None)  # pyright: ignore[reportArgumentType]
        longpole.log_event("third")
    assert recorded.spans
    assert [log.body for log in recorded.taken.logs if log.trace_id] == ["second", "third"]


@pytest.mark.parametrize("shared", [longpole.time_step("x"), longpole.ExecutionTracker("x").track_execution("m")])
def test_one_object_entered_by_several_tasks_leaves_nothing_behind(recorded: Any, shared: Any) -> None:
    async def work(turns: int) -> Any:
        with shared:
            for _ in range(turns):
                await asyncio.sleep(0)

    async def together() -> Any:
        await asyncio.gather(*(work(turns) for turns in (3, 1, 4, 2)))
        return current.get()

    assert asyncio.run(together()) is None
    assert all(span.ended_ns for span in recorded.spans)
    assert recorded.flusher._open == []


@pytest.mark.parametrize("make", [lambda: longpole.time_step("x"), lambda: longpole.ExecutionContext("x")])
def test_one_object_entered_inside_of_itself_leaves_nothing_behind(recorded: Any, make: Any) -> None:
    twice = make()
    with twice:
        with twice:
            pass
        with twice:
            pass
    assert current.get() is None
    assert recorded.spans
    assert recorded.flusher._open == []


def test_an_execution_entered_inside_of_itself_or_left_first_is_no_knot(recorded: Any) -> None:
    execution = longpole.ExecutionTracker("x").track_execution("m")
    execution.__exit__(None, None, None)
    with execution, execution, longpole.time_step("inside"):
        assert longpole.traceparent()
    assert current.get() is None
    assert recorded.parent_of("inside") == "x"


def test_timings_that_nobody_ends_are_not_held_for_ever(recorded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("longpole.record.collector.MOST_ENTRIES", 100)
    collector = longpole.ExecutionTimingCollector()
    for _ in range(300):
        contextvars.Context().run(collector.start_timing, "never ended")
    assert len(recorded.spans) == 200


def test_what_a_tracker_gives_back_can_be_a_task() -> None:
    async def work() -> None:
        with longpole.ExecutionTracker("x").track_execution("m") as tracker:
            assert await asyncio.create_task(tracker.track_should_respond(True)) is True  # pyright: ignore
            await asyncio.gather(tracker.track_stage("init"), tracker.track_stage("init"))

    asyncio.run(work())


def test_finalizers_may_profile_and_flush_in_the_middle_of_anything(recorded: Any) -> None:
    @longpole.profile_sync
    def profiled() -> None: ...

    class Dying:
        def __del__(self) -> None:
            profiled()
            recorded.flusher.collect()

    def add(self: list[Any], value: Any) -> None:
        Dying()
        list.append(self, value)

    accept = recorded.taken.accept

    def accept_and_die(*given: Any) -> None:
        Dying()
        accept(*given)

    recorded.taken.accept = accept_and_die
    for _ in range(20):
        profiled()
    thread = threading.Thread(target=recorded.flusher.collect, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    gc.collect()
    assert add is not None


RECORDS_WHILE_COLLECTED = """
import gc
import longpole
from longpole.record.recorder import recorder

@longpole.timing_step
def step(): ...

@longpole.timing_step
def items():
    yield 1
    yield 2

class Dying:
    def __init__(self):
        self.me = self
    def __del__(self):
        step()
        for _ in items():
            break

recorder.is_on = True
gc.set_threshold(10)
for _ in range(2000):
    Dying()
    for _ in items():
        Dying()
        break
    recorder.records.clear()
"""


def test_a_finalizer_that_records_in_the_middle_of_a_step_does_not_crash_the_interpreter() -> None:
    """CPython 3.11 collects garbage inside of `ContextVar.set` (python/cpython#148891)."""
    run = subprocess.run([sys.executable, "-X", "faulthandler", "-c", RECORDS_WHILE_COLLECTED], capture_output=True)
    assert run.returncode == 0, run.stderr.decode()[-2000:]


@pytest.mark.parametrize(
    "scope", [{}, {"type": "http", "headers": None}, {"type": "http", "headers": [(b"traceparent", "x")]}]
)
def test_an_application_answers_as_before_whatever_its_server_sends(scope: dict[str, Any]) -> None:
    sent: list[Any] = []

    async def application(_: Any, receive: Any, send: Any) -> None:
        await send(await receive())
        await send({"type": "http.response.start"})

    async def receive() -> dict[str, Any]:
        return {}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(longpole.TimingMiddleware(application)(scope, receive, send))
    assert sent == [{}, {"type": "http.response.start"}]
