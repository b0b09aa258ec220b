"""Functions that are decorated, recorded and given back: of every kind, in tasks and threads, matched and not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

import pytest

import longpole
from longpole.model.errors import InvalidInput, NotReplayable, ReplayDiverged
from longpole.record.recorder import recorder
from longpole.replay.plan import recover, resume_from
from longpole.replay.recorded import RecordedExecution
from longpole.replay.recordings import make_recording
from longpole.replay.start import recording
from longpole.wire import longpole_names as names
from replay_laboratory import Laboratory


class Effects:
    """Counts what was really done."""

    def __init__(self) -> None:
        self.done: list[Any] = []

    def tool(self, function: Callable[..., Any]) -> Any:
        """A tool that leaves a trace when it runs."""

        @longpole.timing_step(function.__name__, category="tool")
        def wrapped(*args: Any) -> Any:
            self.done.append((function.__name__, *args))
            return function(*args)

        return wrapped


@dataclass
class Fact:
    city: str
    place: tuple[float, float]


class Refused(Exception):
    def __init__(self, message: str, after_s: float) -> None:
        super().__init__(message)
        self.after_s = after_s


def test_a_result_comes_back_as_its_annotation_says(laboratory: Laboratory) -> None:
    @longpole.timing_step(category="tool")
    def find(city: str) -> list[Fact]:
        assert laboratory.is_recording
        return [Fact(city, (1.5, 2.0))]

    @longpole.agent
    def guide() -> Any:
        return find("Rome")

    first, kept = laboratory.record(guide)
    again, run, replayer = laboratory.replay(guide, kept)
    assert again == first == [Fact("Rome", (1.5, 2.0))]
    assert replayer.outcome().served == 1
    assert run.steps[0].attributes[names.REPLAY_OF] == kept.execution_id
    assert run.steps[1].attributes[names.REPLAY_SERVED] is True


def test_a_result_that_json_does_not_give_back_is_said_to_be_lost(laboratory: Laboratory) -> None:
    @longpole.timing_step(category="tool")
    def connect(host: str):
        return object()

    @longpole.timing_step(category="tool")
    def ask(question: str) -> str:
        return question

    @longpole.agent
    def guide() -> Any:
        return ask("who"), connect("db")

    _, kept = laboratory.record(guide)
    error, _, _ = laboratory.replay(guide, kept)
    assert isinstance(error, ReplayDiverged)
    assert "'connect' was recorded, but cannot be given back: its result is a object" in str(error)
    (_, live), _, replayer = laboratory.replay(guide, kept, missing="pass")
    assert type(live) is object
    assert replayer.outcome().live == 1


def test_a_failure_comes_back_with_all_that_it_carries(laboratory: Laboratory) -> None:
    @longpole.timing_step(category="llm")
    def ask(question: str) -> str:
        raise Refused("later", 0.5)

    @longpole.agent
    def guide() -> Any:
        try:
            ask("who")
        except Refused as error:
            return type(error), error.args, error.after_s

    first, kept = laboratory.record(guide)
    again, run, _ = laboratory.replay(guide, kept)
    assert again == first == (Refused, ("later",), 0.5)
    assert [step.status for step in run.steps] == [step.status for step in kept.steps]


def test_streams_come_back_item_by_item_and_fail_where_they_failed(laboratory: Laboratory) -> None:
    @longpole.timing_step(category="llm")
    def words(text: str) -> Iterator[str]:
        assert laboratory.is_recording
        yield from text.split()
        raise Refused("cut off", 1.0)

    @longpole.timing_step(category="llm")
    async def numbers(most: int) -> AsyncIterator[dict[str, int]]:
        assert laboratory.is_recording
        for number in range(most):
            yield {"number": number}

    @longpole.agent
    def guide() -> Any:
        seen: list[Any] = []
        try:
            for word in words("all is well"):
                seen.append(word)  # noqa: PERF402 - what came before the failure counts
        except Refused as error:
            seen.append(str(error))

        async def count() -> list[Any]:
            return [number async for number in numbers(3)]

        return seen, asyncio.run(count())

    first, kept = laboratory.record(guide)
    again, _, _ = laboratory.replay(guide, kept)
    assert again == first
    assert first[0] == ["all", "is", "well", "cut off"]


def test_a_reader_that_leaves_a_stream_ends_it_in_both(laboratory: Laboratory) -> None:
    ended: list[str] = []

    @longpole.timing_step(category="tool")
    def lines(path: str) -> Iterator[str]:
        try:
            yield "one"
            yield "two"
        finally:
            ended.append(path)

    @longpole.agent
    def guide() -> Any:
        stream = lines("file")
        first = next(stream)
        stream.close()
        return first

    first, kept = laboratory.record(guide)
    assert ended == ["file"]
    assert laboratory.replay(guide, kept)[0] == first == "one"
    assert ended == ["file"]


def test_calls_that_run_at_once_get_their_own_results(laboratory: Laboratory) -> None:
    @longpole.timing_step(category="http")
    async def fetch(number: int) -> int:
        assert laboratory.is_recording
        for _ in range(9 - number):
            await asyncio.sleep(0)
        return number * number

    @longpole.agent
    async def gather() -> list[int]:
        return await asyncio.gather(*(fetch(number) for number in range(9)))

    @longpole.timing_step(category="database")
    def load(number: int) -> int:
        assert laboratory.is_recording
        return -number

    @longpole.agent
    def share() -> list[int]:
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(copy_context().run, load, number) for number in range(20)]
            return [each.result() for each in asked]

    for program in (lambda: asyncio.run(gather()), share):
        first, kept = laboratory.record(program)
        trees = [laboratory.replay(program, kept) for _ in range(2)]
        assert [again for again, _, _ in trees] == [first, first]
        assert tree_of(trees[0][1]) == tree_of(trees[1][1]) == tree_of(kept)


def test_equal_calls_are_answered_in_order_and_no_more_often_than_recorded(laboratory: Laboratory) -> None:
    answers = iter(range(10))
    times = 3

    @longpole.timing_step(category="tool")
    def draw(urn: dict[str, int]) -> int:
        return next(answers)

    @longpole.agent
    def guide() -> list[int]:
        return [draw({"b": 2, "a": 1} if number % 2 else {"a": 1, "b": 2}) for number in range(times)]

    first, kept = laboratory.record(guide)
    assert laboratory.replay(guide, kept)[0] == first == [0, 1, 2]
    times = 4
    error, _, _ = laboratory.replay(guide, kept)
    assert "recorded with these arguments, but not as often as it is asked for now" in str(error)


def test_what_is_asked_in_the_same_agent_is_preferred(laboratory: Laboratory) -> None:
    answers = iter("AB")
    order = ["first", "second"]

    @longpole.timing_step(category="tool")
    def look(at: str) -> str:
        return next(answers)

    @longpole.agent
    def first() -> str:
        return look("sky")

    @longpole.agent
    def second() -> str:
        return look("sky")

    @longpole.agent
    def lead() -> dict[str, str]:
        agents = {"first": first, "second": second}
        return {name: agents[name]() for name in order}

    _, kept = laboratory.record(lead)
    order.reverse()
    assert laboratory.replay(lead, kept)[0] == {"first": "A", "second": "B"}


def test_a_step_that_calls_an_agent_runs_and_what_the_agent_calls_is_given_back(laboratory: Laboratory) -> None:
    effects = Effects()

    @effects.tool
    def read(page: str) -> str:
        return page.upper()

    @longpole.agent
    def helper(page: str) -> str:
        return read(page)

    @longpole.timing_step(category="tool")
    def ask_helper(page: str) -> str:
        return helper(page)

    @longpole.agent
    def lead() -> str:
        return ask_helper("page")

    first, kept = laboratory.record(lead)
    again, run, _ = laboratory.replay(lead, kept)
    assert again == first == "PAGE"
    assert tree_of(run) == tree_of(kept)
    assert effects.done == [("read", "page")]


def test_usage_of_a_model_call_comes_back_with_it(laboratory: Laboratory) -> None:
    @longpole.timing_step(category="llm")
    def ask(question: str) -> str:
        longpole.set_usage(model="gpt-4o-mini", input_tokens=12, output_tokens=3)
        return "42"

    @longpole.agent
    def lead() -> str:
        return ask("what")

    _, kept = laboratory.record(lead)
    _, run, _ = laboratory.replay(lead, kept)
    assert run.steps[1].attributes["gen_ai.usage.input_tokens"] == 12


def test_secrets_are_not_kept_and_their_calls_are_found_all_the_same(laboratory: Laboratory) -> None:
    @longpole.timing_step(category="tool")
    def mail(to: str, password: str) -> dict[str, str]:
        return {"sent": to}

    @longpole.agent
    def lead() -> dict[str, str]:
        return mail("ann@example.com", "open sesame")

    _, kept = laboratory.record(lead)
    assert "ann@" not in str(kept)
    assert "sesame" not in str(kept)
    again, _, replayer = laboratory.replay(lead, kept)
    assert again == {"sent": "[redacted]"}
    assert replayer.outcome().redacted == 1


def test_what_was_cut_or_kept_as_a_hash_is_not_given_back(laboratory: Laboratory) -> None:
    @longpole.timing_step(category="tool")
    def read(page: str) -> str:
        return page * 1000

    @longpole.agent
    def lead() -> str:
        return read("page")

    laboratory.limit = 500
    _, kept = laboratory.record(lead)
    with pytest.raises(NotReplayable, match="longer than the setting content_limit_bytes"):
        make_recording(kept)
    laboratory.limit, laboratory.content = 100_000, "hashed"
    _, kept = laboratory.record(lead)
    with pytest.raises(NotReplayable, match="kept as hashes"):
        make_recording(kept)


def test_calls_that_nobody_asks_for_are_told(laboratory: Laboratory) -> None:
    effects = Effects()
    calls = ["a", "b"]

    @effects.tool
    def read(page: str) -> str:
        return page

    @longpole.agent
    def lead() -> list[str]:
        return [read(page) for page in calls]

    _, kept = laboratory.record(lead)
    calls.pop()
    assert laboratory.replay(lead, kept)[2].outcome().never_asked == ["read"]


def shop(effects: Effects, trouble: list[str]) -> Callable[[], Any]:
    """Three calls after each other, of which the one named in `trouble` fails."""

    @effects.tool
    def pay(amount: int) -> int:
        return check("pay", amount)

    @effects.tool
    def pack(goods: str) -> str:
        return check("pack", goods)

    @effects.tool
    def ship(goods: str) -> str:
        return check("ship", goods)

    def check(name: str, value: Any) -> Any:
        if name in trouble:
            raise ConnectionError(name)
        return value

    @longpole.agent
    def order() -> list[Any]:
        return [pay(12), pack("book"), ship("book")]

    return order


def test_recovery_gives_back_what_succeeded_and_makes_the_rest(laboratory: Laboratory) -> None:
    effects, trouble = Effects(), ["pack"]
    order = shop(effects, trouble)
    _, kept = laboratory.record(order)
    assert [name for name, _ in effects.done] == ["pay", "pack"]
    trouble.clear()
    again, _, replayer = laboratory.replay(order, kept, recover(kept))
    assert again == [12, "book", "book"]
    assert [name for name, _ in effects.done] == ["pay", "pack", "pack", "ship"]
    assert replayer.outcome().served == 1


def test_recovery_of_what_failed_in_its_own_code_gives_back_all_calls(laboratory: Laboratory) -> None:
    effects = Effects()
    is_broken = True

    @effects.tool
    def read(page: str) -> str:
        return page

    @longpole.agent
    def lead() -> str:
        page = read("page")
        return page + (1 if is_broken else "")  # type: ignore[operator]

    _, kept = laboratory.record(lead)
    is_broken = False
    again, _, _ = laboratory.replay(lead, kept, recover(kept))
    assert again == "page"
    assert effects.done == [("read", "page")]


def test_what_has_not_failed_cannot_be_recovered_and_says_what_can_be_done(laboratory: Laboratory) -> None:
    _, kept = laboratory.record(shop(Effects(), []))
    with pytest.raises(InvalidInput, match="has not failed: its status is success"):
        recover(kept)


def test_resuming_makes_a_step_and_what_follows_anew(laboratory: Laboratory) -> None:
    effects = Effects()
    order = shop(effects, [])
    _, kept = laboratory.record(order)
    effects.done.clear()
    assert laboratory.replay(order, kept, resume_from(kept, "ship"))[0] == [12, "book", "book"]
    assert effects.done == [("ship", "book")]
    with pytest.raises(NotReplayable, match="Nothing before 'pay'"):
        resume_from(kept, "pay")


def test_one_recording_or_replay_is_on_at_a_time(laboratory: Laboratory) -> None:
    with recording(), pytest.raises(InvalidInput, match="is on already"), recording():
        pass


def test_recorded_latencies_overlap_where_the_changed_code_lets_them(laboratory: Laboratory) -> None:
    @longpole.timing_step(category="tool")
    async def first(city: str) -> str:
        await asyncio.sleep(0.03)
        return city

    @longpole.timing_step(category="tool")
    async def second(city: str) -> str:
        await asyncio.sleep(0.03)
        return city

    is_parallel = False

    @longpole.agent
    async def lead() -> Any:
        if is_parallel:
            return await asyncio.gather(first("a"), second("a"))
        return await first("a"), await second("a")

    _, kept = laboratory.record(lambda: asyncio.run(lead()))
    is_parallel = True
    _, run, _ = laboratory.replay(lambda: asyncio.run(lead()), kept, wait=1.0)
    before, after = ({step.name: step for step in each.steps} for each in (kept, run))
    assert before["second"].offset_ns >= before["first"].offset_ns + (before["first"].duration_ns or 0)
    assert after["second"].offset_ns < after["first"].offset_ns + (after["first"].duration_ns or 0)
    assert all((after[name].duration_ns or 0) >= (before[name].duration_ns or 0) for name in ("first", "second"))


def tree_of(execution: RecordedExecution) -> list[tuple[Any, ...]]:
    """Every step with its place and what went in and out, in an order that chance has no part in."""
    by_id = {step.step_id: step for step in execution.steps}

    def place(step: Any) -> str:
        above = by_id.get(step.parent_step_id)
        return step.name if above is None else f"{place(above)} > {step.name}"

    steps = [each for each in execution.steps if each.category != "queue"]
    return sorted((place(each), each.status, str(each.input), str(each.output)) for each in steps)


def test_recovery_tells_the_program_where_it_last_was(laboratory: Laboratory) -> None:
    is_broken = True
    pages: list[int] = []

    def program() -> list[int]:
        tracker = longpole.ExecutionTracker("reader")
        with tracker.track_execution("read", None):
            saved = longpole.recovered_checkpoint()
            for page in range(saved["next_page"] if saved else 0, 4):
                if is_broken and page == 3:
                    raise ConnectionError("the line is down")
                pages.append(page)
                tracker.checkpoint("page read", next_page=page + 1)
        return pages

    _, kept = laboratory.record(program)
    assert pages == [0, 1, 2]
    is_broken = False
    laboratory.replay(program, kept, recover(kept))
    assert pages == [0, 1, 2, 3]
    assert longpole.recovered_checkpoint() is None


def test_what_timed_out_times_out_again(laboratory: Laboratory) -> None:
    @longpole.timing_step(category="tool")
    async def fetch(page: str) -> str:
        await asyncio.sleep(60)
        return page

    @longpole.agent
    async def guide() -> str:
        try:
            return await asyncio.wait_for(fetch("slow"), 0.02)
        except TimeoutError:
            return await quick("fast")

    @longpole.timing_step(category="tool")
    async def quick(page: str) -> str:
        return page

    first, kept = laboratory.record(lambda: asyncio.run(guide()))
    assert laboratory.replay(lambda: asyncio.run(guide()), kept)[0] == first == "fast"


def test_what_sampling_leaves_out_runs_and_is_not_recorded(laboratory: Laboratory) -> None:
    order = shop(Effects(), [])
    _, kept = laboratory.record(order)

    @longpole.timing_step
    def seen() -> None:
        """Is recorded."""

    def program() -> list[Any]:
        recorder.sampling_rate = 0.0
        left_out = order()
        recorder.sampling_rate = 1.0
        seen()
        return left_out

    again, run, replayer = laboratory.replay(program, kept)
    assert again == [12, "book", "book"]
    assert [step.name for step in run.steps] == ["seen"]
    assert len(replayer.outcome().traces) == 1


def test_a_function_that_has_become_a_stream_is_not_given_a_result(laboratory: Laboratory) -> None:
    def all_at_once(text: str) -> list[str]:
        return text.split()

    def one_by_one(text: str) -> Iterator[str]:
        yield from text.split()

    how: list[Callable[[str], Any]] = [all_at_once]

    @longpole.agent
    def lead() -> list[str]:
        return list(longpole.timing_step("words", category="llm")(how[0])("a b"))

    first, kept = laboratory.record(lead)
    assert first == ["a", "b"]
    how[0] = one_by_one
    error, _, _ = laboratory.replay(lead, kept)
    assert "it was no stream when it was recorded" in str(error)
    again, _, replayer = laboratory.replay(lead, kept, missing="pass")
    assert (again, replayer.outcome().live) == (first, 1)
